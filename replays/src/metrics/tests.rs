//! Numbers computed elsewhere from the formulas alone, and properties that hold for any curve.

use engine::time::{DAY_NS, Timestamp};
use proptest::prelude::*;

use super::compat::{self, Tool};
use super::significance::{Estimate, best_by_chance, confidence};
use super::*;

/// 41 days with a benchmark.
pub(super) fn curve() -> Series {
    let equity: Vec<f64> = (0..41).map(|day| f64::from(1000 + 4 * day + (day * 37 % 17) * 6 - 48)).collect();
    let benchmark = (0..41).map(|day| 50.0 + 0.1 * f64::from(day) + f64::from(day * 23 % 11) * 0.4).collect();
    Series { benchmark: Some(benchmark), ..Series::daily(&equity) }
}

/// Ten trades of three days every four, the sixth of which overlaps the fifth.
pub(super) fn trades_of_it() -> Vec<Closed> {
    let profits = [12.0, -5.0, 8.5, 0.0, -7.25, -1.0, 30.0, 4.0, -12.0, 2.5];
    let day = |day: usize| curve().at[day];
    let opened = |trade: usize| if trade == 5 { day(18) } else { day(4 * trade) };
    let trade = |(index, &profit): (usize, &f64)| Closed {
        opened_at: opened(index),
        closed_at: day(4 * index + 3),
        profit,
        stake: 100.0 + 10.0 * index as f64,
    };
    profits.iter().enumerate().map(trade).collect()
}

pub(super) fn assert_close(name: &str, value: f64, expected: f64) {
    assert!((value - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{name} is {value}, not {expected}");
}

/// With numpy and mpmath, at 4 % a year without risk.
const EXPECTED: [(&str, f64); 44] = [
    ("total_return", 0.174_369_747_899_159_7),
    ("cagr", 3.334_802_382_458_186_7),
    ("best_day", 0.023_109_243_697_478_91),
    ("worst_day", -0.075_329_566_854_990_59),
    ("winning_days", 0.825),
    ("volatility", 0.673_996_416_451_590_7),
    ("max_drawdown", 0.075_329_566_854_990_59),
    ("ulcer", 0.037_809_581_680_264_1),
    ("var_95", -0.072_753_912_753_912_77),
    ("cvar_95", -0.074_294_820_057_531_91),
    ("var_99", -0.074_522_464_352_972_81),
    ("cvar_99", -0.075_329_566_854_990_59),
    ("gaussian_var_95", -0.053_372_585_748_936_43),
    ("gaussian_cvar_95", -0.068_114_066_289_269_65),
    ("skew", -1.779_548_733_496_784_6),
    ("kurtosis", 1.240_652_030_193_131),
    ("sharpe", 2.462_984_708_020_217_6),
    ("sortino", 2.922_588_819_383_121),
    ("calmar", 44.269_501_627_132_42),
    ("omega", 1.365_965_987_810_965),
    ("serenity", 2.355_289_786_336_407_5),
    ("tail_ratio", 0.308_058_471_693_687_8),
    ("probabilistic_sharpe", 0.770_486_887_355_647_4),
    ("alpha", 1.913_160_775_008_368),
    ("beta", -0.209_464_242_526_852_9),
    ("correlation", -0.124_938_689_014_170_5),
    ("information_ratio", 0.546_247_635_136_322_9),
    ("tracking_error", 0.826_798_229_869_616_6),
    ("benchmark_return", 0.135_999_999_999_999_9),
    ("trades", 10.0),
    ("win_rate", 0.5),
    ("profit_factor", 2.257_425_742_574_257),
    ("expectancy", 3.175),
    ("expectancy_ratio", 0.502_970_297_029_703),
    ("payoff", 1.805_940_594_059_406),
    ("mean_win", 11.4),
    ("mean_loss", 6.3125),
    ("mean_trade_return", 0.024_444_704_676_128_824),
    ("sqn", 0.848_468_169_692_872_3),
    ("sqn_p_value", 0.418_171_564_531_035_1),
    ("longest_winning_streak", 2.0),
    ("longest_losing_streak", 2.0),
    ("exposure", 0.775),
    ("turnover", 24.804_182_920_624_154),
];

#[test]
fn every_measure_is_what_its_formula_says() {
    let measures = Measures::of(&curve(), &trades_of_it(), 0.04);
    let described = measures.described();
    for (name, expected) in EXPECTED {
        let measure = described.iter().find(|measure| measure.key == name).expect("a measure");
        assert_close(name, measure.value.value().expect("a number"), expected);
    }
    assert_eq!(measures.longest_drawdown, Measure::of(5.0));
    assert_eq!(described.len(), EXPECTED.len() + 1, "every measure is checked");
    assert!(measures.reasons().is_empty());
    let written = serde_json::to_value(&measures).unwrap();
    assert_eq!((&written["win_rate"], written.as_object().unwrap().len()), (&0.5.into(), described.len()));
}

#[test]
fn the_worst_drawdowns_come_first() {
    let series = curve();
    let worst = drawdown::worst(&series, 2);
    assert_eq!((worst[0].start, worst[0].trough, worst[0].recovery), (series.at[5], series.at[6], Some(series.at[10])));
    assert_close("depth", worst[0].depth, 0.075_329_566_854_990_59);
    assert_eq!((worst[1].start, worst[1].days, worst.len()), (series.at[11], 5.0, 2));
    // One that the curve never comes back from has no recovery, and lasts until the end.
    let fallen = drawdown::drawdowns(&Series::daily(&[100.0, 120.0, 90.0, 96.0]));
    assert_eq!((fallen.len(), fallen[0].recovery, fallen[0].depth, fallen[0].days), (1, None, 0.25, 2.0));
}

#[test]
fn a_window_is_the_curve_cut_out() {
    let series = curve();
    let windows = rolling::rolling(&series, 30, 0.0);
    assert_eq!(windows.len(), series.at.len());
    assert_eq!(windows[29].sharpe, Measure::none(Absent::ShorterThanWindow));
    let last = windows[40];
    assert_close("return", last.total_return.value().unwrap(), 0.044_859_813_084_112_24);
    assert_close("volatility", last.volatility.value().unwrap(), 0.702_984_749_696_332_7);
    assert_close("sharpe", last.sharpe.value().unwrap(), 1.111_989_597_606_172_4);
    assert_close("sortino", last.sortino.value().unwrap(), 1.303_155_861_939_135_2);
    assert_close("drawdown", last.max_drawdown.value().unwrap(), 0.073_260_073_260_073_22);
}

#[test]
fn a_midnight_belongs_to_the_day_that_ends() {
    // From 2024-01-01T00:00 on: 31 days of January, then one of February.
    let mut equity = vec![100.0; 32];
    equity[31] = 110.0;
    equity.push(99.0);
    let months = calendar::months(&Series::daily(&equity));
    let spans: Vec<_> = months.iter().map(|span| (span.year, span.month)).collect();
    assert_eq!(spans, [(2024, Some(1)), (2024, Some(2))]);
    assert_close("January", months[0].total_return.value().unwrap(), 0.1);
    assert_close("February", months[1].total_return.value().unwrap(), -0.1);
    assert_eq!(calendar::years(&Series::daily(&equity)).len(), 1);
    for (day, date) in [(0, (1970, 1, 1)), (19_782, (2024, 2, 29)), (-1, (1969, 12, 31)), (11_016, (2000, 2, 29))] {
        assert_eq!((calendar::date_of(day), calendar::day_of(date.0, date.1, date.2)), (date, Some(day)));
    }
    for (year, month, date) in
        [(2023, 2, 29), (1900, 2, 29), (2024, 2, 30), (2024, 4, 31), (2024, 0, 1), (2024, 13, 1), (2024, 1, 0)]
    {
        assert_eq!(calendar::day_of(year, month, date), None, "{year}-{month}-{date}");
    }
}

#[test]
fn days_without_a_point_have_what_was_there_before() {
    let day = |day: i64| Timestamp((20_000 + day) * DAY_NS);
    let gaps = Series {
        at: [0, 1, 4, 5].map(day).to_vec(),
        equity: vec![100.0, 110.0, 99.0, 99.0],
        benchmark: Some(vec![1.0, 2.0, 3.0, 4.0]),
    };
    let carried = gaps.carried_forward();
    assert_eq!(carried.at, [0, 1, 2, 3, 4, 5].map(day));
    assert_eq!(carried.equity, [100.0, 110.0, 110.0, 110.0, 99.0, 99.0]);
    assert_eq!(carried.benchmark, Some(vec![1.0, 2.0, 2.0, 2.0, 3.0, 4.0]));
    assert_eq!(carried.returns(), [110.0 / 100.0 - 1.0, 0.0, 0.0, 99.0 / 110.0 - 1.0, 0.0]);
    assert_eq!(carried.carried_forward(), carried);
    assert_eq!(curve().carried_forward(), curve(), "nothing is missing");
    // A day that is an hour longer is one day.
    let hours = |hours: i64| Timestamp(day(0).0 + hours * DAY_NS / 24);
    let shifted = Series { at: [0, 24, 49, 73].map(hours).to_vec(), equity: vec![1.0, 2.0, 3.0, 4.0], benchmark: None };
    assert_eq!(shifted.carried_forward(), shifted);
    assert_eq!(Series::default().carried_forward(), Series::default());
}

#[test]
fn what_is_within_a_day_is_no_return() {
    let midnight = 20_000 * DAY_NS;
    let at = [midnight - DAY_NS / 2, midnight, midnight + DAY_NS, midnight + DAY_NS + 1].map(Timestamp).to_vec();
    let series = Series { at, equity: vec![50.0, 100.0, 110.0, 55.0], benchmark: None };
    assert_eq!(series.returns(), [110.0 / 100.0 - 1.0]);
    assert_eq!(series.total_return().value().map(|value| (value * 10.0).round()), Some(1.0));
    assert_eq!(drawdown::max_drawdown(&series.equity).value(), Some(0.5));
}

/// The example of Bailey and López de Prado 2014: 100 trials whose yearly Sharpe ratios vary by 1/2, the best is 2.5 over 1,250 days
/// of which 250 are a year, with a skewness of -3 and a kurtosis of 10. They say 0.1132 and 0.9004.
#[test]
fn the_deflated_sharpe_ratio_is_that_of_the_paper() {
    // As many trials with exactly that deviation.
    let spread = (0.5_f64 / 250.0).sqrt() * (99.0_f64 / 100.0).sqrt();
    let trials: Vec<f64> = (0..100).map(|trial| if trial % 2 == 0 { spread } else { -spread }).collect();
    let threshold = best_by_chance(&trials).value().unwrap();
    assert_close("threshold", threshold, 0.113_172_001_865_132_14);
    let estimate = Estimate { sharpe: 2.5 / 250.0_f64.sqrt(), skew: -3.0, kurtosis: 10.0, returns: 1_250 };
    assert_close("deflated", confidence(estimate, threshold).value().unwrap(), 0.900_396_834_449_390_4);
    let returns = curve().returns();
    let trials = [0.02, 0.05, -0.01, 0.08, 0.03, 0.11];
    assert_close("of the curve", deflated_sharpe(&returns, &trials).value().unwrap(), 0.664_679_384_673_994_9);
    assert_close("above 0.05", probabilistic_sharpe(&returns, 0.05).value().unwrap(), 0.677_206_697_946_212);
    assert_eq!(deflated_sharpe(&returns, &[0.1]), Measure::none(Absent::FewTrials));
}

#[test]
fn what_does_not_exist_says_why() {
    let reasons = |equity: &[f64]| Measures::of(&Series::daily(equity), &[], 0.0);
    let empty = reasons(&[]);
    assert_eq!(empty.total_return, Measure::none(Absent::NoCurve));
    assert_eq!(empty.sharpe, Measure::none(Absent::FewReturns));
    assert_eq!(empty.win_rate, Measure::none(Absent::NoTrades));
    assert_eq!(empty.beta, Measure::none(Absent::NoBenchmark));
    assert_eq!(empty.reasons()["cagr"], "the curve has fewer than two points");
    assert_eq!(reasons(&[100.0]).cagr, Measure::none(Absent::NoCurve));
    let flat = reasons(&[100.0; 5]);
    assert_eq!((flat.total_return, flat.cagr, flat.volatility), (Measure::of(0.0), Measure::of(0.0), Measure::of(0.0)));
    assert_eq!((flat.sharpe, flat.skew), (Measure::none(Absent::NoVariance), Measure::none(Absent::NoVariance)));
    assert_eq!((flat.calmar, flat.serenity), (Measure::none(Absent::NoDrawdown), Measure::none(Absent::NoDrawdown)));
    // The same return every day has no risk, however it is rounded.
    let steady: Vec<f64> = (0..50).map(|day| 100.0 * 1.01_f64.powi(day)).collect();
    assert_eq!(reasons(&steady).sharpe, Measure::none(Absent::NoVariance));
    assert_eq!(reasons(&steady).sortino, Measure::none(Absent::NoLosses));
    let ruined = reasons(&[100.0, 50.0, -10.0, -20.0]);
    assert_eq!(ruined.cagr, Measure::none(Absent::Ruined));
    assert_close("below zero", ruined.max_drawdown.value().unwrap(), 1.2);
    assert_close("lost", ruined.total_return.value().unwrap(), -1.2);
    // Also where it comes back, or only touches zero.
    for equity in [[100.0, 50.0, -10.0, 80.0, 90.0], [100.0, 50.0, 0.0, 60.0, 70.0], [100.0, 90.0, 95.0, 50.0, 0.0]] {
        let none = reasons(&equity);
        let gone = [none.cagr, none.sharpe, none.sortino, none.calmar, none.omega, none.volatility, none.var_95, none.best_day];
        assert_eq!(gone, [Measure::none(Absent::Ruined); 8], "{equity:?}");
        assert!(none.total_return.value().is_some() && none.max_drawdown.value().is_some());
        assert_eq!(none.reasons()["sharpe"], "the equity was at zero or below, and nothing is a share of that");
        let windows = rolling::rolling(&Series::daily(&equity), 3, 0.0);
        assert_eq!((windows[4].sharpe, windows[4].volatility), (Measure::none(Absent::Ruined), Measure::none(Absent::Ruined)));
    }
    assert_eq!(reasons(&[0.0, 10.0, 20.0]).total_return, Measure::none(Absent::NoCapital));
    let one = [Closed { profit: 5.0, ..trades_of_it()[0] }];
    let single = Measures::of(&curve(), &one, 0.0);
    assert_eq!((single.sqn, single.payoff), (Measure::none(Absent::OneTrade), Measure::none(Absent::NoLosers)));
    let alike = Measures::of(&curve(), &[one[0]; 7], 0.0);
    assert_eq!((alike.sqn, alike.win_rate), (Measure::none(Absent::NoVariance), Measure::of(1.0)));
}

const TOOLS: [Tool; 4] = [Tool::Freqtrade, Tool::Jesse, Tool::Quantstats, Tool::Lean];

/// Anything that a file may hold.
fn any_equity() -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![
        5 => 1.0..1e6_f64,
        1 => -1e6..1e6_f64,
        1 => Just(0.0),
        1 => Just(100.0),
        1 => prop_oneof![Just(f64::MAX), Just(f64::MIN_POSITIVE), Just(-f64::MAX), Just(f64::NAN), Just(f64::INFINITY)],
    ];
    prop::collection::vec(value, 0..40)
}

fn any_trades() -> impl Strategy<Value = Vec<Closed>> {
    let number = prop_oneof![4 => -1e3..1e3_f64, 1 => Just(0.0), 1 => Just(f64::MAX), 1 => Just(f64::NAN)];
    let trade = (0..40_i64, 0..40_i64, number.clone(), number).prop_map(|(opened, days, profit, stake)| Closed {
        opened_at: Timestamp((19_723 + opened) * DAY_NS),
        closed_at: Timestamp((19_723 + opened + days) * DAY_NS),
        profit,
        stake,
    });
    prop::collection::vec(trade, 0..20)
}

proptest! {
    #[test]
    fn nothing_panics_and_no_nan_comes_out(equity in any_equity(), benchmark in any_equity(), trades in any_trades(), free in -0.9..2.0_f64) {
        let benchmark = (benchmark.len() >= equity.len()).then(|| benchmark[..equity.len()].to_vec());
        let series = Series { benchmark, ..Series::daily(&equity) };
        let measures = Measures::of(&series, &trades, free);
        for measure in measures.described() {
            let finite = measure.value.value().is_none_or(f64::is_finite);
            prop_assert!(finite, "{} is {:?}", measure.key, measure.value);
            prop_assert_eq!(measure.value.value().is_none(), measure.reason.is_some());
        }
        for tool in TOOLS {
            let text = compat::text(&compat::values(tool, &series, &trades));
            prop_assert!(!text.contains("NaN") && !text.contains("Infinity"), "{tool:?}: {text}");
        }
        rolling::rolling(&series, 7, free);
        calendar::months(&series);
        deflated_sharpe(&series.returns(), &equity);
    }

    #[test]
    fn the_currency_does_not_matter(equity in prop::collection::vec(50.0..200.0_f64, 3..60), scale in 1e-3..1e3_f64) {
        let trades = trades_of_it();
        let small = Measures::of(&Series::daily(&equity), &trades, 0.0);
        let scaled: Vec<f64> = equity.iter().map(|value| value * scale).collect();
        let dearer: Vec<Closed> =
            trades.iter().map(|trade| Closed { profit: trade.profit * scale, stake: trade.stake * scale, ..*trade }).collect();
        let large = Measures::of(&Series::daily(&scaled), &dearer, 0.0);
        for (one, other) in small.described().into_iter().zip(large.described()) {
            let factor = if one.unit == Unit::Amount { scale } else { 1.0 };
            match (one.value.value(), other.value.value()) {
                (Some(one_value), Some(other)) => {
                    let expected = one_value * factor;
                    prop_assert!((other - expected).abs() <= 1e-6 * expected.abs().max(1.0), "{}: {other} {expected}", one.key);
                }
                (one_value, other) => prop_assert_eq!(one_value.is_some(), other.is_some(), "{}", one.key),
            }
        }
    }

    #[test]
    fn order_matters_to_drawdowns_alone(mut returns in prop::collection::vec(-0.05..0.05_f64, 3..60)) {
        let before = (ratios::sharpe(&returns, 0.0), tails::value_at_risk(&returns, 0.95), ratios::omega(&returns, 0.0));
        returns.reverse();
        let after = (ratios::sharpe(&returns, 0.0), tails::value_at_risk(&returns, 0.95), ratios::omega(&returns, 0.0));
        for (before, after) in [(before.0, after.0), (before.1, after.1), (before.2, after.2)] {
            let both = before.value().zip(after.value());
            prop_assert!(both.is_none_or(|(before, after)| (before - after).abs() <= 1e-9 * before.abs().max(1.0)));
        }
        let tail = tails::expected_shortfall(&returns, 0.95).value().zip(tails::value_at_risk(&returns, 0.95).value());
        prop_assert!(tail.is_some_and(|(beyond, limit)| beyond <= limit + 1e-12), "the mean of the tail is worse than its edge");
    }
}
