//! Two logs of one market: the fills of each, round trip by round trip, and what makes them differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use engine::event::{Event, Input, Record};
use engine::market::Side;
use engine::number::{Amount, Decimal, Price, Quantity};
use engine::order::{Fill, OrderKind, Owner, StrategyId};
use engine::time::Timestamp;

use crate::logged::Logged;

/// A round trip by what began it: whose, and when it signaled.
pub type Key = (Owner, Timestamp);

/// What was bought and sold for one entry.
#[derive(Debug, Default)]
pub struct Trip {
    /// The entry.
    pub bought: Option<Leg>,
    /// The exit.
    pub sold: Option<Leg>,
}

/// The fills of one order.
#[derive(Clone, Debug)]
pub struct Leg {
    /// What made it.
    pub way: Way,
    /// When it was decided, and when the engine knew of its last fill.
    pub times: (Timestamp, Timestamp),
    /// How much.
    pub quantity: Quantity,
    /// For how much.
    pub notional: Amount,
    /// Fees in the base currency, and in the quote currency.
    pub fees: (Decimal, Decimal),
}

/// Why an order was placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// A signal.
    Signal,
    /// A stop was reached.
    Stop,
    /// A target was reached.
    Target,
}

/// A kind of difference between what was traded and what the backtest trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Only one of the two got in: the other's last position was not yet out, or already was.
    Missing,
    /// One got out at its stop, the other at its target or by a signal.
    WayOut,
    /// The price went on between the decision and the fill.
    Price,
    /// The venue takes a buy's fee out of what is bought, so there is less to sell.
    Quantity,
    /// The fee is in another currency.
    FeeCurrency,
    /// The position was still open at the end of one.
    StillOpen,
}

/// All differences.
#[derive(Debug, Default)]
pub struct Differences {
    /// How many there are of each cause.
    pub counts: BTreeMap<Cause, usize>,
    /// How far prices are apart, in hundredths of a percent, the sign so that more is worse for the live run.
    pub price_bps: Vec<f64>,
    /// Round trips of either.
    pub trips: usize,
    lines: Vec<String>,
}

/// The round trips of a log.
pub fn trips(log: &Logged) -> BTreeMap<Key, Trip> {
    let signals: BTreeMap<u64, Timestamp> = log.signals().iter().map(|(seq, at, _)| (*seq, *at)).collect();
    let (mut trips, mut current) = (BTreeMap::<Key, Trip>::new(), BTreeMap::new());
    for (record, fill) in log.fills() {
        let Some(request) = log.orders.get(&fill.order) else { continue };
        let asked = &log.records[usize::try_from(fill.order.0).expect("it fits")];
        if request.side == Side::Buy {
            let signaled = signals.get(&asked.cause).copied().expect("a signal leads to an entry");
            current.insert(request.owner, signaled);
        }
        let Some(&signaled) = current.get(&request.owner) else { continue };
        let trip = trips.entry((request.owner, signaled)).or_default();
        let way = match request.kind {
            OrderKind::StopMarket { .. } | OrderKind::StopLimit { .. } => Way::Stop,
            OrderKind::TakeProfitMarket { .. } | OrderKind::TakeProfitLimit { .. } => Way::Target,
            _ => Way::Signal,
        };
        let leg = if request.side == Side::Buy { &mut trip.bought } else { &mut trip.sold };
        leg.get_or_insert_with(|| Leg::new(way, asked.at)).add(fill, record.at);
    }
    trips
}

impl Leg {
    fn new(way: Way, decided_at: Timestamp) -> Self {
        let (quantity, notional) = (Quantity::ZERO, Amount::ZERO);
        Self { way, times: (decided_at, decided_at), quantity, notional, fees: (Decimal::ZERO, Decimal::ZERO) }
    }

    fn add(&mut self, fill: &Fill, at: Timestamp) {
        self.times.1 = at;
        self.quantity += fill.quantity;
        self.notional += Amount(fill.price.0 * fill.quantity.0);
        let fee = if fill.fee_currency.to_string() == "BTC" { &mut self.fees.0 } else { &mut self.fees.1 };
        *fee += fill.fee.0;
    }

    /// The average price.
    pub fn price(&self) -> Price {
        Price(self.notional.0 / self.quantity.0)
    }

    /// All fees in the quote currency.
    pub fn fee(&self) -> Decimal {
        self.fees.0 * self.price().0 + self.fees.1
    }
}

/// Every difference between the round trips of a live run and of the backtest of its market data.
pub fn differences(live: &BTreeMap<Key, Trip>, backtest: &BTreeMap<Key, Trip>) -> Differences {
    let mut found = Differences::default();
    let keys: BTreeSet<&Key> = live.keys().chain(backtest.keys()).collect();
    found.trips = keys.len();
    for key in keys {
        match (live.get(key), backtest.get(key)) {
            (Some(live), Some(backtest)) => {
                found.leg(key, live.bought.as_ref(), backtest.bought.as_ref(), 1.0);
                found.leg(key, live.sold.as_ref(), backtest.sold.as_ref(), -1.0);
            }
            (live, _) => found.note(Cause::Missing, key, if live.is_some() { "only live" } else { "only in the backtest" }),
        }
    }
    found
}

impl Differences {
    fn note(&mut self, cause: Cause, key: &Key, said: impl fmt::Display) {
        *self.counts.entry(cause).or_default() += 1;
        self.lines.push(format!("{cause:?} {:?} of {}: {said}", key.0, key.1));
    }

    fn leg(&mut self, key: &Key, live: Option<&Leg>, backtest: Option<&Leg>, worse: f64) {
        let (Some(live), Some(backtest)) = (live, backtest) else {
            if live.is_some() != backtest.is_some() {
                self.note(Cause::StillOpen, key, if live.is_some() { "in the backtest" } else { "live" });
            }
            return;
        };
        if live.way != backtest.way {
            self.note(Cause::WayOut, key, format!("{:?} live, {:?} in the backtest", live.way, backtest.way));
            return;
        }
        // Those of every trade are counted, and not listed one by one.
        let counts = [
            (Cause::Quantity, live.quantity != backtest.quantity),
            (Cause::FeeCurrency, live.fees.0.is_zero() != backtest.fees.0.is_zero()),
        ];
        counts.iter().filter(|(_, differs)| *differs).for_each(|(cause, _)| *self.counts.entry(*cause).or_default() += 1);
        let (ours, theirs) = (live.price(), backtest.price());
        if ours != theirs {
            let float = |price: Price| f64::try_from(price.0).expect("a price is a float");
            let bps = worse * (float(ours) / float(theirs) - 1.0) * 10_000.0;
            self.price_bps.push(bps);
            let delay_s = (live.times.1.0 - live.times.0.0) / 1_000_000_000;
            self.note(Cause::Price, key, format!("{ours} live {delay_s} s later, {theirs} in the backtest: {bps:+.2} bps"));
        }
    }

    /// How many there are of a cause.
    pub fn count(&self, cause: Cause) -> usize {
        self.counts.get(&cause).copied().unwrap_or(0)
    }
}

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))?;
        writeln!(f, "{} round trips; differences by cause: {:?}", self.trips, self.counts)?;
        let mean = self.price_bps.iter().sum::<f64>() / self.price_bps.len().max(1) as f64;
        let most = self.price_bps.iter().fold(0.0_f64, |most, bps| most.max(bps.abs()));
        write!(f, "prices: {mean:+.2} bps worse on the average where they differ, {most:.2} bps at most")
    }
}

/// What could be paid or got for it between two moments, as the log's market data tell: the lowest and the highest price.
pub fn range(log: &Logged, from: Timestamp, to: Timestamp) -> Option<(Price, Price)> {
    let tick = Decimal::new(1, 1);
    let scale = |mantissa: i64| Price(Decimal::from(mantissa) * tick);
    let prices = |record: &Record| match &record.event {
        Event::Input(Input::Trade(trade)) => vec![scale(trade.price.0)],
        Event::Input(Input::Quote(quote)) => vec![scale(quote.bid_price.0), scale(quote.ask_price.0)],
        _ => Vec::new(),
    };
    let last = log.records.iter().rposition(|record| record.at < from && !prices(record).is_empty()).unwrap_or(0);
    let seen = log.records[last..].iter().take_while(|record| record.at <= to).flat_map(prices);
    seen.fold(None, |range, price| {
        Some(range.map_or((price, price), |(low, high): (Price, Price)| (low.min(price), high.max(price))))
    })
}

/// How two logs' signals differ.
#[derive(Debug, Default)]
pub struct Signals {
    /// In both.
    pub same: usize,
    /// Of a strategy that looks at its position, at a moment when one had a position and the other did not.
    pub by_position: usize,
    /// For no such reason.
    pub unexplained: Vec<String>,
}

/// Compares all signals. Those of a time and a strategy go together.
pub fn signals(live: &Logged, backtest: &Logged) -> Signals {
    let mut found = Signals::default();
    let of = |log: &Logged| {
        let mut all = BTreeMap::<(Timestamp, StrategyId), Vec<String>>::new();
        for (_, at, signal) in log.signals() {
            all.entry((at, signal.strategy)).or_default().push(format!("{signal:?}"));
        }
        all
    };
    let (ours, theirs) = (of(live), of(backtest));
    let keys: BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
    for key @ &(at, strategy) in keys {
        let (one, other) = (ours.get(key), theirs.get(key));
        let (here, there) = (live.stance_around(strategy, at), backtest.stance_around(strategy, at));
        if one == other {
            found.same += 1;
        } else if here.0 != there.0 || here.1 != there.1 || here.0 != here.1 || there.0 != there.1 {
            found.by_position += 1;
        } else {
            found.unexplained.push(format!("{at}: {one:?} live, {other:?} in the backtest"));
        }
    }
    found
}
