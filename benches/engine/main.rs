//! What the engine costs: one table of medians in thread CPU time, each beside the figure it must reach.
//!
//! ```text
//! cargo bench --bench engine
//! cargo bench --bench engine -- --members 10000000
//! cargo bench --bench engine -- --only orders,moves
//! ```
//!
//! Buyers are uniformly random, which is the worst case for caches; batches hold 256 orders. The machine's own limits
//! (a dependent read of memory, a stream of it) stand first, so that figures of two machines can be compared.

use clap::{Parser, ValueEnum};

mod chains;
mod changes;
mod commands;
mod forks;
mod growth;
mod limits;
mod machine;
mod memory;
mod meter;
mod moves;
mod orders;
mod plans;
mod posting;
mod reads;
mod rig;

/// Parts of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Resident memory a member and an order.
    Memory,
    /// Posting orders into trees.
    Orders,
    /// Orders as commands, with ids and the order book.
    Commands,
    /// Orders that somebody is written down with.
    Posting,
    /// New seats.
    Growth,
    /// Moves.
    Moves,
    /// Reads.
    Reads,
    /// The bottom of a chain against a shallow tree.
    Chains,
    /// Forks.
    Forks,
    /// Changes of the network.
    Changes,
    /// Plans worked out.
    Plans,
}

#[derive(Debug, Parser)]
struct Arguments {
    /// Members of every network
    #[arg(long, default_value_t = 1_000_000)]
    members: u32,
    /// Parts to run; all unless given
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// Seed of networks, buyers and moves
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Handed over by `cargo bench`; means nothing
    #[arg(long, hide = true)]
    bench: bool,
}

/// No figure is set for a size.
const NONE_SET: f64 = f64::INFINITY;

/// What every part is given.
#[derive(Debug, Clone, Copy)]
struct Scale {
    members: u32,
    seed: u64,
}

impl Scale {
    /// The figure that must be reached: one for a million members, one for ten; [`NONE_SET`] where there is none.
    fn floor(self, million: f64, ten_million: f64) -> Option<f64> {
        let floor = match self.members {
            1_000_000 => million,
            10_000_000 => ten_million,
            _ => NONE_SET,
        };
        floor.is_finite().then_some(floor)
    }
}

fn main() {
    let arguments = Arguments::parse();
    let scale = Scale {
        members: arguments.members.max(1_000),
        seed: arguments.seed,
    };
    // Memory goes first: what earlier parts freed would hide its growth.
    let parts: [(Part, fn(Scale)); 11] = [
        (Part::Memory, memory::measure),
        (Part::Orders, orders::measure),
        (Part::Commands, commands::measure),
        (Part::Posting, posting::measure),
        (Part::Growth, growth::measure),
        (Part::Moves, moves::measure),
        (Part::Reads, reads::measure),
        (Part::Chains, chains::measure),
        (Part::Forks, forks::measure),
        (Part::Changes, changes::measure),
        (Part::Plans, plans::measure),
    ];
    meter::heading(scale.members);
    limits::measure();
    for (part, measure) in parts {
        if arguments.only.is_empty() || arguments.only.contains(&part) {
            measure(scale);
        }
    }
}
