//! Seeded chance, a stream for each thing that is drawn, so that threads share none.

use std::f64::consts::TAU;

use crate::exchange::Random;

/// A stream of random numbers.
pub(super) struct Chance(Random);

impl Chance {
    /// The stream that `seed`, `name` and `index` always give.
    pub fn new(seed: u64, name: &str, index: u64) -> Self {
        Self(Random::new(seed, &format!("{name}.{index}")))
    }

    /// From 0 up to, but without, 1.
    pub fn unit(&mut self) -> f64 {
        // The 53 bits that a float holds.
        (self.0.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From 0 up to, but without, `count`; 0 when there is nothing to choose from.
    pub fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.0.up_to((count as u64).saturating_sub(1))).unwrap_or(0)
    }

    /// From the standard normal distribution (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let (radius, angle) = (1.0 - self.unit(), self.unit() * TAU);
        (-2.0 * radius.ln()).sqrt() * angle.cos()
    }

    /// Puts a list into random order, each order as likely (Fisher and Yates; Durstenfeld 1964).
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_and_normals_have_their_moments() {
        let mut chance = Chance::new(3, "test", 0);
        let draws = 40_000;
        let (mut mean, mut square) = (0.0, 0.0);
        for _ in 0..draws {
            let (unit, normal) = (chance.unit(), chance.normal());
            assert!((0.0..1.0).contains(&unit));
            mean += unit / f64::from(draws);
            square += normal * normal / f64::from(draws);
        }
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
        assert!((square - 1.0).abs() < 0.04, "{square}");
    }

    #[test]
    fn every_order_is_as_likely() {
        let mut chance = Chance::new(4, "test", 1);
        let mut counts = std::collections::BTreeMap::<[u8; 3], u32>::new();
        for _ in 0..6_000 {
            let mut list = [1, 2, 3];
            chance.shuffle(&mut list);
            *counts.entry(list).or_default() += 1;
        }
        assert_eq!(counts.len(), 6);
        assert!(counts.values().all(|count| (880..1_120).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_stream_is_of_its_seed_name_and_index() {
        let first = |seed, name, index| Chance::new(seed, name, index).unit().to_bits();
        assert_eq!(first(1, "a", 0), first(1, "a", 0));
        assert!([first(2, "a", 0), first(1, "b", 0), first(1, "a", 1)].iter().all(|other| *other != first(1, "a", 0)));
    }
}
