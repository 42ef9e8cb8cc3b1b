//! The fear-and-greed index of alternative.me: one number a day, from 0 (fear) to 100 (greed).

use std::time::Duration;

use engine::number::Decimal;
use engine::time::{SECOND_NS, Timestamp};
use serde::Deserialize;

use super::Observation;
use crate::http::{Http, HttpError, Reply};

/// Where the index is published.
pub const DEFAULT_HOST: &str = "https://api.alternative.me";

/// 60 questions a minute are allowed.
const PACE: Duration = Duration::from_secs(1);
const HIGHEST: u8 = 100;

/// The index's interface.
#[derive(Debug)]
pub struct FearAndGreed {
    http: Http,
}

#[derive(Deserialize)]
struct Days {
    data: Vec<Day>,
}

#[derive(Deserialize)]
struct Day {
    value: String,
    #[serde(default)]
    value_classification: String,
    timestamp: String,
}

impl FearAndGreed {
    /// At `host`, such as [`DEFAULT_HOST`].
    pub fn new(host: &str) -> Result<Self, HttpError> {
        Ok(Self { http: Http::new(host, PACE)? })
    }

    /// The last `days` days, oldest first.
    pub async fn history(&self, days: u32) -> Result<Vec<Observation>, HttpError> {
        let reply = self.http.get(&format!("/fng/?limit={}", days.max(1)), 1).await?;
        let published: Days = reply.json()?;
        let mut days = published.data.iter().map(|day| day.observation(&reply)).collect::<Result<Vec<_>, _>>()?;
        days.sort_by_key(|day| day.at);
        Ok(days)
    }

    /// Today's.
    pub async fn latest(&self) -> Result<Option<Observation>, HttpError> {
        Ok(self.history(1).await?.pop())
    }
}

impl Day {
    fn observation(&self, reply: &Reply) -> Result<Observation, HttpError> {
        let value: Option<u8> = self.value.parse().ok().filter(|value| *value <= HIGHEST);
        let seconds: Option<i64> = self.timestamp.parse().ok();
        let ns = seconds.and_then(|seconds| seconds.checked_mul(SECOND_NS));
        let (Some(value), Some(ns)) = (value, ns) else {
            return Err(reply.malformed(format!("its value `{}` of `{}` is no index", self.value, self.timestamp)));
        };
        Ok(Observation {
            source: "alternative.me",
            name: "fear_and_greed".to_owned(),
            value: Decimal::from(value),
            label: self.value_classification.clone(),
            at: Timestamp(ns),
        })
    }
}
