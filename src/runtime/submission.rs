//! What goes into the pipeline and what comes back.

use crate::engine::command::Command;
use crate::engine::outcome::Accepted;
use crate::engine::rejection::Rejection;

/// Commands of one request, in order. They are logged one behind the other, though not always in one batch.
#[derive(Debug, Clone, Default)]
pub struct Submission {
    /// At most [`BATCH_COMMANDS_MAX`](crate::base::limits::BATCH_COMMANDS_MAX), and at most
    /// [`BATCH_BYTES_MAX`](crate::base::limits::BATCH_BYTES_MAX) when encoded.
    pub commands: Vec<Command>,
}

/// What became of one command; given only when it is as durable as the settings ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its sequence; the first one's when it is repeated.
    pub seq: u64,
    /// Whether the same command was accepted before, so that this is its first receipt again.
    pub repeated: bool,
    /// Accepted, or why not.
    pub outcome: Result<Accepted, Refusal>,
}

/// Receipts of one submission. Its commands have sequences in a row and most are accepted with nothing more to say, so
/// only the others are written out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Receipts {
    first_seq: u64,
    count: usize,
    /// Which of them say more than "accepted", ascending.
    indexes: Vec<usize>,
    told: Vec<Receipt>,
}

impl Receipts {
    /// Of `count` commands from `first_seq` on, all accepted so far.
    #[must_use]
    pub fn accepted(first_seq: u64, count: usize) -> Receipts {
        Receipts {
            first_seq,
            count,
            ..Receipts::default()
        }
    }

    /// Writes out what became of the command at `index`, which lies behind those written out before; tells where its
    /// receipt stands among [`Receipts::told_mut`].
    pub fn tell(&mut self, index: usize, outcome: Result<Accepted, Refusal>) -> usize {
        self.indexes.push(index);
        self.told.push(Receipt {
            seq: self.first_seq + index as u64,
            repeated: false,
            outcome,
        });
        self.told.len() - 1
    }

    /// Those that say more than "accepted", to be completed.
    pub fn told_mut(&mut self) -> &mut [Receipt] {
        &mut self.told
    }

    /// The sequences, if every command was accepted with nothing more to say.
    #[must_use]
    pub fn plain(&self) -> Option<std::ops::Range<u64>> {
        let end = self.first_seq + self.count as u64;
        self.told.is_empty().then_some(self.first_seq..end)
    }

    /// One receipt for each command. O(commands).
    pub fn each(self) -> impl Iterator<Item = Receipt> {
        let mut told = self.indexes.into_iter().zip(self.told).peekable();
        (0..self.count).map(move |index| match told.next_if(|(at, _)| *at == index) {
            Some((_, receipt)) => receipt,
            None => Receipt {
                seq: self.first_seq + index as u64,
                repeated: false,
                outcome: Ok(Accepted::default()),
            },
        })
    }
}

/// Why a command was logged and yet not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A rule of the network says no.
    Rejected(Rejection),
    /// The id belongs to another command.
    IdReused {
        /// That command's sequence.
        first_seq: u64,
        /// The first field in which the two differ.
        field: &'static str,
    },
}

/// Why a submission has no receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The queue is full; nothing was done.
    Busy,
    /// The server is stopping; nothing was done.
    Stopping,
    /// The disk failed while the commands were written: they may have happened. The same ids, sent again after the
    /// next start, tell.
    OutcomeUnknown,
    /// The disk is nearly full; nothing was done.
    NoSpace,
    /// More commands or bytes than one submission may carry; nothing was done.
    TooLarge,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_its_receipt_whichever_are_written_out() {
        for told in 0u32..32 {
            let refusal = Refusal::Rejected(Rejection::Overflow);
            let mut receipts = Receipts::accepted(7, 5);
            for index in (0..5).filter(|index| told & (1 << index) != 0) {
                receipts.tell(index, Err(refusal.clone()));
            }
            assert_eq!(receipts.plain(), (told == 0).then_some(7..12));
            let expected: Vec<Receipt> = (0..5)
                .map(|index| Receipt {
                    seq: 7 + index,
                    repeated: false,
                    outcome: match told & (1 << index) {
                        0 => Ok(Accepted::default()),
                        _ => Err(refusal.clone()),
                    },
                })
                .collect();
            assert_eq!(receipts.each().collect::<Vec<_>>(), expected, "{told:b}");
        }
    }
}
