//! The table of routes. What has no row here has no path.

use crate::api::route::Route;

pub mod commissions;
pub mod company;
pub mod facts;
pub mod forks;
pub mod health;
pub mod members;
pub mod network;
pub mod plans;
pub mod runs;
pub mod snapshots;
pub mod tokens;
pub mod trees;
pub mod verifications;

/// Every endpoint, by noun. Router, role checks, the API's description, README's table and the role tests fold over it.
pub const ROUTES: &[&[Route]] = &[
    facts::ROWS,
    trees::ROWS,
    members::ROWS,
    commissions::ROWS,
    runs::ROWS,
    verifications::ROWS,
    snapshots::ROWS,
    forks::ROWS,
    company::ROWS,
    network::ROWS,
    plans::ROWS,
    tokens::ROWS,
    health::ROWS,
];
