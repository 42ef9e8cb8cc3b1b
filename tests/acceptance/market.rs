//! A made-up market of trades: a walk in whole ticks, the same for the same seed on every machine.

use std::fmt::Write;

/// The first millisecond of 2024.
pub const BEGINS_MS: u64 = 1_704_067_200_000;

/// `SplitMix64`.
pub struct Dice(pub u64);

impl Dice {
    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// So many trades as a CSV file: prices around 50,000 with one decimal, sizes with four, 1 ms to 1 s apart.
pub fn trades(seed: u64, count: usize) -> String {
    let mut dice = Dice(seed);
    let (mut time, mut tenths) = (BEGINS_MS, 500_000_u64);
    let mut text = "ts_ms,price,size,side\n".to_owned();
    for _ in 0..count {
        time += 1 + dice.below(1_000);
        tenths = (tenths + dice.below(21)).saturating_sub(10).max(1_000);
        let size = 100 + dice.below(19_901);
        let taker = ["buy", "sell"][usize::from(dice.below(2) == 0)];
        let (price, tenth, whole, part) = (tenths / 10, tenths % 10, size / 10_000, size % 10_000);
        writeln!(text, "{time},{price}.{tenth},{whole}.{part:04},{taker}").expect("memory takes it");
    }
    text
}
