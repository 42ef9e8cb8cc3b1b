//! What a search may vary: settings with a range each.

use std::fmt;

use engine::number::{Decimal, decimal_from_f64};

/// Different values of a range without steps, in powers of ten: finer ones tell nothing.
const RESOLUTION_DIGITS: i32 = 6;
/// Decimals of a value at the most.
const MAX_DECIMALS: i32 = 12;

/// Settings that vary, each with its range.
#[derive(Clone, Debug, PartialEq)]
pub struct Space(pub Vec<Dimension>);

/// One setting that varies.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension {
    /// Its path, as `--set` names it.
    pub key: String,
    /// Its values.
    pub range: Range,
}

/// The values of a setting.
#[derive(Clone, Debug, PartialEq)]
pub enum Range {
    /// Numbers from the least to the most.
    Numbers(Numbers),
    /// These, as `--set` writes them.
    Choices(Vec<String>),
}

/// Numbers from `least` to `most`, both included; `most` is met only when a whole number of steps lead there.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// The least.
    pub least: Decimal,
    /// The most; not less.
    pub most: Decimal,
    /// From one to the next; positive. Without it, any number between.
    pub step: Option<Decimal>,
    /// Which distances are equal.
    pub scale: Scale,
}

/// Which distances in a range count as equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Differences: 10 to 20 is as far as 20 to 30.
    Linear,
    /// Ratios: 10 to 20 is as far as 20 to 40.
    Log,
}

impl Space {
    /// How many points it has; `None` when a range has no steps, or there are too many to count.
    pub fn points(&self) -> Option<u64> {
        self.0.iter().try_fold(1_u64, |points, dimension| points.checked_mul(dimension.range.levels()?))
    }

    /// The point of this number, counted with the last dimension fastest; the values as `--set` writes them.
    pub fn point(&self, mut number: u64) -> Vec<String> {
        let mut values = Vec::new();
        for dimension in self.0.iter().rev() {
            let levels = dimension.range.levels().unwrap_or(1).max(1);
            values.push(dimension.range.level(number % levels));
            number /= levels;
        }
        values.reverse();
        values
    }

    /// A point's `key=value` settings.
    pub fn sets(&self, values: &[String]) -> Vec<String> {
        self.0.iter().zip(values).map(|(dimension, value)| format!("{}={value}", dimension.key)).collect()
    }
}

impl Range {
    /// How many values it has; `None` without steps.
    pub fn levels(&self) -> Option<u64> {
        match self {
            Self::Numbers(numbers) => numbers.levels(),
            Self::Choices(choices) => Some(choices.len() as u64),
        }
    }

    fn level(&self, level: u64) -> String {
        match self {
            Self::Numbers(numbers) => {
                let value = numbers.least + numbers.step.unwrap_or_default() * Decimal::from(level);
                value.normalize().to_string()
            }
            Self::Choices(choices) => {
                usize::try_from(level).ok().and_then(|level| choices.get(level)).cloned().unwrap_or_default()
            }
        }
    }

    /// The value at a place from 0 up to 1, where all values have as much room.
    pub fn at(&self, place: f64) -> String {
        match self {
            Self::Numbers(numbers) => numbers.at(place).normalize().to_string(),
            Self::Choices(choices) => self.level(nth(place, choices.len() as u64)),
        }
    }
}

impl Numbers {
    fn levels(&self) -> Option<u64> {
        let steps = (self.most - self.least).checked_div(self.step?)?.floor();
        u64::try_from(steps).ok()?.checked_add(1)
    }

    /// The ends of the room that the values share, in the units of the scale: half a step beyond the outer ones.
    fn ends(&self) -> (f64, f64) {
        let (least, most) = (float(self.least), float(self.most));
        let half = self.step.map_or(0.0, |step| float(step) / 2.0);
        match self.scale {
            Scale::Linear => (least - half, most + half),
            Scale::Log => ((least - half).max(least / 2.0).ln(), (most + half).ln()),
        }
    }

    fn at(&self, place: f64) -> Decimal {
        let (low, high) = self.ends();
        let (least, most) = (float(self.least), float(self.most));
        if let (Some(step), Some(levels)) = (self.step, self.levels()) {
            let level = match self.scale {
                Scale::Linear => nth(place, levels),
                Scale::Log => {
                    let steps = (((low + place * (high - low)).exp() - least) / float(step)).round();
                    // Between 0 and the levels, which are a u64; what is not even a number becomes 0.
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float's `as` saturates")]
                    let level = steps as u64;
                    level.min(levels - 1)
                }
            };
            return self.least + step * Decimal::from(level);
        }
        let (value, size) = match self.scale {
            Scale::Linear => (low + place * (high - low), high - low),
            Scale::Log => {
                let value = (low + place * (high - low)).exp();
                (value, value)
            }
        };
        // A power of ten within the range of decimals.
        #[expect(clippy::cast_possible_truncation, reason = "a float's `as` saturates")]
        let magnitude = if size > 0.0 { size.log10().ceil() as i32 } else { 0 };
        let decimals = RESOLUTION_DIGITS.saturating_sub(magnitude).clamp(0, MAX_DECIMALS).unsigned_abs();
        decimal_from_f64(value.clamp(least, most), decimals).unwrap_or(self.least).clamp(self.least, self.most)
    }

    /// Where a value lies, from 0 to 1; `None` for what is no number.
    pub fn place(&self, value: &str) -> Option<f64> {
        let value = float(value.parse().ok()?);
        let (low, high) = self.ends();
        let value = if self.scale == Scale::Log { value.ln() } else { value };
        let place = if high > low { (value - low) / (high - low) } else { 0.5 };
        place.is_finite().then(|| place.clamp(0.0, 1.0))
    }
}

/// Which of `count` equal parts a place from 0 up to 1 is in.
fn nth(place: f64, count: u64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float's `as` saturates")]
    let part = (place * count as f64) as u64;
    part.min(count.saturating_sub(1))
}

fn float(decimal: Decimal) -> f64 {
    engine::number::Rate(decimal).to_f64()
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key, self.range)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Numbers(Numbers { least, most, step, scale }) = self else {
            let Self::Choices(choices) = self else { return Ok(()) };
            return f.write_str(&choices.join(","));
        };
        write!(f, "{least}..{most}")?;
        step.map_or(Ok(()), |step| write!(f, ":{step}"))?;
        if *scale == Scale::Log { f.write_str(":log") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Range {
        text.parse().unwrap()
    }

    #[test]
    fn every_value_of_a_stepped_range_has_its_own_equal_room() {
        for (text, expected) in
            [("2..5", &["2", "3", "4", "5"][..]), ("0.1..0.3:0.1", &["0.1", "0.2", "0.3"]), ("a,b", &["a", "b"])]
        {
            let range = range(text);
            let mut counts = std::collections::BTreeMap::<String, u32>::new();
            (0..1_200).for_each(|place| *counts.entry(range.at((f64::from(place) + 0.5) / 1_200.0)).or_default() += 1);
            assert_eq!(counts.keys().collect::<Vec<_>>(), expected, "{text}");
            let share = 1_200 / u32::try_from(expected.len()).unwrap();
            assert!(counts.values().all(|count| *count == share), "{text}: {counts:?}");
            assert_eq!(range.levels(), Some(expected.len() as u64));
        }
    }

    #[test]
    fn a_log_range_has_as_many_values_in_each_decade() {
        let range = range("1..10000:1:log");
        let below =
            |most: u32| (0..9_999).filter(|place| range.at(f64::from(*place) / 9_999.0).parse::<u32>().unwrap() <= most).count();
        // The least value has the room from one half on.
        let decades = [below(9), below(99), below(999)];
        assert!((2_900..3_100).contains(&decades[0]), "{decades:?}");
        assert!((2_200..2_400).contains(&(decades[2] - decades[1])), "{decades:?}");
        assert_eq!((range.at(0.0), range.at(0.999_999_99)), ("1".to_owned(), "10000".to_owned()));
    }

    #[test]
    fn a_place_leads_to_the_value_that_lies_there() {
        for text in ["2..500", "2..500:log", "0.5..4.5", "0.001..10.0:log", "0.1..0.9:0.2", "-3..3", "7..7"] {
            let range = range(text);
            let Range::Numbers(numbers) = &range else { unreachable!() };
            for step in 0..100 {
                let value = range.at(f64::from(step) / 100.0);
                let place = numbers.place(&value).unwrap();
                assert_eq!(range.at(place.min(0.999_999_9)), value, "{text}");
            }
        }
    }

    #[test]
    fn a_grid_has_each_point_once() {
        let space = Space(["a=1..3", "b=x,y", "c=0.5..1.0:0.25"].map(|text| text.parse().unwrap()).into());
        let points: std::collections::BTreeSet<_> = (0..space.points().unwrap()).map(|number| space.point(number)).collect();
        assert_eq!((points.len(), space.points()), (18, Some(18)));
        assert_eq!(space.sets(&space.point(1)), ["a=1", "b=x", "c=0.75"]);
        assert_eq!(Space(vec!["a=0.5..1.5".parse().unwrap()]).points(), None);
    }
}
