//! What a log says of a run's trading: its signals, what held it back, and what was bought and sold.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use data::log::{LogError, Reader};
use engine::event::{Decision, Direction, Event, Input, Record, Signal};
use engine::instrument::{Currency, Instrument, InstrumentId};
use engine::market::Side;
use engine::number::{Amount, Price, Quantity};
use engine::order::{Fill, OrderKind, OrderRequest, Owner};
use engine::text::Names;
use engine::time::Timestamp;
use serde::Serialize;

use super::Trade;
use super::pauses::{Pause, PauseKey};

/// Whose, and of what: the same in both runs, whatever ids they have there.
pub(super) type Key = (String, String);

/// What a run traded.
#[derive(Default)]
pub(super) struct Traded {
    pub(super) names: Names,
    pub(super) signals: BTreeMap<Key, Vec<Signaled>>,
    pub(super) pauses: BTreeMap<PauseKey, Vec<Pause>>,
    pub(super) trips: BTreeMap<Key, Vec<Trip>>,
    /// Why a signal was denied, by its seq.
    pub(super) denied: BTreeMap<u64, &'static str>,
    instruments: Vec<Instrument>,
    orders: BTreeMap<u64, Asked>,
    signaled_at: BTreeMap<u64, Timestamp>,
    /// The round trip to which a sale belongs.
    current: BTreeMap<(Owner, InstrumentId), usize>,
}

/// A signal, as far as it is compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signaled {
    pub(super) seq: u64,
    pub(super) at: Timestamp,
    pub(super) direction: Direction,
    pub(super) confidence_bps: u16,
    pub(super) stop: Option<Price>,
    pub(super) target: Option<Price>,
    /// Of its reasons.
    pub(super) reasons: u64,
}

/// What was bought and sold for one entry.
#[derive(Debug)]
pub(super) struct Trip {
    /// The signal that began it, or the order that nobody signaled.
    pub(super) origin_seq: u64,
    pub(super) is_signaled: bool,
    /// When that was.
    pub(super) at: Timestamp,
    pub(super) bought: Option<Leg>,
    pub(super) sold: Option<Leg>,
}

/// The fills of one way of a round trip.
#[derive(Debug)]
pub(super) struct Leg {
    /// The first fill.
    pub(super) seq: u64,
    pub(super) way: Way,
    pub(super) decided_at: Timestamp,
    pub(super) filled_at: Timestamp,
    pub(super) quantity: Quantity,
    pub(super) notional: Amount,
    pub(super) fees: BTreeMap<Currency, Amount>,
    base: Option<Currency>,
}

/// By what a position is left, or entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// A signal, or whatever else sells at the market.
    Signal,
    /// A stop was reached.
    Stop,
    /// A target was reached.
    Target,
    /// A limit order.
    Limit,
}

/// An order as it was asked for.
struct Asked {
    request: OrderRequest,
    at: Timestamp,
    cause: u64,
}

impl Traded {
    /// Reads a whole log.
    pub(super) fn read(reader: &mut Reader) -> Result<Self, LogError> {
        let mut traded = Self::default();
        while let Some(records) = reader.next_block()? {
            for record in records {
                traded.take(record);
            }
        }
        Ok(traded)
    }

    fn take(&mut self, record: &Record) {
        if let Some((what, instrument, pause)) = Pause::of(record) {
            let instrument = instrument.map(|id| self.names.symbol(id).to_string());
            self.pauses.entry((what, instrument)).or_default().push(pause);
        }
        match &record.event {
            Event::Input(Input::SessionStarted(_)) => self.names.learn(record),
            Event::Input(Input::InstrumentListed(instrument)) => {
                self.names.learn(record);
                let index = instrument.id.index();
                if let Some(known) = self.instruments.get_mut(index) {
                    known.clone_from(instrument);
                } else if index == self.instruments.len() {
                    self.instruments.push((**instrument).clone());
                }
            }
            Event::Input(Input::OrderFilled(fill)) => self.filled(record, fill),
            Event::Decision(Decision::Signal(signal)) => self.signaled(record, signal),
            Event::Decision(Decision::OrderRequested(request)) => {
                let asked = Asked { request: (**request).clone(), at: record.at, cause: record.cause };
                self.orders.insert(record.seq, asked);
            }
            Event::Decision(Decision::Denied(denial)) => {
                self.denied.insert(record.cause, denial.reason.name());
            }
            _ => {}
        }
    }

    fn signaled(&mut self, record: &Record, signal: &Signal) {
        let mut hasher = DefaultHasher::new();
        for reason in &signal.reasons {
            (reason.name.as_ref(), reason.value.0).hash(&mut hasher);
        }
        self.signaled_at.insert(record.seq, record.at);
        let key = self.key(Owner::Strategy(signal.strategy), signal.instrument);
        let Signal { direction, confidence_bps, stop, target, .. } = *signal;
        let reasons = hasher.finish();
        let signaled = Signaled { seq: record.seq, at: record.at, direction, confidence_bps, stop, target, reasons };
        self.signals.entry(key).or_default().push(signaled);
    }

    fn filled(&mut self, record: &Record, fill: &Fill) {
        let Some(Asked { request, at, cause }) = self.orders.get(&fill.order.0) else { return };
        let place = (request.owner, request.instrument);
        let signaled = self.signaled_at.get(cause);
        let (origin_seq, began_at) = signaled.map_or((fill.order.0, *at), |signaled| (*cause, *signaled));
        let is_signaled = signaled.is_some();
        let base = self.instruments.get(request.instrument.index()).map(|instrument| instrument.base);
        let (side, way, decided_at) = (request.side, way(request.kind), *at);
        let key = self.key(place.0, place.1);
        let trips = self.trips.entry(key).or_default();
        let current = self.current.get(&place).copied();
        let index = match (side, current) {
            (Side::Buy, Some(current)) if trips.get(current).is_some_and(|trip| trip.origin_seq == origin_seq) => current,
            // What is sold without an entry of this run was there before it.
            (Side::Sell, Some(current)) if current < trips.len() => current,
            (Side::Buy | Side::Sell, _) => {
                trips.push(Trip { origin_seq, is_signaled, at: began_at, bought: None, sold: None });
                trips.len() - 1
            }
        };
        self.current.insert(place, index);
        let leg = if side == Side::Buy { &mut trips[index].bought } else { &mut trips[index].sold };
        let leg = leg.get_or_insert_with(|| Leg::new(record.seq, way, decided_at, base));
        leg.filled_at = record.at;
        leg.quantity += fill.quantity;
        leg.notional += fill.price * fill.quantity;
        *leg.fees.entry(fill.fee_currency).or_default() += fill.fee;
    }

    fn key(&self, owner: Owner, instrument: InstrumentId) -> Key {
        let strategy = match owner {
            Owner::Strategy(id) => self.names.strategy(id).to_string(),
            Owner::Operator => "operator".to_owned(),
        };
        // A fork's strategies are told apart by what they were before.
        let strategy = strategy.split(", then ").next().unwrap_or_default().to_owned();
        (strategy, self.names.symbol(instrument).to_string())
    }
}

fn way(kind: OrderKind) -> Way {
    match kind {
        OrderKind::Market => Way::Signal,
        OrderKind::Limit { .. } => Way::Limit,
        OrderKind::StopMarket { .. } | OrderKind::StopLimit { .. } | OrderKind::TrailingStop { .. } => Way::Stop,
        OrderKind::TakeProfitMarket { .. } | OrderKind::TakeProfitLimit { .. } => Way::Target,
    }
}

impl Leg {
    fn new(seq: u64, way: Way, decided_at: Timestamp, base: Option<Currency>) -> Self {
        let (quantity, notional) = (Quantity::ZERO, Amount::ZERO);
        Self { seq, way, decided_at, filled_at: decided_at, quantity, notional, fees: BTreeMap::new(), base }
    }

    /// The average price; `None` of nothing.
    pub(super) fn price(&self) -> Option<Price> {
        self.notional.0.checked_div(self.quantity.0).map(|price| Price(price.round_dp(12).normalize()))
    }

    /// All fees in quote units: those in the base currency at the price; of a third currency nothing is known.
    pub(super) fn fee(&self) -> Amount {
        let price = self.price().unwrap_or_default();
        let value = |(currency, fee): (&Currency, &Amount)| {
            if Some(*currency) == self.base { price * Quantity(fee.0) } else { *fee }
        };
        self.fees.iter().map(value).fold(Amount::ZERO, |sum, fee| sum + fee)
    }
}

impl Trip {
    /// As it is listed.
    pub(super) fn trade(&self) -> Trade {
        let seq = [&self.bought, &self.sold].into_iter().flatten().map(|leg| leg.seq).min().unwrap_or(self.origin_seq);
        let (bought, sold) = (self.bought.as_ref(), self.sold.as_ref());
        let profit = bought.zip(sold).map(|(bought, sold)| {
            let profit = sold.notional - bought.notional - bought.fee() - sold.fee();
            Amount(profit.0.round_dp(8).normalize())
        });
        Trade {
            seq,
            entered_at: bought.map(|leg| leg.filled_at),
            entry_price: bought.and_then(Leg::price),
            quantity: bought.or(sold).map_or(Quantity::ZERO, |leg| leg.quantity),
            left_at: sold.map(|leg| leg.filled_at),
            exit_price: sold.and_then(Leg::price),
            exit: sold.map(|leg| leg.way),
            profit,
        }
    }
}
