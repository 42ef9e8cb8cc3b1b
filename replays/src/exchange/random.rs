//! Seeded chance: one stream of numbers per name, so that a new consumer never shifts another's.

/// A `SplitMix64` stream.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The stream that `seed` and `name` always give.
    pub(crate) fn new(seed: u64, name: &str) -> Self {
        // FNV-1a spreads the names; mixing once more separates neighbouring seeds.
        let name =
            name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        Self(Self(seed ^ name).next())
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to `max`, both included. The bias, below `max / 2^64`, is far under what anyone could measure.
    pub(crate) fn up_to(&mut self, max: u64) -> u64 {
        let scaled = u128::from(self.next()) * (u128::from(max) + 1);
        u64::try_from(scaled >> 64).unwrap_or(max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_splitmix64s() {
        // The reference values that come with the published algorithm.
        let mut random = Random(1_234_567);
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([random.next(), random.next(), random.next()], expected);
    }

    #[test]
    fn streams_differ_by_seed_and_by_name() {
        let first = |seed, name| Random::new(seed, name).next();
        assert_eq!(first(1, "feed"), first(1, "feed"));
        assert_ne!(first(1, "feed"), first(2, "feed"));
        assert_ne!(first(1, "feed"), first(1, "entry"));
    }

    #[test]
    fn every_value_up_to_the_maximum_comes() {
        let mut random = Random::new(7, "test");
        let mut seen = [0_u32; 4];
        (0..4_000).for_each(|_| seen[usize::try_from(random.up_to(3)).unwrap()] += 1);
        assert!(seen.iter().all(|&count| (900..1_100).contains(&count)), "{seen:?}");
        assert_eq!(random.up_to(0), 0);
    }
}
