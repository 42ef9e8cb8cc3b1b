use engine::engine::{Engine, Entrant};
use engine::instrument::InstrumentId;
use engine::market::Bar;
use expect_test::expect;
use serde_json::{Value, json};

use crate::ParamsError;
use crate::stage::{Stage, history, hours, instrument};

const HOUR_NS: i64 = 3_600_000_000_000;

/// Numbers between -1 and 1 that look like chance: a linear congruential generator (Knuth's MMIX).
fn noise(mut seed: u64) -> impl FnMut() -> f64 {
    move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

/// Bars of both: the second walks by chance, the first is at twice its price times one plus `spread(hour, chance)`.
fn pair(count: u32, mut spread: impl FnMut(u32, f64) -> f64) -> Vec<Bar> {
    let (mut chance, mut second) = (noise(3), 100.0);
    let mut closes = |hour: u32| {
        second += 0.5 * chance();
        #[expect(clippy::cast_possible_truncation, reason = "a few thousand cents")]
        [2.0 * second * (1.0 + spread(hour, chance())), second].map(|close: f64| ((close * 100.0).round() as i64, 10))
    };
    let closes: Vec<_> = (0..count).map(&mut closes).collect();
    let [first, second] = [0, 1].map(|leg: usize| hours(20, closes.iter().map(move |both| both[leg])));
    interleaved(first, second)
}

fn interleaved(first: Vec<Bar>, second: Vec<Bar>) -> Vec<Bar> {
    let second = second.into_iter().map(|bar| Bar { instrument: InstrumentId(1), ..bar });
    let mut bars: Vec<_> = first.into_iter().chain(second).collect();
    bars.sort_by_key(|bar| (bar.opened_at, bar.instrument));
    bars
}

/// Chance around zero, but for the hours from 150 on: down (or up) to `drift` within 10 hours and back within 20.
fn drifting(drift: f64) -> impl FnMut(u32, f64) -> f64 {
    move |hour, chance| {
        let share = match hour {
            150..160 => f64::from(hour - 149) / 10.0,
            160..180 => 1.0 - f64::from(hour - 159) / 20.0,
            _ => 0.0,
        };
        0.003 * chance + drift * share
    }
}

fn signals(params: Value, bars: Vec<Bar>) -> String {
    let mut stage = Stage::new("pairs", params, &[instrument(0), instrument(1)]);
    stage.play(bars);
    let lines = stage.decisions();
    let told = lines.lines().filter_map(|line| line.split_once("> signal pairs "));
    told.fold(String::new(), |all, (_, signal)| all + signal.split_once(" ^").unwrap().0 + "\n")
}

#[test]
fn it_buys_the_cheap_one_and_sells_it_when_they_are_back() {
    let params = json!({"window": 100});
    expect![[r#"
        BTC-USDT long 76.42% stop 192.45 target 195.74 z=-2.14205701 hedge_ratio=0.97073014 adf_t=-6.63603881 critical_value=-3.39854434 half_life=0.31857481
        BTC-USDT long 83.68% stop 188.69 target 192.48 z=-2.86846163 hedge_ratio=1.01934188 adf_t=-6.50242939 critical_value=-3.39854434 half_life=0.17462750
        BTC-USDT flat 100% z=-0.47355720 exit_z=0.50000000 adf_t=-5.79363656
        BTC-USDT long 79.03% stop 184.72 target 188.66 z=-2.48648430 hedge_ratio=1.06613515 adf_t=-4.81594166 critical_value=-3.39854434 half_life=0.69750454
        BTC-USDT long 79.44% stop 185.33 target 189.51 z=-2.99107685 hedge_ratio=1.07675480 adf_t=-4.35148199 critical_value=-3.39854434 half_life=0.82541886
    "#]].assert_eq(&signals(params.clone(), pair(200, drifting(-0.008))));
    expect![[r#"
        BTC-USDT long 76.42% stop 192.45 target 195.74 z=-2.14205701 hedge_ratio=0.97073014 adf_t=-6.63603881 critical_value=-3.39854434 half_life=0.31857481
        ETH-USDT long 92.44% stop 93.33 target 95.90 z=3.74443058 hedge_ratio=0.99192294 adf_t=-6.32774579 critical_value=-3.39854434 half_life=0.16264537
    "#]].assert_eq(&signals(params, pair(200, drifting(0.008))));
}

#[test]
fn it_leaves_when_they_hang_together_no_more() {
    // The first goes its own way for good.
    let gone = |hour: u32, chance: f64| 0.003 * chance - 0.001 * f64::from(hour.saturating_sub(150));
    expect![[r#"
        BTC-USDT long 75.15% stop 185.90 target 195.74 z=-2.14205701 hedge_ratio=0.97073014 adf_t=-6.63603881 critical_value=-3.39854434 half_life=0.31857481
        BTC-USDT long 75.41% stop 181.51 target 191.88 z=-2.37510554 hedge_ratio=1.02268845 adf_t=-6.22080209 critical_value=-3.39854434 half_life=0.27106920
        BTC-USDT flat 100% cointegrated=0.00000000 adf_t=-2.50441150 critical_value=-3.08756793 z=-3.57418776
    "#]].assert_eq(&signals(json!({"window": 100, "stop_atr": 10.0, "stop_z": 20.0}), pair(220, gone)));
}

#[test]
fn strangers_and_windows_that_are_not_full_give_no_signal() {
    let mut stranger = {
        let mut own = 0.0;
        move |_, chance: f64| {
            own += 0.02 * chance;
            own
        }
    };
    assert_eq!(signals(json!({"window": 300}), pair(400, &mut stranger)), "");
    assert_eq!(signals(json!({"window": 201}), pair(200, drifting(-0.008))), "");
}

#[test]
fn the_two_are_those_that_are_named_or_the_first_listed() {
    let named = |params: Value| signals(params, pair(200, drifting(-0.008)));
    let told = named(json!({"window": 100}));
    assert_eq!(named(json!({"window": 100, "first": "BTC-USDT", "second": "ETH-USDT"})), told);
    assert_eq!(named(json!({"window": 100, "second": "ETH-USDT"})), told);
    assert_eq!(named(json!({"window": 100, "first": "SOL-USDT"})), "");
    // The other way round it is the second that is cheap.
    let turned = named(json!({"window": 100, "first": "ETH-USDT"}));
    assert!(turned.starts_with("BTC-USDT long") && turned.contains(" z=2."), "{turned}");
}

#[test]
fn a_bar_that_only_one_has_is_left_out() {
    let bars = pair(200, drifting(-0.008));
    let is_early = |bar: &Bar| (10..20).contains(&(bar.opened_at.0 / HOUR_NS));
    let told = |is_kept: &dyn Fn(&Bar) -> bool| signals(json!({"window": 90}), bars.iter().copied().filter(is_kept).collect());
    let first_only = told(&|bar| !is_early(bar) || bar.instrument == InstrumentId(0));
    assert_eq!(first_only, told(&|bar| !is_early(bar)));
    assert!(first_only.contains("BTC-USDT long"), "{first_only}");
}

#[test]
fn figures_at_odds_are_refused() {
    let error = |params: Value| crate::build("pairs", &serde_json::from_value(params).unwrap()).err().unwrap();
    for (params, message) in [
        (json!({"exit_z": 2.0}), "exit_z = 2, entry_z = 2 and stop_z = 4: it must be exit_z < entry_z < stop_z"),
        (json!({"entry_z": 4.0}), "exit_z = 0.5, entry_z = 4 and stop_z = 4: it must be exit_z < entry_z < stop_z"),
        (json!({"first": "A-B", "second": "A-B"}), "first and second are both A-B: a pair needs two"),
        (json!({"significance_percent": 2}), "significance_percent = 2: it must be 1, 5 or 10"),
        (json!({"window": 3}), "window = 3: it must be from 30 to 5000"),
    ] {
        assert_eq!(error(params), ParamsError::Invalid(message.into()));
    }
}

#[test]
fn on_real_candles_it_trades_both_and_says_why() {
    let files = ["BTC-USDT_1h_binance.csv.gz", "ETH-USDT_1h_binance.csv.gz"];
    let [Some(first), Some(second)] = files.map(history) else { return };
    let told = signals(json!({}), interleaved(first, second));
    for what in ["BTC-USDT long", "ETH-USDT long", "exit_z=", "cointegrated=0", "half_life="] {
        assert!(told.contains(what), "{what}");
    }
}

#[test]
fn an_engine_with_one_instrument_only_waits() {
    let strategy = crate::build("pairs", &serde_json::Map::new()).unwrap();
    let mut engine = Engine::new(vec![Entrant { strategy, symbols: None, size: "1".parse().unwrap() }]);
    for bar in hours(10, (0..400).map(|hour| (10_000 + hour % 7, 1))) {
        engine.step(bar.closed_at(), engine::event::Input::Bar(bar));
    }
}
