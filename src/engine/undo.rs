//! Taking back: a state can be put back to where a command began, at the cost of what was written since.
//!
//! Pages keep lists of the records written; what is not in pages is small or shared, and copied at once. Must not know
//! what a command is.

use crate::arena::pages::Pages;
use crate::engine::state::State;

/// What a state was, but for the records in pages: those come back by their undo lists.
pub(crate) struct Before(State);

/// Notes what is written from here on, and holds back timers. O(pages of id tables), a few bytes each.
pub(crate) fn open(state: &mut State) -> Before {
    // Records stand aside while the rest is copied, so that no page is shared and has to be copied when it is written.
    let held: Vec<Pages> = pages(state).into_iter().map(Pages::move_out).collect();
    let before = Before(state.fork());
    for (pages, held) in pages(state).into_iter().zip(held) {
        *pages = held;
        pages.open_undo();
    }
    state.timers.hold_back();
    before
}

/// Lets everything written since stay.
pub(crate) fn keep(state: &mut State, before: Before) {
    // First, since a book that was closed meanwhile must be held by nobody else.
    drop(before);
    state.timers.release(true);
    state.periods.each_closed_page(Pages::keep);
    for pages in pages(state) {
        pages.keep();
    }
}

/// Puts back what the state was. O(writes since).
pub(crate) fn take_back(state: &mut State, before: Before) {
    let Before(mut before) = before;
    state.periods.reopen(&before.periods);
    let (empty, written) = (pages(&mut before), pages(state));
    assert!(
        empty.len() == written.len(),
        "no command lays out other pages"
    );
    for (pages, written) in empty.into_iter().zip(written) {
        pages.take_back(written);
    }
    let mut timers = std::mem::take(&mut state.timers);
    timers.release(false);
    *state = State { timers, ..before };
}

/// All pages that commands write.
pub(crate) fn pages(state: &mut State) -> Vec<&mut Pages> {
    let mut all = Vec::new();
    state.forest.pages(&mut all);
    state.members.pages(&mut all);
    state.orders.pages(&mut all);
    state.posted.pages(&mut all);
    state.corrections.pages(&mut all);
    state.served.pages(&mut all);
    state.facts.pages(&mut all);
    state.periods.pages(&mut all);
    all
}
