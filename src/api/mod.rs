//! HTTP: roles, requests to commands, answers to JSON.
//!
//! Owns the table of routes, from which router, role checks, the API's description and README's table are folded. Must
//! not know the disk, the layout of records or how anything is computed: it asks `view` and hands commands to `runtime`.
//!
//! | file | what it does |
//! |---|---|
//! | [`route`], [`routes`] | what a row is; the table |
//! | [`app`], [`dispatch`], [`access`], [`reading`] | from a request to its row, judged at the state that answers |
//! | [`parse`], [`document`], [`facts`], [`bulk`], [`group`], [`together`] | bodies to commands; commands told one or many at a time, or as one |
//! | [`stream`], [`cursor`], [`context`] | long answers, pages |
//! | [`earnings`] | the period worked out that a question about plans is answered from |
//! | [`problem`], [`error`] | the one shape of every refusal |
//! | [`openapi`], [`shapes`], [`table`] | what the API says of itself |
//! | [`server`], [`addresses`], [`patience`] | connections, how many from one address, and slow readers |
//! | [`metrics`] | numbers for the operator |

pub mod access;
pub mod addresses;
pub mod app;
pub mod body;
pub mod bulk;
pub mod context;
pub mod cursor;
pub mod dispatch;
pub mod document;
pub mod earnings;
pub mod error;
pub mod facts;
pub mod gone;
pub mod group;
pub mod metrics;
pub mod openapi;
pub mod parse;
pub mod patience;
pub mod principal;
pub mod problem;
pub mod reading;
pub mod route;
pub mod routes;
pub mod server;
pub mod shapes;
pub mod stream;
pub mod table;
pub mod together;
