//! All that a crash may leave of a disk: every subset of what was not synced.

use super::{Change, SimDisk, Survivors, World, apply, apply_name};
use crate::chance::Chance;

impl SimDisk {
    /// The disks that a crash may leave behind: where few changes were not synced, each subset of them, and each of the writes
    /// among them torn at several places, with all the others and with none; otherwise some, drawn by chance.
    pub(crate) fn images(&self, chance: &mut Chance) -> Vec<SimDisk> {
        /// Changes of which all subsets are made.
        const FEW: usize = 6;
        let world = self.world();
        let unsynced: Vec<&Change> = world
            .inodes
            .iter()
            .flat_map(|inode| &inode.pending)
            .collect();
        let (writes, names) = (unsynced.len(), world.pending_names.len());
        if writes + names > FEW {
            drop(world);
            let some = (0..24).map(|_| self.image(Survivors::Some, chance));
            let mut images: Vec<SimDisk> = some.collect();
            images.extend(
                [
                    Survivors::None,
                    Survivors::All,
                    Survivors::BytesOnly,
                    Survivors::NamesOnly,
                ]
                .map(|kind| self.image(kind, chance)),
            );
            return images;
        }
        let all = (1_usize << (writes + names)) - 1;
        let mut images: Vec<SimDisk> = (0..=all)
            .map(|kept| world.left(kept, usize::MAX, &|change| change.clone()))
            .collect();
        for (at, change) in unsynced.iter().enumerate() {
            let Change::Write(_, data) = change else {
                continue;
            };
            let cuts = [
                1,
                data.len() / 2,
                data.len().saturating_sub(1),
                chance.below(data.len() + 1),
            ];
            for cut in cuts {
                let cut = cut.min(data.len());
                for kept in [all, 1 << at, all & ((1 << writes) - 1)] {
                    images.push(world.left(kept, at, &|change| beginning(change, cut)));
                    images.push(world.left(kept, at, &|change| end(change, cut)));
                }
            }
        }
        images
    }
}

impl World {
    /// What is left where of the changes that were not synced those in the mask `kept` arrived, bytes before names; the one
    /// with number `torn` as `tear` makes it.
    fn left(&self, kept: usize, torn: usize, tear: &dyn Fn(&Change) -> Change) -> SimDisk {
        let (mut files, mut number) = (Vec::new(), 0);
        for inode in &self.inodes {
            let mut bytes = inode.durable.clone();
            for change in &inode.pending {
                if kept >> number & 1 == 1 {
                    match number == torn {
                        true => apply(&mut bytes, &tear(change)),
                        false => apply(&mut bytes, change),
                    }
                }
                number += 1;
            }
            files.push(bytes);
        }
        let mut names = self.durable_names.clone();
        for change in &self.pending_names {
            if kept >> number & 1 == 1 {
                apply_name(&mut names, change);
            }
            number += 1;
        }
        SimDisk::of(files, names)
    }
}

/// A write of which only the first bytes arrived.
fn beginning(change: &Change, cut: usize) -> Change {
    match change {
        Change::Write(at, data) => Change::Write(*at, data[..cut].to_vec()),
        other => other.clone(),
    }
}

/// A write of which only the last bytes arrived.
fn end(change: &Change, cut: usize) -> Change {
    match change {
        Change::Write(at, data) => Change::Write(at + cut as u64, data[cut..].to_vec()),
        other => other.clone(),
    }
}
