//! `snapshot`: write the state down, so that the next start need not replay what came before.

use serde::{Deserialize, Serialize};

use crate::cli::command::Subcommand;
use crate::cli::directory::{self, Found};
use crate::cli::exit::Exit;
use crate::cli::output::grouped;
use crate::cli::{client, settings};

/// A snapshot that was written.
#[derive(Debug, Serialize, Deserialize)]
struct Told {
    /// Sequence of the last command in it.
    seq: u64,
    /// Bytes of its image.
    bytes: u64,
}

/// The command.
pub const COMMAND: Subcommand = Subcommand {
    name: "snapshot",
    about: "Write a snapshot now, of a stopped directory (--data) or by a running server (--url)",
    args: |command| client::args(settings::args(command, &["data", "snapshots_kept"])),
    run: |call| {
        let told: Told = match client::of(call.matches)? {
            Some(client) => client.post("/v1/snapshots", "application/json", b"")?,
            None => {
                let settings = settings::resolve(call.matches)?;
                let mut network = directory::open(&settings, Found::Never)?;
                let written = network.snapshot();
                let bytes = written.map_err(|fault| directory::fault(&fault))?;
                let seq = network.state.as_of_seq;
                network.close().map_err(|fault| directory::fault(&fault))?;
                Told { seq, bytes }
            }
        };
        let plain = format!(
            "a snapshot as of sequence {}, {} bytes\n",
            grouped(told.seq),
            grouped(told.bytes)
        );
        call.output.answer(&plain, &told)?;
        Ok(Exit::Done)
    },
};
