//! The document of a run against a recomputation of it from the log's lines alone, in floats and without any of the engine.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;
use std::fs;
use std::sync::Arc;

use data::log::{Disk, Reader};
use engine::event::{Decision, Event, Input, Record};
use engine::market::Side;
use engine::number::Amount;
use engine::time::DAY_NS;
use replays::backtest::Backtest;
use replays::config::Config;
use replays::rebuild::rebuild;
use replays::report::Document;
use replays::report::document::Group;

/// 1-minute bars of eleven days that begin at 20:00: a walk with a drift that turns.
const BARS: usize = 16_000;
const BEGINS_MS: u64 = MONDAY_MS + 20 * 3_600_000;
/// 2024-01-01.
const MONDAY_MS: u64 = 1_704_067_200_000;
const HOUR_NS: i64 = DAY_NS / 24;

fn bars(seed: u64) -> String {
    let mut state = seed;
    let mut below = |end: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % end
    };
    let mut price = 20_000_u64;
    let mut text = "ts_ms,open,high,low,close,volume\n".to_owned();
    for bar in 0..BARS {
        let open = price;
        let drift = if bar / 700 % 2 == 0 { 22 } else { 20 };
        price = (price + below(drift + 20)).saturating_sub(20).max(1_000);
        let (high, low) = (open.max(price) + below(9), open.min(price) - below(9));
        let time = BEGINS_MS + bar as u64 * 60_000;
        let cents = |price: u64| format!("{}.{:02}", price / 100, price % 100);
        let row = [open, high, low, price].map(cents).join(",");
        writeln!(text, "{time},{row},5").expect("memory takes it");
    }
    text
}

/// One run: its document, the same rebuilt, and the log's lines.
fn run(seed: u64) -> (Document, Document, Vec<Record>) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("MADE-USDT_1m.csv");
    fs::write(&file, bars(seed)).unwrap();
    let path = file.display();
    let set = format!(
        r#"
        [account]
        balances = {{ USDT = "1000" }}
        [data]
        paths = ["{path}"]
        [risk]
        enabled = false
        [[strategy]]
        name = "ema_cross"
        fast = 7
        slow = 23
        size = "2"
        "#
    );
    let config: Config = toml::from_str(&set).expect("a configuration");
    let folder = dir.path().join("run");
    let document = Backtest::prepare(config).unwrap().run(Some(&folder)).unwrap();
    let open = || Reader::open(Arc::new(Disk::open(&folder).unwrap())).unwrap().0;
    let mut records = Vec::new();
    let mut reader = open();
    while let Some(block) = reader.next_block().unwrap() {
        records.extend_from_slice(block);
    }
    let (state, report) = rebuild(&mut open()).unwrap();
    let rebuilt = report.document(&state, document.summary.digest.clone(), 0.0);
    (document, rebuilt, records)
}

/// What one entry order bought and has not sold yet.
struct Lot {
    order: u64,
    at: i64,
    quantity: f64,
    paid: f64,
}

#[derive(Debug, Default)]
struct Trip {
    entry_at: i64,
    exit_at: i64,
    profit: f64,
    paid: f64,
}

/// The account as a child would keep it.
#[derive(Default)]
struct Account {
    balances: BTreeMap<String, f64>,
    scale: f64,
    price: f64,
    first_price: f64,
    sides: BTreeMap<u64, Side>,
    lots: VecDeque<Lot>,
    trips: BTreeMap<(u64, u64), Trip>,
    /// Day, equity at its end.
    days: Vec<(i64, f64, f64)>,
    held_ns: i64,
    held_since: Option<i64>,
}

impl Account {
    fn of(records: &[Record]) -> Self {
        let mut account = Self::default();
        let mut day = None;
        for record in records {
            let today = (record.at.0 - 1).div_euclid(DAY_NS);
            if let (Event::Input(_), Some(last)) = (&record.event, day)
                && today > last
            {
                account.end_day(last);
                day = Some(today);
            }
            account.take(record);
            if matches!(record.event, Event::Input(Input::Bar(_))) {
                day.get_or_insert(today);
            }
        }
        account.end_day(day.unwrap());
        account
    }

    fn end_day(&mut self, day: i64) {
        let equity = self.equity();
        self.days.push((day, equity, self.price));
    }

    fn equity(&self) -> f64 {
        let of = |currency: &str| self.balances.get(currency).copied().unwrap_or_default();
        of("USDT") + of("MADE") * self.price
    }

    fn take(&mut self, record: &Record) {
        match &record.event {
            Event::Input(Input::InstrumentListed(listed)) => self.scale = 10_f64.powi(listed.price_scale.into()),
            Event::Input(Input::Deposited { currency, amount }) => *self.balance(&currency.to_string()) += amount.to_f64(),
            Event::Input(Input::Bar(bar)) => {
                self.price = bar.close.0 as f64 / self.scale;
                if self.first_price == 0.0 {
                    self.first_price = self.price;
                }
            }
            Event::Decision(Decision::OrderRequested(request)) => drop(self.sides.insert(record.seq, request.side)),
            Event::Input(Input::OrderFilled(fill)) => {
                let (price, quantity, fee) = (fill.price.to_f64(), fill.quantity.to_f64(), fill.fee.to_f64());
                let fee_in_base = fill.fee_currency.as_str() == "MADE";
                *self.balance(fill.fee_currency.as_str()) -= fee;
                let base_fee = if fee_in_base { fee } else { 0.0 };
                let quote_fee = if fee_in_base { 0.0 } else { fee };
                let sign = if self.sides[&fill.order.0] == Side::Buy { 1.0 } else { -1.0 };
                *self.balance("MADE") += sign * quantity;
                *self.balance("USDT") -= sign * quantity * price;
                if sign > 0.0 {
                    let (quantity, paid) = (quantity - base_fee, quantity * price + quote_fee);
                    self.lots.push_back(Lot { order: fill.order.0, at: record.at.0, quantity, paid });
                } else {
                    self.sell(fill.order.0, record.at.0, quantity + base_fee, quantity * price - quote_fee);
                }
                let held = self.lots.iter().any(|lot| lot.quantity > 0.0);
                match (held, self.held_since) {
                    (true, None) => self.held_since = Some(record.at.0),
                    (false, Some(since)) => {
                        self.held_ns += record.at.0 - since;
                        self.held_since = None;
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn balance(&mut self, currency: &str) -> &mut f64 {
        self.balances.entry(currency.to_owned()).or_default()
    }

    fn sell(&mut self, order: u64, at: i64, quantity: f64, got: f64) {
        let mut left = quantity;
        while left > 1e-9 {
            let Some(lot) = self.lots.front_mut() else { break };
            let part = left.min(lot.quantity);
            let paid = lot.paid * part / lot.quantity;
            let trip = self.trips.entry((lot.order, order)).or_default();
            (trip.entry_at, trip.exit_at) = (lot.at, at);
            trip.profit += got * part / quantity - paid;
            trip.paid += paid;
            lot.paid -= paid;
            lot.quantity -= part;
            left -= part;
            if lot.quantity < 1e-9 {
                self.lots.pop_front();
            }
        }
    }
}

#[track_caller]
fn near(what: &str, value: f64, expected: f64) {
    assert!((value - expected).abs() <= 1e-7 * expected.abs().max(1.0), "{what}: {value} is not {expected}");
}

fn float(amount: Amount) -> f64 {
    amount.to_f64()
}

#[test]
fn a_document_is_what_the_lines_of_its_log_come_to() {
    let (document, rebuilt, records) = run(41);
    let account = Account::of(&records);
    let trips: Vec<&Trip> = account.trips.values().collect();
    assert!(trips.len() > 100, "only {} round trips", trips.len());

    // The curve.
    let daily = &document.daily;
    near("start", float(daily.start.unwrap()), 1_000.0);
    assert_eq!(daily.equity.len(), account.days.len());
    assert_eq!(daily.first.as_deref(), Some("2024-01-01"));
    let (mut last, mut peak, mut falls) = (1_000.0, 1_000.0_f64, Vec::new());
    for (place, &(day, equity, price)) in account.days.iter().enumerate() {
        near("equity", float(daily.equity[place]), equity);
        near("return", daily.returns[place], equity / last - 1.0);
        near("holding", float(daily.holding[place].unwrap()), 1_000.0 * price / account.first_price);
        peak = peak.max(equity);
        falls.push(1.0 - equity / peak);
        near("drawdown", daily.drawdown[place], falls[place]);
        let ended = trips.iter().filter(|trip| (trip.exit_at - 1).div_euclid(DAY_NS) == day);
        let (count, profit) = ended.fold((0, 0.0), |(count, sum), trip| (count + 1, sum + trip.profit));
        assert_eq!(daily.trips[place], count);
        near("profit of the day", float(daily.trip_profit[place]), profit);
        last = equity;
    }
    let deepest = falls.iter().copied().fold(0.0, f64::max);
    near("deepest", document.drawdowns[0].depth, deepest);
    let measures = &document.summary.metrics.measures;
    near("max drawdown", measures.max_drawdown.value().unwrap(), deepest);
    near("total return", measures.total_return.value().unwrap(), last / 1_000.0 - 1.0);
    // The first and the last day are parts of a day.
    let whole = &daily.returns[1..daily.returns.len() - 1];
    let days = &document.days;
    let counted = |is_meant: fn(f64) -> bool| whole.iter().map(|rate| u32::from(is_meant(*rate))).sum::<u32>();
    assert_eq!((days.wins, days.losses), (counted(|rate| rate > 0.0), counted(|rate| rate < 0.0)));
    assert_eq!((days.wins + days.draws + days.losses) as usize, whole.len());
    near("winning days", measures.winning_days.value().unwrap(), f64::from(days.wins) / whole.len() as f64);
    near("best day", measures.best_day.value().unwrap(), days.best.as_ref().unwrap().rate);
    near("worst day", measures.worst_day.value().unwrap(), days.worst.as_ref().unwrap().rate);
    let mean = whole.iter().sum::<f64>() / whole.len() as f64;
    let deviation = (whole.iter().map(|rate| (rate - mean).powi(2)).sum::<f64>() / (whole.len() - 1) as f64).sqrt();
    near("sharpe", measures.sharpe.value().unwrap(), mean / deviation * 365_f64.sqrt());
    let last_at = records.last().unwrap().at.0;
    let held = account.held_ns + account.held_since.map_or(0, |since| last_at - since);
    let begins = i64::try_from(BEGINS_MS).unwrap() * 1_000_000;
    near("exposure", measures.exposure.value().unwrap(), held as f64 / (last_at - begins) as f64);

    // The round trips.
    let sums = |trips: &[&Trip]| {
        let wins = trips.iter().filter(|trip| trip.profit > 0.0).count() as u64;
        (trips.len() as u64, wins, trips.iter().map(|trip| trip.profit).sum::<f64>())
    };
    let same = |group: &Group, trips: &[&Trip]| {
        let (count, wins, profit) = sums(trips);
        assert_eq!((group.tally.count, group.tally.wins), (count, wins), "{}", group.key);
        near(&group.key, float(group.profit), profit);
    };
    assert_eq!(document.trips.total, trips.len() as u64);
    same(&document.groups.instruments[0], &trips);
    same(&document.groups.strategies[0], &trips);
    let at_hour = |hour: i64| trips.iter().copied().filter(move |trip| trip.exit_at.rem_euclid(DAY_NS) / HOUR_NS == hour);
    for (hour, group) in (0..).zip(&document.groups.hours) {
        same(group, &at_hour(hour).collect::<Vec<_>>());
    }
    let monday = i64::try_from(MONDAY_MS).unwrap() * 1_000_000;
    for (day, group) in (0..).zip(&document.groups.weekdays) {
        let on = |trip: &&&Trip| (trip.exit_at - monday).div_euclid(DAY_NS) % 7 == day;
        same(group, &trips.iter().filter(on).copied().collect::<Vec<_>>());
    }
    for row in &document.trips.rows {
        let trip = &account.trips[&(row.entry_order, row.exit_order)];
        assert_eq!((row.entry_at.0, row.exit_at.0), (trip.entry_at, trip.exit_at));
        near("profit", float(row.profit), trip.profit);
        assert!(row.adverse.unwrap() >= 0.0 && row.favourable.unwrap() >= 0.0);
    }
    near("expectancy", float(document.summary.metrics.expectancy.unwrap()), sums(&trips).2 / trips.len() as f64);

    // Periods are made of days, and all of them of the run.
    let profit = last - 1_000.0;
    for periods in [&document.periods.days, &document.periods.weeks, &document.periods.months, &document.periods.years] {
        near("profit of periods", periods.iter().map(|period| float(period.profit)).sum(), profit);
        near("return of periods", periods.iter().map(|period| 1.0 + period.rate.unwrap()).product(), last / 1_000.0);
        assert_eq!(periods.iter().map(|period| period.trips.count).sum::<u64>(), trips.len() as u64);
    }
    let weeks: Vec<&str> = document.periods.weeks.iter().map(|week| week.key.as_str()).collect();
    assert_eq!(weeks, ["2024-01-01", "2024-01-08"]);

    // Prices.
    let prices = &document.prices[0];
    assert!(prices.close.len() <= 1_000 && prices.close.len() > 200, "{}", prices.close.len());
    near("last price", prices.close.last().unwrap().unwrap().to_f64(), account.price);

    // The same from the log.
    let told = |mut document: Document| {
        document.summary.timing = replays::report::Timing::default();
        serde_json::to_string(&document).unwrap()
    };
    assert_eq!(told(document), told(rebuilt));
}
