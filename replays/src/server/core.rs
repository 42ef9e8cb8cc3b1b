//! Everything that the venue knows: accounts, their orders, and what is pushed to them.
//!
//! It is synchronous and on one thread: no sockets, no clock. Market time comes with each call and is what orders,
//! fills and balances are stamped with. Real time comes with each [`Core::tick`] and drives what a client counts in
//! its own seconds: the dead man's switch, and how long ended orders can be asked for.
//!
//! Each account trades on a venue of its own (`exchange::Venue`) that sees the same market data: the matching is that of
//! backtests, and accounts never trade with each other. A waiting algo order is no part of that venue: it holds no money,
//! watches the last price, and places an ordinary order when that reaches it. So orders fill as in backtests, but for this:
//! a limit order that a trigger placed stands behind the account's own that came before that, and of a pair one is carried
//! out.

use engine::event::Input;
use engine::time::Timestamp;
use serde_json::Value;

use super::account::Account;
use super::listed::Listed;
use super::reply::Reply;
use crate::exchange::{BarFill, ExchangeConfig};

pub use super::account::AccountSetup;

/// An account's place in the list that the [`Core`] was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub usize);

/// How a REST path is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// With a query.
    Get,
    /// With a body.
    Post,
}

/// Something for the subscribers of a private channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Push {
    /// Whose.
    pub account: AccountId,
    /// `orders`, `orders-algo`, `algo-advance`, `fills`, `account` or `balance_and_position`. All are of spot.
    pub channel: &'static str,
    /// The instrument, where it is of one.
    pub inst_id: Option<String>,
    /// `eventType` beside `arg` and `data`, which only `account` has.
    pub event_type: Option<&'static str>,
    /// The rows.
    pub data: Vec<Value>,
}

/// The accounts, and the markets that they trade on.
#[derive(Debug)]
pub struct Core {
    listings: Vec<Listed>,
    accounts: Vec<Account>,
    counters: Counters,
    at: Timestamp,
    wall_ms: i64,
}

/// Where what is numbered over all accounts has got to.
#[derive(Debug)]
pub(super) struct Counters {
    order: u64,
    bill: u64,
    /// One an instrument.
    trades: Vec<u64>,
}

/// What an account needs to know of the rest while it works.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    pub(super) at: Timestamp,
    pub(super) wall_ms: i64,
    pub(super) listings: &'a [Listed],
    pub(super) counters: &'a mut Counters,
}

/// Ids look like the venue's own: long, and increasing.
const FIRST_ID: u64 = 1_000_000_000_000_000;
/// Our trades count from beyond what public ones are numbered by.
const FIRST_TRADE: u64 = 1_000_000_000_000;

impl Core {
    /// A venue that lists these instruments, each with the `id` of its place, and has these accounts.
    ///
    /// Of `config` latencies have no effect (the network has its own), and a market order on data without a book fills
    /// at the last price at once, because a market order never rests here.
    pub fn new(listings: Vec<Listed>, accounts: Vec<AccountSetup>, config: &ExchangeConfig) -> Self {
        let config = ExchangeConfig { fill: BarFill::Last, ..config.clone() };
        let accounts = accounts.into_iter().enumerate();
        Self {
            accounts: accounts.map(|(place, account)| Account::new(AccountId(place), account, &listings, &config)).collect(),
            counters: Counters { order: FIRST_ID, bill: FIRST_ID, trades: vec![FIRST_TRADE; listings.len()] },
            listings,
            at: Timestamp(0),
            wall_ms: 0,
        }
    }

    /// What it lists.
    pub fn listings(&self) -> &[Listed] {
        &self.listings
    }

    /// Market data: every account's venue sees them, and what happens to orders becomes pushes. Other inputs have no
    /// effect.
    pub fn observe(&mut self, at: Timestamp, input: &Input) {
        let (accounts, mut scene) = self.scene(at);
        for account in accounts {
            account.observe(&mut scene, input);
        }
    }

    /// A private REST call that was authenticated: `path` such as `trade/order` without the part that is the same for
    /// all, `args` the query as an object of strings or the body as it is.
    pub fn call(&mut self, at: Timestamp, account: AccountId, method: Method, path: &str, args: &Value) -> Reply {
        let (accounts, mut scene) = self.scene(at);
        match accounts.get_mut(account.0) {
            Some(account) => account.call(&mut scene, method, path, args),
            None => Reply { status: 401, code: "50119", msg: "API key doesn't exist".to_owned(), data: Vec::new() },
        }
    }

    /// An order operation over WebSocket: `op` such as `order` or `batch-amend-orders`, and its `args`. Instruments are
    /// named by `instIdCode` alone. `None` for an operation that there is not.
    pub fn operate(&mut self, at: Timestamp, account: AccountId, op: &str, args: &[Value]) -> Option<Reply> {
        let (accounts, mut scene) = self.scene(at);
        accounts.get_mut(account.0)?.operate(&mut scene, op, args)
    }

    /// Lets timers fire. `wall_ms` is real time in Unix milliseconds; calls count from the last one that was given, so it
    /// should come several times a second.
    pub fn tick(&mut self, at: Timestamp, wall_ms: i64) {
        self.wall_ms = self.wall_ms.max(wall_ms);
        let (accounts, mut scene) = self.scene(at);
        for account in accounts {
            account.tick(&mut scene);
        }
    }

    /// What has happened since this was last asked, in the order of each account.
    pub fn drain(&mut self) -> impl Iterator<Item = Push> + '_ {
        self.accounts.iter_mut().flat_map(|account| account.pushes.drain(..))
    }

    /// The rows of the first push to a new subscriber; empty for channels that begin with the first change.
    pub fn snapshot(&self, account: AccountId, channel: &str) -> Vec<Value> {
        self.accounts.get(account.0).map_or_else(Vec::new, |account| account.snapshot(&self.listings, self.at, channel))
    }

    fn scene(&mut self, at: Timestamp) -> (&mut [Account], Scene<'_>) {
        self.at = self.at.max(at);
        let scene = Scene { at: self.at, wall_ms: self.wall_ms, listings: &self.listings, counters: &mut self.counters };
        (&mut self.accounts, scene)
    }
}

impl Scene<'_> {
    /// The next id of an order or algo order.
    pub(super) fn next_order(&mut self) -> u64 {
        self.counters.order += 1;
        self.counters.order
    }

    /// The next id of a change of a balance.
    pub(super) fn next_bill(&mut self) -> u64 {
        self.counters.bill += 1;
        self.counters.bill
    }

    /// The next id of a trade in an instrument.
    pub(super) fn next_trade(&mut self, listing: usize) -> u64 {
        self.counters.trades.get_mut(listing).map_or(0, |last| {
            *last += 1;
            *last
        })
    }
}
