//! Places of a path that was written down with orders, and what orders brought whoever stood there.

use crate::base::ids::COMPANY;
use crate::base::path::{Passed, Path};

/// What orders brought a member at one place of a path, by whether he was active then. Units of 1e-4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Brought {
    /// While he was.
    pub active: i64,
    /// While he was not.
    pub inactive: i64,
}

impl Brought {
    /// One of them.
    pub(super) fn one(&mut self, active: bool) -> &mut i64 {
        if active {
            &mut self.active
        } else {
            &mut self.inactive
        }
    }
}

/// Places of a path that its members are looked for at: place 0 is the member credited, level 1 is place 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Places {
    /// The path.
    pub path: Path,
    /// Levels above the member credited.
    pub levels: u8,
}

impl Places {
    /// How many there are.
    #[must_use]
    pub fn count(self) -> usize {
        1 + usize::from(self.levels)
    }

    /// Who stood at them above a sale, each with his place. The member credited is paid on his own; on what counts as from
    /// one level below him he stands at level 1.
    pub(super) fn of(
        self,
        passed: &[Passed],
        below: bool,
    ) -> impl Iterator<Item = (usize, Passed)> {
        let places = passed.iter().copied().enumerate().take(self.count());
        let places = places.skip(usize::from(below));
        places.filter(|(_, one)| one.member != COMPANY)
    }
}
