use engine::event::{Decision, Event, Rank};
use engine::instrument::InstrumentId;
use engine::market::Bar;
use engine::time::{Interval, Timestamp};
use expect_test::expect;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::bars::{ClosedBar, Gap};
use crate::candle::Candle;
use crate::stage::{Stage, history, hours, instrument};

const HOUR: Interval = Interval(3_600);

fn closed(hour: i64, candle: Candle) -> ClosedBar {
    let (instrument, opened_at) = (InstrumentId(0), Timestamp(hour * HOUR.ns()));
    ClosedBar { instrument, interval: HOUR, opened_at, candle, gap: Gap::default() }
}

fn scan(candles: impl IntoIterator<Item = Candle>) -> Scan {
    let mut scan = Scan::new();
    for (candle, hour) in candles.into_iter().zip(0..) {
        scan.update(&closed(hour, candle));
    }
    scan
}

/// Candles from one close to the next.
fn candles(closes: &[f64], volume: f64) -> Vec<Candle> {
    let candle = |two: &[f64]| {
        let (open, close) = (two[0], two[1]);
        Candle { open, high: open.max(close) + 0.1, low: open.min(close) - 0.1, close, volume }
    };
    closes.windows(2).map(candle).collect()
}

fn shown(scan: &Scan) -> String {
    let Rank { score_bps, breakout_bps, momentum_bps, mean_reversion_bps, volume_bps, pattern_bps, liquidity_bps, .. } =
        scan.rank(InstrumentId(0)).unwrap();
    let suggestion = scan.scores().unwrap().suggestion().name();
    format!(
        "score {score_bps} breakout {breakout_bps} momentum {momentum_bps} mean reversion {mean_reversion_bps} \
         volume {volume_bps} pattern {pattern_bps} liquidity {liquidity_bps}: {suggestion}"
    )
}

/// A wave of five up and five down.
fn wave(count: u32) -> Vec<f64> {
    (0..count).map(|at| 100.0 + f64::from((at % 10).abs_diff(5))).collect()
}

#[test]
fn each_kind_of_market_has_its_score() {
    let rising: Vec<f64> = wave(80).into_iter().chain((0..20).map(|at| 105.0 + f64::from(at))).collect();
    expect!["score 7174 breakout 8750 momentum 10000 mean reversion 0 volume 2500 pattern 0 liquidity 7826: long"]
        .assert_eq(&shown(&scan(candles(&rising, 50_000.0))));
    let mut fallen = wave(80);
    fallen.extend((0..12).map(|at| 100.0 - 2.0 * f64::from(at)));
    expect!["score 5745 breakout 0 momentum 0 mean reversion 7349 volume 1250 pattern 0 liquidity 7652: wait"]
        .assert_eq(&shown(&scan(candles(&fallen, 50_000.0))));
    expect!["score 3253 breakout 417 momentum 5313 mean reversion 0 volume 2500 pattern 0 liquidity 7725: wait"]
        .assert_eq(&shown(&scan(candles(&wave(100), 50_000.0))));
}

#[test]
fn nothing_to_see_is_no_score() {
    assert_eq!(Scan::new().scores(), None);
    let flat = |count: usize, volume: f64| scan(vec![Candle { open: 7.0, high: 7.0, low: 7.0, close: 7.0, volume }; count]);
    assert_eq!(flat(200, 0.0).scores().unwrap().total(), 0.0);
    assert_eq!(flat(1, 0.0).scores().unwrap().total(), 0.0);
    assert_eq!(flat(1, 0.0).change_24h(), None);
    assert_eq!(flat(25, 0.0).change_24h(), Some(0.0));
}

#[test]
fn liquidity_is_a_days_turnover_and_how_much_of_the_day_was_traded() {
    let liquidity = |count: usize, volume: f64| {
        scan(vec![Candle { open: 10.0, high: 10.0, low: 10.0, close: 10.0, volume }; count]).scores().unwrap().liquidity
    };
    // 10 a unit, 24 bars: 10^7 a day is half of the way from 10^5 to 10^9.
    let of_ten_million = 1e7 / 240.0;
    for count in [1, 10, 24, 100] {
        assert!((liquidity(count, of_ten_million) - 0.5).abs() < 1e-12, "{count} bars");
    }
    assert_eq!((liquidity(50, 1.0), liquidity(50, 1e12)), (0.0, 1.0));
    let mut half = Scan::new();
    for hour in 0..100 {
        let volume = if hour % 2 == 0 { 0.0 } else { 2.0 * of_ten_million };
        half.update(&closed(hour, Candle { open: 10.0, high: 10.0, low: 10.0, close: 10.0, volume }));
    }
    assert!((half.scores().unwrap().liquidity - 0.25).abs() < 1e-12);
}

#[test]
fn the_days_change_is_against_the_bar_of_a_day_before() {
    let closes: Vec<f64> = (0..=48).map(|hour| 100.0 + f64::from(hour)).collect();
    let change = scan(candles(&closes, 1.0)).change_24h().unwrap();
    assert!((change - 24.0 / 124.0).abs() < 1e-12, "{change}");
    let mut gap = scan(candles(&closes[..10], 1.0));
    let last = Candle { open: 109.0, high: 120.0, low: 109.0, close: 120.0, volume: 1.0 };
    gap.update(&closed(40, last));
    assert_eq!(gap.change_24h(), Some(120.0 / 109.0 - 1.0), "the bar of 31 hours before is the last one there");
    gap.update(&closed(400, last));
    assert_eq!(gap.change_24h(), None);
}

fn scanned(stage: &Stage) -> Vec<(i64, Vec<(u32, u16)>)> {
    let ranks = |ranks: &[Rank]| ranks.iter().map(|rank| (rank.instrument.0, rank.score_bps)).collect();
    let told = stage.records.iter().filter_map(|record| match &record.event {
        Event::Decision(Decision::MarketScanned(scan)) => Some((record.at.0, ranks(&scan.ranks))),
        _ => None,
    });
    told.collect()
}

fn played(params: Value, bars: Vec<Bar>) -> Stage {
    let mut stage = Stage::new("scanner", params, &[instrument(0), instrument(1)]);
    stage.play(bars);
    stage
}

/// Both instruments, the second one stronger.
fn both(count: i64) -> Vec<Bar> {
    let first = hours(10, (0..count).map(|hour| (10_000 + 50 * (hour % 7), 1_000)));
    let second = hours(10, (0..count).map(|hour| (10_000 + 100 * hour, 1_000)));
    let second = second.into_iter().map(|bar| Bar { instrument: InstrumentId(1), ..bar });
    let mut bars: Vec<_> = first.into_iter().chain(second).collect();
    bars.sort_by_key(|bar| (bar.opened_at, bar.instrument));
    bars
}

#[test]
fn the_job_records_a_ranking_once_for_all_bars_of_an_hour_and_never_trades() {
    let stage = played(json!({}), both(60));
    let told = scanned(&stage);
    // The last hour's is due when the next input comes.
    assert_eq!(told.len(), 59);
    let (at, ranks) = told.last().unwrap();
    assert_eq!(*at, 59 * HOUR.ns() + 1, "at once, when all bars of the hour are in");
    assert_eq!(ranks.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [1, 0]);
    assert!(ranks[0].1 > ranks[1].1);
    let trades = stage.decisions();
    assert!(!trades.contains("> signal") && !trades.contains("> order"), "{trades}");
}

#[test]
fn the_job_is_quiet_while_nothing_closes_and_keeps_to_its_period_and_length() {
    let params = json!({"every": "4h", "top": 1});
    let told = scanned(&played(params, both(25)));
    let hours: Vec<_> = told.iter().map(|(at, _)| *at / HOUR.ns()).collect();
    assert_eq!(hours, [4, 8, 12, 16, 20, 24]);
    assert!(told.iter().all(|(_, ranks)| ranks.len() == 1));
    let mut stage = played(json!({}), both(10));
    let before = stage.engine.next_deadline();
    assert!(before.is_some());
    stage.input(before.unwrap(), Input::Timer);
    assert_eq!(stage.engine.next_deadline(), None, "nothing has closed since: nothing is due");
    stage.input(Timestamp(11 * HOUR.ns()), Input::Timer);
    assert_eq!(scanned(&stage).len(), 10);
}

#[test]
fn on_real_candles_scores_spread() {
    let Some(bars) = history("BTC-USDT_1h_binance.csv.gz") else { return };
    let stage = played(json!({"timeframe": "4h"}), bars);
    let scores: Vec<u16> = scanned(&stage).into_iter().map(|(_, ranks)| ranks[0].1).collect();
    let (low, high) = (scores.iter().min().unwrap(), scores.iter().max().unwrap());
    assert!(*low < 3_000 && *high > 8_000, "{low} {high}");
}

proptest! {
    #[test]
    fn scores_are_shares_whatever_comes(numbers in prop::collection::vec(any::<[f64; 5]>(), 1..120)) {
        let scan = scan(numbers.iter().map(|&[open, high, low, close, volume]| Candle { open, high, low, close, volume }));
        if let Some(scores) = scan.scores() {
            let Scores { breakout, momentum, mean_reversion, volume, pattern, liquidity, .. } = scores;
            for part in [breakout, momentum, mean_reversion, volume, pattern, liquidity, scores.total()] {
                prop_assert!((0.0..=1.0).contains(&part), "{scores:?}");
            }
        }
        prop_assert!(scan.change_24h().is_none_or(f64::is_finite));
    }

    #[test]
    fn scores_of_a_walk_are_shares(steps in prop::collection::vec((-2.0..2.0_f64, 0.0..100.0_f64), 1..300)) {
        let mut close: f64 = 100.0;
        let walk = steps.iter().map(|(step, volume)| {
            let open = close;
            close = (close + step).max(0.01);
            Candle { open, high: open.max(close), low: open.min(close), close, volume: *volume }
        });
        let scan = scan(walk);
        let rank = scan.rank(InstrumentId(0)).unwrap();
        prop_assert!(rank.score_bps <= 10_000 && scan.scores().unwrap().total() <= 1.0);
        prop_assert_eq!(scan.bars(), steps.len() as u64);
    }
}
