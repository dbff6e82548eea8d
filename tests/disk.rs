//! Disks that fail: one in memory that loses, tears and refuses.

pub(crate) mod sim;

/// How many times more than usual a test does; only ever raises counts.
pub(crate) fn scale() -> u64 {
    std::env::var("ARBORLINE_TEST_SCALE")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1)
        .max(1)
}

/// A small generator of numbers: one seed, one run.
#[derive(Debug, Clone)]
pub(crate) struct Chance(pub u64);

impl Chance {
    /// The next 64 bits.
    pub(crate) fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.draw() % bound
    }
}
