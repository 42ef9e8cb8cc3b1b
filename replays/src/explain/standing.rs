//! How things stood at a moment: what was owned and on order, what strategies had said last, and what held them back.

use engine::event::{Breaker, Decision, DenialReason, Direction, Event, Record, Signal};
use engine::instrument::{Currency, InstrumentId};
use engine::market::Side;
use engine::markets::Market;
use engine::number::{Amount, Figure, Price, Quantity, Rate};
use engine::order::{Bracket, OrderId, Owner};
use engine::orders::{OpenOrder, Status};
use engine::state::{State, Trading};
use engine::text::Names;
use engine::time::Timestamp;
use serde::Serialize;

use super::scribe::Moment;
use super::words;
use super::{ExplainError, History};

/// How things stood after a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The last record that counts; `None` before the first.
    pub seq: Option<u64>,
    /// When that was.
    pub at: Timestamp,
    /// What equity is in.
    pub currency: Option<Currency>,
    /// The value of everything; `None` when something has no price.
    pub equity: Option<Amount>,
    /// Units of each currency.
    pub balances: Vec<Balance>,
    /// What is held, by whom.
    pub positions: Vec<Holding>,
    /// Open orders, oldest first.
    pub orders: Vec<Waiting>,
    /// What strategies said last, and what waits.
    pub signals: Vec<LastSignal>,
    /// What kind of market each instrument is, as a strategy last saw it.
    pub regimes: Vec<SeenRegime>,
    /// What holds the run back.
    pub risk: RiskState,
    /// The last price of each instrument.
    pub prices: Vec<LastPrice>,
}

/// Units of a currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// Which.
    pub currency: Currency,
    /// How much.
    pub amount: Amount,
    /// What that is worth in the reporting currency; `None` without a price.
    pub value: Option<Amount>,
}

/// A position that is not flat. Money is in quote units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holding {
    /// Whose: a strategy's name, or `operator`.
    pub owner: String,
    /// In what.
    pub instrument: String,
    /// How much.
    pub quantity: Quantity,
    /// What it cost at average.
    pub average_price: Option<Price>,
    /// What a sale at the last price would make, by average cost, before fees.
    pub unrealised: Option<Amount>,
    /// The same as a share of the cost, rounded half to even at 6 decimals.
    pub unrealised_rate: Option<Rate>,
    /// What sales have made so far, before fees.
    pub realised: Amount,
    /// Fees of all fills.
    pub fees: Amount,
    /// Where it gets out; `None` when nothing guards it.
    pub guard: Option<Bracket>,
    /// How much of a guarded position no open order protects.
    pub unprotected: Quantity,
    /// Whether it is on its way out.
    pub is_closing: bool,
}

/// An open order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// Its id: the seq of the record that asked for it.
    pub order: OrderId,
    /// The request in the text form, with amendments that the venue confirmed.
    pub text: String,
    /// Whose.
    pub owner: String,
    /// In what.
    pub instrument: String,
    /// Which way.
    pub side: &'static str,
    /// How much has not filled.
    pub remaining: Quantity,
    /// How far it has come: `requested`, `waiting` for its trigger, or `working`.
    pub status: &'static str,
    /// Its limit or trigger; `None` for a market order.
    pub price: Option<Price>,
    /// How far that is from the last price, as a share of it, rounded half to even at 6 decimals.
    pub distance: Option<Rate>,
    /// Whether its cancellation is on its way.
    pub is_ending: bool,
}

/// What a strategy said last about an instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LastSignal {
    /// Its record.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Whose.
    pub strategy: String,
    /// About what.
    pub instrument: String,
    /// What it wants to be in: `long` or `flat`.
    pub direction: &'static str,
    /// How sure, in basis points.
    pub confidence_bps: u16,
    /// Why: what was looked at, and what it was.
    pub reasons: Vec<(String, Figure)>,
    /// Whether it waits for an old position to close.
    pub is_waiting: bool,
}

/// A regime.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeenRegime {
    /// Of what.
    pub instrument: String,
    /// Whether prices go somewhere: `trending` or `ranging`.
    pub trend: &'static str,
    /// How sure that is, in basis points.
    pub trend_confidence_bps: u16,
    /// How much they move: `low` or `high`.
    pub volatility: &'static str,
    /// How sure that is, in basis points.
    pub volatility_confidence_bps: u16,
}

/// What holds a run back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RiskState {
    /// Whether an operator or the emergency stop ended new exposure.
    pub is_halted: bool,
    /// Breakers that stop new exposure now.
    pub pauses: Vec<Pause>,
    /// What is wrong with the venue.
    pub troubles: Vec<&'static str>,
    /// The highest equity so far.
    pub peak: Option<Amount>,
    /// How far equity is below it, as a share.
    pub drawdown: Option<Rate>,
    /// Equity when the day began, UTC.
    pub day_start: Option<Amount>,
    /// How far equity is below that, as a share.
    pub day_loss: Option<Rate>,
    /// Trades that lost since the last that won.
    pub losses_in_a_row: u32,
    /// The controller's least confidence of an entry, in basis points.
    pub min_confidence_bps: u32,
    /// What the controller scales entries by, in basis points.
    pub size_scale_bps: u32,
    /// When it was turned last.
    pub adjusted_at: Option<Timestamp>,
    /// How well the run went when it was assessed last, of 100; `None` when it never was.
    pub health: Option<Figure>,
    /// The parts of that.
    pub health_parts: Vec<(String, Figure)>,
}

/// A breaker that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pause {
    /// Which.
    pub breaker: &'static str,
    /// In which instrument; `None` for all.
    pub instrument: Option<String>,
    /// Until when; `None` until an operator resumes.
    pub until: Option<Timestamp>,
}

/// A last price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LastPrice {
    /// Of what.
    pub instrument: String,
    /// How much, in quote units.
    pub price: Option<Price>,
    /// When the last market data came.
    pub at: Timestamp,
}

impl Standing {
    /// After the first `count` records.
    pub fn after(history: &mut History, count: u64) -> Result<Self, ExplainError> {
        let moment = history.moment(count)?;
        let names = History::names(moment);
        let mut standing = Self::of(moment, &names);
        let (seqs, health) = (moment.notes.signals.values().copied().collect::<Vec<_>>(), moment.notes.health);
        let waiting: Vec<u64> = moment.state.waiting.values().map(|(seq, _)| *seq).collect();
        for seq in seqs {
            standing.signals.extend(last_signal(&names, &history.record(seq)?, &waiting));
        }
        if let Some(seq) = health
            && let Event::Decision(Decision::HealthAssessed(health)) = history.record(seq)?.event
        {
            standing.risk.health = Some(health.score);
            standing.risk.health_parts = health.parts.into_iter().map(|part| (part.name.into_owned(), part.value)).collect();
        }
        Ok(standing)
    }

    fn of(Moment { state, .. }: &Moment, names: &Names) -> Self {
        let currency = state.session.as_ref().map(|session| session.currency);
        let worth = |amount, held| state.markets.convert(amount, held, currency?);
        let balances =
            state.portfolio.balances().map(|(held, amount)| Balance { currency: held, amount, value: worth(amount, held) });
        let held = state.portfolio.positions().filter(|(.., position)| position.quantity.is_positive());
        Self {
            seq: state.count.checked_sub(1),
            at: state.now,
            currency,
            equity: state.equity(),
            balances: balances.collect(),
            positions: held.map(|(owner, instrument, _)| holding(state, names, owner, instrument)).collect(),
            orders: state.orders.iter().map(|order| waiting(state, names, order)).collect(),
            signals: Vec::new(),
            regimes: regimes(state, names),
            risk: risk(state, names),
            prices: state.markets.iter().map(last_price).collect(),
        }
    }
}

fn holding(state: &State, names: &Names, owner: Owner, instrument: InstrumentId) -> Holding {
    let position = state.portfolio.position(owner, instrument).cloned().unwrap_or_default();
    let last = state.markets.get(instrument).and_then(Market::last_price);
    let unrealised = last.map(|last| position.unrealised(last));
    let rate = unrealised.and_then(|unrealised| unrealised.0.checked_div(position.cost.0));
    Holding {
        owner: words::owner(names, owner),
        instrument: names.symbol(instrument).to_string(),
        quantity: position.quantity,
        average_price: position.average_price().map(|price| Price(price.0.round_dp(8).normalize())),
        unrealised,
        unrealised_rate: rate.map(|rate| Rate(rate.round_dp(6).normalize())),
        realised: position.realised,
        fees: position.fees,
        guard: state.guards.get(&(owner, instrument)).map(|guard| guard.bracket),
        unprotected: state.unprotected(owner, instrument),
        is_closing: state.closing.contains(&(owner, instrument)),
    }
}

fn waiting(state: &State, names: &Names, order: &OpenOrder) -> Waiting {
    let request = &order.request;
    let last = state.markets.get(request.instrument).and_then(Market::last_price);
    let price = request.kind.limit_price().or_else(|| request.kind.trigger());
    let distance = price.zip(last).and_then(|(price, last)| words::distance(price, last));
    // The one text form of an order is that of its record.
    let event = Event::Decision(Decision::OrderRequested(Box::new(request.clone())));
    let line = names.line(&Record { seq: order.id.0, at: state.now, cause: order.id.0, event }).to_string();
    Waiting {
        order: order.id,
        text: line.split_once("> order ").map_or(String::new(), |(_, text)| text.to_owned()),
        owner: words::owner(names, request.owner),
        instrument: names.symbol(request.instrument).to_string(),
        side: if request.side == Side::Buy { "buy" } else { "sell" },
        remaining: order.remaining(),
        status: match order.status {
            Status::Requested => "requested",
            Status::Waiting => "waiting",
            Status::Working => "working",
        },
        price,
        distance: distance.map(|rate| Rate(rate.0.round_dp(6).normalize())),
        is_ending: order.cancel_requested.is_some(),
    }
}

fn last_signal(names: &Names, record: &Record, waiting: &[u64]) -> Option<LastSignal> {
    let Event::Decision(Decision::Signal(signal)) = &record.event else { return None };
    let Signal { strategy, instrument, direction, confidence_bps, reasons, .. } = &**signal;
    Some(LastSignal {
        seq: record.seq,
        at: record.at,
        strategy: names.strategy(*strategy).to_string(),
        instrument: names.symbol(*instrument).to_string(),
        direction: if *direction == Direction::Long { "long" } else { "flat" },
        confidence_bps: *confidence_bps,
        reasons: reasons.iter().map(|reason| (reason.name.to_string(), reason.value)).collect(),
        is_waiting: waiting.contains(&record.seq),
    })
}

fn regimes(state: &State, names: &Names) -> Vec<SeenRegime> {
    use engine::event::{Trend, Volatility};
    let seen = state.regimes.iter().map(|(&instrument, regime)| SeenRegime {
        instrument: names.symbol(instrument).to_string(),
        trend: if regime.trend == Trend::Trending { "trending" } else { "ranging" },
        trend_confidence_bps: regime.trend_confidence_bps,
        volatility: if regime.volatility == Volatility::Low { "low" } else { "high" },
        volatility_confidence_bps: regime.volatility_confidence_bps,
    });
    seen.collect()
}

fn risk(state: &State, names: &Names) -> RiskState {
    let (equity, performance) = (state.equity(), &state.performance);
    let active = state.pauses.iter().filter(|(_, until)| until.is_none_or(|until| state.now < until));
    let pauses = active.map(|(&(breaker, instrument), &until)| Pause {
        breaker: breaker_name(breaker),
        instrument: instrument.map(|id| names.symbol(id).to_string()),
        until,
    });
    RiskState {
        is_halted: state.trading == Trading::Halted,
        pauses: pauses.collect(),
        troubles: state.troubles.iter().map(|trouble| trouble.name()).collect(),
        peak: performance.peak(),
        drawdown: equity.filter(|_| performance.peak().is_some()).map(|equity| performance.drawdown(equity)),
        day_start: performance.day_start(),
        day_loss: equity.filter(|_| performance.day_start().is_some()).map(|equity| performance.day_loss(equity)),
        losses_in_a_row: performance.losses_in_a_row(),
        min_confidence_bps: state.tuning.min_confidence_bps,
        size_scale_bps: state.tuning.size_scale_bps,
        adjusted_at: state.tuning.adjusted_at,
        health: None,
        health_parts: Vec::new(),
    }
}

fn breaker_name(breaker: Breaker) -> &'static str {
    let name = DenialReason::Paused { breaker, until: None }.name();
    name.strip_prefix("paused: ").unwrap_or(name)
}

fn last_price(market: &Market) -> LastPrice {
    LastPrice { instrument: market.instrument.symbol.clone(), price: market.last_price(), at: market.last_at }
}
