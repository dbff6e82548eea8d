//! The pipeline: durable before applied, applied before answered, and the same again after every start.

mod backups;
mod change;
mod drawn;
mod errors;
mod faults;
mod kill;
mod life;
mod memory;
mod network;
mod openings;
mod plans;
mod runs;
mod snapshots;
mod start;
mod time;
