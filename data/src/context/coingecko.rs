//! `CoinGecko`: what coins and groups of coins are worth, all venues together.

use std::time::Duration;

use engine::number::Decimal;
use engine::time::Timestamp;
use serde::{Deserialize, Deserializer};

use super::{Observation, number};
use crate::http::{Http, HttpError};

/// Where it answers without a key.
pub const DEFAULT_HOST: &str = "https://api.coingecko.com";

/// From 5 to 15 questions a minute are allowed without a key.
const PACE: Duration = Duration::from_secs(6);
/// The most coins of one answer.
const MAX_COINS: u32 = 250;
const SOURCE: &str = "coingecko";

/// `CoinGecko`'s interface.
#[derive(Debug)]
pub struct CoinGecko {
    http: Http,
}

/// A coin's market: money in the currency that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Coin {
    /// `CoinGecko`'s id, such as `bitcoin`.
    pub id: String,
    /// Such as `btc`.
    pub symbol: String,
    /// Such as `Bitcoin`.
    pub name: String,
    /// The price of one.
    #[serde(default, deserialize_with = "number::optional")]
    pub current_price: Option<Decimal>,
    /// What all of them are worth.
    #[serde(default, deserialize_with = "number::optional")]
    pub market_cap: Option<Decimal>,
    /// Its place by market capitalisation, from 1.
    #[serde(default)]
    pub market_cap_rank: Option<u32>,
    /// What was traded in 24 hours.
    #[serde(default, deserialize_with = "number::optional")]
    pub total_volume: Option<Decimal>,
    /// The price's change in 24 hours, in percent.
    #[serde(default, deserialize_with = "number::optional")]
    pub price_change_percentage_24h: Option<Decimal>,
    /// Coins in circulation.
    #[serde(default, deserialize_with = "number::optional")]
    pub circulating_supply: Option<Decimal>,
    /// As of when.
    #[serde(default, deserialize_with = "time")]
    pub last_updated: Option<Timestamp>,
}

/// A group of coins, such as layer 1: money in US dollars.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Category {
    /// `CoinGecko`'s id, such as `layer-1`.
    pub id: String,
    /// Such as `Layer 1 (L1)`.
    pub name: String,
    /// What all its coins are worth.
    #[serde(default, deserialize_with = "number::optional")]
    pub market_cap: Option<Decimal>,
    /// Its change in 24 hours, in percent.
    #[serde(default, deserialize_with = "number::optional")]
    pub market_cap_change_24h: Option<Decimal>,
    /// What was traded in 24 hours.
    #[serde(default, deserialize_with = "number::optional")]
    pub volume_24h: Option<Decimal>,
    /// As of when.
    #[serde(default, deserialize_with = "time")]
    pub updated_at: Option<Timestamp>,
}

impl CoinGecko {
    /// At `host`, such as [`DEFAULT_HOST`].
    pub fn new(host: &str) -> Result<Self, HttpError> {
        Ok(Self { http: Http::new(host, PACE)? })
    }

    /// The `count` largest coins, 250 at most, in a currency such as `usd`.
    pub async fn markets(&self, currency: &str, count: u32) -> Result<Vec<Coin>, HttpError> {
        let (currency, count) = (currency.to_lowercase(), count.clamp(1, MAX_COINS));
        let path = format!("/api/v3/coins/markets?vs_currency={currency}&order=market_cap_desc&per_page={count}&page=1");
        self.http.get(&path, 1).await?.json()
    }

    /// All categories, the largest first.
    pub async fn categories(&self) -> Result<Vec<Category>, HttpError> {
        self.http.get("/api/v3/coins/categories?order=market_cap_desc", 1).await?.json()
    }
}

impl Coin {
    /// What it says, a number each: none without a time.
    pub fn observations(&self) -> Vec<Observation> {
        let numbers = [
            ("price", self.current_price),
            ("market_cap", self.market_cap),
            ("volume_24h", self.total_volume),
            ("change_24h_percent", self.price_change_percentage_24h),
        ];
        observations(&self.id, &self.name, self.last_updated, &numbers)
    }
}

impl Category {
    /// What it says, a number each: none without a time.
    pub fn observations(&self) -> Vec<Observation> {
        let numbers = [
            ("market_cap", self.market_cap),
            ("volume_24h", self.volume_24h),
            ("change_24h_percent", self.market_cap_change_24h),
        ];
        observations(&format!("category/{}", self.id), &self.name, self.updated_at, &numbers)
    }
}

fn observations(of: &str, label: &str, at: Option<Timestamp>, numbers: &[(&str, Option<Decimal>)]) -> Vec<Observation> {
    let Some(at) = at else { return Vec::new() };
    let observation = |&(what, value): &(&str, Option<Decimal>)| {
        Some(Observation { source: SOURCE, name: format!("{of}/{what}"), value: value?, label: label.to_owned(), at })
    };
    numbers.iter().filter_map(observation).collect()
}

/// A time that may be missing or written in a way that is not known: it is context, not worth failing for.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.and_then(|text| Timestamp::parse(&text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coin_and_a_category_say_what_they_have() {
        let coin = r#"{"id":"bitcoin","symbol":"btc","name":"Bitcoin","current_price":70187.5,"market_cap":1381651251183,
            "market_cap_rank":1,"total_volume":20154184933,"price_change_percentage_24h":-3.12502,"circulating_supply":null,
            "roi":null,"last_updated":"2024-04-07T16:49:31.736Z"}"#;
        let coin: Coin = serde_json::from_str(coin).unwrap();
        let said = coin.observations();
        let shown: Vec<_> = said.iter().map(|one| (one.name.as_str(), one.value.to_string())).collect();
        let expected = [
            ("bitcoin/price", "70187.5"),
            ("bitcoin/market_cap", "1381651251183"),
            ("bitcoin/volume_24h", "20154184933"),
            ("bitcoin/change_24h_percent", "-3.12502"),
        ];
        assert_eq!(shown, expected.map(|(name, value)| (name, value.to_owned())));
        assert_eq!((said[0].label.as_str(), said[0].at.to_string().as_str()), ("Bitcoin", "2024-04-07T16:49:31.736Z"));

        let category: Category = serde_json::from_str(r#"{"id":"layer-1","name":"Layer 1","market_cap":2.5e12}"#).unwrap();
        assert_eq!((category.market_cap, category.observations()), (Some(Decimal::from(2_500_000_000_000_i64)), Vec::new()));
        assert!(serde_json::from_str::<Coin>(r#"{"id":"x","symbol":"x","name":"X","current_price":"1"}"#).is_err());
    }
}
