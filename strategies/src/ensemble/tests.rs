use engine::event::{Advice, Prediction};
use engine::market::Bar;
use engine::time::SECOND_NS;
use expect_test::expect;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::ParamsError;
use crate::stage::{Stage, history, hours, instrument};

const HOUR_NS: i64 = 3_600 * SECOND_NS;

fn prediction(model: &str, up_bps: u16, valid_until: Timestamp) -> Input {
    Input::PredictionReceived(Box::new(Prediction { instrument: InstrumentId(0), model: model.into(), up_bps, valid_until }))
}

fn advice(source: &str, points: i8, valid_until: Timestamp) -> Input {
    let (source, comment) = (source.into(), "so it seems".into());
    Input::AdviceReceived(Box::new(Advice { instrument: InstrumentId(0), source, points, valid_until, comment }))
}

/// Eighty bars to and fro, then up for twenty and down for forty.
fn market() -> Vec<Bar> {
    let closes = (0..140).map(|hour: i64| match hour {
        0..80 => 10_000 + 20 * (hour % 6 - 3).abs(),
        80..100 => 10_000 + 30 * (hour - 80),
        _ => 10_570 - 30 * (hour - 100),
    });
    hours(15, closes.map(|close| (close, 100)))
}

/// The signals that follow when these inputs come between the bars.
fn signals(params: Value, inputs: Vec<(i64, Input)>) -> String {
    let mut stage = Stage::new("ensemble", params, &[instrument(0)]);
    let mut inputs = inputs.into_iter().peekable();
    for bar in market() {
        while let Some((hour, input)) = inputs.next_if(|(hour, _)| hour * HOUR_NS < bar.closed_at().0) {
            stage.input(Timestamp(hour * HOUR_NS + 1), input);
        }
        stage.play([bar]);
    }
    let lines = stage.decisions();
    let told = lines.lines().filter_map(|line| line.split_once("> signal ensemble BTC-USDT "));
    told.fold(String::new(), |all, (_, signal)| all + signal.split_once(" ^").unwrap().0 + "\n")
}

#[test]
fn the_indicators_alone_decide_where_nobody_else_speaks() {
    expect![[r#"
        long 67.37% stop 99.86 target 103.88 score=67.37804005 technical=67.37804005 model_weight=0.00000000 rsi=0.63419125 macd=0.62189557 trend=0.11221200 bollinger=1.00000000 volume=0.00000000 adx=0.00000000 risk_low=2.59604436 timing_good=65.61196746
    "#]].assert_eq(&signals(json!({}), vec![]));
}

#[test]
fn models_weigh_forty_percent_and_advice_adds_points() {
    let until = Timestamp(i64::MAX);
    let inputs =
        vec![(90, prediction("trees", 9_000, until)), (91, prediction("line", 7_000, until)), (92, advice("desk", 50, until))];
    expect![[r#"
        long 100% stop 101.89 target 106.11 score=100.00000000 technical=83.40382189 model=80.00000000 model_weight=0.40000000 advice=20.00000000 rsi=0.50000000 macd=1.00000000 trend=0.73623135 bollinger=1.00000000 volume=0.00000000 adx=0.54509300 risk_low=2.66558836 timing_fair=41.66666667
    "#]].assert_eq(&signals(json!({"entry": 85.0}), inputs));
}

#[test]
fn what_is_not_valid_any_more_does_not_count() {
    let old = Timestamp(79 * HOUR_NS);
    let inputs = vec![(70, prediction("trees", 0, old)), (71, advice("desk", -20, old))];
    assert_eq!(signals(json!({}), inputs), signals(json!({}), vec![]));
    let until = Timestamp(i64::MAX);
    let against = vec![(70, prediction("trees", 0, until)), (71, advice("desk", -20, until))];
    assert_eq!(signals(json!({}), against), "");
}

#[test]
fn a_prediction_decides_when_it_comes_and_not_with_the_next_bar() {
    let mut stage = Stage::new("ensemble", json!({"entry": 90.0}), &[instrument(0)]);
    stage.play(market().into_iter().take(95));
    assert_eq!(stage.decisions(), "");
    let at = 95 * HOUR_NS + 1;
    stage.input(Timestamp(at), prediction("trees", 10_000, Timestamp(at + 1)));
    assert!(stage.decisions().contains("> signal ensemble BTC-USDT long 9"), "{}", stage.decisions());
}

#[test]
fn only_so_many_voices_are_kept() {
    let mut voices = Voices::default();
    for name in 0..100 {
        voices.hear(&format!("model {name}"), 10.0, Timestamp(1_000 - name));
    }
    assert_eq!(voices.0.len(), MAX_VOICES);
    assert!(voices.0.contains_key("model 0"), "the one that is valid longest stays");
    assert_eq!((voices.mean(Timestamp(990)), voices.0.len()), (Some(10.0), 11));
    assert_eq!((voices.mean(Timestamp(1_001)), voices.0.len()), (None, 0));
}

#[test]
fn thresholds_at_odds_are_refused() {
    let params = serde_json::from_value(json!({"entry": 60.0, "exit": 60.0})).unwrap();
    let error = crate::build("ensemble", &params).err().unwrap();
    assert_eq!(error, ParamsError::Invalid("exit = 60 and entry = 60: it must be exit < entry".into()));
}

#[test]
fn on_real_candles_it_gives_every_grade() {
    let Some(bars) = history("BTC-USDT_1h_binance.csv.gz") else { return };
    let mut stage = Stage::new("ensemble", json!({}), &[instrument(0)]);
    stage.play(bars);
    let lines = stage.decisions();
    for what in ["risk_low=", "risk_medium=", "risk_high=", "timing_excellent=", "timing_good=", " flat ", "model_weight=0"] {
        assert!(lines.contains(what), "{what}");
    }
}

proptest! {
    #[test]
    fn the_score_is_a_share_whatever_is_said(
        technical in 0.0..=100.0_f64,
        model in prop::option::of(0.0..=100.0_f64),
        advice in prop::option::of(-128.0..=127.0_f64),
    ) {
        let verdict = Verdict::of(technical, model, advice);
        prop_assert!((0.0..=100.0).contains(&verdict.score));
        if advice.is_none() {
            let (low, high) = (technical.min(model.unwrap_or(technical)), technical.max(model.unwrap_or(technical)));
            prop_assert!((low - 1e-9..=high + 1e-9).contains(&verdict.score), "a mean lies between");
        }
        let other = Verdict::of(technical, model, None);
        prop_assert!((verdict.score - other.score).abs() <= MOST_ADVICE + 1e-9);
    }
}
