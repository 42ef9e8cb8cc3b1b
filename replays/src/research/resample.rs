//! Other courses that the same returns could have taken.

use super::chance::Chance;

/// How a course is drawn from what happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Resample {
    /// All of them once, in random order.
    Shuffle,
    /// As many of them, each drawn from all.
    Draw,
    /// As many of them in blocks of consecutive ones, each beginning anywhere and ending with a chance of one over the mean
    /// length, the last followed by the first: the stationary bootstrap (Politis and Romano 1994).
    Blocks {
        /// The mean length of a block; at least 1.
        mean_length: f64,
    },
}

impl Resample {
    /// Writes a course of `returns` into `course`.
    pub(super) fn draw(self, returns: &[f64], chance: &mut Chance, course: &mut Vec<f64>) {
        course.clear();
        match self {
            Self::Shuffle => {
                course.extend_from_slice(returns);
                chance.shuffle(course);
            }
            Self::Draw => course.extend((0..returns.len()).map(|_| returns[chance.below(returns.len())])),
            Self::Blocks { mean_length } => {
                let ends = 1.0 / mean_length.max(1.0);
                let mut place = 0;
                for index in 0..returns.len() {
                    let begins = index == 0 || chance.unit() < ends;
                    place = if begins { chance.below(returns.len()) } else { (place + 1) % returns.len() };
                    course.push(returns[place]);
                }
            }
        }
    }
}

/// The usual mean length of a block of `count` returns: its cube root, the rate at which the best length grows.
pub fn usual_block(count: usize) -> f64 {
    (count as f64).cbrt().round().max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn courses(how: Resample, returns: &[f64], count: u64) -> Vec<Vec<f64>> {
        let draw = |index| {
            let mut course = Vec::new();
            how.draw(returns, &mut Chance::new(11, "test", index), &mut course);
            course
        };
        (0..count).map(draw).collect()
    }

    fn deviation(values: &[f64]) -> f64 {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64).sqrt()
    }

    fn means(courses: &[Vec<f64>]) -> Vec<f64> {
        courses.iter().map(|course| course.iter().sum::<f64>() / course.len() as f64).collect()
    }

    #[test]
    fn a_shuffled_course_has_the_same_returns() {
        let returns: Vec<f64> = (0..50).map(f64::from).collect();
        for mut course in courses(Resample::Shuffle, &returns, 20) {
            assert_ne!(course, returns);
            course.sort_by(f64::total_cmp);
            assert_eq!(course, returns);
        }
    }

    /// The mean of n independent returns of deviation s deviates by s / sqrt(n).
    #[test]
    fn means_of_independent_returns_deviate_as_the_theory_says() {
        let mut chance = Chance::new(5, "returns", 0);
        let returns: Vec<f64> = (0..400).map(|_| chance.normal()).collect();
        let expected = deviation(&returns) / 20.0;
        for how in [Resample::Draw, Resample::Blocks { mean_length: 1.0 }, Resample::Blocks { mean_length: 8.0 }] {
            let found = deviation(&means(&courses(how, &returns, 3_000)));
            assert!((found / expected - 1.0).abs() < 0.2, "{how:?}: {found}, expected {expected}");
        }
    }

    /// Returns that hang together, x = 0.8 x' + e, have means that deviate by s sqrt(1.8 / 0.2) / sqrt(n). Single draws miss that.
    #[test]
    fn blocks_keep_what_hangs_together() {
        let mut chance = Chance::new(6, "returns", 0);
        let mut last = 0.0;
        let mut next = || {
            last = 0.8 * last + chance.normal();
            last
        };
        let returns: Vec<f64> = (0..4_000).map(|_| next()).collect();
        let independent = deviation(&returns) / 4_000_f64.sqrt();
        let spread = |how| deviation(&means(&courses(how, &returns, 600))) / independent;
        let (single, blocks) = (spread(Resample::Draw), spread(Resample::Blocks { mean_length: 40.0 }));
        assert!((0.85..1.15).contains(&single), "{single}");
        assert!((2.3..3.5).contains(&blocks), "{blocks}, and 3 in theory");
    }

    #[test]
    fn blocks_have_their_mean_length() {
        let returns: Vec<f64> = (0..1_000).map(f64::from).collect();
        let breaks = |course: &Vec<f64>| {
            course.windows(2).filter(|pair| ((pair[0] + 1.0) % 1_000.0).to_bits() != pair[1].to_bits()).count()
        };
        let broken: usize = courses(Resample::Blocks { mean_length: 10.0 }, &returns, 50).iter().map(breaks).sum();
        assert!((4_700..5_300).contains(&broken), "{broken} breaks in 50,000");
        assert!(usual_block(365).to_bits() == 7.0_f64.to_bits() && usual_block(0).to_bits() == 1.0_f64.to_bits());
    }
}
