//! A small vector of volumes, one for each kind of a network.

use super::limits::KINDS_MAX;
use super::number::Volume;

/// Volumes by kind: index into the network's kinds. Kinds beyond `len` are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Volumes {
    units: [i64; KINDS_MAX],
}

impl Volumes {
    /// From units of 1e-4, at most [`KINDS_MAX`] of them.
    ///
    /// # Panics
    /// If there are more.
    #[must_use]
    pub fn from_units(units: &[i64]) -> Volumes {
        let mut all = [0; KINDS_MAX];
        all[..units.len()].copy_from_slice(units);
        Volumes { units: all }
    }

    /// The volume of one kind.
    #[must_use]
    pub fn get(&self, kind: usize) -> Volume {
        Volume(self.units[kind])
    }

    /// Sets the volume of one kind.
    pub fn set(&mut self, kind: usize, volume: Volume) {
        self.units[kind] = volume.0;
    }

    /// All eight, in units of 1e-4.
    #[must_use]
    pub fn units(&self) -> &[i64; KINDS_MAX] {
        &self.units
    }

    /// How many leading kinds must be written to keep every volume that is not zero.
    #[must_use]
    pub fn len_used(&self) -> usize {
        self.units
            .iter()
            .rposition(|&units| units != 0)
            .map_or(0, |last| last + 1)
    }

    /// Whether all are zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.units == [0; KINDS_MAX]
    }

    /// Whether any is below zero.
    #[must_use]
    pub fn any_negative(&self) -> bool {
        self.units.iter().any(|&units| units < 0)
    }

    /// Each with its sign turned.
    #[must_use]
    pub fn negated(&self) -> Volumes {
        Volumes {
            units: self.units.map(|units| -units),
        }
    }
}
