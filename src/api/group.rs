//! A group of lines: what is read together, submitted together and answered together.

use crate::api::problem::Problem;
use crate::engine::command::Command;
use crate::view::changes::type_of;

/// Commands of one group.
const GROUP_COMMANDS: usize = 1_000;
/// Bytes of JSON in one group: what they become in the log is less.
const GROUP_BYTES: usize = 512 * 1024;
/// Lines of a group: commands of one type on lines in a row, or one line and what is wrong with it.
pub enum Entry {
    /// Commands.
    Commands {
        /// The first one's line.
        first_line: u64,
        /// How many.
        count: u64,
        /// Their type.
        kind: &'static str,
    },
    /// A line that could not be read.
    Bad {
        /// Its number.
        line: u64,
        /// What is wrong with it.
        problem: Box<Problem>,
    },
}

/// Lines read and not submitted yet.
#[derive(Default)]
pub struct Group {
    /// What its lines are, in order.
    pub entries: Vec<Entry>,
    /// The commands among them, in order.
    pub commands: Vec<Command>,
    lines: usize,
    bytes: usize,
}

impl Group {
    /// Takes what was read from a line of so many bytes.
    pub fn add(&mut self, line: u64, read: Result<Command, Problem>, bytes: usize) {
        match read {
            Ok(command) => {
                self.add_line(line, type_of(&command.verb));
                if self.commands.is_empty() {
                    self.commands.reserve(GROUP_COMMANDS);
                }
                self.commands.push(command);
            }
            Err(problem) => self.entries.push(Entry::Bad {
                line,
                problem: Box::new(problem),
            }),
        }
        self.lines += 1;
        self.bytes += bytes;
    }

    fn add_line(&mut self, line: u64, kind: &'static str) {
        match self.entries.last_mut() {
            Some(Entry::Commands {
                first_line,
                count,
                kind: same,
            }) if *first_line + *count == line && *same == kind => *count += 1,
            _ => self.entries.push(Entry::Commands {
                first_line: line,
                count: 1,
                kind,
            }),
        }
    }

    /// Whether it should be handed on.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.lines >= GROUP_COMMANDS || self.bytes >= GROUP_BYTES
    }
}
