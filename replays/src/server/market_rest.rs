//! The public part of the API: what anyone may ask of the markets.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use engine::market::Side;
use engine::time::Timestamp;
use serde_json::Value;

use super::listed::Listed;
use super::market::Market;
use super::market_bar::BarKind;
use super::market_text::{candle, key, known_price, levels, ms, number, size, text, trade};
use super::reply::Refusal;

/// The parameters of a query or the fields of a body. An empty one is as good as none.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a>(pub &'a Value);

/// All markets, in the order of their ids.
#[derive(Debug)]
pub struct Markets {
    list: Vec<Market>,
    by_symbol: BTreeMap<String, usize>,
}

const HISTORY: usize = usize::MAX;
const RECENT: usize = 1_440;

impl<'a> Asked<'a> {
    /// A parameter as text.
    pub fn text(self, name: &str) -> Option<&'a str> {
        self.0.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    fn number(self, name: &str) -> Result<Option<i64>, Refusal> {
        self.text(name).map(str::parse).transpose().map_err(|_| Refusal::parameter(name))
    }

    /// How many rows: the usual number unless asked, and never more than the most.
    fn limit(self, name: &str, usual: usize, most: usize) -> Result<usize, Refusal> {
        let asked = self.number(name)?.map(usize::try_from).transpose().map_err(|_| Refusal::parameter(name))?;
        Ok(asked.unwrap_or(usual).min(most))
    }
}

impl Markets {
    /// One market for each.
    pub fn new(listings: &[Listed]) -> Self {
        let by_symbol = listings.iter().enumerate().map(|(place, listed)| (listed.symbol().to_owned(), place)).collect();
        Self { list: listings.iter().cloned().map(Market::new).collect(), by_symbol }
    }

    /// By id.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut Market> {
        self.list.get_mut(index)
    }

    /// By `instId`.
    pub fn place(&self, symbol: &str) -> Option<usize> {
        self.by_symbol.get(symbol).copied()
    }

    /// Every one.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Market> {
        self.list.iter_mut()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.list.len()
    }

    /// The rows of an answer, as a JSON list: `path` without `/api/v5/`, `now` the market's time. `None` when nothing
    /// public is at that path.
    pub fn answer(&mut self, path: &str, asked: Asked<'_>, now: Timestamp) -> Option<Result<String, Refusal>> {
        Some(match path {
            "public/instruments" => self.instruments(asked),
            "market/ticker" => self.named(asked).map(|market| rows(|out| ticker(out, market, now))),
            "market/tickers" => Ok(self.all(asked, |out, market| ticker(out, market, now))),
            "market/books" => self.books(asked, "sz", (1, 400), 4, now),
            "market/books-full" => self.books(asked, "sz", (1, 5_000), 3, now),
            "market/candles" => self.candles(asked, RECENT),
            "market/history-candles" => self.candles(asked, HISTORY),
            "market/trades" => self.trades(asked),
            "market/history-trades" => self.history_trades(asked),
            "market/index-tickers" => match asked.text("instId") {
                Some(_) => self.named(asked).map(|market| rows(|out| index_ticker(out, market, now))),
                None => Ok(self.all(asked, |out, market| index_ticker(out, market, now))),
            },
            "public/mark-price" => match asked.text("instId") {
                Some(_) => self.named(asked).map(|market| rows(|out| mark_price(out, market, now))),
                None => Ok("[]".to_owned()),
            },
            "public/price-limit" => self.named(asked).map(|market| rows(|out| price_limit(out, market, now))),
            "public/funding-rate" | "public/funding-rate-history" | "public/position-tiers" | "public/open-interest" => {
                Ok("[]".to_owned())
            }
            _ => return None,
        })
    }

    fn named(&mut self, asked: Asked<'_>) -> Result<&mut Market, Refusal> {
        let symbol = asked.text("instId").ok_or_else(|| Refusal::missing("instId"))?;
        let place = self.place(symbol).ok_or_else(Refusal::unknown_instrument)?;
        Ok(&mut self.list[place])
    }

    fn all(&mut self, asked: Asked<'_>, row: impl Fn(&mut String, &mut Market)) -> String {
        let spot = asked.text("instType").is_none_or(|kind| kind == "SPOT");
        let quote = asked.text("quoteCcy");
        let shown = |market: &&mut Market| spot && quote.is_none_or(|quote| market.rules().quote.as_str() == quote);
        list(self.list.iter_mut().filter(shown), row)
    }

    fn instruments(&self, asked: Asked<'_>) -> Result<String, Refusal> {
        let kind = asked.text("instType").ok_or_else(|| Refusal::missing("instType"))?;
        if !["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"].contains(&kind) {
            return Err(Refusal::parameter("instType"));
        }
        let symbol = asked.text("instId");
        if kind == "SPOT" && symbol.is_some_and(|symbol| self.place(symbol).is_none()) {
            return Err(Refusal::unknown_instrument());
        }
        let shown = |market: &&Market| kind == "SPOT" && symbol.is_none_or(|symbol| market.rules().symbol == symbol);
        Ok(list(self.list.iter().filter(shown), |out, market| out.push_str(&market.listed.row().to_string())))
    }

    fn books(
        &mut self,
        asked: Asked<'_>,
        name: &str,
        (usual, most): (usize, usize),
        entries: usize,
        now: Timestamp,
    ) -> Result<String, Refusal> {
        let depth = asked.limit(name, usual, most)?.max(1);
        let market = self.named(asked)?;
        let rules = market.rules();
        Ok(rows(|out| {
            out.push('{');
            key(out, "asks");
            levels(out, rules, market.book.levels(Side::Sell).take(depth), entries);
            key(out, "bids");
            levels(out, rules, market.book.levels(Side::Buy).take(depth), entries);
            key(out, "ts");
            ms(out, market.book_at.max(now));
            if entries == 4 {
                let _ = write!(out, ",\"seqId\":{}", market.seq);
            }
            out.push('}');
        }))
    }

    fn candles(&mut self, asked: Asked<'_>, newest: usize) -> Result<String, Refusal> {
        let kind = BarKind::named(asked.text("bar").unwrap_or("1m")).ok_or_else(|| Refusal::parameter("bar"))?;
        if kind == BarKind::SECOND && newest != HISTORY {
            return Err(Refusal::parameter("bar"));
        }
        let limit = asked.limit("limit", 100, 300)?;
        let (after, before) = (asked.number("after")?, asked.number("before")?);
        let market = self.named(asked)?;
        let opened_ms = |at: Timestamp| at.0.div_euclid(1_000_000);
        let rules = market.rules();
        let Some(series) = market.candles.series(kind) else { return Ok("[]".to_owned()) };
        let page = series.newest_first().take(newest).filter(|(candle, _)| {
            let opened = opened_ms(candle.opened_at);
            after.is_none_or(|after| opened < after) && before.is_none_or(|before| opened > before)
        });
        Ok(list(page.take(limit), |out, (row, confirmed)| candle(out, rules, row, confirmed)))
    }

    fn trades(&mut self, asked: Asked<'_>) -> Result<String, Refusal> {
        let limit = asked.limit("limit", 100, 500)?;
        let market = self.named(asked)?;
        Ok(list(market.newest_trades().take(limit), |out, print| trade(out, market.rules(), print, None)))
    }

    fn history_trades(&mut self, asked: Asked<'_>) -> Result<String, Refusal> {
        let limit = asked.limit("limit", 100, 100)?;
        let by_time = match asked.text("type") {
            None | Some("1") => false,
            Some("2") => true,
            Some(_) => return Err(Refusal::parameter("type")),
        };
        let (after, before) = (asked.number("after")?, asked.number("before")?);
        if by_time && before.is_some() {
            return Err(Refusal::new("50039", "Can only use type 1 when using parameter before"));
        }
        let market = self.named(asked)?;
        let page = market.newest_trades().filter(|print| {
            let place =
                if by_time { print.trade.venue_at.0.div_euclid(1_000_000) } else { print.id.try_into().unwrap_or(i64::MAX) };
            after.is_none_or(|after| place < after) && before.is_none_or(|before| place > before)
        });
        Ok(list(page.take(limit), |out, print| trade(out, market.rules(), print, None)))
    }
}

/// One row, as a list.
fn rows(write: impl FnOnce(&mut String)) -> String {
    let mut out = "[".to_owned();
    write(&mut out);
    out.push(']');
    out
}

/// A list, a row for each.
fn list<T>(items: impl Iterator<Item = T>, mut write: impl FnMut(&mut String, T)) -> String {
    let mut out = "[".to_owned();
    for (place, item) in items.enumerate() {
        if place > 0 {
            out.push(',');
        }
        write(&mut out, item);
    }
    out.push(']');
    out
}

/// A ticker. What is not known yet is empty.
pub fn ticker(out: &mut String, market: &mut Market, now: Timestamp) {
    let day = market.day(now);
    let rules = market.rules();
    out.push('{');
    text(out, "instType", "SPOT");
    text(out, "instId", &rules.symbol);
    let last = market.last().map(|last| last.trade);
    let best = |side| market.book.best(side);
    let prices = [
        ("last", last.map(|trade| trade.price)),
        ("askPx", best(Side::Sell).map(|level| level.price)),
        ("bidPx", best(Side::Buy).map(|level| level.price)),
        ("open24h", day.map(|day| day.open)),
        ("high24h", day.map(|day| day.high)),
        ("low24h", day.map(|day| day.low)),
        ("sodUtc0", market.first_price("1Dutc")),
        ("sodUtc8", market.first_price("1D")),
    ];
    for (name, known) in prices {
        key(out, name);
        known_price(out, rules, known);
    }
    let sizes = [
        ("lastSz", last.map(|trade| trade.size)),
        ("askSz", best(Side::Sell).map(|level| level.size)),
        ("bidSz", best(Side::Buy).map(|level| level.size)),
    ];
    for (name, known) in sizes {
        key(out, name);
        match known {
            Some(known) => size(out, rules, known),
            None => out.push_str("\"\""),
        }
    }
    for (name, mantissa, scale) in [
        ("vol24h", day.map(|day| day.volume), rules.size_scale),
        ("volCcy24h", day.map(|day| day.turnover), rules.size_scale + rules.price_scale),
    ] {
        key(out, name);
        out.push('"');
        if let Some(mantissa) = mantissa {
            number(out, mantissa, scale);
        }
        out.push('"');
    }
    key(out, "ts");
    ms(out, now);
    out.push('}');
}

/// The index of a pair: its own last price.
pub fn index_ticker(out: &mut String, market: &mut Market, now: Timestamp) {
    let day = market.day(now);
    let rules = market.rules();
    out.push('{');
    text(out, "instId", &rules.symbol);
    let prices = [
        ("idxPx", market.last().map(|last| last.trade.price)),
        ("open24h", day.map(|day| day.open)),
        ("high24h", day.map(|day| day.high)),
        ("low24h", day.map(|day| day.low)),
        ("sodUtc0", market.first_price("1Dutc")),
        ("sodUtc8", market.first_price("1D")),
    ];
    for (name, known) in prices {
        key(out, name);
        known_price(out, rules, known);
    }
    key(out, "ts");
    ms(out, now);
    out.push('}');
}

/// The mark price of a pair on margin: its last price.
pub fn mark_price(out: &mut String, market: &mut Market, now: Timestamp) {
    out.push('{');
    text(out, "instType", "MARGIN");
    text(out, "instId", &market.rules().symbol);
    key(out, "markPx");
    known_price(out, market.rules(), market.last().map(|last| last.trade.price));
    key(out, "ts");
    ms(out, now);
    out.push('}');
}

/// The band of prices: this venue has none.
pub fn price_limit(out: &mut String, market: &mut Market, now: Timestamp) {
    out.push('{');
    text(out, "instType", "SPOT");
    text(out, "instId", &market.rules().symbol);
    text(out, "buyLmt", "");
    text(out, "sellLmt", "");
    out.push_str(",\"enabled\":false");
    key(out, "ts");
    ms(out, now);
    out.push('}');
}
