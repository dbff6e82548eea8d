//! Monotone maps of bucket indexes, and what they do to vectors.

/// Buckets a kernel may have.
pub const BUCKETS_MAX: usize = 32;
/// Where volume goes that nobody above sees any more.
pub const DEAD: u8 = u8::MAX;

/// A map from bucket to bucket, or to nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Map {
    to: [u8; BUCKETS_MAX],
    buckets: usize,
}

impl Map {
    /// Each bucket to itself.
    #[must_use]
    pub fn identity(buckets: usize) -> Map {
        let mut to = [DEAD; BUCKETS_MAX];
        for (bucket, to) in to.iter_mut().take(buckets).enumerate() {
            *to = bucket as u8;
        }
        Map { to, buckets }
    }

    /// Each bucket to the next, the last to nowhere: one level is used up.
    #[must_use]
    pub fn shift(buckets: usize) -> Map {
        let mut map = Map::identity(buckets);
        for to in &mut map.to[..buckets] {
            *to = if usize::from(*to) + 1 < buckets {
                *to + 1
            } else {
                DEAD
            };
        }
        map
    }

    /// From stored bytes, one a bucket.
    #[must_use]
    pub fn from_bytes(bytes: impl Iterator<Item = u8>) -> Map {
        let (mut to, mut buckets) = ([DEAD; BUCKETS_MAX], 0);
        for byte in bytes {
            to[buckets] = byte;
            buckets += 1;
        }
        Map { to, buckets }
    }

    /// Where a bucket goes; [`DEAD`] for nowhere.
    #[inline]
    #[must_use]
    pub fn get(&self, bucket: u8) -> u8 {
        self.to.get(usize::from(bucket)).copied().unwrap_or(DEAD)
    }

    /// First `below`, then this one: the map of a run of seats is that of its upper part after its lower part.
    #[must_use]
    pub fn after(&self, below: &Map) -> Map {
        let mut to = [DEAD; BUCKETS_MAX];
        for (to, &through) in to.iter_mut().zip(&below.to).take(self.buckets) {
            *to = self.get(through);
        }
        Map {
            to,
            buckets: self.buckets,
        }
    }

    /// Adds the vector, mapped, to another.
    pub fn add_mapped(&self, vector: &[i64], out: &mut [i64]) {
        for (&to, &volume) in self.to.iter().zip(vector) {
            if to != DEAD {
                out[usize::from(to)] += volume;
            }
        }
    }

    /// The vector, mapped.
    #[must_use]
    pub fn apply(&self, vector: &[i64]) -> [i64; BUCKETS_MAX] {
        let mut out = [0; BUCKETS_MAX];
        self.add_mapped(vector, &mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composed_maps_do_what_their_parts_do() {
        let vector = [1, 20, 300, 4_000];
        for (upper, lower) in [
            (Map::shift(4), Map::identity(4)),
            (Map::shift(4), Map::shift(4)),
            (Map::identity(4), Map::shift(4)),
        ] {
            assert_eq!(
                upper.after(&lower).apply(&vector),
                upper.apply(&lower.apply(&vector)[..4])
            );
        }
        assert_eq!(Map::shift(4).apply(&vector)[..4], [0, 1, 20, 300]);
    }
}
