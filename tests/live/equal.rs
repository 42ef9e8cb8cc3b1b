//! What was traded at the venue verifies, and its market data give the same signals in a backtest.

use std::time::Duration;

use engine::number::Decimal;
use engine::order::StrategyId;

use crate::compare::{Cause, Leg, differences, range, signals, trips};
use crate::logged::Logged;
use crate::stage::{FREELY, STRATEGIES, Stage};

/// Seconds of the market in one of the machine's.
const SPEED: i64 = 300;
const MINUTES: usize = 700;
const TRADES_FOR: Duration = Duration::from_secs(45);
/// How long an order may be on its way there and back on a busy machine.
const ON_ITS_WAY_MS: i64 = 4_000;

fn fee_rate() -> Decimal {
    Decimal::new(1, 3)
}

#[test]
fn a_live_run_is_the_backtest_of_its_market_data() {
    let stage = Stage::open(1, MINUTES, &["--speed", &SPEED.to_string()], &[]);
    stage.configure("feeds = [\"trades\", \"quotes\", \"1m\"]", &format!("{FREELY}{STRATEGIES}"));
    let trader = stage.trade("live", &[]);
    std::thread::sleep(TRADES_FOR);
    assert_eq!(trader.stop("-INT"), Some(0), "{}", stage.said());
    let run = stage.run();
    stage.verify(&run);
    let name = run.to_str().unwrap();
    let output = stage.ask(&["backtest", "--config", "live.toml", "--data", name]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let [_, again] = &stage.runs()[..] else { panic!("two runs: {:?}", stage.runs()) };
    stage.verify(again);

    let (live, backtest) = (Logged::read(&run), Logged::read(again));
    let said = signals(&live, &backtest);
    assert!(said.unexplained.is_empty(), "{}", said.unexplained.join("\n"));
    // What looks at prices alone says the same, word for word; what looks at its position may not where the fill is late.
    let of_prices = |log: &Logged| {
        let all = log.signals().into_iter().filter(|(.., signal)| signal.strategy == StrategyId(0));
        all.map(|(_, at, signal)| (at, signal.clone())).collect::<Vec<_>>()
    };
    assert_eq!(of_prices(&live), of_prices(&backtest));
    assert!(of_prices(&live).len() > 60 && said.by_position * 20 <= said.same, "{said:?}");

    let (traded, tested) = (trips(&live), trips(&backtest));
    let found = differences(&traded, &tested);
    eprintln!("{found}\nsignals: {} the same, {} differ as positions do", said.same, said.by_position);
    assert!(found.trips > 30, "too few to say anything");
    // Who gets in when a position is still on its way out, and at which side of two close prices it gets out, is a matter
    // of the way to the venue and back; everything else is the same.
    assert!(found.count(Cause::Missing) * 6 <= found.trips, "{found}");
    assert!(found.count(Cause::WayOut) * 6 <= found.trips, "{found}");
    assert!(found.count(Cause::StillOpen) <= 2, "{found}");
    for (key, trip) in &traded {
        let legs: Vec<&Leg> = [&trip.bought, &trip.sold].into_iter().flatten().collect();
        for leg in &legs {
            assert_eq!(leg.fee().normalize(), (leg.notional.0 * fee_rate()).normalize(), "{key:?}");
            assert!(leg.way != crate::compare::Way::Signal || is_explained(&live, leg), "{key:?}: {leg:?}");
        }
        if let [bought, sold] = legs[..] {
            assert_eq!(sold.quantity.0, bought.quantity.0 - bought.fees.0, "{key:?}: all that was got is sold");
        }
    }
    for trip in tested.values() {
        for leg in [&trip.bought, &trip.sold].into_iter().flatten() {
            assert_eq!(leg.fees, (Decimal::ZERO, leg.notional.0 * fee_rate()));
        }
    }
}

/// Whether a market order got a price that there was between its decision and its report, the built-in maker's spread and
/// the next price of his book included.
fn is_explained(live: &Logged, leg: &Leg) -> bool {
    let slack = Decimal::new(5, 4);
    let (decided, known) = leg.times;
    let on_time = (known.0 - decided.0) / 1_000_000 <= ON_ITS_WAY_MS * SPEED;
    let (low, high) = range(live, decided, known).expect("there are prices");
    let price = leg.price().0;
    on_time && price >= low.0 * (Decimal::ONE - slack) && price <= high.0 * (Decimal::ONE + slack)
}
