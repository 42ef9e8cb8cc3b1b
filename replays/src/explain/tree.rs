//! The tree that an explanation is: what a record came from, and below it what it led to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use engine::event::{Decision, Direction, Event, Input, Record};
use engine::market::Side;
use engine::number::{Price, Rate};
use engine::order::{Fill, Liquidity, OrderId, OrderRequest, Owner};
use engine::text::Names;
use serde::Serialize;

use super::origin::{Child, children, is_order};
use super::round_trip::Trip;
use super::scribe::Piece;
use super::words::{distance, owner, percent, plain, short, signed_percent};
use super::{ExplainError, History, entry, ticks};

/// A tree has no more nodes.
const MAX_NODES: usize = 200;
/// Orders whose sizing, limits and arrival price are derived again in one tree: each folds a part of the log.
const MAX_DERIVED: usize = 6;
/// Round trips that are derived again in one tree.
const MAX_TRIPS: usize = 6;

/// A record, or a round trip, with what follows from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Node {
    /// The record's seq; `None` for a round trip.
    pub seq: Option<u64>,
    /// The record in the text form.
    pub text: String,
    /// What it says in plain words.
    pub words: Vec<String>,
    /// Whether it is what was asked about.
    pub is_asked: bool,
    /// What follows.
    pub children: Vec<Node>,
    /// How much more follows that is not shown.
    pub hidden: usize,
    /// What the round trip made, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trip: Option<Trip>,
}

/// Grows a tree.
pub(super) struct Grower<'a> {
    history: &'a mut History,
    names: Names,
    asked: BTreeSet<u64>,
    nodes: usize,
    derived: usize,
    told_trips: BTreeSet<u64>,
    /// The last price when an order was asked for.
    arrivals: BTreeMap<u64, Option<Price>>,
}

impl<'a> Grower<'a> {
    /// For a tree that is about these records.
    pub(super) fn new(history: &'a mut History, names: Names, asked: BTreeSet<u64>) -> Self {
        let (told_trips, arrivals) = Default::default();
        Self { history, names, asked, nodes: 0, derived: 0, told_trips, arrivals }
    }

    /// The tree along a path from an input to what is asked about, and all that follows from there.
    pub(super) fn grow(&mut self, path: &[u64]) -> Result<Node, ExplainError> {
        let [seq, rest @ ..] = path else { return Err(ExplainError::NoSuch("nothing leads there".to_owned())) };
        let record = self.history.record(*seq)?;
        let mut node = self.node(&record)?;
        let follows = children(self.history, &record)?;
        if follows.is_empty() {
            node.words.extend(self.idle_words(&record)?);
        }
        let Some(next) = rest.first() else {
            self.branches(&mut node, &record, &follows)?;
            return Ok(node);
        };
        let mut has_next = false;
        for child in follows {
            if child.seq() == *next {
                node.children.push(self.grow(rest)?);
                has_next = true;
            } else if is_order(&record) && self.has_room() {
                // The life of an order on the way is worth a line each.
                let child = self.history.record(child.seq())?;
                let leaf = self.node(&child)?;
                node.children.push(leaf);
            } else {
                node.hidden += 1;
            }
        }
        if !has_next {
            node.children.push(self.grow(rest)?);
        }
        self.trips(&mut node, &record)?;
        Ok(node)
    }

    /// All that follows from a record.
    fn branches(&mut self, node: &mut Node, record: &Record, follows: &[Child]) -> Result<(), ExplainError> {
        for child in follows {
            if !self.has_room() {
                node.hidden += 1;
                continue;
            }
            let record = self.history.record(child.seq())?;
            let mut branch = self.node(&record)?;
            if let Child::Own(_) = child {
                let follows = children(self.history, &record)?;
                if follows.is_empty() {
                    branch.words.extend(self.idle_words(&record)?);
                }
                self.branches(&mut branch, &record, &follows)?;
            }
            node.children.push(branch);
        }
        self.trips(node, record)
    }

    fn has_room(&self) -> bool {
        self.nodes < MAX_NODES
    }

    fn node(&mut self, record: &Record) -> Result<Node, ExplainError> {
        self.nodes += 1;
        self.names.learn(record);
        let (seq, text) = (Some(record.seq), self.names.line(record).to_string());
        let mut words: Vec<String> = plain(&self.names, record).into_iter().collect();
        match &record.event {
            Event::Decision(Decision::Signal(signal)) => words.extend(self.bar_words(record, usize::from(signal.strategy.0))?),
            Event::Decision(Decision::OrderRequested(request)) => words.extend(self.order_words(record, request)?),
            Event::Decision(Decision::Denied(_)) => words.extend(self.entry_words(record)?),
            Event::Input(Input::OrderFilled(fill)) => words = vec![self.fill_words(fill)?],
            _ => {}
        }
        let is_asked = self.asked.contains(&record.seq);
        Ok(Node { seq, text, words, is_asked, children: Vec::new(), hidden: 0, trip: None })
    }

    /// The round trips that a fill closed, and those that an order opened.
    fn trips(&mut self, node: &mut Node, record: &Record) -> Result<(), ExplainError> {
        let pieces = match &record.event {
            Event::Input(Input::OrderFilled(_)) => self.history.pieces(|piece| piece.seq == record.seq)?,
            _ if is_order(record) => self.history.pieces(|piece| piece.entry == OrderId(record.seq))?,
            _ => return Ok(()),
        };
        let numbers: BTreeSet<u64> = pieces.iter().map(|piece| piece.trip).collect();
        for number in numbers {
            if self.told_trips.contains(&number) {
                continue;
            }
            if self.told_trips.len() >= MAX_TRIPS {
                node.hidden += 1;
                continue;
            }
            self.told_trips.insert(number);
            node.children.extend(self.trip(number)?);
        }
        Ok(())
    }

    fn trip(&mut self, number: u64) -> Result<Option<Node>, ExplainError> {
        let pieces: Vec<Piece> = self.history.pieces(|piece| piece.trip == number)?;
        let Some(trip) = Trip::of(self.history, &pieces)? else { return Ok(None) };
        let (made, is) = if trip.profit.is_negative() { ("lost", -trip.profit) } else { ("made", trip.profit) };
        let rate = trip.return_rate.map_or_else(String::new, |rate| format!(" ({})", signed_percent(rate)));
        let quote = trip.quote.map_or_else(String::new, |quote| format!(" {quote}"));
        let text = format!("round trip t{number}: {} {made} {}{quote}{rate}", trip.instrument, short(is.0, 8));
        let words = format!(
            "{} bought at {} by {}, sold at {} by {}, after {}; fees {}",
            short(trip.quantity.0, 8),
            trip.entry_price,
            trip.entry_order,
            trip.exit_price,
            trip.exit_order,
            duration(trip.exit_at.0.saturating_sub(trip.entry_at.0)),
            short(trip.fees.0, 8),
        );
        let node =
            Node { seq: None, text, words: vec![words], is_asked: false, children: Vec::new(), hidden: 0, trip: Some(trip) };
        Ok(Some(node))
    }

    /// Which ticks made the bar that a signal follows from.
    fn bar_words(&mut self, signal: &Record, strategy: usize) -> Result<Vec<String>, ExplainError> {
        let Event::Decision(Decision::Signal(opinion)) = &signal.event else { return Ok(Vec::new()) };
        let Some(stage) = self.history.stage(signal.seq)? else { return Ok(Vec::new()) };
        let Some(strategy) = stage.config.strategies.get(strategy) else { return Ok(Vec::new()) };
        let trigger = self.history.record(signal.cause)?;
        ticks::words(self.history, strategy, opinion.instrument, &trigger)
    }

    fn order_words(&mut self, record: &Record, request: &OrderRequest) -> Result<Vec<String>, ExplainError> {
        let who = owner(&self.names, request.owner);
        if let Some(entry) = request.protects {
            let from = self.arrival(record.seq)?;
            let at = request.kind.trigger().zip(from).and_then(|(trigger, from)| distance(trigger, from));
            let away = at.map_or_else(String::new, |rate| format!(", {} from the price then", signed_percent(rate)));
            return Ok(vec![format!("protects what order {entry} bought{away}")]);
        }
        let cause = self.history.record(record.cause)?;
        let is_signal = matches!(cause.event, Event::Decision(Decision::Signal(_)));
        Ok(match (request.side, request.owner) {
            (Side::Buy, Owner::Strategy(_)) if is_signal => self.entry_words(record)?,
            (Side::Sell, Owner::Strategy(_)) => vec![format!("sells what {who} held")],
            (_, Owner::Operator) => vec!["asked for by an operator".to_owned()],
            (Side::Buy, Owner::Strategy(_)) => vec![format!("an order of {who}'s own making, past sizing but not past risk")],
        })
    }

    /// Sizing and limits of what followed from a signal.
    fn entry_words(&mut self, record: &Record) -> Result<Vec<String>, ExplainError> {
        let cause = self.history.record(record.cause)?;
        let is_signal = matches!(cause.event, Event::Decision(Decision::Signal(_)));
        if !is_signal || self.derived >= MAX_DERIVED {
            return Ok(Vec::new());
        }
        self.derived += 1;
        entry::words(self.history, &cause, record)
    }

    fn fill_words(&mut self, fill: &Fill) -> Result<String, ExplainError> {
        let asked = self.history.record(fill.order.0).ok();
        let asked = asked.and_then(|record| match record.event {
            Event::Decision(Decision::OrderRequested(request)) => Some((request.side, request.kind)),
            Event::Decision(Decision::OrderAdopted(stray)) => Some((stray.side, stray.kind)),
            _ => None,
        });
        let Some((side, kind)) = asked else {
            return Ok(format!("a fill of order {}, which this log does not know", fill.order));
        };
        let verb = if side == Side::Buy { "bought" } else { "sold" };
        let liquidity = if fill.liquidity == Liquidity::Maker { "maker" } else { "taker" };
        let mut words = format!("{verb} {} at {}", fill.quantity.0.normalize(), fill.price.0.normalize());
        // What waits for a price is measured by that.
        let (mark, what) = match kind.trigger() {
            Some(trigger) => (Some(trigger), "its trigger"),
            None => (self.arrival(fill.order.0)?, "the price when it was asked for"),
        };
        if let Some((mark, rate)) = mark.and_then(|mark| Some((mark, distance(fill.price, mark)?))) {
            let is_worse = rate.is_positive() == (side == Side::Buy);
            let how = match (rate.is_zero(), is_worse) {
                (true, _) => "at".to_owned(),
                (_, true) => format!("{} worse than", percent(Rate(rate.0.abs()))),
                (_, false) => format!("{} better than", percent(Rate(rate.0.abs()))),
            };
            let _ = write!(words, ", {how} {what} ({})", mark.0.normalize());
        }
        let _ = write!(words, "; {liquidity} fee {} {}", short(fill.fee.0, 8), fill.fee_currency);
        Ok(words)
    }

    /// Why nothing followed from a signal.
    fn idle_words(&mut self, record: &Record) -> Result<Option<String>, ExplainError> {
        let Event::Decision(Decision::Signal(signal)) = &record.event else { return Ok(None) };
        if self.derived >= MAX_DERIVED {
            return Ok(None);
        }
        self.derived += 1;
        let state = &self.history.moment(record.seq)?.state;
        let key = (Owner::Strategy(signal.strategy), signal.instrument);
        let words = match (signal.direction, state.is_in(key.0, key.1)) {
            (Direction::Flat, false) => "nothing followed: there was nothing to leave",
            (Direction::Flat, true) => "nothing followed at once: what leaves the position was on its way already",
            (Direction::Long, _) if state.closing.contains(&key) => "nothing followed: an old position was still closing",
            (Direction::Long, true) => "nothing followed: it was in already",
            (Direction::Long, false) => return Ok(None),
        };
        Ok(Some(words.to_owned()))
    }

    /// The last price when an order was asked for.
    fn arrival(&mut self, order: u64) -> Result<Option<Price>, ExplainError> {
        if let Some(arrival) = self.arrivals.get(&order) {
            return Ok(*arrival);
        }
        if self.arrivals.len() >= MAX_DERIVED {
            return Ok(None);
        }
        let instrument = match &self.history.record(order)?.event {
            Event::Decision(Decision::OrderRequested(request)) => request.instrument,
            Event::Decision(Decision::OrderAdopted(stray)) => stray.instrument,
            _ => return Ok(None),
        };
        let state = &self.history.moment(order)?.state;
        let arrival = state.markets.get(instrument).and_then(engine::markets::Market::last_price);
        self.arrivals.insert(order, arrival);
        Ok(arrival)
    }
}

/// `3d 4h`, `5h 10m`, `12m 3s`, `1.5s`.
pub(super) fn duration(ns: i64) -> String {
    const UNITS: [(i64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let seconds = ns / 1_000_000_000;
    let Some(first) = UNITS.iter().position(|(length, _)| seconds >= *length) else {
        return format!("{} ms", ns / 1_000_000);
    };
    let mut parts = Vec::new();
    let mut left = seconds;
    for (length, unit) in UNITS.iter().skip(first).take(2) {
        if left >= *length {
            parts.push(format!("{}{unit}", left / length));
        }
        left %= length;
    }
    parts.join(" ")
}
