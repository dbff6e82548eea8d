//! How many steps a question may take. Every walk spends; a point answer under the read lock gets little.

use crate::view::error::ViewError;

/// Steps a point answer may take while the writer waits: some milliseconds at worst.
pub const POINT_STEPS: u64 = 100_000;

/// Steps left to one question; a step is a seat or member looked at.
#[derive(Debug, Clone)]
pub struct Budget {
    left: u64,
}

impl Budget {
    /// For an answer read under the lock.
    #[must_use]
    pub fn point() -> Budget {
        Budget { left: POINT_STEPS }
    }

    /// For an answer read from a fork beside the writer: as long as it takes.
    #[must_use]
    pub fn fork() -> Budget {
        Budget { left: u64::MAX }
    }

    /// With this many steps.
    #[must_use]
    pub fn of(steps: u64) -> Budget {
        Budget { left: steps }
    }

    /// Steps left.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Takes `steps`.
    ///
    /// # Errors
    /// [`ViewError::TooLarge`] when fewer are left.
    pub fn spend(&mut self, steps: u64) -> Result<(), ViewError> {
        self.left = self.left.checked_sub(steps).ok_or(ViewError::TooLarge)?;
        Ok(())
    }
}
