//! Does a run know its future? The proof by prefixes.
//!
//! A run on the first part of its market data has to decide what the run on all of them decides there: record by record,
//! signals, orders, fills and checkpoints, which have the strategies' memories in them. Whatever was computed from all of
//! the data (a scaler fitted on them, a fill at a price that was still to come) would be something else without the rest.
//! What a strategy looks up by itself, in a file or a table of its own, is there in both runs and is not found.

use std::hash::{DefaultHasher, Hasher};

use data::log::{Chain, LogError};
use engine::event::{Decision, Event, Input, Record, Session};
use engine::order::{Owner, StrategyId};
use engine::text::Names;
use engine::time::Timestamp;

use crate::backtest::{BacktestError, execute};
use crate::config::Config;
use crate::exchange::Random;
use crate::fork::Line;
use crate::recorded::is_market;
use crate::research::Recording;
use crate::run::{Log, RunError};

/// What the proof found.
#[derive(Clone, Debug)]
pub struct Proof {
    /// Market data in all.
    pub events: usize,
    /// Records of the run on all of them.
    pub records: u64,
    /// After how many market data the future was taken away, in order.
    pub cuts: Vec<usize>,
    /// Records that were derived again and compared.
    pub compared: u64,
    /// The first that is not the same without the future.
    pub leak: Option<Leak>,
}

/// A decision that depends on what was still to come.
#[derive(Clone, Debug)]
pub struct Leak {
    /// After how many market data the future was taken away.
    pub cut: usize,
    /// When that was.
    pub cut_at: Timestamp,
    /// Whose decision it is, where it is a strategy's.
    pub strategy: Option<String>,
    /// The record of the run on all data.
    pub with_future: Option<Line>,
    /// The record of the run without what came later.
    pub without: Option<Line>,
}

/// Runs a configuration on all of a recording, and on its beginnings up to `count` random places.
///
/// `each` is told how many of the runs are done, and how many there are.
pub fn prove(
    recording: &Recording,
    config: &Config,
    count: usize,
    seed: u64,
    each: impl FnMut(usize, usize),
) -> Result<Proof, BacktestError> {
    let hash = engine::hash::hash_of_bytes(&config.canonical());
    let live = |events: usize, watch: &mut Watch| {
        let mut history = recording.beginning(events);
        let first = history.next().transpose().map_err(RunError::from)?.ok_or(BacktestError::NoData)?;
        execute(config, hash, recording.instruments(), first, history, watch).map(drop)
    };
    let is_late = config.exchange.feed_latency_us > 0 || config.exchange.latency_jitter_us > 0;
    let at = |events: usize| recording.at(events.saturating_sub(1)).unwrap_or_default();
    search(recording.events(), &Cuts { count, seed, is_late }, &at, &live, each)
}

/// Where the future is taken away.
struct Cuts {
    count: usize,
    seed: u64,
    /// Whether market data reach the engine after they happened: then reports on what was still to come may overtake
    /// the last of them, and only what was decided before it happened is compared.
    is_late: bool,
}

/// Lives through so many events.
type Live<'l> = dyn Fn(usize, &mut Watch) -> Result<(), BacktestError> + 'l;

fn search(
    events: usize,
    cuts: &Cuts,
    at: &dyn Fn(usize) -> Timestamp,
    live: &Live,
    mut each: impl FnMut(usize, usize),
) -> Result<Proof, BacktestError> {
    let mut whole = Watch::new(Task::Remember);
    live(events, &mut whole)?;
    let mut places = places(events, cuts);
    let mut proof = Proof { events, records: whole.hashes.len() as u64, cuts: places.clone(), compared: 0, leak: None };
    let total = places.len() + 1;
    each(1, total);
    for (done, cut) in places.drain(..).enumerate() {
        let until = if cuts.is_late { Until::Time(at(cut)) } else { Until::Events(cut) };
        let mut watch = Watch::new(Task::Compare(std::mem::take(&mut whole.hashes), until));
        live(cut, &mut watch)?;
        let Watch { task, count, found, session, .. } = watch;
        proof.compared += count;
        if let Task::Compare(hashes, _) = task {
            whole.hashes = hashes;
        }
        each(done + 2, total);
        if let Some((record, without)) = found {
            // Once more, to have the record itself.
            let mut again = Watch::new(Task::Find(record.seq));
            live(events, &mut again)?;
            let (other, with_future) = again.found.unzip();
            let strategy = owner(&record).or_else(|| other.as_ref().and_then(owner));
            let label = strategy.and_then(|id| session?.strategies.get(usize::from(id.0)).cloned());
            proof.leak = Some(Leak { cut, cut_at: at(cut), strategy: label, with_future, without: Some(without) });
            break;
        }
    }
    Ok(proof)
}

/// Different places, in order; never none and never all of the data.
fn places(events: usize, cuts: &Cuts) -> Vec<usize> {
    let mut random = Random::new(cuts.seed, "lookahead");
    let mut places = std::collections::BTreeSet::new();
    let most = events.saturating_sub(1);
    while places.len() < cuts.count.min(most) {
        let place = random.up_to(most.saturating_sub(1) as u64);
        places.insert(1 + usize::try_from(place).unwrap_or_default());
    }
    places.into_iter().collect()
}

/// Looks at a run's records.
struct Watch {
    task: Task,
    chain: Chain,
    names: Names,
    hashes: Vec<u64>,
    /// Records compared.
    count: u64,
    market_events: usize,
    /// Whether what is compared is over.
    is_past: bool,
    session: Option<Session>,
    found: Option<(Record, Line)>,
}

enum Task {
    /// Keeps a hash of each record.
    Remember,
    /// Compares each with the one that there was.
    Compare(Vec<u64>, Until),
    /// Finds the record of this seq.
    Find(u64),
}

#[derive(Clone, Copy)]
enum Until {
    /// What follows from so many market data.
    Events(usize),
    /// What was before.
    Time(Timestamp),
}

impl Watch {
    fn new(task: Task) -> Self {
        let (chain, names) = (Chain::default(), Names::default());
        let (hashes, session, found) = (Vec::new(), None, None);
        Self { task, chain, names, hashes, count: 0, market_events: 0, is_past: false, session, found }
    }

    fn take(&mut self, record: &Record) -> Result<(), LogError> {
        self.names.learn(record);
        if let Event::Input(input) = &record.event {
            if let Input::SessionStarted(session) = input {
                self.session = Some((**session).clone());
            }
            if let Task::Compare(_, Until::Events(events)) = &self.task {
                self.is_past |= self.market_events >= *events;
            }
            self.market_events += usize::from(is_market(input));
        }
        let row = self.chain.append(record).map_err(|source| LogError::Row { seq: record.seq, source })?;
        let mut hasher = DefaultHasher::new();
        hasher.write(row);
        let hash = hasher.finish();
        let is_it = match &self.task {
            Task::Remember => {
                self.hashes.push(hash);
                false
            }
            Task::Find(seq) => record.seq == *seq,
            Task::Compare(hashes, until) => {
                let counts = self.found.is_none()
                    && match until {
                        Until::Events(_) => !self.is_past,
                        Until::Time(until) => record.at < *until,
                    };
                self.count += u64::from(counts);
                let expected = usize::try_from(record.seq).ok().and_then(|seq| hashes.get(seq));
                counts && expected != Some(&hash)
            }
        };
        if is_it && self.found.is_none() {
            let text = self.names.line(record).to_string();
            self.found = Some((record.clone(), Line { seq: record.seq, at: record.at, text }));
        }
        Ok(())
    }
}

impl Log for Watch {
    fn append(&mut self, records: &[Record]) -> Result<(), RunError> {
        Ok(records.iter().try_for_each(|record| self.take(record))?)
    }
}

/// The strategy whose decision it is.
fn owner(record: &Record) -> Option<StrategyId> {
    let Event::Decision(decision) = &record.event else { return None };
    match decision {
        Decision::Signal(signal) => Some(signal.strategy),
        Decision::Denied(denial) => denial.strategy,
        Decision::RegimeChanged(change) => Some(change.strategy),
        Decision::MarketScanned(scan) => Some(scan.strategy),
        Decision::OrderRequested(request) => match request.owner {
            Owner::Strategy(id) => Some(id),
            Owner::Operator => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use engine::engine::{Engine, Entrant};
    use engine::event::{Direction, Hash, Mode};
    use engine::hash::StateHasher;
    use engine::instrument::{Instrument, InstrumentId};
    use engine::market::{Side, Trade};
    use engine::number::{Amount, FixedPrice, FixedSize, Rate};
    use engine::sizing::Size;
    use engine::strategy::{Context, Opinion, Strategy};

    use super::*;

    const EVENTS: usize = 300;

    /// In above a price, out below it. The price is the mean of what came so far, or of what it was given.
    struct Mean {
        given: Option<i64>,
        sum: i64,
        count: i64,
        is_above: bool,
    }

    impl Strategy for Mean {
        fn on_input(&mut self, input: &Input, ctx: &mut Context<'_>) {
            let Input::Trade(trade) = input else { return };
            self.sum += trade.price.0;
            self.count += 1;
            let is_above = trade.price.0 > self.given.unwrap_or(self.sum / self.count);
            if is_above != self.is_above {
                self.is_above = is_above;
                let direction = if is_above { Direction::Long } else { Direction::Flat };
                ctx.signal(trade.instrument, direction, Opinion { confidence_bps: 10_000, ..Opinion::default() });
            }
        }

        fn hash_state(&self, hasher: &mut StateHasher) {
            hasher.write(&(self.sum, self.count, self.is_above));
        }
    }

    fn trades(seed: u64) -> Vec<Trade> {
        let mut random = Random::new(seed, "prices");
        let trade = |place: usize| Trade {
            instrument: InstrumentId(0),
            venue_at: Timestamp(i64::try_from(place).unwrap() * 1_000_000_000),
            price: FixedPrice(1_000 + i64::try_from(place + usize::try_from(random.up_to(100)).unwrap()).unwrap()),
            size: FixedSize(1),
            taker: Side::Buy,
            trade_id: None,
        };
        (0..EVENTS).map(trade).collect()
    }

    fn instrument() -> Instrument {
        Instrument {
            id: InstrumentId(0),
            symbol: "BTC-USDT".to_owned(),
            base: "BTC".parse().unwrap(),
            quote: "USDT".parse().unwrap(),
            price_scale: 1,
            size_scale: 4,
            tick_size: "0.1".parse().unwrap(),
            lot_size: "0.0001".parse().unwrap(),
            min_size: "0.0001".parse().unwrap(),
            maker_fee: Rate::from_bps(8),
            taker_fee: Rate::from_bps(10),
        }
    }

    /// Runs one honest strategy, and one that may have looked at all that it will be shown.
    fn live(trades: &[Trade], is_fitted: bool, watch: &mut Watch) -> Result<(), BacktestError> {
        let mean = |given| -> Box<dyn Strategy> { Box::new(Mean { given, sum: 0, count: 0, is_above: false }) };
        let fitted = trades.iter().map(|trade| trade.price.0).sum::<i64>() / i64::try_from(trades.len()).unwrap();
        let entrant = |strategy| Entrant { strategy, symbols: None, size: Size::Equity(Rate::from_bps(1_000)) };
        let mut engine = Engine::new(vec![entrant(mean(None)), entrant(mean(is_fitted.then_some(fitted)))]);
        let session = Session {
            parent: None,
            build: "a test".to_owned(),
            config: Hash::default(),
            seed: 0,
            mode: Mode::Backtest,
            currency: "USDT".parse().unwrap(),
            strategies: vec!["honest".to_owned(), "fitted".to_owned()],
            checkpoint_every: 50,
        };
        let deposited = Input::Deposited { currency: "USDT".parse().unwrap(), amount: Amount(1_000.into()) };
        let opening = [Input::SessionStarted(Box::new(session)), Input::InstrumentListed(Box::new(instrument())), deposited];
        let events = trades.iter().map(|trade| (trade.venue_at, Input::Trade(*trade)));
        let end = [(trades.last().unwrap().venue_at, Input::SessionEnded { skipped_rows: 0 })];
        for (at, input) in opening.map(|input| (Timestamp(0), input)).into_iter().chain(events).chain(end) {
            watch.append(engine.step(at, input))?;
        }
        Ok(())
    }

    #[test]
    fn a_strategy_that_was_fitted_on_all_of_the_data_is_found_and_an_honest_one_is_not() {
        for seed in 0..5 {
            let trades = trades(seed);
            let at = |event: usize| trades[event - 1].venue_at;
            for is_late in [false, true] {
                let cuts = Cuts { count: 6, seed, is_late };
                let prove = |is_fitted| {
                    search(EVENTS, &cuts, &at, &|events, watch| live(&trades[..events], is_fitted, watch), |_, _| {}).unwrap()
                };
                let honest = prove(false);
                assert!(honest.leak.is_none(), "seed {seed}: {:?}", honest.leak);
                assert_eq!(honest.cuts.len(), 6);
                let least: usize = honest.cuts.iter().sum();
                assert!(honest.compared >= least as u64 - 6 && honest.records > EVENTS as u64, "seed {seed}: {honest:?}");
                let leak = prove(true).leak.expect("it is found");
                assert_eq!(leak.strategy.as_deref(), Some("fitted"), "seed {seed}: {leak:?}");
                let (with_future, without) = (leak.with_future.unwrap(), leak.without.unwrap());
                assert!(with_future.seq == without.seq && with_future.text != without.text);
            }
        }
    }

    #[test]
    fn places_are_different_and_leave_some_of_the_data_and_some_of_the_future() {
        let places = |events, count| places(events, &Cuts { count, seed: 3, is_late: false });
        assert_eq!(places(5, 100), [1, 2, 3, 4]);
        assert_eq!(places(1, 8), Vec::<usize>::new());
        assert_eq!(places(0, 8), Vec::<usize>::new());
        assert_eq!(places(1_000_000, 8).len(), 8);
    }
}
