use super::*;
use alloc::string::{String, ToString};
use alloc::vec;
use std::format;

use proptest::prelude::*;

use crate::instrument::InstrumentId;
use crate::number::{Decimal, Quantity};
use crate::order::{OrderId, Owner};
use crate::performance::Exit;
use crate::position::RoundTrip;

const BASE_BPS: u32 = 4_500;

/// Trades that cost 100 each, one an hour, the first an hour after `since`.
fn trade(performance: &mut Performance, since: i64, profits: &[i64]) -> Timestamp {
    let mut at = Timestamp(since);
    for profit in profits {
        at = at.plus_ns(HOUR_NS);
        let trip = RoundTrip {
            owner: Owner::Operator,
            instrument: InstrumentId(0),
            entry_order: OrderId(1),
            exit_order: OrderId(2),
            entry_at: at,
            exit_at: at,
            quantity: Quantity(Decimal::ONE),
            cost: Amount(100.into()),
            proceeds: Amount((100 + profit).into()),
            fees: Amount::ZERO,
        };
        performance.round_trips(&[trip], Exit::Signal, |_, _| true);
    }
    at
}

/// A run with a controller.
#[derive(Default)]
struct Run {
    policy: ControllerPolicy,
    performance: Performance,
    tuning: Tuning,
    now: Timestamp,
}

impl Run {
    /// With trades of these profits behind it.
    fn after(profits: &[i64]) -> Self {
        let mut run = Self::default();
        run.trades(profits);
        run
    }

    fn trades(&mut self, profits: &[i64]) -> &mut Self {
        self.now = trade(&mut self.performance, self.now.0, profits);
        self
    }

    fn wait(&mut self, hours: i64) -> &mut Self {
        self.now = self.now.plus_ns(hours * HOUR_NS);
        self
    }

    fn equity(&mut self, equity: i64) -> &mut Self {
        self.performance.equity_moved(self.now, Amount(equity.into()));
        self
    }

    fn signals(&mut self, count: u32) -> &mut Self {
        (0..count).for_each(|_| self.performance.signaled(self.now));
        self
    }

    /// What is adjusted now, with equity at 100.
    fn adjust(&mut self) -> Option<Adjustment> {
        let equity = Some(Amount(100.into()));
        let adjustment = adjust(&self.policy, &self.performance, equity, &self.tuning, BASE_BPS, self.now)?;
        self.tuning.apply(self.now, &adjustment);
        Some(adjustment)
    }

    fn adjusted(&mut self) -> String {
        self.adjust().map_or("nothing".into(), |adjustment| {
            let Adjustment { parameter, from_bps, to_bps, rule, .. } = adjustment;
            format!("{parameter:?} {from_bps} -> {to_bps}: {rule:?}")
        })
    }

    fn health(&self) -> String {
        let Health { score, parts } = health(&self.policy, &self.performance, Some(Amount(100.into())), self.now);
        parts.iter().fold(score.to_string(), |text, part| format!("{text} {}={}", part.name, part.value))
    }
}

#[test]
fn no_wins_are_critical_and_do_not_wait() {
    let mut run = Run::after(&[-1; 8]);
    assert_eq!(run.adjusted(), "nothing", "eight trades say nothing yet");
    run.trades(&[-1]);
    let adjustment = run.adjust().unwrap();
    let reasons: Vec<_> = adjustment.reasons.iter().map(|reason| format!("{}={}", reason.name, reason.value)).collect();
    assert_eq!((adjustment.rule, adjustment.from_bps, adjustment.to_bps), (Rule::NoWins, 4_500, 5_000));
    assert_eq!(reasons, ["win_rate=0", "profit_factor=0", "drawdown=0", "signals_an_hour=0", "trades=9"]);
    assert_eq!(run.adjusted(), "nothing", "nothing new is known");
    assert_eq!(run.wait(24).adjusted(), "nothing", "nor later");
    assert_eq!(run.trades(&[-1]).adjusted(), "MinConfidence 5000 -> 5500: NoWins");
    for _ in 0..7 {
        run.trades(&[-1]).adjust().unwrap();
    }
    assert_eq!(run.tuning.min_confidence_bps, 9_000);
    assert_eq!(run.trades(&[0]).adjusted(), "SizeScale 10000 -> 9500: NoWins");
    for _ in 0..14 {
        run.trades(&[-1]).adjust().unwrap();
    }
    assert_eq!(run.trades(&[-1]).adjusted(), "nothing", "both are at the end");
    assert_eq!((run.tuning.min_confidence_bps, run.tuning.size_scale_bps), (9_000, 2_500));
}

#[test]
fn the_figure_that_is_furthest_from_its_target_asks_for_a_step() {
    // Three of ten won, as much as the others lost: 75 % of the target rate, 83 % of the target factor.
    let few_wins = [-3, 7, -3, -3, 7, -3, -3, 7, -3, -3];
    let mut run = Run::after(&few_wins);
    assert_eq!(run.adjusted(), "MinConfidence 4500 -> 5000: LowWinRate");
    assert_eq!(run.trades(&[-3]).adjusted(), "nothing", "an adjustment is given six hours");
    assert_eq!(run.wait(5).adjusted(), "MinConfidence 5000 -> 5500: LowWinRate", "the last trade came after it");
    assert_eq!(run.wait(6).adjusted(), "nothing", "no trade since");
    // Half of them won, half as much as the others lost.
    let small_wins = [4, -8, 4, -8, 4, -8, 4, -8, 4, -8];
    assert_eq!(Run::after(&small_wins).adjusted(), "SizeScale 10000 -> 9500: LowProfitFactor");
    let mut drawn_down = Run::after(&small_wins);
    assert_eq!(drawn_down.equity(125).adjusted(), "SizeScale 10000 -> 9500: DeepDrawdown", "20 % of at most 10 %");
    assert_eq!(drawn_down.wait(5).adjusted(), "nothing");
    assert_eq!(drawn_down.wait(1).adjusted(), "nothing", "no trade since");
    assert_eq!(drawn_down.trades(&[-8]).adjusted(), "SizeScale 9500 -> 9000: DeepDrawdown");
    assert_eq!(Run::default().signals(57).adjusted(), "MinConfidence 4500 -> 5000: TooManySignals");
    assert_eq!(Run::default().signals(56).adjusted(), "nothing");
}

#[test]
fn the_next_figure_asks_when_a_knob_is_at_its_end() {
    let mut run = Run::after(&[-3, 7, -3, -3, 7, -3, -3, 7, -3, -3]);
    run.tuning.min_confidence_bps = 9_000;
    assert_eq!(run.adjusted(), "SizeScale 10000 -> 9500: LowProfitFactor");
    run.tuning = Tuning { size_scale_bps: 2_500, adjusted_at: None, ..run.tuning };
    assert_eq!(run.adjusted(), "nothing");
}

#[test]
fn the_same_steps_lead_back_when_the_figures_are_good() {
    let mut run = Run::after(&[-1; 10]);
    run.tuning = Tuning { min_confidence_bps: 5_200, size_scale_bps: 9_800, adjusted_at: None };
    assert_eq!(run.adjusted(), "MinConfidence 5200 -> 5700: NoWins");
    // Four of ten are on target, and not a tenth better.
    run.policy.window_trades = 10;
    run.trades(&[-1, 4, -1, 4, -1, 4, -1, 4, -1, -1]);
    assert_eq!(run.adjusted(), "SizeScale 9800 -> 10000: Recovered", "what they won is enough");
    assert_eq!(run.wait(6).adjusted(), "nothing");
    run.trades(&[4, 4]);
    let mut steps = vec![];
    while let Some(adjustment) = run.wait(6).adjust() {
        assert_eq!(adjustment.rule, Rule::Recovered);
        steps.push(format!("{:?} {}", adjustment.parameter, adjustment.to_bps));
    }
    assert_eq!(steps, ["MinConfidence 5200", "MinConfidence 4700", "MinConfidence 4500"]);
}

#[test]
fn a_threshold_that_lets_nothing_through_comes_down_again() {
    let mut run = Run::after(&[-1; 30]);
    run.tuning = Tuning { min_confidence_bps: 9_000, size_scale_bps: 2_500, adjusted_at: Some(run.now) };
    let first = run.now;
    let mut last = None;
    for _ in 0..24 * 30 {
        last = run.wait(1).adjust().map(|_| run.now).or(last);
    }
    assert_eq!((run.tuning.min_confidence_bps, run.tuning.size_scale_bps), (BASE_BPS, FULL_SIZE_BPS));
    // A week until fewer than nine trades are in the window, then 9 + 15 steps.
    let hours = (last.unwrap().0 - first.0) / HOUR_NS;
    assert!((24 * 7 - 9 + 23 * 6..=24 * 7 + 24 * 6).contains(&hours), "{hours}");
}

#[test]
fn health_has_four_parts() {
    assert_eq!(Run::default().health(), "70 win_rate=50 profit_factor=50 drawdown=100 signals_an_hour=100");
    let unknown = health(&ControllerPolicy::default(), &Performance::default(), None, Timestamp(0));
    assert_eq!(unknown.score.to_string(), "57.5");
    // Not one of nine won, at 56 signals an hour.
    let nine = Run::after(&[-1; 9]).signals(56).equity(105).health();
    assert_eq!(nine, "40 win_rate=0 profit_factor=0 drawdown=100 signals_an_hour=100");
    let perfect = Run::after(&[1; 9]).health();
    assert_eq!(perfect, "100 win_rate=100 profit_factor=100 drawdown=100 signals_an_hour=100");
    // 3 of 9 of 40 %; 21 / 18 of 1.2; 16.7 % of at most 10 %; 84 of 56.
    let middling = Run::after(&[-3, 7, -3, -3, 7, -3, -3, 7, -3]).signals(84).equity(120).health();
    assert_eq!(middling, "70 win_rate=83.3 profit_factor=97.2 drawdown=33.3 signals_an_hour=50");
}

/// Policies of all kinds, senseless ones too.
fn policy() -> impl Strategy<Value = ControllerPolicy> {
    let bps = || prop_oneof![4 => 0_u32..12_000, 1 => any::<u32>()];
    let rate = || prop_oneof![4 => 0_i64..20_000, 1 => any::<i64>()].prop_map(Rate::from_bps);
    let count = || prop_oneof![4 => 0_u32..30, 1 => any::<u32>()];
    let span = || prop_oneof![4 => 0..30 * DAY_NS, 1 => any::<i64>()];
    let knobs = (bps(), bps(), bps());
    (count(), span(), count(), span(), knobs, rate(), rate(), rate(), count()).prop_map(
        |(window_trades, window_ns, critical_trades, cooldown_ns, knobs, win, factor, drawdown, most_signals_an_hour)| {
            ControllerPolicy {
                window_trades,
                window_ns,
                critical_trades,
                cooldown_ns,
                step_bps: knobs.0,
                max_confidence_bps: knobs.1,
                min_size_scale_bps: knobs.2,
                least_win_rate: win,
                least_profit_factor: factor,
                most_drawdown: drawdown,
                most_signals_an_hour,
            }
        },
    )
}

proptest! {
    #[test]
    fn bounds_hold_whatever_comes(
        policy in policy(),
        tuning in (any::<u32>(), any::<u32>(), prop::option::of(any::<i64>())),
        base_bps in prop_oneof![4 => 0_u32..10_000, 1 => any::<u32>()],
        happenings in prop::collection::vec((0_u8..5, -50_i64..50, 0..3 * DAY_NS), 0..150),
    ) {
        let size_scale_bps = tuning.1 % (2 * FULL_SIZE_BPS);
        let adjusted_at = tuning.2.map(Timestamp);
        let mut tuning = Tuning { min_confidence_bps: tuning.0 % 20_000, size_scale_bps, adjusted_at };
        let mut performance = Performance::default();
        let mut now = Timestamp(0);
        for (kind, value, wait) in happenings {
            let equity = (kind != 0).then_some(Amount((100 + value).into()));
            match kind {
                1 => performance.equity_moved(now, Amount((100 + value).into())),
                2 => performance.signaled(now),
                _ => { trade(&mut performance, now.0, &[value]); }
            }
            now = now.plus_ns(wait);
            let Health { score, parts } = health(&policy, &performance, equity, now);
            let is_percent = |value: Decimal| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&value);
            prop_assert!(is_percent(score.0) && parts.len() == 4 && parts.iter().all(|part| is_percent(part.value.0)));
            let Some(adjustment) = adjust(&policy, &performance, equity, &tuning, base_bps, now) else { continue };
            let Adjustment { parameter, from_bps, to_bps, ref reasons, rule } = adjustment;
            prop_assert!(!reasons.is_empty());
            let (is, least, most) = match parameter {
                Parameter::MinConfidence => (tuning.min_confidence_bps.max(base_bps), base_bps, policy.max_confidence_bps.max(base_bps)),
                Parameter::SizeScale => (tuning.size_scale_bps, policy.min_size_scale_bps.min(FULL_SIZE_BPS), FULL_SIZE_BPS),
            };
            prop_assert_eq!(from_bps, is);
            prop_assert!((least..=most).contains(&to_bps), "{to_bps} is not in {least}..={most}");
            let is_up = (parameter == Parameter::MinConfidence) == (rule != Rule::Recovered);
            prop_assert!(if is_up { to_bps > from_bps } else { to_bps < from_bps }, "{adjustment:?}");
            if (least..=most).contains(&from_bps) {
                prop_assert!(to_bps.abs_diff(from_bps) <= policy.step_bps);
            }
            tuning.apply(now, &adjustment);
        }
    }

    #[test]
    fn every_adjustment_is_undone_in_the_end(profits in prop::collection::vec(-50_i64..40, 0..80), waits in prop::collection::vec(0_i64..12, 80)) {
        let mut run = Run::default();
        for (profit, hours) in profits.iter().zip(&waits) {
            run.trades(&[*profit]).wait(*hours).adjust();
        }
        for _ in 0..4 * 60 {
            run.wait(6).adjust();
        }
        // A threshold that was never turned is at no value of its own.
        prop_assert!([0, BASE_BPS].contains(&run.tuning.min_confidence_bps));
        prop_assert_eq!(run.tuning.size_scale_bps, FULL_SIZE_BPS);
    }
}
