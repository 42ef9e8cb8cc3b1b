//! The curve of a run: equity at its beginning, at each 00:00 UTC, and at its end.

use engine::event::Input;
use engine::number::{Amount, Decimal, Price};
use engine::state::State;
use engine::time::{DAY_NS, Timestamp};

use crate::metrics::Series;

/// What there was at one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// When.
    pub at: Timestamp,
    /// The value of everything, in the reporting currency.
    pub equity: Amount,
    /// What came in since the beginning other than by trading, in the reporting currency.
    pub deposited: Amount,
    /// By what deposits have multiplied the equity: a share of the account is worth `equity / grown`.
    pub grown: f64,
    /// What the first equity would be worth had it bought the instruments; `None` where one of them has no price.
    pub holding: Option<Amount>,
    /// Positions' value in the reporting currency.
    pub exposure: Option<Amount>,
    /// Time since the beginning in which a position was held, in nanoseconds.
    pub invested_ns: i64,
}

/// Samples the equity once a day, whatever happens between.
#[derive(Debug, Default)]
pub(super) struct Curve {
    samples: Vec<Sample>,
    /// The day of the last event, once there is an equity.
    day: Option<i64>,
    /// The first 00:00 UTC after it.
    pub(super) day_ends: Timestamp,
    deposited: Amount,
    grown: f64,
    /// Equity before money comes in.
    before: Option<Amount>,
    invested_ns: i64,
    invested_since: Option<Timestamp>,
    /// The first price of each instrument, and its value in the reporting currency.
    firsts: Vec<Option<First>>,
}

#[derive(Clone, Copy, Debug)]
struct First {
    price: Price,
    value: Option<Amount>,
}

impl Curve {
    /// A day ended: `day` is the one that has begun.
    #[cold]
    pub(super) fn turn_day(&mut self, state: &State, day: i64) {
        // The first day begins with the first equity. A day without events has the equity of the day before.
        let Some(last) = self.day else { return };
        self.day_ends = Timestamp((day + 1).saturating_mul(DAY_NS));
        if let Some(sample) = self.sample(state, Timestamp(day.saturating_mul(DAY_NS))) {
            for day in last + 1..=day {
                let at = Timestamp(day.saturating_mul(DAY_NS));
                self.samples.push(Sample { at, invested_ns: self.invested(at), ..sample.clone() });
            }
        }
        self.day = Some(day);
    }

    /// Money may come in other than by trading with this input, which is not applied yet.
    pub(super) fn before_money(&mut self, state: &State) {
        self.before = self.day.and_then(|_| state.equity());
    }

    /// It came in: it is no gain.
    pub(super) fn money_came(&mut self, state: &State) {
        let Some((before, after)) = self.before.take().zip(state.equity()) else { return };
        self.deposited += after - before;
        if before.is_positive() && after.is_positive() {
            self.grown *= after.to_f64() / before.to_f64();
        }
    }

    /// Whether this instrument has no first price yet, or the run no first equity.
    #[inline]
    pub(super) fn is_new(&self, index: usize) -> bool {
        self.day.is_none() || self.firsts.get(index).is_none_or(Option::is_none)
    }

    /// An instrument's first market data, or the first with an equity, that began at `at`.
    pub(super) fn first(&mut self, state: &State, at: Timestamp, index: usize) {
        if self.firsts.len() <= index {
            self.firsts.resize(index + 1, None);
        }
        if self.firsts[index].is_none() {
            let market = state.markets.iter().nth(index);
            let price = market.and_then(engine::markets::Market::last_price);
            self.firsts[index] = price.map(|price| First { price, value: value_of(state, index, price) });
        }
        // A venue tells only after a while what the account has.
        if self.day.is_none()
            && state.portfolio.balances().next().is_some()
            && let Some(equity) = state.equity()
        {
            self.grown = 1.0;
            let (holding, exposure) = (Some(equity), exposure(state));
            self.samples.push(Sample { at, equity, deposited: Amount::ZERO, grown: 1.0, holding, exposure, invested_ns: 0 });
            self.day = Some(state.now.plus_ns(-1).day());
        }
    }

    /// A fill may have opened the first position or closed the last.
    pub(super) fn filled(&mut self, state: &State, at: Timestamp) {
        let is_invested = state.portfolio.positions().any(|(_, _, position)| position.quantity.is_positive());
        match (self.invested_since, is_invested) {
            (None, true) => self.invested_since = Some(at),
            (Some(since), false) => {
                self.invested_ns += at.0 - since.0;
                self.invested_since = None;
            }
            _ => {}
        }
    }

    /// The first price of an instrument.
    pub(super) fn first_price(&self, index: usize) -> Option<Price> {
        self.firsts.get(index).copied().flatten().map(|first| first.price)
    }

    /// All samples with that of the end; fewer than two where there never was an equity.
    pub(super) fn finish(mut self, state: &State, to: Option<Timestamp>) -> Vec<Sample> {
        let end = to.zip(self.samples.last().map(|last| last.at)).filter(|(to, last)| to > last || self.samples.len() == 1);
        if let Some(sample) = end.and_then(|(to, _)| self.sample(state, to)) {
            self.samples.push(sample);
        }
        self.samples
    }

    fn invested(&self, at: Timestamp) -> i64 {
        self.invested_ns + self.invested_since.map_or(0, |since| at.0.saturating_sub(since.0).max(0))
    }

    fn sample(&self, state: &State, at: Timestamp) -> Option<Sample> {
        Some(Sample {
            at,
            equity: state.equity()?,
            deposited: self.deposited,
            grown: self.grown,
            holding: self.holding(state),
            exposure: exposure(state),
            invested_ns: self.invested(at),
        })
    }

    /// Equal parts of the first equity, each in its instrument since its first price; in cash until then.
    fn holding(&self, state: &State) -> Option<Amount> {
        let start = self.samples.first()?.equity;
        let count = state.markets.iter().count();
        let part = Amount(start.0.checked_div(Decimal::from(count))?);
        let worth = |(index, market): (usize, &engine::markets::Market)| {
            let Some(First { value, .. }) = self.firsts.get(index).copied().flatten() else { return Some(part) };
            let now = value_of(state, index, market.last_price()?)?;
            Some(Amount(now.0.checked_div(value?.0)?.checked_mul(part.0)?))
        };
        state.markets.iter().enumerate().map(worth).sum()
    }
}

/// A price of an instrument in the reporting currency.
fn value_of(state: &State, index: usize, price: Price) -> Option<Amount> {
    let quote = state.markets.iter().nth(index)?.instrument.quote;
    state.markets.convert(Amount(price.0), quote, state.session.as_ref()?.currency)
}

fn exposure(state: &State) -> Option<Amount> {
    let currency = state.session.as_ref()?.currency;
    let worth = |(_, instrument, position): (_, _, &engine::position::Position)| {
        let market = state.markets.get(instrument)?;
        state.markets.convert(market.last_price()? * position.quantity, market.instrument.quote, currency)
    };
    state.portfolio.positions().filter(|(_, _, position)| position.quantity.is_positive()).map(worth).sum()
}

/// Whether money may come in with this input other than by trading.
#[inline]
pub(super) fn is_money(input: &Input) -> bool {
    matches!(input, Input::Deposited { .. } | Input::VenueSnapshot(_))
}

/// The curve as measures take it: free of what was deposited, beside holding.
pub(super) fn series(samples: &[Sample]) -> Series {
    let holding = samples.iter().map(|sample| sample.holding.map(Amount::to_f64)).collect::<Option<Vec<f64>>>();
    Series {
        at: samples.iter().map(|sample| sample.at).collect(),
        equity: samples.iter().map(|sample| sample.equity.to_f64() / sample.grown).collect(),
        benchmark: holding.filter(|holding| !holding.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use engine::event::{Event, Hash, Mode, Record, Session};
    use engine::instrument::{Instrument, InstrumentId};
    use engine::market::{Side, Trade};
    use engine::number::FixedSize;

    use super::*;
    use crate::report::Report;

    const DAY_0: i64 = 20_000 * DAY_NS;

    fn opening() -> [Input; 2] {
        let session = Session {
            parent: None,
            build: "test".to_owned(),
            config: Hash::default(),
            seed: 0,
            mode: Mode::Live,
            currency: "USDT".parse().unwrap(),
            strategies: Vec::new(),
            checkpoint_every: 1_000_000,
        };
        let instrument = Instrument {
            id: InstrumentId(0),
            symbol: "A-USDT".to_owned(),
            base: "A".parse().unwrap(),
            quote: "USDT".parse().unwrap(),
            price_scale: 0,
            size_scale: 0,
            tick_size: "1".parse().unwrap(),
            lot_size: "1".parse().unwrap(),
            min_size: "1".parse().unwrap(),
            maker_fee: "0".parse().unwrap(),
            taker_fee: "0".parse().unwrap(),
        };
        [Input::SessionStarted(Box::new(session)), Input::InstrumentListed(Box::new(instrument))]
    }

    fn deposit(currency: &str, amount: &str) -> Input {
        Input::Deposited { currency: currency.parse().unwrap(), amount: amount.parse().unwrap() }
    }

    fn trade(price: i64) -> Input {
        let (price, size) = (engine::number::FixedPrice(price), FixedSize(1));
        let (instrument, venue_at) = (InstrumentId(0), Timestamp(0));
        Input::Trade(Trade { instrument, venue_at, price, size, taker: Side::Buy, trade_id: None })
    }

    /// The samples and the curve of these inputs, each so many hours after the first day began.
    fn told(inputs: impl IntoIterator<Item = (i64, Input)>) -> (Vec<Sample>, Series) {
        let (mut state, mut report) = (State::default(), Report::default());
        let opening = opening().map(|input| (0, input));
        for (seq, (hours, input)) in (0..).zip(opening.into_iter().chain(inputs)) {
            let at = Timestamp(DAY_0 + hours * engine::time::HOUR_NS);
            report.before(&state, at, &input);
            let record = Record { seq, at, cause: seq, event: Event::Input(input) };
            state.apply(&record);
            report.after(&state, &[record]);
        }
        let outcome = report.outcome(&state, String::new(), 0.0);
        (outcome.samples, outcome.series)
    }

    #[test]
    fn what_is_deposited_is_no_gain() {
        let market = |hours, price| (hours, trade(price));
        let without = [(0, deposit("A", "1")), market(1, 100), market(30, 110), market(50, 99), market(60, 120)];
        let with = [
            (0, deposit("A", "1")),
            market(1, 100),
            market(30, 110),
            // As much again comes in, in the middle of the second day, and more on the third.
            (31, deposit("A", "1")),
            market(50, 99),
            (51, deposit("A", "-1.5")),
            market(60, 120),
        ];
        let (samples, series) = told(with);
        let equity: Vec<String> = samples.iter().map(|sample| sample.equity.to_string()).collect();
        assert_eq!(equity, ["100", "100", "220", "60.0"]);
        let deposited: Vec<String> = samples.iter().map(|sample| sample.deposited.to_string()).collect();
        assert_eq!(deposited, ["0", "0", "110", "-38.5"], "110 came in, then 148.5 went out");
        let (_, other) = told(without);
        assert_eq!(series.at, other.at);
        for (mine, others) in series.equity.iter().zip(&other.equity) {
            assert!((mine - others).abs() < 1e-9, "{:?} is not {:?}", series.equity, other.equity);
        }
    }

    #[test]
    fn days_without_events_have_the_equity_of_the_day_before() {
        let (samples, _) = told([(0, deposit("A", "1")), (23, trade(100)), (24, trade(90)), (24 * 4 + 1, trade(70))]);
        let told: Vec<(i64, String)> =
            samples.iter().map(|sample| ((sample.at.0 - DAY_0) / engine::time::HOUR_NS, sample.equity.to_string())).collect();
        let expected = [(23, "100"), (24, "90"), (48, "90"), (72, "90"), (96, "90"), (97, "70")];
        assert_eq!(told, expected.map(|(hours, equity)| (hours, equity.to_owned())));
    }
}
