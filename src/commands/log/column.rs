//! A record as flat columns, for JSON and Parquet: what a table can hold; its text has the rest.

use std::io::{self, Write};

use engine::event::{Command, Decision, Denial, Event, Input, Record};
use engine::instrument::{Instrument, InstrumentId};
use engine::market::Side;
use engine::number::Decimal;
use engine::order::{Amendment, OrderRequest, Owner, StrategyId};
use engine::text::Names;

use super::kind::Kind;

/// A value that some records have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Strategy,
    Instrument,
    Order,
    Side,
    Price,
    Size,
    Fee,
    FeeCurrency,
    Open,
    High,
    Low,
    Close,
    Volume,
    BidPrice,
    BidSize,
    AskPrice,
    AskSize,
    Rate,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Text,
    Id,
    Number,
}

/// Every column, in order: its name and what it holds.
pub const COLUMNS: [(Column, &str, Sort); 18] = [
    (Column::Strategy, "strategy", Sort::Text),
    (Column::Instrument, "instrument", Sort::Text),
    (Column::Order, "order", Sort::Id),
    (Column::Side, "side", Sort::Text),
    (Column::Price, "price", Sort::Number),
    (Column::Size, "size", Sort::Number),
    (Column::Fee, "fee", Sort::Number),
    (Column::FeeCurrency, "fee_currency", Sort::Text),
    (Column::Open, "open", Sort::Number),
    (Column::High, "high", Sort::Number),
    (Column::Low, "low", Sort::Number),
    (Column::Close, "close", Sort::Number),
    (Column::Volume, "volume", Sort::Number),
    (Column::BidPrice, "bid_price", Sort::Number),
    (Column::BidSize, "bid_size", Sort::Number),
    (Column::AskPrice, "ask_price", Sort::Number),
    (Column::AskSize, "ask_size", Sort::Number),
    (Column::Rate, "rate", Sort::Number),
];

/// What is in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    Text(&'a str),
    Id(u64),
    Number(Decimal),
}

/// What ids and mantissas mean, learned from the records themselves.
#[derive(Default)]
pub struct Known {
    names: Names,
    instruments: Vec<Instrument>,
    strategies: Vec<String>,
}

impl Known {
    /// Takes in what a record says about the ones after it.
    pub fn learn(&mut self, record: &Record) {
        self.names.learn(record);
        match &record.event {
            Event::Input(Input::SessionStarted(session)) => self.strategies.clone_from(&session.strategies),
            Event::Input(Input::InstrumentListed(instrument)) if instrument.fault().is_none() => {
                match self.instruments.iter_mut().find(|known| known.id == instrument.id) {
                    Some(known) => known.clone_from(instrument),
                    None => self.instruments.push((**instrument).clone()),
                }
            }
            _ => {}
        }
    }

    /// A record in the one text form.
    pub fn line<'a>(&'a self, record: &'a Record) -> impl std::fmt::Display + 'a {
        self.names.line(record)
    }

    /// Writes a record as a JSON object on one line, without its end.
    pub fn write_json(&self, record: &Record, out: &mut dyn Write) -> io::Result<()> {
        let Record { seq, at, cause, event } = record;
        write!(out, r#"{{"seq":{seq},"at":"{at}","cause":{cause},"kind":"{}""#, Kind::of(event))?;
        let mut written = Ok(());
        self.values(record, |column, value| {
            if written.is_ok() {
                written = write_member(out, COLUMNS[column as usize].1, value);
            }
        });
        written?;
        out.write_all(br#","text":"#)?;
        serde_json::to_writer(&mut *out, &self.line(record).to_string())?;
        out.write_all(b"}")
    }

    /// Hands on the columns that a record has.
    pub fn values<'a>(&'a self, record: &'a Record, mut add: impl FnMut(Column, Value<'a>)) {
        if let Some(order) = data::log::order_of(record) {
            add(Column::Order, Value::Id(order.0));
        }
        match &record.event {
            Event::Input(input) => self.input(input, &mut add),
            Event::Decision(Decision::Signal(signal)) => {
                self.strategy(signal.strategy, &mut add);
                self.instrument(signal.instrument, &mut add);
            }
            Event::Decision(Decision::OrderRequested(request)) => self.request(request, &mut add),
            Event::Decision(Decision::AmendRequested(amendment)) => amend(amendment, &mut add),
            Event::Decision(Decision::Denied(denial)) => {
                let Denial { strategy, instrument, .. } = **denial;
                if let Some(strategy) = strategy {
                    self.strategy(strategy, &mut add);
                }
                if let Some(instrument) = instrument {
                    self.instrument(instrument, &mut add);
                }
            }
            Event::Decision(Decision::RegimeChanged(change)) => {
                self.strategy(change.strategy, &mut add);
                self.instrument(change.instrument, &mut add);
            }
            Event::Decision(Decision::BreakerTripped(trip)) => {
                if let Some(instrument) = trip.instrument {
                    self.instrument(instrument, &mut add);
                }
            }
            Event::Decision(Decision::OrderAdopted(stray)) => {
                self.instrument(stray.instrument, &mut add);
                add(Column::Side, side(stray.side));
                add(Column::Size, Value::Number(stray.quantity.0));
            }
            Event::Decision(Decision::MarketScanned(scan)) => self.strategy(scan.strategy, &mut add),
            Event::Decision(
                Decision::CancelRequested(_)
                | Decision::Alert(_)
                | Decision::Checkpoint(_)
                | Decision::ParameterAdjusted(_)
                | Decision::HealthAssessed(_),
            ) => {}
        }
    }

    fn input<'a>(&'a self, input: &'a Input, add: &mut impl FnMut(Column, Value<'a>)) {
        match input {
            Input::Trade(trade) => {
                if let Some(listed) = self.instrument(trade.instrument, add) {
                    add(Column::Price, Value::Number(listed.price(trade.price).0));
                    add(Column::Size, Value::Number(listed.quantity(trade.size).0));
                }
                add(Column::Side, side(trade.taker));
            }
            Input::Quote(quote) => {
                if let Some(listed) = self.instrument(quote.instrument, add) {
                    add(Column::BidPrice, Value::Number(listed.price(quote.bid_price).0));
                    add(Column::BidSize, Value::Number(listed.quantity(quote.bid_size).0));
                    add(Column::AskPrice, Value::Number(listed.price(quote.ask_price).0));
                    add(Column::AskSize, Value::Number(listed.quantity(quote.ask_size).0));
                }
            }
            Input::Bar(bar) => {
                if let Some(listed) = self.instrument(bar.instrument, add) {
                    add(Column::Open, Value::Number(listed.price(bar.open).0));
                    add(Column::High, Value::Number(listed.price(bar.high).0));
                    add(Column::Low, Value::Number(listed.price(bar.low).0));
                    add(Column::Close, Value::Number(listed.price(bar.close).0));
                    add(Column::Volume, Value::Number(listed.quantity(bar.volume).0));
                }
            }
            Input::BookSnapshot(levels) | Input::BookDelta(levels) => {
                self.instrument(levels.instrument, add);
            }
            Input::Funding(funding) => {
                self.instrument(funding.instrument, add);
                add(Column::Rate, Value::Number(funding.rate.0));
            }
            Input::FeedGap(gap) => {
                self.instrument(gap.instrument, add);
            }
            Input::InstrumentListed(instrument) => add(Column::Instrument, Value::Text(&instrument.symbol)),
            Input::OrderFilled(fill) => {
                add(Column::Price, Value::Number(fill.price.0));
                add(Column::Size, Value::Number(fill.quantity.0));
                add(Column::Fee, Value::Number(fill.fee.0));
                add(Column::FeeCurrency, Value::Text(fill.fee_currency.as_str()));
            }
            Input::OrderAmended(amendment) => amend(amendment, add),
            Input::PredictionReceived(prediction) => {
                self.instrument(prediction.instrument, add);
            }
            Input::AdviceReceived(advice) => {
                self.instrument(advice.instrument, add);
            }
            Input::FeedSwitched(switch) => {
                if let Some(instrument) = switch.instrument {
                    self.instrument(instrument, add);
                }
            }
            Input::Operator(command) => match &**command {
                Command::Submit(request) => self.request(request, add),
                Command::Halt | Command::Resume | Command::Flatten | Command::Cancel(_) => {}
            },
            Input::SessionStarted(_)
            | Input::Deposited { .. }
            | Input::OrderAccepted(_)
            | Input::OrderRejected { .. }
            | Input::OrderTriggered(_)
            | Input::OrderCanceled { .. }
            | Input::AmendRejected { .. }
            | Input::CancelRejected { .. }
            | Input::Timer
            | Input::SessionEnded { .. }
            | Input::VenueSnapshot(_)
            | Input::TroubleBegan(_)
            | Input::TroubleEnded(_)
            | Input::SentimentObserved(_) => {}
        }
    }

    fn request<'a>(&'a self, request: &OrderRequest, add: &mut impl FnMut(Column, Value<'a>)) {
        match request.owner {
            Owner::Strategy(strategy) => self.strategy(strategy, add),
            Owner::Operator => add(Column::Strategy, Value::Text("operator")),
        }
        self.instrument(request.instrument, add);
        add(Column::Side, side(request.side));
        if let Some(price) = request.kind.limit_price() {
            add(Column::Price, Value::Number(price.0));
        }
        add(Column::Size, Value::Number(request.quantity.0));
    }

    fn strategy<'a>(&'a self, id: StrategyId, add: &mut impl FnMut(Column, Value<'a>)) {
        if let Some(name) = self.strategies.get(usize::from(id.0)) {
            add(Column::Strategy, Value::Text(name));
        }
    }

    /// Adds the instrument's symbol; its scales tell what its mantissas mean.
    fn instrument<'a>(&'a self, id: InstrumentId, add: &mut impl FnMut(Column, Value<'a>)) -> Option<&'a Instrument> {
        let listed = self.instruments.iter().find(|listed| listed.id == id)?;
        add(Column::Instrument, Value::Text(&listed.symbol));
        Some(listed)
    }
}

fn amend<'a>(amendment: &Amendment, add: &mut impl FnMut(Column, Value<'a>)) {
    if let Some(price) = amendment.price {
        add(Column::Price, Value::Number(price.0));
    }
    if let Some(quantity) = amendment.quantity {
        add(Column::Size, Value::Number(quantity.0));
    }
}

fn side(side: Side) -> Value<'static> {
    Value::Text(match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    })
}

fn write_member(out: &mut dyn Write, name: &str, value: Value<'_>) -> io::Result<()> {
    write!(out, r#","{name}":"#)?;
    match value {
        Value::Text(text) => Ok(serde_json::to_writer(&mut *out, text)?),
        Value::Id(id) => write!(out, "{id}"),
        Value::Number(number) => write!(out, r#""{number}""#),
    }
}
