//! The metrics of a run: all measures of its curve and round trips, and what is exact money.

use engine::number::{Amount, decimal_from_f64};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::metrics::{Measures, Unit};

/// Decimals of money that was computed in floats.
const DECIMALS: u32 = 8;

/// Figures of a run. In JSON it is one map: shares, ratios and counts are numbers, money is a string, and what does not exist
/// is `null`; [`Measures::reasons`] says why.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Of the curve and the round trips.
    pub measures: Measures,
    /// Mean profit of a round trip, in the reporting currency.
    pub expectancy: Option<Amount>,
    /// All fees, in the reporting currency at the time of each fill.
    pub fees: Amount,
}

impl Serialize for Metrics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for measure in self.measures.described() {
            match (measure.key, measure.unit) {
                ("expectancy", _) => map.serialize_entry(measure.key, &self.expectancy)?,
                (_, Unit::Amount) => map.serialize_entry(measure.key, &measure.value.value().and_then(money))?,
                _ => map.serialize_entry(measure.key, &measure.value)?,
            }
        }
        map.serialize_entry("fees", &self.fees)?;
        map.end()
    }
}

fn money(value: f64) -> Option<Amount> {
    decimal_from_f64(value, DECIMALS).map(Amount)
}
