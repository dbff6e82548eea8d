//! What a verification found: how much was compared, and the first differences by name.

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::ids::{Member, Seat};
use crate::view::lens::Lens;

/// Differences listed at most; all are counted.
pub const DIFFERENCES_MAX: usize = 100;

/// One kept figure that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Difference {
    /// `current`, or period type and label of a book that rolled.
    pub book: String,
    /// Name of the tree, where the figure belongs to one.
    pub tree: Option<String>,
    /// The member; empty for the hidden company.
    pub member: Option<String>,
    /// Which of his places, where the figure belongs to one.
    pub centre: Option<u16>,
    /// The figure, such as `group month cv`.
    pub figure: String,
    /// What is kept.
    pub kept: String,
    /// What follows from members, positions and orders.
    pub recomputed: String,
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Report {
    /// Members looked at.
    pub members: u32,
    /// Orders, refunds and adjustments added up.
    pub orders: u64,
    /// Positions looked at, in all trees and books.
    pub positions: u64,
    /// Figures compared.
    pub compared: u64,
    /// Differences found.
    pub found: u64,
    /// The first of them.
    pub differences: Vec<Difference>,
}

/// What was verified: figures, the runs that were paid, and the snapshots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Verified {
    /// Figures.
    #[serde(flatten)]
    pub report: Report,
    /// Digest of the whole state: the same wherever the same commands led to it.
    pub digest: String,
    /// Runs whose files were read.
    pub runs: usize,
    /// What is wrong with them, a sentence each.
    pub wrong_runs: Vec<String>,
    /// Snapshots that were read.
    pub snapshots: usize,
    /// What is wrong with them, a sentence each.
    pub wrong_snapshots: Vec<String>,
}

impl Verified {
    /// Whether everything is right.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.report.is_clean() && self.wrong_runs.is_empty() && self.wrong_snapshots.is_empty()
    }
}

impl Report {
    /// Whether every figure is right.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.found == 0
    }

    /// Adds what another part of the work found.
    pub(super) fn add(&mut self, part: Report) {
        self.positions += part.positions;
        self.compared += part.compared;
        self.found += part.found;
        let room = DIFFERENCES_MAX - self.differences.len();
        self.differences
            .extend(part.differences.into_iter().take(room));
    }
}

/// Where findings are noted while a book is looked at.
pub(super) struct Findings<'a> {
    /// The state verified.
    pub(super) lens: Lens<'a>,
    /// Name of the book at hand.
    pub(super) book: String,
    /// What has been found.
    pub(super) report: Report,
}

impl<'a> Findings<'a> {
    /// Nothing found yet in the book of this name.
    pub(super) fn new(lens: Lens<'a>, book: &str) -> Findings<'a> {
        Findings {
            lens,
            book: book.to_owned(),
            report: Report::default(),
        }
    }

    /// Compares a figure of a position.
    #[inline]
    pub(super) fn at_seat<T: PartialEq + ToString>(
        &mut self,
        (tree, seat): (usize, Seat),
        figure: impl Fn() -> String,
        kept: T,
        recomputed: T,
    ) {
        self.report.compared += 1;
        if kept == recomputed {
            return;
        }
        let owner = self.lens.forest().owner(tree, seat);
        let centre = self.lens.told().centre_of(owner, tree, seat);
        self.note(
            Some(tree),
            Some(owner),
            figure(),
            kept.to_string(),
            recomputed.to_string(),
        );
        if let Some(last) = self.last_noted() {
            last.centre = centre;
        }
    }

    /// Compares a figure of a member.
    #[inline]
    pub(super) fn at_member<T: PartialEq + ToString>(
        &mut self,
        member: Member,
        figure: impl Fn() -> String,
        kept: T,
        recomputed: T,
    ) {
        self.report.compared += 1;
        if kept != recomputed {
            self.note(
                None,
                Some(member),
                figure(),
                kept.to_string(),
                recomputed.to_string(),
            );
        }
    }

    /// Compares a figure of the whole.
    pub(super) fn whole<T: PartialEq + ToString>(
        &mut self,
        tree: Option<usize>,
        figure: impl Fn() -> String,
        kept: T,
        recomputed: T,
    ) {
        self.report.compared += 1;
        if kept != recomputed {
            self.note(
                tree,
                None,
                figure(),
                kept.to_string(),
                recomputed.to_string(),
            );
        }
    }

    /// Notes a difference.
    #[cold]
    fn note(
        &mut self,
        tree: Option<usize>,
        member: Option<Member>,
        figure: String,
        kept: String,
        recomputed: String,
    ) {
        self.report.found += 1;
        if self.report.differences.len() == DIFFERENCES_MAX {
            return;
        }
        self.report.differences.push(Difference {
            book: self.book.clone(),
            tree: tree.map(|tree| self.lens.tree_name(tree)),
            member: member.map(|member| self.lens.id(member)),
            centre: None,
            figure,
            kept,
            recomputed,
        });
    }

    /// The difference noted last, if it was still listed.
    fn last_noted(&mut self) -> Option<&mut Difference> {
        let listed = self.report.found == self.report.differences.len() as u64;
        self.report.differences.last_mut().filter(|_| listed)
    }
}
