//! Interned texts: countries, currencies, zones, tags and order classes, each told once and then known by a number.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::arena::image::{ImageReader, ImageWriter};
use crate::base::bytes::Malformed;

/// A side table of values that many records share. Number 0 stands for none.
#[derive(Debug, Clone)]
pub(crate) struct Names<T> {
    inner: Arc<Inner<T>>,
    max: u32,
    /// The number asked for last: most records say what the one before them said.
    last: u32,
}

#[derive(Debug, Clone)]
struct Inner<T> {
    values: Vec<T>,
    numbers: HashMap<T, u32>, // lookup only
}

impl<T: Clone + Eq + Hash> Names<T> {
    /// Takes them down.
    pub(crate) fn put(&self, image: &mut ImageWriter<'_>)
    where
        T: Serialize,
    {
        image.put_plain(&self.inner.values);
    }

    /// Becomes what [`Names::put`] put.
    pub(crate) fn take(&mut self, image: &mut ImageReader<'_>) -> Result<(), Malformed>
    where
        T: DeserializeOwned,
    {
        let values: Vec<T> = image.take_plain()?;
        let numbers = values.iter().cloned().zip(1..);
        self.inner = Arc::new(Inner {
            numbers: numbers.collect(),
            values,
        });
        Ok(())
    }

    /// An empty table for at most `max` values.
    pub(crate) fn new(max: u32) -> Names<T> {
        Names {
            inner: Arc::new(Inner {
                values: Vec::new(),
                numbers: HashMap::new(), // lookup only
            }),
            max,
            last: 0,
        }
    }

    /// Whether [`Names::intern`] would find room for this value.
    #[inline]
    pub(crate) fn has_room(&self, value: Option<&T>) -> bool {
        let known = |value| self.inner.numbers.contains_key(value);
        self.inner.values.len() < self.max as usize || value.is_none_or(known)
    }

    /// The number of a value, told now if it is new. The caller has asked [`Names::has_room`].
    #[inline]
    pub(crate) fn intern(&mut self, value: Option<&T>) -> u32 {
        let Some(value) = value else { return 0 };
        if self.get(self.last) != Some(value) {
            self.last = self.look_up(value);
        }
        self.last
    }

    fn look_up(&mut self, value: &T) -> u32 {
        if let Some(&number) = self.inner.numbers.get(value) {
            return number;
        }
        assert!(
            self.inner.values.len() < self.max as usize,
            "room was checked before"
        );
        let inner = Arc::make_mut(&mut self.inner);
        inner.values.push(value.clone());
        let number = inner.values.len() as u32;
        inner.numbers.insert(value.clone(), number);
        number
    }

    /// The value of a number; none for 0.
    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        let index = number.checked_sub(1)?;
        Some(&self.inner.values[index as usize])
    }
}
