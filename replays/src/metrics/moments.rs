//! What any list of numbers has: mean, spread, shape, quantiles.
//!
//! These return `None` where a number does not exist; the measures built on them say why.

/// `sum(x) / n`; none of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The sample's standard deviation, `sqrt(sum((x - mean)^2) / (n - 1))`; none of fewer than two.
pub fn deviation(values: &[f64]) -> Option<f64> {
    covariance(values, values).map(f64::sqrt)
}

/// The sample's covariance, `sum((x - mean(x)) (y - mean(y))) / (n - 1)`; none of fewer than two.
pub fn covariance(left: &[f64], right: &[f64]) -> Option<f64> {
    let (x, y) = (mean(left)?, mean(right)?);
    let sum: f64 = left.iter().zip(right).map(|(a, b)| (a - x) * (b - y)).sum();
    (left.len() >= 2 && left.len() == right.len()).then(|| sum / (left.len() - 1) as f64)
}

/// Pearson's correlation; none where one of the two does not vary.
pub fn correlation(left: &[f64], right: &[f64]) -> Option<f64> {
    let correlation = covariance(left, right)? / (deviation(left)? * deviation(right)?);
    correlation.is_finite().then_some(correlation)
}

/// `sum((x - mean)^power) / n`; none of nothing.
pub fn central_moment(values: &[f64], power: i32) -> Option<f64> {
    let center = mean(values)?;
    mean(&values.iter().map(|value| (value - center).powi(power)).collect::<Vec<_>>())
}

/// Skewness adjusted for the sample's size, `g1 sqrt(n (n - 1)) / (n - 2)` with `g1 = m3 / m2^1.5`
/// (Joanes and Gill 1998, their `G1`; as pandas 2.3 and Excel give it); none of fewer than three or of a constant.
pub fn skew(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    let plain = central_moment(values, 3)? / central_moment(values, 2)?.powf(1.5);
    let skew = plain * (n * (n - 1.0)).sqrt() / (n - 2.0);
    (values.len() >= 3 && skew.is_finite()).then_some(skew)
}

/// Excess kurtosis adjusted for the sample's size, `(n - 1) / ((n - 2) (n - 3)) ((n + 1) g2 + 6)` with `g2 = m4 / m2^2 - 3`
/// (Joanes and Gill 1998, their `G2`; as pandas 2.3 and Excel give it); zero for a normal distribution, none of fewer than
/// four or of a constant.
pub fn excess_kurtosis(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    let plain = central_moment(values, 4)? / central_moment(values, 2)?.powi(2) - 3.0;
    let kurtosis = (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * plain + 6.0);
    (values.len() >= 4 && kurtosis.is_finite()).then_some(kurtosis)
}

/// The value that a `share` (0 to 1) of all lie below, interpolated linearly between neighbours (Hyndman and Fan's type 7,
/// numpy's default); none of nothing.
pub fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = share.clamp(0.0, 1.0) * (sorted.len().checked_sub(1)?) as f64;
    let below = place.floor();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index within the slice")]
    let index = below as usize;
    let next = sorted.get(index + 1).copied().unwrap_or(sorted[index]);
    Some(sorted[index] + (next - sorted[index]) * (place - below))
}
