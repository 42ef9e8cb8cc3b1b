//! A spot instrument as the API lists it.

use engine::instrument::Instrument;
use engine::number::{Amount, Decimal, Quantity};
use serde_json::{Value, json};

use super::shown::{number, with_same};

/// The most of one limit order where nothing else is said, in base units.
const MAX_LIMIT_SIZE: i64 = 9_999_999_999;
/// The most that one market order may be worth where nothing else is said, in quote units.
const MAX_MARKET_VALUE: i64 = 1_000_000;

/// An instrument, with what the API says of it beyond its rules.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its rules. Its `id` is its place in the list.
    pub instrument: Instrument,
    /// `instIdCode`: how order operations over WebSocket name it.
    pub code: i64,
    /// The most of one limit order, in base units.
    pub max_limit_size: Quantity,
    /// The most that one market order may be worth, in quote units.
    pub max_market_value: Amount,
    /// When it was listed, in Unix milliseconds.
    pub listed_at_ms: i64,
}

impl Listed {
    /// An instrument with the usual limits.
    pub fn new(instrument: Instrument, code: i64) -> Self {
        Self {
            instrument,
            code,
            max_limit_size: Quantity(Decimal::from(MAX_LIMIT_SIZE)),
            max_market_value: Amount(Decimal::from(MAX_MARKET_VALUE)),
            listed_at_ms: 1_548_133_413_000,
        }
    }

    /// `instId`, such as `BTC-USDT`.
    pub fn symbol(&self) -> &str {
        &self.instrument.symbol
    }

    /// Its row in `public/instruments` and in the channel `instruments`.
    pub fn row(&self) -> Value {
        let rules = &self.instrument;
        let (limit, market) = (number(self.max_limit_size.0), number(self.max_market_value.0));
        with_same(
            json!({
                "instType": "SPOT", "instId": rules.symbol, "instIdCode": self.code, "instCategory": "1",
                "baseCcy": rules.base.as_str(), "quoteCcy": rules.quote.as_str(),
                "tradeQuoteCcyList": [rules.quote.as_str()], "tickSz": number(rules.tick_size.0),
                "lotSz": number(rules.lot_size.0), "minSz": number(rules.min_size.0), "maxLmtSz": limit, "maxMktSz": market,
                "maxLmtAmt": "20000000", "maxMktAmt": market, "maxTriggerSz": limit, "maxStopSz": market, "maxTwapSz": limit,
                "maxIcebergSz": limit, "state": "live", "listTime": self.listed_at_ms.to_string(), "ruleType": "normal",
                "openType": "call_auction", "groupId": "1", "category": "1", "futureSettlement": false, "upcChg": [],
            }),
            "",
            "expTime contTdSwTime alias lever settleCcy ctVal ctMult ctValCcy ctType optType stk uly instFamily auctionEndTime",
        )
    }
}
