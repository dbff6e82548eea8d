//! What a period was paid as: lines and accounts out of the file of its run, in the words of plans.

use std::path::Path;
use std::sync::Arc;

use crate::base::ids::{Member, Text};
use crate::base::money::{Micros, Rate};
use crate::engine::runs::Run;
use crate::engine::state::State;
use crate::plan::run::{Account, Brought, Line};
use crate::runtime::openings::Openings;
use crate::runtime::payer;
use crate::store::fault::Fault;
use crate::store::run_reader::RunFile;
use crate::store::runs;
use crate::view::era::Asked;
use crate::view::runs::Frozen;

/// Why the file of a run cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// For clients: which file, where in it and why, but not where data lies.
    pub short: String,
    /// For the program's log.
    pub whole: String,
}

impl From<Fault> for Unread {
    fn from(fault: Fault) -> Unread {
        Unread {
            short: in_short(&fault),
            whole: fault.to_string(),
        }
    }
}

fn in_short(fault: &Fault) -> String {
    let name = |file: &Path| {
        let name = file.file_name().unwrap_or_default();
        format!("`runs/{}`", name.to_string_lossy())
    };
    match fault {
        Fault::Damaged {
            file,
            at_byte,
            reason,
        } => format!("{} is damaged at byte {at_byte}: {reason}", name(file)),
        Fault::Io {
            verb,
            file,
            message,
            ..
        } => format!("cannot {verb} {}: {message}", name(file)),
        _ => "the server's log says why".to_owned(),
    }
}

/// A run that can be read.
pub struct Paid {
    file: RunFile,
}

impl Paid {
    /// Opens the file of a run, as [`payer::open`].
    ///
    /// # Errors
    /// If it is missing or damaged.
    pub fn open(openings: &Openings, state: &Arc<State>, run: &Run) -> Result<Paid, Unread> {
        let file = payer::open(openings, state, run)?;
        Ok(Paid { file })
    }

    /// Opens the file of a run as it lies there: nothing is written.
    ///
    /// # Errors
    /// If it is missing or damaged.
    pub fn as_it_lies(openings: &Openings, run: &Run) -> Result<Paid, Unread> {
        let file = openings.open(run)?;
        Ok(Paid { file })
    }

    /// What all its lines share.
    #[must_use]
    pub fn frozen(&self) -> Frozen {
        let head = &self.file.head;
        let components = head.components.iter();
        Frozen {
            currencies: head
                .currencies
                .iter()
                .map(|(code, _)| code.to_string())
                .collect(),
            components: components
                .map(|(name, factor)| (name.to_string(), Rate(*factor)))
                .collect(),
            sources: head
                .sources
                .iter()
                .map(|(component, period)| (component.to_string(), period.to_string()))
                .collect(),
        }
    }

    /// How many lines there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.file.head.lines
    }

    /// Lines from a number on, at most `most`.
    ///
    /// # Errors
    /// If a block is damaged.
    pub fn lines(&self, from: u64, most: u64) -> Result<Vec<Line>, Unread> {
        let found = self.file.lines(from, most)?;
        Ok(found.iter().map(line).collect())
    }

    /// One member's lines.
    ///
    /// # Errors
    /// If a block is damaged.
    pub fn lines_of(&self, member: Member) -> Result<Vec<Line>, Unread> {
        let (_, found) = self.file.lines_of(member)?;
        Ok(found.iter().map(line).collect())
    }

    /// The standing figures it hands on, as [`Standing::decode`](crate::plan::standing::Standing::decode) reads them.
    ///
    /// # Errors
    /// If a block is damaged.
    pub fn standing(&self) -> Result<Vec<u8>, Unread> {
        Ok(self.file.standing()?)
    }

    /// One member's accounts, one a currency.
    ///
    /// # Errors
    /// If a block is damaged.
    pub fn accounts_of(&self, member: Member) -> Result<Vec<Account>, Unread> {
        let found = self.file.balances_of(member)?.into_iter();
        let account = |balance: runs::Balance| Account {
            member,
            currency: self.currency(balance.currency).clone(),
            earned: balance.earned,
            brought: balance.brought,
            held: balance.payable == 0 && balance.earned + balance.brought > 0,
        };
        Ok(found.map(account).collect())
    }

    fn currency(&self, index: u8) -> &Text {
        &self.file.head.currencies[usize::from(index)].0
    }
}

fn line(line: &runs::Line) -> Line {
    Line {
        member: line.member,
        component: usize::from(line.component),
        exact: Micros(line.exact),
        after: Micros(line.after),
        currency: line.currency,
        minor: line.minor,
    }
}

/// What one member brings into a period from the run before, and the label of that one.
///
/// # Errors
/// If the run's file cannot be read.
pub fn brought_of(
    openings: &Openings,
    state: &Arc<State>,
    asked: Asked,
    member: Member,
) -> Result<(Brought, Option<String>), Unread> {
    let Some(run) = state.runs.before(asked.period, asked.ordinal) else {
        return Ok((Brought::new(), None));
    };
    let accounts = Paid::open(openings, state, run)?.accounts_of(member)?;
    let carried = accounts
        .into_iter()
        .filter(|account| account.carried() != 0);
    let brought = carried.map(|account| {
        let carried = account.carried();
        ((member, account.currency), carried)
    });
    let label = state.periods.get(run.period_type).label(run.ordinal);
    Ok((brought.collect(), Some(label.to_string())))
}
