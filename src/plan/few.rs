//! Columns by a small number: found without a search, for they are asked for once a member and more.

use std::ops::Index;

use crate::base::limits::TREES_MAX;

/// What a small number can be made of.
pub(super) trait Small: Copy {
    /// The number.
    fn number(self) -> usize;
}

/// A tree.
impl Small for usize {
    #[inline]
    fn number(self) -> usize {
        self
    }
}

/// A tree and a volume kind.
impl Small for Place {
    #[inline]
    fn number(self) -> usize {
        self.1 * TREES_MAX + self.0
    }
}

/// A tree, and the number under which a kind of volume is held.
pub(super) type Place = (usize, usize);

/// Something for each of a few keys.
#[derive(Debug)]
pub(super) struct Few<K, T> {
    held: Vec<Option<T>>,
    key: std::marker::PhantomData<K>,
}

impl<K: Small, T> Few<K, T> {
    /// Nothing.
    pub(super) fn new() -> Few<K, T> {
        Few {
            held: Vec::new(),
            key: std::marker::PhantomData,
        }
    }

    /// What is held for a key, if anything is.
    #[inline]
    pub(super) fn get(&self, key: K) -> Option<&T> {
        self.held.get(key.number())?.as_ref()
    }

    /// Whether anything is held for a key.
    pub(super) fn holds(&self, key: K) -> bool {
        self.get(key).is_some()
    }

    /// Holds something for a key.
    pub(super) fn insert(&mut self, key: K, value: T) {
        let number = key.number();
        if self.held.len() <= number {
            self.held.resize_with(number + 1, || None);
        }
        self.held[number] = Some(value);
    }

    /// Makes what is not there yet.
    pub(super) fn make(&mut self, key: K, make: impl FnOnce() -> T) {
        if !self.holds(key) {
            self.insert(key, make());
        }
    }
}

impl<K: Small, T> Index<K> for Few<K, T> {
    type Output = T;

    /// # Panics
    /// If nothing is held for the key.
    #[inline]
    fn index(&self, key: K) -> &T {
        self.get(key).expect("loaded for who reads it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_not_meet() {
        let mut few = Few::new();
        for kind in 0..20 {
            for tree in 0..TREES_MAX {
                few.make((tree, kind), || 100 * kind + tree);
                few.make((tree, kind), || 0);
            }
        }
        for kind in 0..20 {
            for tree in 0..TREES_MAX {
                assert_eq!(few[(tree, kind)], 100 * kind + tree);
            }
        }
        assert!(!few.holds((0, 20)));
    }
}
