//! Whether two prices hang together: the test of Engle and Granger (1987).
//!
//! 1. Ordinary least squares over a window of log prices: `ln first = intercept + hedge_ratio * ln second + spread`.
//! 2. The augmented Dickey-Fuller test on the spread, with one lagged difference and no constant (the spread's mean
//!    is zero by construction): `d[t] = rho * spread[t-1] + gamma * d[t-1] + error`, where `d` is the spread's step.
//!    The more negative the t-statistic of `rho`, the surer it is that the spread comes back.
//! 3. The t-statistic has no Student distribution here. It is held against the response surface of James `MacKinnon`,
//!    "Critical Values for Cointegration Tests", Queen's Economics Department Working Paper 1227 (2010), table 2:
//!    two variables, a constant, no trend.

use core::f64::consts::LN_2;

/// `b0 + b1 / T + b2 / T^2` at 1 %, 5 % and 10 %.
const MACKINNON_TWO_VARIABLES: [[f64; 3]; 3] =
    [[-3.896_44, -10.951_9, -22.527], [-3.336_13, -6.110_1, -6.823], [-3.044_45, -4.241_2, -2.720]];

/// The fewest pairs of prices that are tested.
pub const MIN_PAIRS: usize = 20;

/// How sure it must be that two prices hang together: the chance to say so of two that do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Significance {
    /// 1 %.
    OnePercent,
    /// 5 %.
    FivePercent,
    /// 10 %.
    TenPercent,
}

impl Significance {
    /// The t-statistic below which they hang together, where the window has `pairs` prices of each.
    pub fn critical_value(self, pairs: usize) -> f64 {
        let [b0, b1, b2] = MACKINNON_TWO_VARIABLES[self as usize];
        let t = pairs.saturating_sub(1).max(1) as f64;
        b0 + b1 / t + b2 / (t * t)
    }
}

/// What the test found in one window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cointegration {
    /// By how many percent the first moves where the second moves by one.
    pub hedge_ratio: f64,
    /// The last spread in standard deviations of the window's spreads: below zero the first is cheap.
    pub z: f64,
    /// The standard deviation of the spreads, in log price: 0.01 is about one percent.
    pub deviation: f64,
    /// The t-statistic of the Dickey-Fuller test.
    pub adf_t: f64,
    /// Bars until half of a spread is gone, `ln 2 / -ln(1 + rho)`; `None` where it does not come back without
    /// swinging over.
    pub half_life: Option<f64>,
    pairs: usize,
}

impl Cointegration {
    /// Tests the log prices of (first, second), oldest first. `None` with fewer than [`MIN_PAIRS`] of them, or where
    /// one of them does not move, the spread is nothing but rounding, or a number is not finite.
    pub fn test(pairs: &[(f64, f64)]) -> Option<Self> {
        if pairs.len() < MIN_PAIRS {
            return None;
        }
        let count = pairs.len() as f64;
        let mean_first = pairs.iter().map(|(first, _)| first).sum::<f64>() / count;
        let mean_second = pairs.iter().map(|(_, second)| second).sum::<f64>() / count;
        let (mut cross, mut square, mut total) = (0.0, 0.0, 0.0);
        for (first, second) in pairs {
            let (x, y) = (second - mean_second, first - mean_first);
            cross += x * y;
            square += x * x;
            total += y * y;
        }
        let hedge_ratio = divide(cross, square)?;
        let spread = |&(first, second): &(f64, f64)| first - mean_first - hedge_ratio * (second - mean_second);
        let squares: f64 = pairs.iter().map(|pair| spread(pair) * spread(pair)).sum();
        // A spread of rounding errors has no meaning.
        if squares <= total * 1e-18 {
            return None;
        }
        let deviation = (squares / count).sqrt();
        let z = divide(spread(pairs.last()?), deviation)?;
        let (rho, adf_t) = dickey_fuller(pairs.iter().map(spread))?;
        let half_life = Some(LN_2 / -libm::log1p(rho)).filter(|bars| rho > -1.0 && rho < 0.0 && bars.is_finite());
        Some(Self { hedge_ratio, z, deviation, adf_t, half_life, pairs: pairs.len() })
    }

    /// The t-statistic that is asked for at this significance.
    pub fn critical_value(&self, significance: Significance) -> f64 {
        significance.critical_value(self.pairs)
    }

    /// Whether the two hang together.
    pub fn holds(&self, significance: Significance) -> bool {
        self.adf_t < self.critical_value(significance)
    }
}

/// `rho` and its t-statistic.
fn dickey_fuller(spreads: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    // Sums of products of the level before (x), the step before (w) and the step (y).
    let (mut xx, mut xw, mut ww, mut xy, mut wy, mut yy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    let mut before: Option<(f64, Option<f64>)> = None;
    let mut rows = 0_u32;
    for spread in spreads {
        let step = before.map(|(last, _)| spread - last);
        if let (Some((x, Some(w))), Some(y)) = (before, step) {
            (xx, xw, ww) = (xx + x * x, xw + x * w, ww + w * w);
            (xy, wy, yy) = (xy + x * y, wy + w * y, yy + y * y);
            rows += 1;
        }
        before = Some((spread, step));
    }
    let determinant = xx * ww - xw * xw;
    let rho = divide(xy * ww - wy * xw, determinant)?;
    let gamma = divide(wy * xx - xy * xw, determinant)?;
    let errors = yy - rho * xy - gamma * wy;
    let variance = divide(errors, f64::from(rows) - 2.0).filter(|variance| *variance > 0.0)?;
    let error = divide(variance * ww, determinant).filter(|square| *square > 0.0)?.sqrt();
    Some((rho, divide(rho, error)?))
}

fn divide(part: f64, whole: f64) -> Option<f64> {
    Some(part / whole).filter(|ratio| ratio.is_finite())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Numbers between -1 and 1 that look like chance: a linear congruential generator (Knuth's MMIX).
    fn noise(mut seed: u64) -> impl FnMut() -> f64 {
        move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
        }
    }

    /// The first follows the second with a spread that loses a fifth of itself each bar.
    fn bound(seed: u64, count: usize) -> Vec<(f64, f64)> {
        let (mut chance, mut second, mut spread) = (noise(seed), 3.0, 0.0);
        let mut pair = || {
            second += 0.01 * chance();
            spread = 0.8 * spread + 0.005 * chance();
            (1.0 + 1.5 * second + spread, second)
        };
        (0..count).map(|_| pair()).collect()
    }

    fn strangers(seed: u64, count: usize) -> Vec<(f64, f64)> {
        let (mut chance, mut first, mut second) = (noise(seed), 4.0, 3.0);
        let mut pair = || {
            first += 0.01 * chance();
            second += 0.01 * chance();
            (first, second)
        };
        (0..count).map(|_| pair()).collect()
    }

    #[test]
    fn two_that_hang_together_are_found_and_strangers_mostly_are_not() {
        let found =
            |pairs: Vec<(f64, f64)>| Cointegration::test(&pairs).is_some_and(|test| test.holds(Significance::FivePercent));
        assert_eq!((1..=200).filter(|&seed| found(bound(seed, 300))).count(), 200);
        // At five percent, about ten of two hundred are found wrongly.
        let wrong = (1..=200).filter(|&seed| found(strangers(seed, 300))).count();
        assert!((2..=20).contains(&wrong), "{wrong} of 200");
    }

    #[test]
    fn the_hedge_ratio_and_the_half_life_are_those_that_were_put_in() {
        let test = Cointegration::test(&bound(7, 5_000)).unwrap();
        assert!((test.hedge_ratio - 1.5).abs() < 0.01, "{test:?}");
        // ln 2 / -ln 0.8 is 3.1.
        assert!((test.half_life.unwrap() - 3.1).abs() < 0.3, "{test:?}");
    }

    #[test]
    fn critical_values_are_those_of_the_paper() {
        for (significance, asymptotic, of_101) in [
            (Significance::OnePercent, -3.896_44, -3.896_44 - 0.109_519 - 0.002_252_7),
            (Significance::FivePercent, -3.336_13, -3.336_13 - 0.061_101 - 0.000_682_3),
            (Significance::TenPercent, -3.044_45, -3.044_45 - 0.042_412 - 0.000_272_0),
        ] {
            assert!((significance.critical_value(usize::MAX) - asymptotic).abs() < 1e-9);
            assert!((significance.critical_value(101) - of_101).abs() < 1e-9);
        }
    }

    /// By the textbook: the inverse of X'X, and the residuals one by one.
    fn naive_dickey_fuller(spreads: &[f64]) -> f64 {
        let steps: Vec<f64> = spreads.windows(2).map(|two| two[1] - two[0]).collect();
        let rows: Vec<[f64; 3]> = (1..steps.len()).map(|at| [spreads[at], steps[at - 1], steps[at]]).collect();
        let sum = |left: usize, right: usize| rows.iter().map(|row| row[left] * row[right]).sum::<f64>();
        let determinant = sum(0, 0) * sum(1, 1) - sum(0, 1) * sum(0, 1);
        let inverse = [[sum(1, 1) / determinant, -sum(0, 1) / determinant], [-sum(0, 1) / determinant, sum(0, 0) / determinant]];
        let beta = [0, 1].map(|at: usize| inverse[at][0] * sum(0, 2) + inverse[at][1] * sum(1, 2));
        let errors = rows.iter().map(|[x, w, y]| y - beta[0] * x - beta[1] * w);
        let variance = errors.map(|error| error * error).sum::<f64>() / (rows.len() as f64 - 2.0);
        beta[0] / (variance * inverse[0][0]).sqrt()
    }

    #[test]
    fn what_does_not_move_is_not_tested() {
        let flat = |first: fn(u32) -> f64, second: fn(u32) -> f64| {
            Cointegration::test(&(0..100).map(|at| (first(at), second(at))).collect::<Vec<_>>())
        };
        assert_eq!(flat(|_| 1.0, |_| 2.0), None);
        assert_eq!(flat(f64::from, |_| 2.0), None);
        assert_eq!(flat(|_| 1.0, f64::from), None);
        assert_eq!(flat(f64::from, f64::from), None);
        assert_eq!(flat(|_| f64::NAN, f64::from), None);
        assert_eq!(Cointegration::test(&bound(1, MIN_PAIRS - 1)), None);
        assert!(Cointegration::test(&bound(1, MIN_PAIRS)).is_some());
    }

    proptest! {
        #[test]
        fn the_statistic_is_the_textbooks(seed: u64, count in MIN_PAIRS..200) {
            let test = Cointegration::test(&strangers(seed, count)).unwrap();
            let pairs = strangers(seed, count);
            let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / count as f64;
            let (first, second) = (mean(|pair| pair.0), mean(|pair| pair.1));
            let spreads: Vec<f64> = pairs.iter().map(|pair| pair.0 - first - test.hedge_ratio * (pair.1 - second)).collect();
            let naive = naive_dickey_fuller(&spreads);
            prop_assert!((test.adf_t - naive).abs() <= 1e-6 * naive.abs().max(1.0), "{} {naive}", test.adf_t);
            prop_assert!(spreads.iter().sum::<f64>().abs() < 1e-9);
        }

        #[test]
        fn whatever_comes_it_is_a_number_or_none(pairs in prop::collection::vec((any::<f64>(), any::<f64>()), 0..60)) {
            if let Some(test) = Cointegration::test(&pairs) {
                prop_assert!([test.hedge_ratio, test.z, test.deviation, test.adf_t].iter().all(|number| number.is_finite()));
            }
        }
    }
}
