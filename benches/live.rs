//! Tick to order: from a frame of the venue's connection, as its bytes are read, to the text of the order's frame, with the
//! durable log between the two. The socket itself is not in it.

use std::collections::VecDeque;
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use data::log::{Disk, LiveWriter, Options};
use data::okx::convert::{ClientId, Placement, SessionTag, Terms, place};
use data::okx::message::Frame;
use engine::event::{Decision, Event, Hash, Input, Mode, Record};
use engine::instrument::{Instrument, InstrumentId};
use engine::order::RejectReason;
use engine::time::Timestamp;
use replays::config::{Clock, Config, OnStop};
use replays::live::desk::Desk;
use replays::live::durable::Durable;
use replays::live::gateway::{Errand, Fact, LiveGateway};
use replays::live::market::Market;
use replays::live::shown::Shown;
use replays::live::word::{Answer, Ask, Asked};
use replays::report::Report;
use replays::run::{Log, RunError, run};
use replays::session;
use tokio::sync::mpsc::{Receiver, Sender, channel};

const ORDERS: usize = 2_000;
const WARM_UP: usize = 200;
/// Between two ticks: a venue that is not in a hurry, so that each order is alone.
const PAUSE: Duration = Duration::from_millis(1);

const CONFIG: &str = r#"
[risk]
enabled = false
[[strategy]]
name = "ema_cross"
fast = 1
slow = 2
size = "0.01"
"#;

/// The log, and how long each order waited for it.
struct Timed {
    log: Durable,
    waited: Arc<Mutex<Vec<Duration>>>,
    /// The trades that orders followed from, oldest first.
    causes: Arc<Mutex<VecDeque<Option<u64>>>>,
}

impl Log for Timed {
    fn append(&mut self, records: &[Record]) -> Result<(), RunError> {
        let began = Instant::now();
        self.log.append(records)?;
        if records.iter().any(|record| matches!(record.event, Event::Decision(Decision::OrderRequested(_)))) {
            self.waited.lock().expect("nobody panics").push(began.elapsed());
            // An order may also follow from a refusal: it was wanted before.
            let trade = match records.first().map(|record| &record.event) {
                Some(Event::Input(Input::Trade(trade))) => trade.trade_id,
                _ => None,
            };
            self.causes.lock().expect("nobody panics").push_back(trade);
        }
        Ok(())
    }
}

fn instrument() -> Instrument {
    Instrument {
        id: InstrumentId(0),
        symbol: "BTC-USDT".to_owned(),
        base: "BTC".parse().expect("a code"),
        quote: "USDT".parse().expect("a code"),
        price_scale: 1,
        size_scale: 8,
        tick_size: "0.1".parse().expect("a number"),
        lot_size: "0.00000001".parse().expect("a number"),
        min_size: "0.00001".parse().expect("a number"),
        maker_fee: "0.0008".parse().expect("a number"),
        taker_fee: "0.001".parse().expect("a number"),
    }
}

/// A trade's frame: prices go up and down, so that the averages cross with each.
fn frame(number: usize) -> String {
    let (price, ms) = (if number.is_multiple_of(2) { 40_000 } else { 40_010 }, 1_704_067_200_000 + number);
    format!(
        r#"{{"arg":{{"channel":"trades","instId":"BTC-USDT"}},"data":[{{"instId":"BTC-USDT","tradeId":"{number}","px":"{price}.1","sz":"0.25","side":"buy","ts":"{ms}","count":"1","source":"0","seqId":{number}}}]}}"#
    )
}

/// Reads frames as the connection does.
fn read(facts: &Sender<Fact>, sent: &Mutex<Vec<Instant>>, ticks: usize) {
    let mut market = Market::new(vec![instrument()]);
    for number in 0..ticks {
        std::thread::sleep(PAUSE);
        let text = frame(number);
        let began = Instant::now();
        sent.lock().expect("nobody panics").push(began);
        let Ok(Frame::Push(push)) = Frame::parse(&text) else { panic!("it is a push") };
        for (venue_at, input) in market.push(&push).inputs {
            let fact = Fact::Input { received_at: venue_at, venue_at: Some(venue_at), input };
            facts.blocking_send(fact).expect("it is listened to");
        }
    }
    facts.blocking_send(Fact::Stop).expect("it is listened to");
}

/// Writes orders' texts as the connection does, and refuses each, so that the next one is asked for.
fn write(
    errands: &mut Receiver<Errand>,
    facts: &Sender<Fact>,
    sent: &Mutex<Vec<Instant>>,
    causes: &Mutex<VecDeque<Option<u64>>>,
) -> Vec<Duration> {
    let (instrument, session, mut took) = (instrument(), SessionTag::of(&Hash::default()), Vec::new());
    while let Some(errand) = errands.blocking_recv() {
        let Errand::Ask(ask) = errand else { continue };
        let Ask::Place { order, request } = *ask else { continue };
        let Placement::Order(placed) = place(&request, &instrument, ClientId { session, order }, &Terms::default()) else {
            panic!("it is an ordinary order")
        };
        let text = serde_json::to_string(&placed).expect("it is text");
        let written = Instant::now();
        let cause = causes.lock().expect("nobody panics").pop_front().expect("every order is logged first");
        if let Some(cause) = cause.and_then(|cause| usize::try_from(cause).ok()) {
            took.push(written - sent.lock().expect("nobody panics")[cause]);
        }
        assert!(text.contains("BTC-USDT"));
        let answer = Answer::Refused(RejectReason::InsufficientBalance);
        // At the end nobody listens any more.
        let _ = facts.blocking_send(Fact::Answer { order, asked: Asked::Placing, answer });
    }
    took
}

fn quantile_us(sorted: &[Duration], share: f64) -> f64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the list")]
    let place = (share * (sorted.len() - 1) as f64) as usize;
    sorted[place].as_secs_f64() * 1e6
}

fn main() {
    let dir = tempfile_dir();
    fs::write(dir.join("bench.toml"), CONFIG).expect("it is written");
    let config = Config::load(&[dir.join("bench.toml")], std::iter::empty(), &[]).expect("right");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
    let (facts, facts_in) = channel(8_192);
    let (errands, mut errands_in) = channel(1_024);
    let opening = session::preamble(&config, Hash::default(), Mode::Live, &[instrument()]);
    let wall = Box::new(|| Timestamp(0));
    let begins = Timestamp(1_704_067_200_000_000_000);
    let behaviour = (Clock::Venue, OnStop::Leave);
    let mut gateway = LiveGateway::new(
        runtime.handle().clone(),
        (facts_in, errands),
        behaviour,
        wall,
        (Desk::default(), begins),
        opening,
        Vec::new(),
    );
    let disk = Arc::new(Disk::create(dir.join("run")).expect("a folder"));
    let waited = Arc::new(Mutex::new(Vec::new()));
    let writer = LiveWriter::create(disk, &Options::default()).expect("a log");
    let log = Durable { writer, shown: Shown::default() };
    let causes = Arc::new(Mutex::new(VecDeque::new()));
    let mut log = Timed { log, waited: waited.clone(), causes: causes.clone() };
    let mut engine = session::engine(&config).expect("right");
    let sent = Mutex::new(Vec::new());
    let took = std::thread::scope(|threads| {
        let (reading, writing, sent, causes) = (facts.clone(), facts, &sent, &causes);
        threads.spawn(move || read(&reading, sent, 2 * (ORDERS + WARM_UP)));
        let writer = threads.spawn(move || write(&mut errands_in, &writing, sent, causes));
        run(&mut engine, &mut gateway, &mut log, &mut Report::default()).expect("it runs");
        drop(gateway);
        writer.join().expect("it ends")
    });
    let waited = waited.lock().expect("nobody panics").clone();
    let mut orders = took.into_iter().skip(WARM_UP).collect::<Vec<_>>();
    let mut syncs = waited.into_iter().skip(WARM_UP).collect::<Vec<_>>();
    orders.sort_unstable();
    syncs.sort_unstable();
    let share = syncs.iter().sum::<Duration>().as_secs_f64() / orders.iter().sum::<Duration>().as_secs_f64();
    for (name, times) in [("tick to order", &orders), ("of it the log", &syncs)] {
        let [half, most] = [0.5, 0.99].map(|share| quantile_us(times, share));
        println!("{name}: p50 {half:.0} us, p99 {most:.0} us, {} orders", times.len());
    }
    println!("the log and its disk sync are {:.0} % of the time", share * 100.0);
    let _ = fs::remove_dir_all(&dir);
}

/// On the disk that builds are on: in memory nothing has to be synced.
fn tempfile_dir() -> std::path::PathBuf {
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("live-bench-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a folder");
    dir
}
