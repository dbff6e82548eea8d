//! Accepted events of a directory, one by one, for `export` and `log show`.

use std::sync::Arc;

use crate::cli::directory;
use crate::cli::exit::{Exit, Failure};
use crate::runtime::changes::{self, Change, ChangesError};
use crate::runtime::offline::ReadOnly;
use crate::store::fault::Fault;

/// Changes read at a time.
const AT_A_TIME: usize = 4_096;

/// Hands every accepted command after a sequence to `each`, until it says that it has enough. Costs a pass over the log.
///
/// # Errors
/// If the log cannot be read, or `each` fails.
pub fn walk(
    read: &ReadOnly,
    after: u64,
    mut each: impl FnMut(&Change) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let mut after = after;
    loop {
        let page = changes::read(&Arc::clone(&read.files), after, AT_A_TIME)
            .map_err(|error| gone(&error))?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.seq;
        for change in &page {
            if !each(change)? {
                return Ok(());
            }
        }
    }
}

fn gone(error: &ChangesError) -> Failure {
    match error {
        ChangesError::Trimmed { oldest_seq } => directory::fault(&Fault::Trimmed {
            oldest_seq: *oldest_seq,
        }),
        other => Failure::new(Exit::Refused, format!("the log cannot be read: {other:?}")),
    }
}
