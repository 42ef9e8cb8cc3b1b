use super::*;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use crate::instrument::InstrumentId;
use crate::number::{Amount, FixedSize};

const HOUR: Interval = Interval(3_600);
const DAY: Interval = Interval(86_400);
const MINUTE: Interval = Interval(60);

/// Open, high, low, close.
type Prices = [i64; 4];

fn bar(interval: Interval, opened_at: i64, [open, high, low, close]: Prices) -> Bar {
    Bar {
        instrument: InstrumentId(0),
        interval,
        opened_at: Timestamp(opened_at),
        open: FixedPrice(open),
        high: FixedPrice(high),
        low: FixedPrice(low),
        close: FixedPrice(close),
        volume: FixedSize(1),
    }
}

fn row(interval: Interval, bars: &[Prices]) -> Statistics {
    let mut statistics = Statistics::default();
    for (at, prices) in (0..).zip(bars) {
        statistics.bar(&bar(interval, interval.ns().saturating_mul(at), *prices));
    }
    statistics
}

/// Daily bars with these closes.
fn days(closes: impl IntoIterator<Item = i64>) -> Statistics {
    row(DAY, &closes.into_iter().map(|close| [close; 4]).collect::<Vec<_>>())
}

/// Bars of a walk that starts at a million: each moves by so many millionths, with wicks above and below.
fn walk(most: i32, bars: core::ops::Range<usize>) -> impl Strategy<Value = Vec<Prices>> {
    let steps = prop::collection::vec((-most..most, 0..most, 0..most), bars);
    (steps, 3_u32..12).prop_map(|(steps, digits)| {
        let mut last = 10_i64.pow(digits);
        let part = |price: i64, millionths: i32| price * i64::from(millionths) / 1_000_000;
        let next = |(step, up, down): (i32, i32, i32)| {
            let open = last;
            last = (open + part(open, step)).max(1);
            let (top, bottom) = (open.max(last), open.min(last));
            [open, top + part(top, up), (bottom - part(bottom, down)).max(1), last]
        };
        steps.into_iter().map(next).collect()
    })
}

fn true_ranges(bars: &[Prices]) -> Vec<f64> {
    let range = |at: usize| {
        let [_, high, low, _] = bars[at].map(|price| price as f64);
        let Some(last) = at.checked_sub(1).map(|before| bars[before][3] as f64) else { return high - low };
        (high - low).max((high - last).abs()).max((low - last).abs())
    };
    (0..bars.len()).map(range).collect()
}

fn pearson(pairs: &[(f64, f64)]) -> f64 {
    let count = pairs.len() as f64;
    let (mean_x, mean_y) = pairs.iter().fold((0.0, 0.0), |(x, y), pair| (x + pair.0 / count, y + pair.1 / count));
    let sum = |f: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|(x, y)| f(x - mean_x, y - mean_y)).sum::<f64>();
    sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
}

proptest! {
    #[test]
    fn average_true_range_is_wilders(bars in walk(50_000, 0..200)) {
        let ranges = true_ranges(&bars);
        let model = (ranges.len() >= 14).then(|| {
            let seed = ranges[..14].iter().sum::<f64>() / 14.0;
            ranges[14..].iter().fold(seed, |average, range| (average * 13.0 + range) / 14.0)
        });
        let atr = row(HOUR, &bars).atr();
        prop_assert_eq!(atr.is_some(), model.is_some());
        if let (Some(atr), Some(model)) = (atr, model) {
            prop_assert!((atr.0 as f64 - model).abs() <= 0.5 + model * 1e-12, "{} instead of {model}", atr.0);
        }
    }

    #[test]
    fn volatility_is_the_root_of_a_weighted_variance(bars in walk(50_000, 0..200), hours in 1_u32..=24) {
        let returns: Vec<f64> = bars.windows(2).map(|pair| pair[1][3] as f64 / pair[0][3] as f64 - 1.0).collect();
        let model = (returns.len() >= 20).then(|| {
            let seed = returns[..20].iter().map(|change| change * change).sum::<f64>() / 20.0;
            let variance = returns[20..].iter().fold(seed, |variance, change| 0.94 * variance + 0.06 * change * change);
            (variance * 24.0 / f64::from(hours)).sqrt()
        });
        let volatility = row(Interval(3_600 * hours), &bars).daily_volatility().map(Rate::to_f64);
        prop_assert_eq!(volatility.is_some(), model.is_some());
        if let (Some(volatility), Some(model)) = (volatility, model) {
            prop_assert!((volatility - model).abs() < 1.1e-8, "{volatility} instead of {model}");
        }
    }

    #[test]
    fn day_returns_are_those_of_closes(bars in walk(200_000, 0..300)) {
        let statistics = row(DAY, &bars);
        let model: Vec<f64> = bars.windows(2).map(|pair| (pair[1][3] as f64 / pair[0][3] as f64 - 1.0) * 1e6).collect();
        let model: Vec<(i64, f64)> = (1..).zip(model).collect();
        let model = &model[model.len().saturating_sub(MAX_DAYS)..];
        let returns: Vec<_> = statistics.day_returns().collect();
        prop_assert_eq!(returns.len(), model.len());
        for ((day, ppm), (model_day, model_ppm)) in returns.into_iter().zip(model) {
            prop_assert_eq!(day, *model_day);
            prop_assert!((f64::from(ppm) - model_ppm).abs() < 0.500_001);
        }
    }

    #[test]
    fn correlation_is_pearsons(
        (a, b) in (walk(200_000, 2..300), walk(200_000, 2..300)),
        shared in 0_u8..=100,
        gap in 0_usize..40,
    ) {
        // The second follows the first to a share, and begins some days later.
        let follow = |(own, other): (&Prices, &Prices)| {
            let ratio = other[3] as f64 / other[0] as f64;
            let own_ratio = own[3] as f64 / own[0] as f64;
            (ratio * f64::from(shared) + own_ratio * f64::from(100 - shared)) / 100.0
        };
        let mut close = 1e12;
        let mut second = Statistics::default();
        for (day, pair) in (0..).zip(b.iter().zip(&a)).skip(gap) {
            close *= follow(pair);
            #[expect(clippy::cast_possible_truncation, reason = "a walk of 300 small steps")]
            second.bar(&bar(DAY, day * DAY.ns(), [(close as i64).max(1); 4]));
        }
        let first = row(DAY, &a);
        let of_second: alloc::collections::BTreeMap<_, _> = second.day_returns().collect();
        let common = first.day_returns().filter_map(|(day, x)| Some((f64::from(x), f64::from(*of_second.get(&day)?))));
        let common: Vec<_> = common.collect();
        let bps = correlation_bps(&first, &second);
        prop_assert_eq!(bps, correlation_bps(&second, &first));
        prop_assert_eq!(bps.is_some(), common.len() >= MIN_COMMON_DAYS, "{} days", common.len());
        if let Some(bps) = bps {
            let model = pearson(&common) * 10_000.0;
            prop_assert!((f64::from(bps) - model).abs() < 0.501, "{bps} instead of {model}");
        }
    }

    #[test]
    fn value_at_risk_is_a_quantile_of_history(
        walks in prop::collection::vec((walk(200_000, 15..120), -10_000_i64..1_000_000), 1..5),
        confidence_bps in 9_000_u32..=10_000,
    ) {
        let statistics: Vec<_> = walks.iter().map(|(bars, value)| (Amount((*value).into()), row(DAY, bars))).collect();
        let positions: Vec<_> = statistics.iter().map(|(value, statistics)| (*value, statistics)).collect();
        let held = walks.iter().filter(|(_, value)| *value != 0);
        let common = held.clone().map(|(bars, _)| bars.len() - 1).min();
        let mut losses: Vec<f64> = (0..common.unwrap_or(0))
            .map(|day| held.clone().map(|(bars, value)| {
                -(bars[day + 1][3] as f64 / bars[day][3] as f64 - 1.0) * *value as f64
            }).sum())
            .collect();
        losses.sort_by(|a, b| b.total_cmp(a));
        let risk = value_at_risk(&positions, confidence_bps).map(Amount::to_f64);
        if common.is_none() {
            prop_assert_eq!(risk, Some(0.0));
        } else if losses.len() < MIN_COMMON_DAYS {
            prop_assert_eq!(risk, None);
        } else {
            let place = losses.len() * (10_000 - confidence_bps as usize) / 10_000;
            let (model, risk) = (losses[place].max(0.0), risk.unwrap());
            // Each return is rounded to a millionth.
            prop_assert!((risk - model).abs() < 3.0, "{risk} instead of {model}");
            let worse = losses.iter().filter(|loss| **loss > risk + 3.0).count();
            prop_assert!(worse * 10_000 <= losses.len() * (10_000 - confidence_bps as usize), "{worse} days are worse");
        }
    }

    #[test]
    fn prices_finer_bars_and_hours_say_the_same(minutes in walk(2_000, 3_000..6_000)) {
        let mut of_prices = Statistics::default();
        let mut of_minutes = Statistics::default();
        let mut of_hours = Statistics::default();
        for (hour, bars) in (0..).zip(minutes.chunks_exact(60)) {
            for (minute, prices) in (0..).zip(bars) {
                let at = hour * BAR_NS + minute * MINUTE.ns();
                for (second, price) in (0..).zip(prices) {
                    of_prices.price(Timestamp(at + second * SECOND_NS), FixedPrice(*price));
                }
                of_minutes.bar(&bar(MINUTE, at, *prices));
            }
            let [high, low] = [bars.iter().map(|bar| bar[1]).max(), bars.iter().map(|bar| bar[2]).min()].map(Option::unwrap);
            of_hours.bar(&bar(HOUR, hour * BAR_NS, [bars[0][0], high, low, bars[59][3]]));
            // An hour of prices is over when the next one has its first.
            let mut over = of_prices.clone();
            over.price(Timestamp((hour + 1) * BAR_NS), FixedPrice(bars[59][3]));
            prop_assert_eq!(&of_minutes.bars, &of_hours.bars);
            prop_assert_eq!(&of_minutes.days, &of_hours.days);
            prop_assert_eq!(&over.bars, &of_hours.bars);
            prop_assert_eq!(&over.days, &of_hours.days);
        }
        prop_assert!(of_hours.atr().is_some() && of_hours.daily_volatility().is_some());
        prop_assert!(of_hours.day_returns().next().is_some());
    }

    #[test]
    fn nothing_that_comes_stops_it(mut happenings in prop::collection::vec(happening(), 0..400), ordered: bool) {
        if ordered {
            happenings.sort_by_key(|(at, ..)| *at);
        }
        let mut other = days((0..60).map(|day| 1_000 + day % 7));
        let mut statistics = Statistics::default();
        for (at, prices, interval, kind) in happenings {
            match kind {
                0..=3 => statistics.price(Timestamp(at), FixedPrice(prices[0])),
                4..=8 => statistics.bar(&bar(Interval(interval), at, prices)),
                _ => statistics.rescale(),
            }
            let days: Vec<_> = statistics.day_returns().collect();
            prop_assert!(days.len() <= MAX_DAYS && days.is_sorted_by(|(before, _), (after, _)| before < after));
            prop_assert!(statistics.atr().is_none_or(|atr| atr.0 >= 0));
            prop_assert!(statistics.daily_volatility().is_none_or(|volatility| !volatility.is_negative()));
            let bps = correlation_bps(&statistics, &other);
            prop_assert!(bps.is_none_or(|bps| (-10_000..=10_000).contains(&bps)));
            let most = Amount(crate::number::Decimal::MAX);
            let risk = value_at_risk(&[(most, &statistics), (-most, &other)], interval);
            prop_assert!(risk.is_none_or(|risk| !risk.is_negative()));
        }
        other.rescale();
        let bytes = bincode::serde::encode_to_vec(&statistics, bincode::config::legacy()).unwrap();
        let (back, read): (Statistics, usize) = bincode::serde::decode_from_slice(&bytes, bincode::config::legacy()).unwrap();
        prop_assert_eq!((back, read), (statistics, bytes.len()));
    }
}

/// A time, four prices, an interval and what to do: mostly sensible, so that not all of it is refused.
fn happening() -> impl Strategy<Value = (i64, Prices, u32, u8)> {
    let at = prop_oneof![
        20 => (0_i64..90, 0_i64..24).prop_map(|(day, hour)| day * DAY_NS + hour * BAR_NS),
        1 => any::<i64>(),
        1 => Just(i64::MAX),
        1 => Just(i64::MIN),
    ];
    let price =
        || prop_oneof![20 => 1_i64..1_000_000, 1 => any::<i64>(), 1 => Just(i64::MAX), 1 => Just(i64::MIN), 1 => -1_i64..2];
    let interval = prop_oneof![10 => Just(3_600), 10 => Just(86_400), 1 => Just(0), 1 => any::<u32>(), 1 => Just(u32::MAX)];
    (at, [price(), price(), price(), price()], interval, 0_u8..=9)
}

#[test]
fn hostile_rows_of_extremes_stop_nothing() {
    for interval in [1, 3_600, 86_400, u32::MAX] {
        let bars: Vec<_> = (0..60).map(|at| if at % 2 == 0 { [i64::MAX; 4] } else { [1; 4] }).collect();
        let statistics = row(Interval(interval), &bars);
        assert!(correlation_bps(&statistics, &statistics).is_none_or(|bps| bps == 10_000));
    }
    let mut jumps: Vec<_> = (0..1_000).map(|at| if at % 2 == 0 { [i64::MAX; 4] } else { [1; 4] }).collect();
    jumps[0] = [1; 4];
    let jumps = row(HOUR, &jumps[1..]);
    assert!(jumps.atr().unwrap().0 > i64::MAX / 14 * 13);
    assert!(jumps.daily_volatility().unwrap().is_positive());
    let mut still = Statistics::default();
    for _ in 0..100 {
        still.price(Timestamp(i64::MAX), FixedPrice(i64::MAX));
        still.bar(&bar(HOUR, i64::MAX, [i64::MAX; 4]));
    }
    assert_eq!(still.day_returns().count(), 0);
}

#[test]
fn doubling_every_hour_is_a_volatility_of_the_root_of_24() {
    let doubling: Vec<_> = (0..21).map(|hour| [1_i64 << hour; 4]).collect();
    assert_eq!(row(HOUR, &doubling[..20]).daily_volatility(), None, "one return is missing");
    assert_eq!(row(HOUR, &doubling).daily_volatility().unwrap().to_string(), "4.89897949");
    let constant = vec![[500; 4]; 100];
    assert_eq!(row(HOUR, &constant).daily_volatility().unwrap().to_string(), "0.00000000");
    assert_eq!(row(HOUR, &constant).atr(), Some(FixedPrice(0)));
}

#[test]
fn correlation_of_likes_opposites_and_constants() {
    let changes: Vec<i64> = (0..40).map(|day| (day * 7919 % 41) - 20).collect();
    let path = |sign: i64| {
        let mut close = 1_000_000_000_i64;
        days(core::iter::once(close).chain(changes.iter().map(|change| {
            close += close / 1_000 * sign * change;
            close
        })))
    };
    assert_eq!(correlation_bps(&path(1), &path(1)), Some(10_000));
    assert_eq!(correlation_bps(&path(1), &path(-1)), Some(-10_000));
    let constant = days([500; 41]);
    assert_eq!(correlation_bps(&path(1), &constant), None);
    assert_eq!(value_at_risk(&[(Amount(1_000.into()), &constant)], 9_500), Some(Amount::ZERO));
    let few = days((0..20).map(|day| 100 + day % 3));
    assert_eq!(few.day_returns().count(), 19);
    assert_eq!(correlation_bps(&few, &few), None, "19 days in common");
    assert_eq!(value_at_risk(&[(Amount(1_000.into()), &few)], 9_500), None);
    assert_eq!(value_at_risk(&[], 9_500), Some(Amount::ZERO));
}

#[test]
fn value_at_risk_counts_from_the_worst_day() {
    // 100 days that lose 1, 2, .. 100 thousandths, in another order.
    let mut closes = vec![1_000_000_000_000_i64];
    for day in 0..100 {
        let last = closes[closes.len() - 1];
        closes.push(last - last / 1_000 * (day * 37 % 100 + 1));
    }
    let statistics = days(closes.iter().copied());
    let value = |confidence_bps| value_at_risk(&[(Amount(1_000.into()), &statistics)], confidence_bps).unwrap().to_f64();
    assert!((value(9_500) - 95.0).abs() < 0.01, "five of a hundred days are worse: {}", value(9_500));
    assert!((value(10_000) - 100.0).abs() < 0.01);
    assert!((value(20_000) - 100.0).abs() < 0.01, "beyond certainty is the worst day");
    assert!((value(0) - 1.0).abs() < 0.01);
    let short = value_at_risk(&[(Amount((-1_000).into()), &statistics)], 9_500);
    assert_eq!(short, Some(Amount::ZERO), "every day is a gain");
}

#[test]
fn the_first_kind_of_data_stays_until_it_is_silent() {
    let mut statistics = Statistics::default();
    statistics.bar(&bar(MINUTE, 0, [100; 4]));
    let alone = statistics.clone();
    statistics.price(Timestamp(MINUTE.ns()), FixedPrice(900));
    statistics.bar(&bar(HOUR, 0, [900; 4]));
    statistics.bar(&bar(MINUTE, 0, [900; 4]));
    assert_eq!(statistics, alone, "nothing counts twice");

    let next_day = MINUTE.ns() + SILENCE_NS;
    statistics.bar(&bar(HOUR, next_day - 1, [110; 4]));
    assert_eq!(statistics, alone, "it was not silent for long enough");
    statistics.price(Timestamp(next_day), FixedPrice(110));
    statistics.bar(&bar(MINUTE, next_day, [900; 4]));
    statistics.price(Timestamp(next_day + DAY_NS), FixedPrice(121));
    let returns: Vec<_> = statistics.day_returns().collect();
    assert_eq!(returns, [(1, 100_000)], "now prices count, and minutes do not");
}

#[test]
fn a_day_after_a_gap_has_no_return() {
    let mut statistics = Statistics::default();
    for (day, close) in [(0, 100), (1, 110), (4, 220), (5, 330), (6, 0)] {
        statistics.price(Timestamp(day * DAY_NS), FixedPrice(close));
    }
    assert_eq!(statistics.day_returns().collect::<Vec<_>>(), [(1, 100_000)], "day 5 is not over: a price of 0 is none");
    statistics.price(Timestamp(6 * DAY_NS), FixedPrice(1));
    assert_eq!(statistics.day_returns().collect::<Vec<_>>(), [(1, 100_000), (5, 500_000)]);
}

#[test]
fn another_scale_forgets_prices_and_keeps_returns() {
    let mut statistics = days((0..30).map(|day| 100 + day % 5));
    let returns: Vec<_> = statistics.day_returns().collect();
    let volatility = statistics.daily_volatility();
    statistics.rescale();
    assert_eq!(statistics.atr(), None);
    for day in 30..50 {
        statistics.bar(&bar(DAY, day * DAY_NS, [10_000; 4]));
    }
    let kept: Vec<_> = statistics.day_returns().collect();
    assert!(kept.starts_with(&returns) && kept.len() == returns.len() + 19);
    assert!(kept[returns.len()..].iter().all(|(_, ppm)| *ppm == 0), "no return from the old scale to the new");
    assert!(statistics.daily_volatility() < volatility);
    assert_eq!(statistics.atr(), Some(FixedPrice(0)));
}

#[test]
fn long_bars_are_taken_as_they_are() {
    let four_hours: Vec<_> = (0..42).map(|at| [1_000 + at, 1_010 + at, 990 + at, 1_000 + at]).collect();
    let statistics = row(Interval(4 * 3_600), &four_hours);
    assert_eq!(statistics.atr(), Some(FixedPrice(20)));
    assert_eq!(statistics.day_returns().count(), 6, "seven days of six bars");
    let weeks = row(Interval(7 * 86_400), &four_hours);
    assert_eq!(weeks.day_returns().count(), 0, "a week's return is no day's");
    assert!(weeks.daily_volatility().unwrap() < statistics.daily_volatility().unwrap());
}
