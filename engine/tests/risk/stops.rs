//! Where stops and targets are.

use engine::event::{Direction, Regime, Trend, Volatility};
use engine::number::{Decimal, Rate};
use engine::risk::{Policy, Protection, StopRule, TargetRule, Trailing};
use engine::strategy::Opinion;
use engine::time::SECOND_NS;
use expect_test::expect;

use crate::scene::{lines, scene, sure};
use crate::stage::BTC;

fn by(protection: Protection) -> Policy {
    Policy { protection, ..Policy::off() }
}

fn atr() -> Protection {
    Protection { trailing: Trailing::Off, ..Protection::default() }
}

#[test]
fn an_unknown_range_is_eight_percent() {
    let mut stage = scene("1", by(atr()));
    stage.cue(0, sure(BTC, 10_000));
    stage.trade(10_000);
    expect![[r#"
        8 00:07Z > order #8 alpha buy 1 BTC-USDT market stop 92.00 target 116.00 ^7
    "#]]
    .assert_eq(&lines(&mut stage, &["> order"]));
}

#[test]
fn ranges_by_regime() {
    let mut shown = String::new();
    for (trend, volatility) in [(Trend::Trending, Volatility::Low), (Trend::Ranging, Volatility::High)] {
        let mut stage = scene("1", by(atr()));
        // Hours with a range of 2.
        for hour in 0..40 {
            stage.at = stage.at.plus_ns(1_800 * SECOND_NS);
            stage.trade(if hour % 2 == 0 { 9_900 } else { 10_100 });
        }
        let regime = Regime { trend, trend_confidence_bps: 1, volatility, volatility_confidence_bps: 1 };
        stage.cue(0, move |ctx| ctx.regime_changed(BTC, regime, Vec::new()));
        stage.cue(0, sure(BTC, 10_000));
        stage.trade(10_000);
        shown += &lines(&mut stage, &["> order"]);
    }
    expect![[r#"
        49 1970-01-01T20:00:47Z > order #49 alpha buy 1 BTC-USDT market stop 94.15 target 111.70 ^48
        49 1970-01-01T20:00:47Z > order #49 alpha buy 1 BTC-USDT market stop 96.10 target 105.85 ^48
    "#]]
    .assert_eq(&shown);
}

#[test]
fn fixed_shares_are_rounded_away_from_the_price() {
    let (stop, target) = (StopRule::Fixed(Rate::from_bps(333)), TargetRule::Fixed(Rate::from_bps(777)));
    let mut stage = scene("1", by(Protection { stop, target, ..Protection::off() }));
    stage.cue(0, sure(BTC, 10_000));
    stage.trade(9_999);
    expect![[r#"
        8 00:07Z > order #8 alpha buy 1 BTC-USDT market stop 96.66 target 107.76 ^7
    "#]]
    .assert_eq(&lines(&mut stage, &["> order"]));
}

#[test]
fn a_stop_on_the_wrong_side_or_at_nothing_gives_way_to_the_rule() {
    let (stop, target) = (StopRule::Fixed(Rate::from_bps(1_000)), TargetRule::Risk(Decimal::ONE, Decimal::TWO));
    let mut shown = String::new();
    for given in ["100", "101", "0", "-5", "0.001", "95"] {
        let mut stage = scene("1", by(Protection { stop, target, ..Protection::off() }));
        let opinion = Opinion { confidence_bps: 1, stop: given.parse().ok(), ..Opinion::default() };
        stage.cue(0, move |ctx| ctx.signal(BTC, Direction::Long, opinion));
        stage.trade(10_000);
        shown += &lines(&mut stage, &["> order"]);
    }
    // Further away than the price is high.
    let mut stage = scene("1", by(Protection { stop: StopRule::Fixed(Rate::from_bps(20_000)), ..Protection::off() }));
    stage.cue(0, sure(BTC, 1));
    stage.trade(10_000);
    shown += &lines(&mut stage, &["> order"]);
    expect![[r#"
        8 00:07Z > order #8 alpha buy 1 BTC-USDT market stop 90.00 target 120.00 ^7
        8 00:07Z > order #8 alpha buy 1 BTC-USDT market stop 90.00 target 120.00 ^7
        8 00:07Z > order #8 alpha buy 1 BTC-USDT market stop 90.00 target 120.00 ^7
        8 00:07Z > order #8 alpha buy 1 BTC-USDT market stop 90.00 target 120.00 ^7
        8 00:07Z > order #8 alpha buy 1 BTC-USDT market stop 90.00 target 120.00 ^7
        8 00:07Z > order #8 alpha buy 1 BTC-USDT market stop 95 target 110.00 ^7
        8 00:07Z > order #8 alpha buy 1 BTC-USDT market stop 0.01 ^7
    "#]]
    .assert_eq(&shown);
}

#[test]
fn trailing_stops_follow_at_the_distance_that_they_begin_with() {
    let stop = StopRule::Fixed(Rate::from_bps(1_000));
    let mut stage = scene("1", by(Protection { stop, trailing: Trailing::On, ..Protection::off() }));
    stage.cue(0, sure(BTC, 10_000));
    stage.trade(10_000);
    stage.fill(0, 1, "1 @ 100");
    // The venue drops it when the price has doubled: the next one is as near.
    stage.trade(20_000);
    crate::scene::dropped(&mut stage, 1);
    stage.trade(20_000);
    // And again below the first stop: it gets out at once.
    stage.trade(8_000);
    crate::scene::dropped(&mut stage, 2);
    stage.trade(8_000);
    expect![[r#"
        8 00:07Z > order #8 alpha buy 1 BTC-USDT market stop 90.00 ^7
        10 00:08Z > order #10 alpha sell 1 BTC-USDT trailing-stop by 10.00 protects #8 ^9
        15 00:11Z > order #15 alpha sell 1 BTC-USDT trailing-stop by 10.00 protects #8 ^14
        20 00:14Z > order #20 alpha sell 1 BTC-USDT stop-market 90.00 protects #8 ^19
    "#]]
    .assert_eq(&lines(&mut stage, &["> order"]));
}
