//! Where answers and progress go: answers to standard output, progress and remarks to standard error; a moving bar on a
//! terminal, plain lines otherwise, JSON where it is asked for.

use std::io::{IsTerminal, Write, stderr, stdout};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::cli::exit::{Exit, Failure};

/// How a run speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Output {
    /// Answers in JSON.
    pub json: bool,
}

impl Output {
    /// Answers with `plain` for people, or with `data` where JSON was asked for.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub fn answer(self, plain: &str, data: &impl Serialize) -> Result<(), Failure> {
        if self.json {
            let text = serde_json::to_string(data).expect("answers are plain data");
            self.line(&text)
        } else {
            self.line(plain.trim_end_matches('\n'))
        }
    }

    /// One line to standard output.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub fn line(self, text: &str) -> Result<(), Failure> {
        writeln!(stdout(), "{text}").map_err(|error| closed(&error))
    }

    /// A remark for people, to standard error.
    pub fn remark(self, text: &str) {
        // Where even standard error is closed there is nobody left to tell.
        let _ = writeln!(stderr(), "{text}");
    }

    /// Progress of long work over `total` steps of something.
    #[must_use]
    pub fn progress(self, what: &'static str, total: u64) -> Progress {
        let bar = stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template(
                "{msg:>12} [{bar:40}] {human_pos} of {human_len} ({per_sec}, {eta} left)",
            )
            .expect("the template is right")
            .progress_chars("=> ");
            ProgressBar::new(total).with_style(style).with_message(what)
        });
        Progress {
            what,
            total,
            done: 0,
            told: 0,
            bar,
        }
    }
}

/// Standard output is gone; a reader such as `head` that has seen enough is no failure.
#[must_use]
pub fn closed(error: &std::io::Error) -> Failure {
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        return Failure::new(Exit::Done, "");
    }
    Failure::new(
        Exit::Disk,
        format!("standard output cannot be written: {error}"),
    )
}

/// Progress of one long work.
#[derive(Debug)]
pub struct Progress {
    what: &'static str,
    total: u64,
    done: u64,
    told: u64,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// So much more is done.
    pub fn advance(&mut self, steps: u64) {
        // More may be done than was foreseen: a row can become two commands.
        self.done += steps;
        self.total = self.total.max(self.done);
        if let Some(bar) = &self.bar {
            bar.set_length(self.total);
            bar.set_position(self.done);
            return;
        }
        let tenth = (self.done * 10).checked_div(self.total).unwrap_or(10);
        if tenth > self.told {
            self.told = tenth;
            let _ = writeln!(
                stderr(),
                "{}: {} of {}",
                self.what,
                grouped(self.done),
                grouped(self.total)
            );
        }
    }

    /// The work is over; the bar goes.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A count with its thousands apart: `1,234,567`.
#[must_use]
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(count), text);
        }
    }
}
