//! The figures of the last 24 hours, from candles of a minute.

use engine::time::{DAY_NS, Timestamp};

use super::market::DayFigures;
use super::market_candles::{Candle, Series};

/// What the closed minutes of the last day come to, as of one of them: they are looked at once a minute.
#[derive(Debug, Default)]
pub struct Day {
    as_of: Option<(Timestamp, Option<DayFigures>)>,
}

impl Day {
    /// With the minute that forms.
    pub fn figures(&mut self, minutes: &Series, at: Timestamp) -> Option<DayFigures> {
        let forming = minutes.forming()?;
        let closed = match self.as_of {
            Some((minute, closed)) if minute == forming.opened_at => closed,
            _ => {
                let begins = at.plus_ns(-DAY_NS);
                let rows = minutes.newest_first().skip(1).map(|(candle, _)| candle);
                let closed =
                    rows.take_while(|candle| candle.opened_at >= begins).fold(None, |sum, candle| Some(add(candle, sum)));
                self.as_of = Some((forming.opened_at, closed));
                closed
            }
        };
        Some(closed.map_or_else(
            || add(forming, None),
            |closed| DayFigures {
                open: closed.open,
                high: closed.high.max(forming.high),
                low: closed.low.min(forming.low),
                volume: closed.volume + forming.volume,
                turnover: closed.turnover + forming.turnover,
            },
        ))
    }
}

/// What an earlier candle adds.
fn add(candle: &Candle, later: Option<DayFigures>) -> DayFigures {
    let &Candle { open, high, low, volume, turnover, .. } = candle;
    later.map_or(DayFigures { open, high, low, volume, turnover }, |later| DayFigures {
        open,
        high: high.max(later.high),
        low: low.min(later.low),
        volume: volume + later.volume,
        turnover: turnover + later.turnover,
    })
}

#[cfg(test)]
mod tests {
    use engine::instrument::InstrumentId;
    use engine::market::{Side, Trade};
    use engine::number::{FixedPrice, FixedSize};
    use engine::time::SECOND_NS;

    use super::super::market_bar::BarKind;
    use super::super::market_candles::Candles;
    use super::*;

    #[test]
    fn what_is_older_than_a_day_falls_out() {
        let kind = BarKind::named("1m").unwrap();
        let (mut candles, mut day) = (Candles::new([kind]), Day::default());
        let mut seen = Vec::new();
        for (minute, price) in [(0, 50), (10, 20), (700, 30), (1_445, 25), (1_455, 26)] {
            let venue_at = Timestamp(minute * 60 * SECOND_NS);
            candles.roll(venue_at, |_, _| {});
            let (price, size) = (FixedPrice(price), FixedSize(2));
            candles.trade(&Trade { instrument: InstrumentId(0), venue_at, price, size, taker: Side::Buy, trade_id: None });
            let figures = day.figures(candles.series(kind).unwrap(), venue_at).unwrap();
            seen.push((figures.open.0, figures.high.0, figures.low.0, figures.volume, figures.turnover));
        }
        let expected =
            [(50, 50, 50, 2, 100), (50, 50, 20, 4, 140), (50, 50, 20, 6, 200), (50, 50, 20, 6, 150), (20, 30, 20, 6, 162)];
        assert_eq!(seen, expected);
    }
}
