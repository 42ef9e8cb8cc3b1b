//! A stage with a policy.

use engine::engine::Engine;
use engine::event::{Command, Direction};
use engine::instrument::InstrumentId;
use engine::market::Side;
use engine::number::{Decimal, Rate};
use engine::order::{CancelReason, OrderKind, OrderRequest};
use engine::risk::{Limits, Policy, Protection, StopRule, TargetRule};
use engine::strategy::{Context, Opinion};
use engine::time::DAY_NS;

use crate::stage::{ETH, Stage, request};

pub fn bps(bps: i64) -> Option<Rate> {
    Some(Rate::from_bps(bps))
}

pub fn limits(limits: Limits) -> Policy {
    Policy { limits, ..Policy::off() }
}

/// A stop 10 % below, a target 20 % above.
pub fn fixed() -> Protection {
    let (stop, target) = (StopRule::Fixed(Rate::from_bps(1_000)), TargetRule::Fixed(Rate::from_bps(2_000)));
    Protection { stop, target, ..Protection::off() }
}

/// 1000 USDT, BTC at 100 and ETH at 10.
pub fn scene(size: &str, policy: Policy) -> Stage {
    let mut stage = Stage::sized(&["alpha", "beta"], size, u64::MAX);
    let engine = std::mem::replace(&mut stage.engine, Engine::new(Vec::new()));
    stage.engine = engine.with_policy(policy);
    stage.trade(10_000);
    stage.trade_in(ETH, 1_000);
    stage.transcript();
    stage
}

/// A day's price of each on so many days, before anything else happens.
pub fn days(stage: &mut Stage, count: i64, cents: impl Fn(i64) -> (i64, i64)) {
    for day in 0..count {
        stage.at = stage.at.plus_ns(DAY_NS);
        let (btc, eth) = cents(day);
        stage.trade(btc);
        stage.trade_in(ETH, eth);
    }
    stage.transcript();
}

pub fn buy(quantity: &'static str, kind: OrderKind) -> impl FnOnce(&mut Context<'_>) + Send {
    move |ctx| ctx.submit(request(Side::Buy, quantity, kind))
}

pub fn sure(instrument: InstrumentId, confidence_bps: u16) -> impl FnOnce(&mut Context<'_>) + Send {
    move |ctx| ctx.signal(instrument, Direction::Long, Opinion { confidence_bps, ..Opinion::default() })
}

pub fn by_hand(instrument: InstrumentId, quantity: &str) -> Command {
    Command::Submit(OrderRequest { instrument, ..request(Side::Buy, quantity, OrderKind::Market) })
}

/// Buys one BTC at a price and sells it at another.
pub fn round_trip(stage: &mut Stage, cents: [i64; 2]) {
    stage.cue(0, buy("1", OrderKind::Market));
    stage.trade(cents[0]);
    let fill = |cents: i64| format!("1 @ {}", Decimal::new(cents, 2));
    let entry = stage.orders.len() - 1;
    stage.fill(entry, 1, &fill(cents[0]));
    stage.cue(0, |ctx| ctx.submit(request(Side::Sell, "1", OrderKind::Market)));
    stage.trade(cents[1]);
    stage.fill(entry + 1, 2, &fill(cents[1]));
}

/// The venue ends it by itself.
pub fn dropped(stage: &mut Stage, order: usize) {
    stage.canceled(order, CancelReason::Venue { code: 7 });
}

/// Only the lines of decisions that speak of this.
pub fn lines(stage: &mut Stage, words: &[&str]) -> String {
    let transcript = stage.transcript();
    let of = |line: &&str| words.iter().any(|word| line.contains(word));
    transcript.lines().filter(of).map(|line| format!("{line}\n")).collect()
}
