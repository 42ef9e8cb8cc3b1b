//! A tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kégl 2011, section 4): of each dimension, a density of
//! the good trials and one of the others. What is proposed is the one of some draws from the good density at which the
//! ratio of the two is highest.

use std::cmp::Ordering;
use std::f64::consts::TAU;

use super::chance::Chance;
use super::figure::Objective;
use super::space::{Numbers, Range, Space};
use super::trial::Trial;

/// Trials at random before anything is learned from them.
const FIRST: usize = 16;
/// The share of the trials that are the good ones.
const GOOD: f64 = 0.15;
/// No more are good ones, however many trials there are.
const MOST_GOOD: usize = 25;
/// Draws of which the best is taken.
const CANDIDATES: usize = 24;

/// What the trials so far tell of each dimension.
pub(super) struct Learned(Vec<Densities>);

enum Densities {
    /// Over places from 0 to 1.
    Places { good: Parzen, bad: Parzen },
    /// By the index of the choice.
    Choices { good: Vec<f64>, bad: Vec<f64> },
}

impl Learned {
    /// `None` while there are too few trials to tell.
    pub(super) fn from(space: &Space, objective: &Objective, trials: &[Trial]) -> Option<Self> {
        let mut done: Vec<_> = trials.iter().filter_map(|trial| Some((objective.merit(&trial.done()?.figures), trial))).collect();
        if done.len() < FIRST {
            return None;
        }
        done.sort_by(|(a, first), (b, second)| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)).then(first.number.cmp(&second.number)));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
        let count = ((GOOD * done.len() as f64).ceil() as usize).min(MOST_GOOD);
        let (good, bad) = done.split_at(count);
        let values = |trials: &[((u8, f64), &Trial)], place: usize| -> Vec<String> {
            trials.iter().filter_map(|(_, trial)| trial.values.get(place).cloned()).collect()
        };
        let densities = space
            .0
            .iter()
            .enumerate()
            .map(|(place, dimension)| Densities::of(&dimension.range, &values(good, place), &values(bad, place)));
        Some(Self(densities.collect()))
    }

    /// A point where good trials are likely.
    pub(super) fn propose(&self, space: &Space, chance: &mut Chance) -> Vec<String> {
        self.0.iter().zip(&space.0).map(|(densities, dimension)| densities.propose(&dimension.range, chance)).collect()
    }
}

impl Densities {
    fn of(range: &Range, good: &[String], bad: &[String]) -> Self {
        match range {
            Range::Numbers(numbers) => Self::Places { good: Parzen::new(numbers, good), bad: Parzen::new(numbers, bad) },
            Range::Choices(choices) => Self::Choices { good: shares(choices, good), bad: shares(choices, bad) },
        }
    }

    fn propose(&self, range: &Range, chance: &mut Chance) -> String {
        let mut draw = || match self {
            Self::Places { good, bad } => {
                let place = good.draw(chance);
                // What the place rounds to is what will be tried, and judged.
                let value = range.at(place);
                let place = match range {
                    Range::Numbers(numbers) => numbers.place(&value).unwrap_or(place),
                    Range::Choices(_) => place,
                };
                (value, good.density(place) / bad.density(place))
            }
            Self::Choices { good, bad } => {
                let mut left = chance.unit();
                let chosen = good.iter().position(|share| {
                    left -= share;
                    left < 0.0
                });
                let chosen = chosen.unwrap_or(good.len() - 1);
                (range.at((chosen as f64 + 0.5) / good.len() as f64), good[chosen] / bad[chosen])
            }
        };
        let better = |a: &(String, f64), b: &(String, f64)| a.1.partial_cmp(&b.1).unwrap_or(Ordering::Equal);
        (0..CANDIDATES).map(|_| draw()).max_by(better).map_or_else(String::new, |(value, _)| value)
    }
}

/// How often each choice is there, with one more of each: none is ever ruled out.
fn shares(choices: &[String], values: &[String]) -> Vec<f64> {
    let all = (choices.len() + values.len()) as f64;
    let count = |choice: &String| values.iter().filter(|value| *value == choice).count() + 1;
    choices.iter().map(|choice| count(choice) as f64 / all).collect()
}

/// A mixture of normal distributions around places from 0 to 1, cut there, with one wide one over all of it.
struct Parzen(Vec<(f64, f64)>);

impl Parzen {
    fn new(numbers: &Numbers, values: &[String]) -> Self {
        let mut places: Vec<f64> = values.iter().filter_map(|value| numbers.place(value)).collect();
        places.sort_by(f64::total_cmp);
        // As wide as the way to the farther neighbour, the ends being neighbours too.
        let narrowest = 1.0 / (places.len() as f64 + 1.0).min(100.0);
        let width = |index: usize| {
            let before = if index == 0 { 0.0 } else { places[index - 1] };
            let after = places.get(index + 1).copied().unwrap_or(1.0);
            (places[index] - before).max(after - places[index]).clamp(narrowest, 1.0)
        };
        let kernels: Vec<(f64, f64)> = (0..places.len()).map(|index| (places[index], width(index))).collect();
        Self(std::iter::once((0.5, 1.0)).chain(kernels).collect())
    }

    fn draw(&self, chance: &mut Chance) -> f64 {
        let (middle, width) = self.0[chance.below(self.0.len())];
        // What falls outside is drawn again: the distribution is cut. At least a third falls inside.
        let inside = (0..64).map(|_| middle + width * chance.normal()).find(|place| (0.0..1.0).contains(place));
        inside.unwrap_or(middle).min(1.0 - f64::EPSILON)
    }

    fn density(&self, place: f64) -> f64 {
        let normal = |x: f64| (-x * x / 2.0).exp() / TAU.sqrt();
        let kernel = |&(middle, width): &(f64, f64)| {
            let inside = cumulative((1.0 - middle) / width) - cumulative(-middle / width);
            normal((place - middle) / width) / (width * inside)
        };
        self.0.iter().map(kernel).sum::<f64>() / self.0.len() as f64
    }
}

/// The standard normal distribution function, to 1e-7 (Abramowitz and Stegun 1964, 26.2.17).
fn cumulative(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let series = [1.330_274_429, -1.821_255_978, 1.781_477_937, -0.356_563_782, 0.319_381_530];
    let polynomial = series.iter().fold(0.0, |sum, coefficient| (sum + coefficient) * t);
    let tail = (-x * x / 2.0).exp() / TAU.sqrt() * polynomial;
    if x >= 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_density_is_one_over_its_range() {
        let Range::Numbers(numbers) = "0.0..1.0".parse().unwrap() else { unreachable!() };
        let values = ["0.02", "0.3", "0.31", "0.9"].map(str::to_owned);
        let parzen = Parzen::new(&numbers, &values);
        let mass: f64 = (0..10_000).map(|step| parzen.density((f64::from(step) + 0.5) / 10_000.0) / 10_000.0).sum();
        assert!((mass - 1.0).abs() < 1e-5, "{mass}");
        let mut chance = Chance::new(1, "test", 0);
        let near = (0..4_000).filter(|_| (0.2..0.4).contains(&parzen.draw(&mut chance))).count();
        let expected: f64 = (0..2_000).map(|step| parzen.density(0.2 + (f64::from(step) + 0.5) / 10_000.0) / 10_000.0).sum();
        assert!((near as f64 / 4_000.0 - expected).abs() < 0.03, "{near} of 4000, expected {expected}");
    }

    #[test]
    fn the_normal_distribution_is_the_known_one() {
        for (x, expected) in [(0.0, 0.5), (1.0, 0.841_344_746), (-1.959_963_985, 0.025), (3.0, 0.998_650_102)] {
            assert!((cumulative(x) - expected).abs() < 1e-7, "{x}: {}", cumulative(x));
        }
    }
}
