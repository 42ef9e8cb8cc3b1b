//! What the account had and was worth: at its changes, at the end of each day, at the end of the log.

use engine::event::{Input, Record};
use engine::number::{Amount, Rate};
use engine::state::State;
use engine::time::{DAY_NS, Timestamp};

use super::in_reporting;
use super::wanted::{Kind, Wanted};
use crate::report::rows::{BalanceRow, DepositRow, EquityRow, Moment, PositionRow, Row};

/// Where in time the account is.
#[derive(Debug)]
pub(super) struct Account {
    /// The first 00:00 UTC that has not come yet; the end of time before there is an equity.
    pub day_ends: Timestamp,
}

impl Default for Account {
    fn default() -> Self {
        Self { day_ends: NEVER }
    }
}

const NEVER: Timestamp = Timestamp(i64::MAX);

impl Account {
    /// Whether there was an equity.
    pub(super) fn has_begun(&self) -> bool {
        self.day_ends != NEVER
    }

    /// The first market data with which everything has a price.
    pub(super) fn begin(&mut self, state: &State, record: &Record, wanted: Wanted, emit: &mut dyn FnMut(Row)) {
        // A venue tells only after a while what the account has.
        if state.portfolio.balances().next().is_none() || state.equity().is_none() {
            return;
        }
        self.day_ends = Timestamp((record.at.plus_ns(-1).day() + 1).saturating_mul(DAY_NS));
        if wanted.has(Kind::Days) {
            look(state, record.seq, record.at, Moment::Start, emit);
        }
    }

    /// Days ended before the input at `at`.
    pub(super) fn turn_days(&mut self, state: &State, at: Timestamp, wanted: Wanted, emit: &mut dyn FnMut(Row)) {
        // What is stamped 00:00 exactly, such as the day's last bar, is the day's own.
        while self.day_ends < at {
            if wanted.has(Kind::Days) {
                look(state, state.count.saturating_sub(1), self.day_ends, Moment::Day, emit);
            }
            if wanted.has(Kind::Holdings) {
                holdings(state, self.day_ends, Moment::Day, emit);
            }
            self.day_ends = self.day_ends.plus_ns(DAY_NS);
            if self.day_ends.0 > i64::MAX - DAY_NS {
                return;
            }
        }
    }

    /// An input after which there is more or less than before.
    pub(super) fn changed(&self, state: &State, record: &Record, input: &Input, wanted: Wanted, emit: &mut dyn FnMut(Row)) {
        if let Input::Deposited { currency, amount } = input
            && wanted.has(Kind::Deposits)
        {
            let (currency, amount) = (*currency, *amount);
            let value_reporting = in_reporting(state, amount, currency);
            emit(Row::Deposit(DepositRow { seq: record.seq, at: record.at, currency, amount, value_reporting }));
        }
        if self.has_begun() && wanted.has(Kind::Equity) {
            let moment = if matches!(input, Input::OrderFilled(_)) { Moment::Fill } else { Moment::Deposit };
            look(state, record.seq, record.at, moment, emit);
        }
    }

    /// The log has ended.
    pub(super) fn finish(&self, state: &State, wanted: Wanted, emit: &mut dyn FnMut(Row)) {
        if self.has_begun() && wanted.has(Kind::Days) {
            look(state, state.count.saturating_sub(1), state.now, Moment::End, emit);
        }
        if wanted.has(Kind::Holdings) {
            holdings(state, state.now, Moment::End, emit);
        }
    }
}

fn look(state: &State, seq: u64, at: Timestamp, moment: Moment, emit: &mut dyn FnMut(Row)) {
    let Some(equity) = state.equity() else { return };
    let drawdown = Rate(state.performance.drawdown(equity).0.normalize());
    emit(Row::Equity(EquityRow { seq, at, moment, equity, exposure: exposure(state), drawdown }));
}

/// What all positions are worth, in the reporting currency.
fn exposure(state: &State) -> Option<Amount> {
    let held = state.portfolio.positions().filter(|(.., position)| position.quantity.is_positive());
    held.map(|(_, id, position)| {
        let market = state.markets.get(id)?;
        in_reporting(state, market.last_price()? * position.quantity, market.instrument.quote)
    })
    .sum()
}

fn holdings(state: &State, at: Timestamp, moment: Moment, emit: &mut dyn FnMut(Row)) {
    for (owner, instrument, position) in state.portfolio.positions() {
        if position.quantity.is_zero() && moment != Moment::End {
            continue;
        }
        let market = state.markets.get(instrument);
        let price = market.and_then(engine::markets::Market::last_price);
        let value = price.map(|price| price * position.quantity);
        emit(Row::Position(PositionRow {
            at,
            owner,
            instrument,
            quantity: position.quantity,
            cost: position.cost,
            price,
            realised: position.realised,
            fees: position.fees,
            value_reporting: value.zip(market).and_then(|(value, market)| in_reporting(state, value, market.instrument.quote)),
        }));
    }
    for (currency, amount) in state.portfolio.balances() {
        let value_reporting = in_reporting(state, amount, currency);
        emit(Row::Balance(BalanceRow { at, currency, amount, value_reporting }));
    }
}
