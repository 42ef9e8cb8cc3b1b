//! How much of the best trial is chance: the deflated Sharpe ratio, and the probability of backtest overfitting.

use serde::Serialize;

use super::trial::{Done, Trial};
use crate::metrics::significance::best_by_chance;
use crate::metrics::{Measure, deflated_sharpe};

/// Parts into which a history is cut. Each half of them is once what is chosen on: 924 ways.
const PARTS: usize = 12;
/// Crypto never closes.
const DAYS_PER_YEAR: f64 = 365.0;
/// Fewer daily returns in a part say nothing.
const LEAST_DAYS: usize = 5;

/// Sums of a run's daily returns and of their squares, by equal parts of its days.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parts {
    days: f64,
    sums: Vec<(f64, f64)>,
}

/// What is to be said of a study's best trial.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overfit {
    /// Trials that were run, all of them taken as independent: what is like another makes the figures too strict.
    pub trials: u64,
    /// The annualised Sharpe ratio that the best of as many trials has by chance alone (Bailey and López de Prado 2014).
    pub sharpe_by_chance: Measure,
    /// The probability that the best trial's Sharpe ratio is more than that chance.
    pub deflated_sharpe: Measure,
    /// The probability that the best half of the trials on one half of the days is in the worse half on the other,
    /// over 924 ways to halve them in 12 parts, by Sharpe ratio (Bailey, Borwein, López de Prado and Zhu 2017).
    pub probability_of_overfitting: Option<f64>,
    /// In words, a sentence each.
    pub verdict: Vec<String>,
}

impl Parts {
    /// Of daily returns, each a share.
    pub fn of(returns: &[f64]) -> Self {
        let days = returns.len() / PARTS;
        if days < LEAST_DAYS {
            return Self::default();
        }
        // What is left over at the beginning is in no part.
        let parts = returns[returns.len() - days * PARTS..].chunks_exact(days);
        let sums = parts.map(|part| (part.iter().sum(), part.iter().map(|rate| rate * rate).sum())).collect();
        Self { days: days as f64, sums }
    }

    pub(super) fn numbers(&self) -> impl Iterator<Item = f64> {
        std::iter::once(self.days).chain(self.sums.iter().flat_map(|(sum, squares)| [*sum, *squares]))
    }

    pub(super) fn of_numbers(numbers: &[f64]) -> Self {
        let Some((days, sums)) = numbers.split_first() else { return Self::default() };
        Self { days: *days, sums: sums.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect() }
    }

    /// The daily Sharpe ratio of the parts whose bits are set; none of those without variance is the same as zero.
    fn sharpe(&self, chosen: u32) -> f64 {
        let parts = self.sums.iter().enumerate().filter(|(part, _)| chosen >> part & 1 == 1);
        let (count, sum, squares) =
            parts.fold((0.0, 0.0, 0.0), |(count, sum, squares), (_, part)| (count + self.days, sum + part.0, squares + part.1));
        let mean = sum / count;
        let variance = squares / count - mean * mean;
        if variance > 1e-18 { mean / variance.sqrt() } else { 0.0 }
    }
}

impl Overfit {
    /// Of a study's trials, and of the daily returns of the best of them.
    pub fn of(trials: &[Trial], best_returns: &[f64]) -> Self {
        let done: Vec<_> = trials.iter().filter_map(Trial::done).collect();
        // A trial that never traded has no Sharpe ratio, and earns as much as one of zero.
        let daily = |done: &&Done| done.figures.get("sharpe").map_or(0.0, |sharpe| sharpe / DAYS_PER_YEAR.sqrt());
        let sharpes: Vec<f64> = done.iter().map(daily).collect();
        let deflated = deflated_sharpe(best_returns, &sharpes);
        let parts: Vec<&Parts> = done.iter().map(|done| &done.parts).collect();
        let probability = probability_of_overfitting(&parts);
        Self {
            trials: done.len() as u64,
            sharpe_by_chance: best_by_chance(&sharpes).map(|daily| daily * DAYS_PER_YEAR.sqrt()),
            deflated_sharpe: deflated,
            probability_of_overfitting: probability,
            verdict: verdict(done.len(), deflated, probability),
        }
    }
}

/// Combinatorially symmetric cross-validation. `None` with fewer than two trials, or where their days are too few or differ.
fn probability_of_overfitting(trials: &[&Parts]) -> Option<f64> {
    let first = trials.first().filter(|_| trials.len() >= 2)?;
    let alike = |parts: &&&Parts| parts.sums.len() == PARTS && parts.days.to_bits() == first.days.to_bits();
    if trials.iter().filter(alike).count() != trials.len() {
        return None;
    }
    let all = (1_u32 << PARTS) - 1;
    let halves = (0..=all).filter(|chosen| chosen.count_ones() as usize == PARTS / 2);
    let (mut ways, mut failed) = (0.0, 0.0);
    for chosen in halves {
        let sharpes = |chosen: u32| trials.iter().map(move |trial| trial.sharpe(chosen));
        let best = sharpes(chosen).enumerate().max_by(|(a, x), (b, y)| x.total_cmp(y).then(b.cmp(a)))?.0;
        let outside = trials[best].sharpe(all & !chosen);
        let others = sharpes(all & !chosen);
        // Its rank among all, as a share; those that are as good count half.
        let (worse, equal) = others.fold((0.0, 0.0), |(worse, equal), other| match other.total_cmp(&outside) {
            std::cmp::Ordering::Less => (worse + 1.0, equal),
            std::cmp::Ordering::Equal => (worse, equal + 1.0),
            std::cmp::Ordering::Greater => (worse, equal),
        });
        let rank = (worse + f64::midpoint(equal, 1.0)) / (trials.len() as f64 + 1.0);
        ways += 1.0;
        failed += if rank < 0.5 {
            1.0
        } else if rank > 0.5 {
            0.0
        } else {
            0.5
        };
    }
    Some(failed / ways)
}

fn verdict(trials: usize, deflated: Measure, overfit: Option<f64>) -> Vec<String> {
    let chance = match deflated.0 {
        Ok(share) if share >= 0.95 => {
            format!("The best trial's Sharpe ratio is more than the luck of the best of {trials} explains.")
        }
        Ok(share) if share >= 0.5 => format!("The best trial may be the luck of {trials} tries: under 0.95 nothing is proven."),
        Ok(_) => format!("Overfitted: the best of {trials} tries without any skill would look as good."),
        Err(why) => format!("Whether it is chance cannot be told: {why}."),
    };
    let outside = overfit.map(|share| match share {
        share if share >= 0.5 => "What is best on one half of the days is no better than the others on the rest.",
        share if share >= 0.1 => "What is best on one half of the days often fails on the rest.",
        _ => "What is best on one half of the days mostly holds on the rest.",
    });
    let advice = "Test it on days that the search has not seen: tickfold walkforward.";
    std::iter::once(chance).chain(outside.map(str::to_owned)).chain([advice.to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::chance::Chance;
    use super::super::trial::{Done, Outcome};
    use super::*;

    /// What is said of trials whose daily returns are noise, the first with `edge` a day more.
    fn judged(count: u64, edge: f64, seed: u64) -> Overfit {
        let mut best = (f64::NEG_INFINITY, Vec::new());
        let mut trial = |number: u64| {
            let mut chance = Chance::new(seed, "noise", number);
            let edge = if number == 0 { edge } else { 0.0 };
            let returns: Vec<f64> = (0..365).map(|_| 0.01 * chance.normal() + edge).collect();
            let sharpe = crate::metrics::ratios::sharpe(&returns, 0.0).value().unwrap();
            let figures = [("sharpe".to_owned(), sharpe)].into();
            let done = Done { digest: String::new(), figures, parts: Parts::of(&returns) };
            if sharpe > best.0 {
                best = (sharpe, returns);
            }
            Trial { number, values: Vec::new(), outcome: Outcome::Done(done) }
        };
        let trials: Vec<Trial> = (0..count).map(&mut trial).collect();
        Overfit::of(&trials, &best.1)
    }

    #[test]
    fn the_best_of_many_without_skill_is_called_chance() {
        let judged = judged(120, 0.0, 7);
        let deflated = judged.deflated_sharpe.value().unwrap();
        assert!((0.05..0.9).contains(&deflated), "{judged:?}");
        // With 120 tries of noise over a year, a Sharpe ratio above two is to be expected.
        assert!((2.0..3.5).contains(&judged.sharpe_by_chance.value().unwrap()), "{judged:?}");
        assert!((0.3..0.7).contains(&judged.probability_of_overfitting.unwrap()), "{judged:?}");
        assert!(judged.verdict[0].contains("tries"), "{judged:?}");
    }

    #[test]
    fn skill_is_seen_through_the_noise() {
        let judged = judged(30, 0.004, 8);
        assert!(judged.deflated_sharpe.value().unwrap() > 0.95, "{judged:?}");
        assert!(judged.probability_of_overfitting.unwrap() < 0.05, "{judged:?}");
    }

    #[test]
    fn without_a_choice_nothing_is_said() {
        let judged = judged(1, 0.0, 9);
        assert_eq!((judged.deflated_sharpe.value(), judged.probability_of_overfitting), (None, None));
        assert!(Parts::of(&[0.1; 59]).sums.is_empty());
        assert_eq!(Parts::of(&[0.1; 60]).sums.len(), PARTS);
    }
}
