//! The whole verification: tasks that know nothing of each other, by one worker or several, with one report.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::book::forest::Forest;
use crate::book::rules::Window;
use crate::engine::state::State;
use crate::view::lens::Lens;
use crate::view::verify::report::{Findings, Report};
use crate::view::verify::sold::{self, Sold};
use crate::view::verify::{figures, registry, served, standing};

/// Recomputes every kept figure of the current forest, of rolled periods that still take orders and of the last closed
/// books, checks links, lists and ids, and names the first differences. A state without a network is right as it is.
///
/// # Cost
/// O(members x trees x figures + orders), some hundreds of bytes a member while it runs: for a fork.
#[must_use]
pub fn verify(state: &State) -> Report {
    verify_by(state, 1)
}

/// The same by several workers, the caller's thread among them. The report does not tell how many there were.
///
/// # Cost
/// As [`verify`], shared; memory grows with the workers.
#[must_use]
pub fn verify_by(state: &State, workers: usize) -> Report {
    let Ok(lens) = Lens::new(state) else {
        return Report::default();
    };
    let sold: Vec<Vec<Sold>> = (0..lens.rules.period_types.len())
        .map(|period| sold::add_up(&lens, period))
        .collect();
    let books = books(&lens, &sold);
    let tasks = tasks(&books);
    let reports: Vec<OnceLock<Report>> = tasks.iter().map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(index) =
            Some(next.fetch_add(1, Ordering::Relaxed)).filter(|&index| index < tasks.len())
        {
            let report = run(lens, &sold, &tasks[index]);
            reports[index].set(report).expect("each task is taken once");
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..workers {
            scope.spawn(work);
        }
        work();
    });
    let mut whole = Report {
        members: lens.members() - 1,
        orders: u64::from(state.orders.len()) + u64::from(state.corrections.len()),
        ..Report::default()
    };
    for report in reports {
        whole.add(report.into_inner().expect("each task has been done"));
    }
    whole
}

/// A book to be looked at: its forest, and what entered it for each of its period types.
struct Book<'a> {
    name: String,
    /// The rules it is read by: for a book that rolled, those of that time.
    lens: Lens<'a>,
    forest: &'a Forest,
    /// Index of the period type, and its sales.
    sold: Vec<(usize, &'a Sold)>,
    /// Sales by which those in the book of a rolled period are judged active.
    judged: Option<&'a Sold>,
}

/// One part of the work.
enum Task<'a> {
    Members,
    Orders,
    Standing,
    Judging(&'a Book<'a>),
    Tree(&'a Book<'a>, usize),
    Totals,
    Served,
}

/// The period type by which activity is judged, unless it rolls.
fn activity_period(lens: &Lens<'_>) -> Option<usize> {
    match lens.rules.activity.window {
        Window::Period(period) => Some(usize::from(period)),
        Window::Rolling { .. } => None,
    }
}

/// The current book and those of rolled and closed periods.
fn books<'a>(lens: &Lens<'a>, sold: &'a [Vec<Sold>]) -> Vec<Book<'a>> {
    let mut books = vec![Book {
        name: "current".to_owned(),
        lens: *lens,
        forest: lens.forest(),
        sold: sold.iter().map(|books| &books[0]).enumerate().collect(),
        judged: None,
    }];
    for (period, sales) in sold.iter().enumerate() {
        let periods = lens.periods(period);
        for sold in &sales[1..] {
            let branch = periods.branch.as_ref();
            let branch = branch.map(|book| (book.ordinal, &book.forest, &book.rules));
            let closed = periods.closed();
            let closed = closed.map(|book| (book.ordinal, &book.forest, &book.rules));
            let held = [branch, closed].into_iter().flatten();
            for (_, forest, rules) in held.filter(|&(ordinal, ..)| ordinal == sold.ordinal) {
                let label = lens.label(period, sold.ordinal);
                let lens = Lens { rules, ..*lens };
                books.push(Book {
                    name: format!("{} {label}", lens.period_type_name(period)),
                    lens,
                    forest,
                    sold: vec![(period, sold)],
                    judged: (activity_period(&lens) == Some(period)).then_some(sold),
                });
            }
        }
    }
    books
}

/// All parts of the work, the long ones first so that workers end together.
fn tasks<'a>(books: &'a [Book<'a>]) -> Vec<Task<'a>> {
    let mut tasks = vec![Task::Members, Task::Orders];
    for book in books {
        tasks.extend((0..book.lens.rules.trees.len()).map(|tree| Task::Tree(book, tree)));
    }
    tasks.extend([Task::Standing, Task::Totals, Task::Served]);
    let judged = books.iter().filter(|book| book.judged.is_some());
    tasks.extend(judged.map(Task::Judging));
    tasks
}

/// Does one part.
fn run(lens: Lens<'_>, sold: &[Vec<Sold>], task: &Task<'_>) -> Report {
    let (book, lens) = match task {
        Task::Tree(book, _) | Task::Judging(book) => (book.name.as_str(), book.lens),
        Task::Members | Task::Orders => ("registry", lens),
        Task::Standing | Task::Totals | Task::Served => ("current", lens),
    };
    let mut found = Findings::new(lens, book);
    match task {
        Task::Members => {
            registry::check_members(&mut found);
            registry::check_roots(&mut found);
        }
        Task::Orders => registry::check_orders(&mut found),
        Task::Standing => {
            let sold = activity_period(&lens).map(|period| &sold[period][0]);
            standing::check_current(&mut found, sold);
        }
        Task::Judging(book) => {
            let sold = book.judged.expect("only judged books are");
            standing::check_rolled(&mut found, book.forest, sold);
        }
        Task::Tree(book, tree) => figures::check(&mut found, book.forest, *tree, &book.sold),
        Task::Served => served::check(&mut found),
        Task::Totals => {
            for (period, books) in sold.iter().enumerate() {
                totals(&mut found, period, books);
            }
        }
    }
    found.report
}

/// The running totals that bound every sum.
fn totals(found: &mut Findings<'_>, period: usize, books: &[Sold]) {
    let lens = found.lens;
    let periods = lens.periods(period);
    for sold in books {
        let closed = periods.closed();
        let kept = if sold.ordinal == periods.current() {
            Some(periods.totals())
        } else {
            closed
                .filter(|book| book.ordinal == sold.ordinal)
                .map(|book| book.totals())
        };
        let Some(kept) = kept else { continue };
        for (kind, &total) in sold.totals.iter().enumerate() {
            let figure = || {
                let (period_type, label) = (
                    lens.period_type_name(period),
                    lens.label(period, sold.ordinal),
                );
                format!("total {period_type} {label} {}", lens.rules.kinds[kind])
            };
            found.whole(None, figure, kept[kind], total);
        }
    }
}
