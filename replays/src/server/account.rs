//! One account: its venue, its orders, and what it will be told.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use engine::event::Input;
use engine::instrument::Currency;
use engine::number::Amount;
use engine::time::Timestamp;
use serde_json::Value;

use super::algo::Algo;
use super::book_keeping::{Bill, FillRow};
use super::core::{AccountId, Push, Scene};
use super::listed::Listed;
use super::orders::{ARCHIVE_MS, Ended, Order, UNFILLED_KEPT_MS};
use super::orders_reports::Cause;
use crate::exchange::{Balance, ExchangeConfig, FeeCurrency, Venue};

/// An account at its start.
#[derive(Clone, Debug)]
pub struct AccountSetup {
    /// `uid`.
    pub uid: String,
    /// What it is called.
    pub label: String,
    /// What it has.
    pub balances: Vec<(Currency, Amount)>,
    /// In which currency it pays fees: `feeType` 0 is what a fill brings, 1 the quote currency.
    pub fees_in: FeeCurrency,
}

/// An account.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) id: AccountId,
    pub(super) setup: AccountSetup,
    pub(super) venue: Venue,
    pub(super) orders: BTreeMap<u64, Order>,
    pub(super) open_orders: BTreeSet<u64>,
    pub(super) ended_orders: Ended,
    /// The latest order with each `clOrdId`.
    pub(super) by_client_id: HashMap<String, u64>,
    pub(super) algos: BTreeMap<u64, Algo>,
    pub(super) waiting_algos: BTreeSet<u64>,
    pub(super) ended_algos: VecDeque<u64>,
    pub(super) fills: VecDeque<FillRow>,
    pub(super) bills: VecDeque<Bill>,
    /// What the bills make of each balance.
    pub(super) booked: BTreeMap<Currency, Amount>,
    /// The balances that were pushed last.
    pub(super) told: Vec<Balance>,
    /// When each balance last changed.
    pub(super) changed_at: BTreeMap<Currency, Timestamp>,
    /// When orders are canceled unless a call moves it, in real Unix milliseconds, by tag; empty is for all orders.
    pub(super) countdowns: BTreeMap<String, i64>,
    pub(super) pushes: Vec<Push>,
}

/// The most ended orders (with fills, without, and algo orders, each) that an account remembers: its memory has an end.
const MOST_KEPT: usize = 5_000;

impl Account {
    pub(super) fn new(id: AccountId, setup: AccountSetup, listings: &[Listed], config: &ExchangeConfig) -> Self {
        let mut venue = Venue::new(config.clone(), setup.fees_in);
        for listed in listings {
            venue.observe(Timestamp(0), &Input::InstrumentListed(Box::new(listed.instrument.clone())));
        }
        let mut booked: BTreeMap<Currency, Amount> = BTreeMap::new();
        for &(currency, amount) in setup.balances.iter().filter(|(_, amount)| amount.is_positive()) {
            venue.observe(Timestamp(0), &Input::Deposited { currency, amount });
            *booked.entry(currency).or_default() += amount;
        }
        Self {
            id,
            setup,
            told: venue.balances().to_vec(),
            venue,
            orders: BTreeMap::new(),
            open_orders: BTreeSet::new(),
            ended_orders: Ended::default(),
            by_client_id: HashMap::new(),
            algos: BTreeMap::new(),
            waiting_algos: BTreeSet::new(),
            ended_algos: VecDeque::new(),
            fills: VecDeque::new(),
            bills: VecDeque::new(),
            booked,
            changed_at: BTreeMap::new(),
            countdowns: BTreeMap::new(),
            pushes: Vec::new(),
        }
    }

    /// Market data: first resting orders meet them, then waiting algo orders look at the price.
    pub(super) fn observe(&mut self, scene: &mut Scene<'_>, input: &Input) {
        let is_market_data =
            matches!(input, Input::Trade(_) | Input::Quote(_) | Input::Bar(_) | Input::BookSnapshot(_) | Input::BookDelta(_));
        if is_market_data {
            self.venue.observe(scene.at, input);
            self.settle(scene, &Cause::Market);
            self.watch(scene, input);
        }
    }

    /// Timers, and what has become too old to be asked for.
    pub(super) fn tick(&mut self, scene: &mut Scene<'_>) {
        let due = |due_ms: &i64| *due_ms <= scene.wall_ms;
        let fired: Vec<String> = self.countdowns.iter().filter(|(_, at)| due(at)).map(|(tag, _)| tag.clone()).collect();
        for tag in fired {
            self.countdowns.remove(&tag);
            self.cancel_all(scene, &tag);
        }
        self.forget(scene.wall_ms);
    }

    /// Ended orders are forgotten by their age in real time, and the oldest when there are very many.
    fn forget(&mut self, wall_ms: i64) {
        let Self { orders, ended_orders, by_client_id, .. } = self;
        for (ended, kept_ms) in [(&mut ended_orders.without_fills, UNFILLED_KEPT_MS), (&mut ended_orders.with_fills, ARCHIVE_MS)]
        {
            while let Some(id) = ended.front() {
                let ended_ms = orders.get(id).and_then(|order| order.ended_wall_ms).unwrap_or(0);
                if ended.len() <= MOST_KEPT && wall_ms.saturating_sub(ended_ms) <= kept_ms {
                    break;
                }
                if let Some(order) = orders.remove(id)
                    && by_client_id.get(&order.client_id) == Some(id)
                {
                    by_client_id.remove(&order.client_id);
                }
                ended.pop_front();
            }
        }
        while self.ended_algos.len() > MOST_KEPT {
            if let Some(id) = self.ended_algos.pop_front() {
                self.algos.remove(&id);
            }
        }
    }

    pub(super) fn push(&mut self, channel: &'static str, inst_id: Option<&str>, data: Value) {
        let inst_id = inst_id.map(str::to_owned);
        self.pushes.push(Push { account: self.id, channel, inst_id, event_type: None, data: vec![data] });
    }
}
