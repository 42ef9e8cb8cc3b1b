//! `portfolio_data` and `equity`.

use std::borrow::Cow;

use engine::instrument::{Currency, InstrumentId};
use engine::number::{Amount, Price};
use engine::order::Owner;
use engine::state::State;
use engine::time::Timestamp;
use replays::report::rows::{BalanceRow, DepositRow, EquityRow, PositionRow, symbol, tag};

use super::column::Sort::{Id, Money, Ratio, Text, Time};
use super::column::{Cell, Column, Sort, word};
use super::trading::Get;

/// What the account held or was given at one moment.
pub struct Holding {
    at: Timestamp,
    kind: &'static str,
    owner: Option<Owner>,
    instrument: Option<InstrumentId>,
    currency: Option<Currency>,
    quantity: Amount,
    value_reporting: Option<Amount>,
    position: Option<Box<PositionRow>>,
}

impl From<PositionRow> for Holding {
    fn from(row: PositionRow) -> Self {
        Self {
            at: row.at,
            kind: "position",
            owner: Some(row.owner),
            instrument: Some(row.instrument),
            currency: None,
            quantity: Amount(row.quantity.0),
            value_reporting: row.value_reporting,
            position: Some(Box::new(row)),
        }
    }
}

impl From<BalanceRow> for Holding {
    fn from(BalanceRow { at, currency, amount, value_reporting }: BalanceRow) -> Self {
        Self::money(at, "balance", currency, amount, value_reporting)
    }
}

impl From<DepositRow> for Holding {
    fn from(DepositRow { at, currency, amount, value_reporting, .. }: DepositRow) -> Self {
        Self::money(at, "deposit", currency, amount, value_reporting)
    }
}

impl Holding {
    fn money(at: Timestamp, kind: &'static str, currency: Currency, quantity: Amount, value_reporting: Option<Amount>) -> Self {
        let currency = Some(currency);
        Self { at, kind, owner: None, instrument: None, currency, quantity, value_reporting, position: None }
    }

    fn price(&self) -> Option<Price> {
        self.position.as_ref()?.price
    }
}

const fn holding(name: &'static str, sort: Sort, get: Get<Holding>) -> Column<Holding, State> {
    Column { name, sort, get }
}

/// Positions and balances at the end of each day and of the log, and deposits when they came.
pub const PORTFOLIO_DATA: &[Column<Holding, State>] = &[
    holding("at", Time, |row, _| Some(row.at.into())),
    holding("kind", Text, |row, _| Some(word(row.kind))),
    holding("strategy", Text, |row, state| row.owner.map(|owner| tag(state, owner).into())),
    holding("instrument", Text, |row, state| row.instrument.map(|id| symbol(state, id).into())),
    holding("currency", Text, |row, _| row.currency.as_ref().map(|currency| Cell::Text(Cow::Borrowed(currency.as_str())))),
    holding("quantity", Money, |row, _| Some(row.quantity.into())),
    holding("average_price", Money, |row, _| row.position.as_ref()?.average_price().map(Cell::from)),
    holding("price", Money, |row, _| row.price().map(Cell::from)),
    holding("cost", Money, |row, _| row.position.as_ref().map(|position| position.cost.into())),
    holding("unrealised", Money, |row, _| row.position.as_ref()?.unrealised().map(Cell::from)),
    holding("realised", Money, |row, _| row.position.as_ref().map(|position| position.realised.into())),
    holding("fees", Money, |row, _| row.position.as_ref().map(|position| position.fees.into())),
    holding("value_reporting", Money, |row, _| row.value_reporting.map(Cell::from)),
];

const fn equity(name: &'static str, sort: Sort, get: Get<EquityRow>) -> Column<EquityRow, State> {
    Column { name, sort, get }
}

/// What everything was worth.
pub const EQUITY: &[Column<EquityRow, State>] = &[
    equity("seq", Id, |row, _| Some(row.seq.into())),
    equity("at", Time, |row, _| Some(row.at.into())),
    equity("moment", Text, |row, _| Some(word(row.moment.name()))),
    equity("equity", Money, |row, _| Some(row.equity.into())),
    equity("exposure", Money, |row, _| row.exposure.map(Cell::from)),
    equity("drawdown", Ratio, |row, _| Some(row.drawdown.to_f64().into())),
];
