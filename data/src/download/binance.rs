//! Binance's history: it answers from a time or an id on, oldest first.

use super::row::Row;
use super::{Chunk, DownloadError, NS_PER_MS, Position, Request, Series};
use crate::binance::{AggTrade, DEFAULT_HOST, Kline, Rest, TradesFrom, interval_name, symbol_of};
use engine::market::Side;

pub(super) struct BinanceFeed {
    rest: Rest,
    symbol: String,
    series: Series,
}

impl BinanceFeed {
    pub(super) fn new(request: &Request) -> Result<Self, DownloadError> {
        let refuse = |reason| Err(DownloadError::Request { reason });
        let Some(symbol) = symbol_of(&request.instrument) else {
            let instrument = &request.instrument;
            return refuse(format!("{instrument} is no spot pair of Binance: write it like BTC-USDT"));
        };
        if let Series::Candles(interval) = request.series
            && interval_name(interval).is_none()
        {
            return refuse(format!(
                "Binance has no candles of {interval}: take 1s, 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, 12h, 1d, 3d or 1w"
            ));
        }
        let rest = Rest::new(request.host.as_deref().unwrap_or(DEFAULT_HOST))?;
        Ok(Self { rest, symbol, series: request.series })
    }

    pub(super) async fn end_ms(&self) -> Result<i64, DownloadError> {
        Ok(self.series.end_ms(self.rest.time_ms().await?))
    }

    pub(super) async fn chunk(&self, position: Position, to_ms: i64) -> Result<Chunk, DownloadError> {
        let end = Position { at_ms: to_ms, ..position };
        match self.series {
            Series::Candles(interval) => {
                let klines = self.rest.klines(&self.symbol, interval, position.at_ms, to_ms).await?;
                let step_ms = interval.ns() / NS_PER_MS;
                let next = klines.last().map_or(end, |last| Position { at_ms: last.opened_at_ms + step_ms, ..position });
                Ok(Chunk { rows: klines.iter().map(candle).collect(), next })
            }
            Series::Trades => {
                let from =
                    position.trade_id.map_or(TradesFrom::TimeMs(position.at_ms), |id| TradesFrom::Id(id.saturating_add(1)));
                let trades = self.rest.agg_trades(&self.symbol, from).await?;
                let next = match trades.last() {
                    Some(last) if last.at_ms < to_ms => Position { at_ms: last.at_ms, trade_id: Some(last.id) },
                    _ => end,
                };
                Ok(Chunk { rows: trades.iter().filter(|trade| trade.at_ms < to_ms).map(traded).collect(), next })
            }
        }
    }
}

fn candle(kline: &Kline) -> Row {
    let &Kline { opened_at_ms, open, high, low, close, volume } = kline;
    Row::Candle { opened_at_ms, prices: [open, high, low, close], volume }
}

fn traded(trade: &AggTrade) -> Row {
    let taker = if trade.buyer_is_maker { Side::Sell } else { Side::Buy };
    Row::Trade { at_ms: trade.at_ms, price: trade.price, size: trade.size, taker, id: trade.id }
}
