use engine::book::Book;
use engine::instrument::InstrumentId;
use engine::market::{Level, Side, Trade};
use engine::number::{FixedPrice, FixedSize};
use engine::time::{DAY_NS, SECOND_NS, Timestamp};
use proptest::prelude::*;

use super::streaming::RENEWED_AFTER;
use super::*;
use crate::candle::Candle;

fn candle(high: f64, low: f64, close: f64) -> Candle {
    Candle { open: low, high, low, close, volume: 10.0 }
}

fn flat(price: f64, volume: f64) -> Candle {
    Candle { open: price, high: price, low: price, close: price, volume }
}

fn close_to(ours: Option<f64>, theirs: f64) -> bool {
    ours.is_some_and(|ours| (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0))
}

/// Feeds values, and gives the one after each.
fn each<I, T, V>(inputs: impl IntoIterator<Item = T>, mut indicator: I, update: impl Fn(&mut I, &T) -> V) -> Vec<V> {
    inputs.into_iter().map(|input| update(&mut indicator, &input)).collect()
}

#[test]
fn averages_by_hand() {
    assert_eq!(each([1.0, 2.0, 6.0, 7.0], Sma::new(3), |sma, value| sma.update(*value)), [None, None, Some(3.0), Some(5.0)]);
    assert_eq!(each([1.0, 2.0, 6.0, 7.0], Ema::new(3), |ema, value| ema.update(*value)), [None, None, Some(3.0), Some(5.0)]);
    let rma = each([1.0, 2.0, 6.0, 9.0], Rma::new(3), |rma, value| rma.update(*value));
    assert!(rma[1].is_none() && rma[2] == Some(3.0) && close_to(rma[3], 5.0), "{rma:?}");
    assert!(close_to(each([1.0, 2.0, 6.0], Wma::new(3), |wma, value| wma.update(*value))[2], 23.0 / 6.0));
    assert_eq!(each([1.0, 3.0], StdDev::new(2), |deviation, value| deviation.update(*value)), [None, Some(1.0)]);
    let mut bands = Bollinger::new(2, 2.0);
    assert_eq!((bands.update(1.0), bands.percent_b(1.0), bands.bandwidth()), (None, None, None));
    assert_eq!(bands.update(3.0), Some(BollingerValue { upper: 4.0, middle: 2.0, lower: 0.0 }));
    assert_eq!((bands.percent_b(3.0), bands.bandwidth()), (Some(0.75), Some(2.0)));
    bands.update(3.0);
    assert_eq!((bands.percent_b(3.0), bands.bandwidth()), (None, Some(0.0)), "the bands are one line");
}

#[test]
fn momentum_by_hand() {
    assert_eq!(
        each([4.0, 5.0, 6.0, 0.0, 1.0, 7.0], Roc::new(2), |roc, value| roc.update(*value))[2..],
        [Some(50.0), Some(-100.0), Some((1.0 - 6.0) / 6.0 * 100.0), Some(0.0)]
    );
    let rsi = each([1.0, 3.0, 2.0, 2.0], Rsi::new(2), |rsi, value| rsi.update(*value));
    assert!(rsi[1].is_none() && close_to(rsi[2], 200.0 / 3.0) && close_to(rsi[3], 200.0 / 3.0), "{rsi:?}");
    assert_eq!(each([1.0; 4], Rsi::new(2), |rsi, value| rsi.update(*value)), [None, None, Some(0.0), Some(0.0)]);
    let macd = each([1.0, 2.0, 3.0, 4.0], Macd::new(2, 3, 2), |macd, value| macd.update(*value));
    assert_eq!(macd[..3], [None; 3]);
    let MacdValue { macd, signal, histogram } = macd[3].unwrap();
    assert!(close_to(Some(macd), 0.5) && close_to(Some(signal), 0.5) && close_to(Some(histogram), 0.0));
    let candles = [candle(3.0, 1.0, 2.0), candle(5.0, 2.0, 4.0)];
    let stochastic = each(candles, Stochastic::new(2, 1, 1), Stochastic::update);
    assert_eq!(stochastic, [None, Some(StochasticValue { k: 75.0, d: 75.0 })]);
    assert_eq!(each(candles, WilliamsR::new(2), WilliamsR::update), [None, Some(-25.0)]);
    let cci = each([flat(1.0, 1.0), flat(3.0, 1.0)], Cci::new(2), Cci::update);
    assert!(cci[0].is_none() && close_to(cci[1], 200.0 / 3.0), "{cci:?}");
}

#[test]
fn ranges_and_trends_by_hand() {
    let candles = [candle(3.0, 1.0, 2.0), candle(5.0, 4.0, 4.5), candle(5.0, 4.0, 4.0)];
    assert_eq!(each(candles, TrueRange::new(), TrueRange::update), [None, Some(3.0), Some(1.0)]);
    assert_eq!(each(candles, Atr::new(2), Atr::update), [None, None, Some(2.0)]);
    assert_eq!(each(candles, Natr::new(2), Natr::update), [None, None, Some(50.0)]);
    let channel = |upper, middle, lower| Some(Channel { upper, middle, lower });
    let donchian = each(candles, Donchian::new(2), Donchian::update);
    assert_eq!(donchian, [None, channel(5.0, 3.0, 1.0), channel(5.0, 4.5, 4.0)]);
    let keltner = each(candles, Keltner::new(2, 1, 2.0), Keltner::update);
    assert_eq!(keltner[..2], [None, channel(9.25, 3.25, -2.75)]);
    let rising = (0..30).map(|bar| candle(f64::from(bar) + 2.0, f64::from(bar), f64::from(bar) + 1.0));
    let adx = each(rising, Adx::new(5), Adx::update);
    assert!(adx[4].is_none() && adx[5].is_some_and(|value| value.adx.is_none()));
    let AdxValue { adx, plus_di, minus_di } = adx[29].unwrap();
    assert!(close_to(adx, 100.0) && close_to(Some(plus_di), 50.0) && close_to(Some(minus_di), 0.0));
}

#[test]
fn supertrend_turns_when_its_line_is_crossed() {
    let mut supertrend = Supertrend::new(1, 1.0);
    let value = |value, upper, lower, direction| Some(SupertrendValue { value, upper, lower, direction });
    assert_eq!(supertrend.update(&candle(3.0, 1.0, 2.0)), value(4.0, 4.0, 0.0, Trend::Down));
    assert_eq!(supertrend.update(&candle(7.0, 5.0, 6.0)), value(1.0, 4.0, 1.0, Trend::Up));
    let mut of_ta_lib = Supertrend::with_convention(1, 1.0, Convention::TaLib);
    assert_eq!(of_ta_lib.update(&candle(3.0, 1.0, 2.0)), None);
    assert_eq!(of_ta_lib.update(&candle(7.0, 5.0, 6.0)), value(1.0, 11.0, 1.0, Trend::Up));
}

#[test]
fn volume_by_hand() {
    let candles = [flat(2.0, 5.0), flat(3.0, 5.0), flat(3.0, 5.0), flat(1.0, 5.0)];
    assert_eq!(each(candles, Obv::new(), Obv::update), [5.0, 10.0, 10.0, 5.0].map(Some));
    let negative = [flat(-2.0, 5.0), flat(-1.0, 5.0)];
    assert_eq!(each(negative, Obv::new(), Obv::update), [Some(5.0), Some(10.0)]);
    let mfi = each([flat(1.0, 10.0), flat(2.0, 10.0), flat(1.0, 10.0)], Mfi::new(2), Mfi::update);
    assert!(mfi[1].is_none() && close_to(mfi[2], 200.0 / 3.0), "{mfi:?}");
    let candles = [flat(1.0, 0.0), flat(2.0, 3.0), flat(6.0, 1.0), flat(9.0, 0.0), flat(9.0, 0.0)];
    let rolling = each(candles, VwapRolling::new(2), VwapRolling::update);
    assert_eq!(rolling, [None, Some(2.0), Some(3.0), Some(6.0), None]);
    assert_eq!(each(candles, VwapCumulative::new(), VwapCumulative::update)[..3], [None, Some(2.0), Some(3.0)]);
    let mut session = VwapSession::new();
    assert_eq!(session.update(Timestamp(0), &flat(2.0, 3.0)), Some(2.0));
    assert_eq!(session.update(Timestamp(DAY_NS - 1), &flat(6.0, 1.0)), Some(3.0));
    assert_eq!(session.update(Timestamp(DAY_NS), &flat(9.0, 0.0)), None, "a new day");
}

#[test]
fn the_squeeze_ends_when_the_bands_open() {
    let squeeze = each([1.0, 3.0, 3.0, 9.0], Squeeze::new(2, 2), |squeeze, value| squeeze.update(*value));
    assert_eq!(squeeze[..2], [None; 2]);
    assert_eq!(squeeze[2], Some(SqueezeValue { bandwidth: 0.0, is_squeezed: true, released: false }));
    assert_eq!(squeeze[3], Some(SqueezeValue { bandwidth: 2.0, is_squeezed: false, released: true }));
}

#[test]
fn patterns_by_hand() {
    let mut patterns = CandlePatterns::new();
    let falling = Candle { open: 10.0, high: 10.2, low: 8.8, close: 9.0, volume: 1.0 };
    assert_eq!((patterns.update(&falling).count(), patterns.update(&falling).count()), (0, 0));
    let rising = Candle { open: 8.5, high: 10.6, low: 8.4, close: 10.5, volume: 1.0 };
    assert!(patterns.update(&rising).any(|found| found == (Pattern::Engulfing, 100)));
    for _ in 0..20 {
        assert_eq!(patterns.update(&rising).find(|(pattern, _)| *pattern == Pattern::Doji), None);
    }
    let found: Vec<_> = patterns.update(&Candle { close: 8.5, ..rising }).collect();
    assert!(found.contains(&(Pattern::Doji, 100)) && found.contains(&(Pattern::GravestoneDoji, 100)), "{found:?}");
    assert_eq!(patterns.score(Pattern::Doji), 100);
    assert!(Pattern::NAMES.is_sorted() && Pattern::MorningStar.name() == "cdlmorningstar");
}

#[test]
fn books_and_trades_by_hand() {
    let level = |price, size| Level { price: FixedPrice(price), size: FixedSize(size) };
    let top = |bid, bids, ask, asks| TopOfBook { bid: level(bid, bids), ask: level(ask, asks) };
    assert!(close_to(Spread::new().update(top(9_950, 1, 10_050, 1)), 100.0));
    assert_eq!(Spread::new().update(top(0, 1, 0, 1)), None);
    assert_eq!(Microprice::new(1).update(top(100, 30, 104, 10)), Some(10.3));
    assert_eq!(Microprice::new(1).update(top(100, 0, 104, 0)), None);

    let mut book = Book::default();
    let mut imbalance = BookImbalance::new(2);
    assert_eq!((imbalance.update(&book), TopOfBook::of_book(&book)), (None, None));
    book.replace(&[level(99, 5), level(98, 1), level(97, 100)], &[level(101, 2)]);
    assert_eq!(imbalance.update(&book), Some(0.5));
    assert_eq!(TopOfBook::of_book(&book), Some(top(99, 5, 101, 2)));

    let mut flow = OrderFlowImbalance::new(2, 0);
    // More bid; a better bid; the bid gone and the ask lower.
    let tops = [top(10, 5, 12, 5), top(10, 8, 12, 5), top(11, 2, 12, 4), top(10, 9, 11, 3)];
    assert_eq!(tops.map(|top| flow.update(top)), [None, None, Some(3.0 + 3.0), Some(3.0 - 5.0)]);

    let mut intensity = TradeIntensity::new(60 * SECOND_NS);
    let mut trade = |second: i64, size, taker| {
        let (instrument, venue_at) = (InstrumentId(0), Timestamp(second * SECOND_NS));
        intensity.update(&Trade { instrument, venue_at, price: FixedPrice(1), size: FixedSize(size), taker, trade_id: None })
    };
    assert_eq!((trade(0, 5, Side::Buy), trade(30, 3, Side::Buy)), (None, None));
    let value = |trades_per_second, imbalance| Some(TradeIntensityValue { trades_per_second, imbalance });
    assert_eq!(trade(59, 2, Side::Sell), value(3.0 / 60.0, 0.6));
    assert_eq!(trade(60, 5, Side::Sell), value(3.0 / 60.0, -0.4), "the first one is over");
}

#[test]
fn a_long_run_does_not_drift_or_end() {
    let (mut ema, mut rsi, mut sma, mut williams) = (Ema::new(9), Rsi::new(14), Sma::new(7), WilliamsR::new(5));
    let (mut naive_ema, mut gains, mut losses) = (0.0, 0.0, 0.0);
    let mut prices = Vec::new();
    let mut dice: u64 = 7;
    for index in 0..RENEWED_AFTER + 2_000 {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // One price is absurd, and must leave no trace.
        let price = if index == 1_000 { 1e15 } else { 40_000.0 + (dice >> 44) as f64 / 1_000.0 };
        let change: f64 = price - prices.last().copied().unwrap_or(price);
        prices.push(price);
        let found = (ema.update(price), rsi.update(price), sma.update(price));
        williams.update(&flat(price, 1.0));
        if index == 0 {
            naive_ema = price;
        }
        naive_ema += 0.2 * (price - naive_ema);
        gains += (change.max(0.0) - gains) / 14.0;
        losses += ((-change).max(0.0) - losses) / 14.0;
        // Each starts in another way, which is forgotten by then; and so is what is absurd.
        if index >= 2_000 {
            assert!(close_to(found.0, naive_ema), "{index}: {found:?} {naive_ema}");
            assert!(close_to(found.1, 100.0 * gains / (gains + losses)), "{index}: {found:?}");
            assert!(close_to(found.2, prices[prices.len() - 7..].iter().sum::<f64>() / 7.0), "{index}: {found:?}");
            let window = &prices[prices.len() - 5..];
            let highest = window.iter().copied().fold(f64::MIN, f64::max);
            let lowest = window.iter().copied().fold(f64::MAX, f64::min);
            assert!(close_to(williams.value(), -100.0 * (highest - price) / (highest - lowest)), "{index}");
        }
    }
}

fn prices() -> impl Strategy<Value = Vec<Candle>> {
    let bar = (1_u32..2_000, 0_u32..100, 0_u32..=100, 0_u32..5).prop_map(|(low, range, place, volume)| {
        let (low, range) = (f64::from(low) / 10.0, f64::from(range) / 10.0);
        let close = (low + range * f64::from(place) / 100.0).min(low + range);
        Candle { open: low, high: low + range, low, close, volume: f64::from(volume) }
    });
    prop::collection::vec(bar, 1..120)
}

/// Numbers of which some are none, absurd, or zero.
fn any_candles() -> impl Strategy<Value = Vec<Candle>> {
    let absurd = [f64::NAN, f64::INFINITY, f64::MAX, f64::MIN_POSITIVE, 1e100, -1e100, 0.0, -0.0, -5.0, 5e-324];
    let number = move || prop_oneof![4 => 0.0..1e6_f64, 1 => prop::sample::select(absurd.to_vec())];
    let bar = (number(), number(), number(), number(), number());
    prop::collection::vec(bar.prop_map(|(open, high, low, close, volume)| Candle { open, high, low, close, volume }), 1..150)
}

proptest! {
    #[test]
    fn windows_agree_with_naive_ones(candles in prices(), period in 2_u32..12) {
        let n = period as usize;
        let (mut sma, mut wma, mut deviation, mut roc) = (Sma::new(period), Wma::new(period), StdDev::new(period), Roc::new(period));
        let (mut donchian, mut vwap) = (Donchian::new(period), VwapRolling::new(period));
        let (mut williams, mut stochastic) = (WilliamsR::new(period), Stochastic::new(period, 1, 1));
        for (index, candle) in candles.iter().enumerate() {
            let close = candle.close;
            let found = [sma.update(close), wma.update(close), deviation.update(close), williams.update(candle)];
            let change = roc.update(close);
            let (channel, mean, place) = (donchian.update(candle), vwap.update(candle), stochastic.update(candle));
            prop_assert_eq!(change.is_some(), index >= n);
            if let (Some(change), Some(before)) = (change, index.checked_sub(n)) {
                prop_assert!(close_to(Some(change), 100.0 * (close / candles[before].close - 1.0)));
            }
            if index + 1 < n {
                prop_assert_eq!(found, [None; 4]);
                prop_assert_eq!((channel, mean, place), (None, None, None));
                continue;
            }
            let window = &candles[index + 1 - n..=index];
            let closes = || window.iter().map(|candle| candle.close);
            let average = closes().sum::<f64>() / n as f64;
            let weighted = closes().zip(1_u32..).map(|(close, weight)| close * f64::from(weight)).sum::<f64>();
            let variance = closes().map(|close| (close - average) * (close - average)).sum::<f64>() / n as f64;
            let upper = window.iter().map(|candle| candle.high).fold(f64::MIN, f64::max);
            let lower = window.iter().map(|candle| candle.low).fold(f64::MAX, f64::min);
            let volume: f64 = window.iter().map(|candle| candle.volume).sum();
            let notional: f64 = window.iter().map(|candle| candle.typical() * candle.volume).sum();
            prop_assert!(close_to(found[0], average));
            prop_assert!(close_to(found[1], weighted / f64::from(period * (period + 1) / 2)));
            // A root turns the last digits of a variance of nothing into more.
            prop_assert!((found[2].unwrap() - variance.sqrt()).abs() < 1e-6);
            prop_assert_eq!(channel, Some(Channel { upper, middle: f64::midpoint(upper, lower), lower }));
            let agrees = if volume > 0.0 { close_to(mean, notional / volume) } else { mean.is_none() };
            prop_assert!(agrees);
            if upper > lower {
                prop_assert!(close_to(found[3], -100.0 * (upper - close) / (upper - lower)));
                prop_assert!(close_to(place.map(|place| place.k), 100.0 * (close - lower) / (upper - lower)));
            }
        }
    }

    #[test]
    fn nothing_panics_and_nothing_given_is_not_a_number(candles in any_candles()) {
        for name in names() {
            let mut indicator = named(name).unwrap();
            let columns = indicator.columns().len();
            for (index, candle) in (0_i64..).zip(&candles) {
                let mut row = Vec::new();
                indicator.update(Timestamp(index * SECOND_NS), candle, &mut row);
                prop_assert_eq!(row.len(), columns);
                prop_assert!(row.iter().flatten().all(|value| value.is_finite()), "{}: {:?} after {:?}", name, row, candle);
            }
        }
    }

    #[test]
    fn a_clone_goes_on_alike_and_has_the_same_state(candles in prices(), at in 0_usize..100) {
        let mut one = (Sma::new(4), Macd::new(3, 6, 2), Adx::new(3), Supertrend::new(3, 2.0), CandlePatterns::new());
        let update = |all: &mut (Sma, Macd, Adx, Supertrend, CandlePatterns), candle: &Candle| {
            let found: Vec<_> = all.4.update(candle).collect();
            (all.0.update(candle.close), all.1.update(candle.close), all.2.update(candle), all.3.update(candle), found)
        };
        let at = at.min(candles.len());
        candles[..at].iter().for_each(|candle| drop(update(&mut one, candle)));
        let mut other = one.clone();
        for candle in &candles[at..] {
            prop_assert_eq!(update(&mut one, candle), update(&mut other, candle));
        }
        prop_assert_eq!(serde_json::to_string(&one).unwrap(), serde_json::to_string(&other).unwrap());
        let before = serde_json::to_string(&one).unwrap();
        update(&mut one, &flat(77.7, 1.0));
        prop_assert_ne!(serde_json::to_string(&one).unwrap(), before, "an input leaves a trace");
    }
}

#[test]
fn periods_that_make_no_sense_are_clamped() {
    for period in [0, 1, u32::MAX] {
        let (mut atr, mut adx, mut deviation) = (Atr::new(period), Adx::new(period), StdDev::new(period));
        for _ in 0..10 {
            atr.update(&flat(1.0, 1.0));
            adx.update(&flat(1.0, 1.0));
            deviation.update(1.0);
        }
        assert_eq!(deviation.value().is_some(), period <= 1);
    }
}

#[test]
fn names_are_parsed_and_faults_are_told() {
    let columns = |name| named(name).ok().unwrap().columns().to_vec();
    assert_eq!(columns("rsi:14"), ["rsi_14"]);
    assert_eq!(columns("RSI"), ["rsi_14"]);
    assert_eq!(columns("macd:5"), ["macd_5_26_9.macd", "macd_5_26_9.signal", "macd_5_26_9.hist"]);
    assert_eq!(columns("bbands:20:2.5")[0], "bbands_20_2.5.upper");
    assert_eq!((columns("atr_tv:7"), columns("atr_7_tv")), (vec!["atr_7_tv".to_owned()], vec!["atr_7_tv".to_owned()]));
    assert_eq!((columns("vwap"), columns("cdldoji")), (vec!["vwap_session_utc_day".to_owned()], vec!["cdldoji".to_owned()]));
    let fault = |name| match named(name).err().unwrap() {
        NameError::Unknown(name) => format!("unknown {name}"),
        NameError::Parameters { given, reason, expected } => format!("{given}: {reason}: {expected}"),
    };
    let rsi = "rsi:PERIOD, such as rsi:14, with PERIOD whole from 2 to 100000";
    assert_eq!(fault("rsj:14"), "unknown rsj");
    assert_eq!(fault("rsi:x"), format!("rsi:x: its period must be a whole number, not \"x\": {rsi}"));
    assert_eq!(fault("rsi:1"), format!("rsi:1: its period must be from 2 to 100000: {rsi}"));
    assert_eq!(fault("rsi:14:3"), format!("rsi:14:3: it has 1 parameters too many: {rsi}"));
    assert_eq!(fault("obv:3"), "obv:3: it has 1 parameters too many: obv without parameters");
    assert!(fault("macd:26:12:9").starts_with("macd:26:12:9: its fast must be below its slow: macd:FAST:SLOW:SIGNAL, such as"));
    assert!(fault("bbands:20:inf").contains("its deviations must be a number, not \"inf\""));
    assert!(fault("cdldoji:3").contains("a pattern has no parameters"));
}
