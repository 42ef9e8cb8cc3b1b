//! Other programs' conventions on a curve of our own, computed with numpy from the formulas alone.

use serde_json::Value;

use super::{Tool, text, values};
use crate::metrics::tests::{assert_close, curve, trades_of_it};

fn check(tool: Tool, path: &str, expected: &[(&str, f64)]) {
    let document = values(tool, &curve(), &trades_of_it());
    let part = document.pointer(path).expect("a part");
    for (name, expected) in expected {
        assert_close(name, part[name].as_f64().unwrap_or(f64::NAN), *expected);
    }
}

#[test]
fn freqtrade_divides_by_the_days_of_the_test() {
    check(
        Tool::Freqtrade,
        "/closed_trades",
        &[
            ("final_balance", 983.75),
            ("cagr", 0.348_997_508_202_537_6),
            ("sharpe", 1.350_830_135_119_646_3),
            ("sortino", 3.815_911_400_565_740_4),
            ("calmar", 131.847_090_276_668_55),
            ("max_dd_abs", 12.0),
            ("max_dd_account", 0.012_081_550_465_643_092),
            ("expectancy_ratio", 0.402_970_297_029_702_9),
            ("sqn", 0.8485),
        ],
    );
    check(
        Tool::Freqtrade,
        "/wallet",
        &[("sharpe", 2.553_297_339_243_645), ("sortino", 31.711_707_100_641_153), ("calmar", 110.558_493_004_415_03)],
    );
}

#[test]
fn jesse_averages_over_one_day_more() {
    check(
        Tool::Jesse,
        "",
        &[
            ("max_drawdown_pct", -7.532_956_685_499_059),
            ("annual_return_pct", 333.480_238_245_818_67),
            ("sortino", 3.033_390_243_221_961),
            ("smart_sortino", 2.501_781_930_360_797_5),
        ],
    );
}

#[test]
fn quantstats_knows_returns_alone() {
    check(
        Tool::Quantstats,
        "/raw",
        &[
            ("cagr", 3.334_802_382_458_186_7),
            ("sharpe", 2.521_179_113_038_968_5),
            ("smart_sharpe", 2.079_336_927_484_942_3),
            ("sortino", 2.996_169_321_418_428),
            ("calmar", 44.269_501_627_132_42),
            ("omega", 1.375_180_609_789_826_5),
            ("max_drawdown", -0.075_329_566_854_990_59),
            ("volatility", 0.673_996_416_451_590_7),
            ("var95", -0.053_372_585_748_936_43),
            ("cvar95", -0.068_114_066_289_269_65),
            ("ulcer_index", 0.038_766_937_783_836_8),
            ("upi", 4.497_898_412_080_929),
            ("serenity", 2.022_622_046_360_472),
            ("kelly", 0.225_078_801_193_911_6),
            ("psr", 0.769_567_968_237_848),
            ("gain_to_pain", 0.375_180_609_789_826_37),
            ("tail_ratio", 0.308_058_471_693_687_8),
            ("payoff", 0.291_704_977_834_205_57),
            ("recovery_factor", 2.472_082_411_015_011_2),
            ("information_ratio", 0.028_591_907_988_868_202),
            ("r2", 0.015_609_676_012_579_609),
            ("beta", -0.209_464_242_526_852_9),
            ("alpha", 1.960_599_373_821_804_8),
        ],
    );
    let document = values(Tool::Quantstats, &curve(), &[]);
    let risk = document["raw"]["risk_of_ruin"].as_f64().unwrap();
    assert!((risk / 1.866_410_614_821_250_5e-41 - 1.0).abs() < 1e-9, "{risk}");
    assert_eq!(document["table"]["Sharpe"][1], "2.52");
    assert_eq!(document["table"]["Max DD Date"][1], "2024-01-07");
    assert_eq!(document["columns"], serde_json::json!(["Benchmark", "Strategy"]));
}

#[test]
fn lean_grows_the_mean_return() {
    check(
        Tool::Lean,
        "/rf5pct",
        &[
            ("annual_performance", 4.448_402_445_932_218),
            ("sharpe", 6.525_854_349_624_914),
            ("sortino", 75.994_104_682_862_75),
            ("alpha", 4.906_285_673_180_629),
            ("information_ratio", 2.387_190_630_042_564_7),
            ("treynor", -20.998_345_077_290_946),
            ("psr", 0.665_190_115_634_112_2),
            ("var95", -0.053),
            ("drawdown", 0.075),
        ],
    );
    check(
        Tool::Lean,
        "/trade_based",
        &[
            ("avg_win_rate", 0.011_866_822_503_175_568),
            ("avg_loss_rate", -0.005_160_641_595_790_725_4),
            ("win_rate", 0.5),
            ("expectancy", 0.649_742_942_123_197_9),
        ],
    );
    check(
        Tool::Lean,
        "/trade_statistics",
        &[("sortino_unannualised", 0.651_324_874_838_088), ("sharpe_unannualised", 0.268_309_193_838_372_4)],
    );
}

#[test]
fn infinity_is_a_number_of_json() {
    let jesse = values(Tool::Jesse, &curve(), &[]);
    assert_eq!(jesse["serenity"], Value::from("Infinity"));
    assert!(text(&jesse).contains("\"serenity\": 1e999"), "{}", text(&jesse));
}
