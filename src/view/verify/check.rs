//! The whole verification, book by book.

use crate::book::rules::Window;
use crate::engine::state::State;
use crate::view::lens::Lens;
use crate::view::verify::figures::{self, Book};
use crate::view::verify::registry;
use crate::view::verify::report::{Findings, Report};
use crate::view::verify::sold::{self, Sold};
use crate::view::verify::standing;

/// Recomputes every kept figure of the current forest, of rolled periods that still take orders and of the last closed
/// books, checks links, lists and ids, and names the first differences. A state without a network is right as it is.
///
/// # Cost
/// O(members x trees x figures + orders), some hundreds of bytes a member while it runs: for a fork.
#[must_use]
pub fn verify(state: &State) -> Report {
    let Ok(lens) = Lens::new(state) else {
        return Report::default();
    };
    let mut found = Findings {
        lens,
        book: String::new(),
        report: Report {
            members: lens.members() - 1,
            orders: u64::from(state.orders.len()) + u64::from(state.corrections.len()),
            ..Report::default()
        },
    };
    registry::check_members(&mut found);
    registry::check_roots(&mut found);
    registry::check_orders(&mut found);
    let all: Vec<Vec<Sold>> = (0..lens.rules.period_types.len())
        .map(|period| sold::add_up(&lens, period))
        .collect();
    let activity = match lens.rules.activity.window {
        Window::Period(period) => Some(usize::from(period)),
        Window::Rolling { .. } => None,
    };
    "current".clone_into(&mut found.book);
    standing::check_current(&mut found, activity.map(|period| &all[period][0]));
    figures::check(
        &mut found,
        &Book {
            name: "current".to_owned(),
            forest: &state.forest,
            sold: all.iter().map(|books| &books[0]).enumerate().collect(),
        },
    );
    for (period, books) in all.iter().enumerate() {
        totals(&mut found, period, books);
        for book in &books[1..] {
            rolled(&mut found, period, book, activity == Some(period));
        }
    }
    found.report
}

/// Verifies the book of a period that rolled, whether it is closed or not.
fn rolled(found: &mut Findings<'_>, period: usize, sold: &Sold, judged: bool) {
    let lens = found.lens;
    let periods = lens.periods(period);
    let branch = periods
        .branch
        .as_ref()
        .map(|book| (book.ordinal, &book.forest));
    let closed = periods
        .closed
        .as_ref()
        .map(|book| (book.ordinal, &book.forest));
    let forest = [branch, closed]
        .into_iter()
        .flatten()
        .find(|&(ordinal, _)| ordinal == sold.ordinal)
        .map(|(_, forest)| forest);
    let Some(forest) = forest else {
        return;
    };
    let name = format!(
        "{} {}",
        lens.period_type_name(period),
        lens.label(period, sold.ordinal)
    );
    found.book.clone_from(&name);
    if judged {
        standing::check_rolled(found, forest, sold);
    }
    figures::check(
        found,
        &Book {
            name,
            forest,
            sold: vec![(period, sold)],
        },
    );
}

/// The running totals that bound every sum.
fn totals(found: &mut Findings<'_>, period: usize, books: &[Sold]) {
    let lens = found.lens;
    let periods = lens.periods(period);
    let rules = lens.rules;
    for sold in books {
        let kept = if sold.ordinal == periods.current() {
            Some(periods.totals())
        } else {
            let closed = periods.closed.as_ref();
            closed
                .filter(|book| book.ordinal == sold.ordinal)
                .map(|book| book.totals())
        };
        let Some(kept) = kept else { continue };
        for (kind, &total) in sold.totals.iter().enumerate() {
            let figure = || {
                let period_type = &rules.period_types[period].name;
                format!(
                    "total {period_type} {} of {}",
                    rules.kinds[kind],
                    lens.label(period, sold.ordinal)
                )
            };
            found.whole(None, figure, kept[kind], total);
        }
    }
}
