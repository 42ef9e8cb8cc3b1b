//! Public data: instruments, prices, candles, trades, books, funding, the venue's state.

use super::call::Call;
use super::history::Page;
use super::{OkxError, Rest};
use crate::okx::limits::{Budget, Charge};
use crate::okx::message::{
    BookData, Candle, FundingInfo, InstType, InstrumentInfo, PriceLimit, PublicTrade, Reply, ServerTime, SystemStatus, Ticker,
};

impl Rest {
    /// The venue's time, Unix milliseconds.
    pub async fn time(&self) -> Result<i64, OkxError> {
        let call = Call::public("public/time", Charge::one(Budget::Time));
        let time = one::<ServerTime>(self.call(&call).await?, &call)?;
        time.ts.integer("ts").map_err(|error| unreadable(&call, error.to_string()))
    }

    /// The rules of all instruments of a kind; of options those of a family.
    pub async fn instruments(&self, kind: &InstType) -> Result<Vec<InstrumentInfo>, OkxError> {
        let charge = Charge::within(Budget::Instruments, kind.as_str());
        let call = Call::public("public/instruments", charge).with("instType", kind.as_str());
        Ok(self.call(&call).await?.data)
    }

    /// The rules of one instrument.
    pub async fn instrument(&self, kind: &InstType, inst_id: &str) -> Result<InstrumentInfo, OkxError> {
        let charge = Charge::within(Budget::Instruments, kind.as_str());
        let call = Call::public("public/instruments", charge).with("instType", kind.as_str()).with("instId", inst_id);
        one(self.call(&call).await?, &call)
    }

    /// Best prices and a day's figures of an instrument.
    pub async fn ticker(&self, inst_id: &str) -> Result<Ticker, OkxError> {
        let call = Call::public("market/ticker", Charge::one(Budget::Ticker)).with("instId", inst_id);
        one(self.call(&call).await?, &call)
    }

    /// The same of all instruments of a kind.
    pub async fn tickers(&self, kind: &InstType) -> Result<Vec<Ticker>, OkxError> {
        let call = Call::public("market/tickers", Charge::one(Budget::Tickers)).with("instType", kind.as_str());
        Ok(self.call(&call).await?.data)
    }

    /// A page of the last 1,440 candles of a bar such as `1m` or `1Dutc`, newest first; the first may still be forming.
    /// At most 300.
    pub async fn candles(&self, inst_id: &str, bar: &str, page: &Page) -> Result<Vec<Candle>, OkxError> {
        let call = Call::public("market/candles", Charge::one(Budget::Candles)).with("instId", inst_id).with("bar", bar);
        Ok(self.call(&call.with_all(page.parameters())).await?.data)
    }

    /// A page of the candles of years, newest first. At most 300.
    pub async fn history_candles(&self, inst_id: &str, bar: &str, page: &Page) -> Result<Vec<Candle>, OkxError> {
        let call = Call::public("market/history-candles", Charge::one(Budget::HistoryCandles));
        let call = call.with("instId", inst_id).with("bar", bar).with_all(page.parameters());
        Ok(self.call(&call).await?.data)
    }

    /// The last trades, newest first, at most 500.
    pub async fn trades(&self, inst_id: &str, limit: u32) -> Result<Vec<PublicTrade>, OkxError> {
        let call = Call::public("market/trades", Charge::one(Budget::Trades)).with("instId", inst_id);
        Ok(self.call(&call.with("limit", limit.to_string())).await?.data)
    }

    /// A page of the trades of three months by trade id, newest first. At most 100.
    pub async fn history_trades(&self, inst_id: &str, page: &Page) -> Result<Vec<PublicTrade>, OkxError> {
        let call = Call::public("market/history-trades", Charge::one(Budget::HistoryTrades)).with("instId", inst_id);
        Ok(self.call(&call.with_all(page.parameters())).await?.data)
    }

    /// A page of the trades before a time, newest first, Unix milliseconds. At most 100.
    pub async fn history_trades_before(&self, inst_id: &str, before_ms: i64, limit: u32) -> Result<Vec<PublicTrade>, OkxError> {
        let call = Call::public("market/history-trades", Charge::one(Budget::HistoryTrades)).with("instId", inst_id);
        let page = Page::older_than(before_ms).limit(limit);
        Ok(self.call(&call.with("type", "2").with_all(page.parameters())).await?.data)
    }

    /// The book, with `depth` levels a side, at most 400.
    pub async fn books(&self, inst_id: &str, depth: u32) -> Result<BookData, OkxError> {
        let call = Call::public("market/books", Charge::one(Budget::Books)).with("instId", inst_id);
        let call = call.with("sz", depth.to_string());
        one(self.call(&call).await?, &call)
    }

    /// A swap's funding rate.
    pub async fn funding_rate(&self, inst_id: &str) -> Result<FundingInfo, OkxError> {
        let call = Call::public("public/funding-rate", Charge::within(Budget::FundingRate, inst_id)).with("instId", inst_id);
        one(self.call(&call).await?, &call)
    }

    /// A page of what was paid, newest first.
    pub async fn funding_rate_history(&self, inst_id: &str, page: &Page) -> Result<Vec<FundingInfo>, OkxError> {
        let call = Call::public("public/funding-rate-history", Charge::within(Budget::FundingRateHistory, inst_id));
        Ok(self.call(&call.with("instId", inst_id).with_all(page.parameters())).await?.data)
    }

    /// Work on the venue, announced or going on.
    pub async fn status(&self) -> Result<Vec<SystemStatus>, OkxError> {
        let call = Call::public("system/status", Charge::one(Budget::Status));
        Ok(self.call(&call).await?.data)
    }

    /// The highest price to buy at and the lowest to sell at.
    pub async fn price_limit(&self, inst_id: &str) -> Result<PriceLimit, OkxError> {
        let call = Call::public("public/price-limit", Charge::one(Budget::PriceLimit)).with("instId", inst_id);
        one(self.call(&call).await?, &call)
    }
}

/// The one item of a reply.
pub(super) fn one<T>(reply: Reply<T>, call: &Call<'_>) -> Result<T, OkxError> {
    reply.data.into_iter().next().ok_or_else(|| unreadable(call, "it is empty".to_owned()))
}

pub(super) fn unreadable(call: &Call<'_>, reason: String) -> OkxError {
    OkxError::Unreadable { asked: call.asked(), status: 200, reason }
}
