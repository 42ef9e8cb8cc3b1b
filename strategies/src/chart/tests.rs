use proptest::prelude::*;

use super::*;

/// Candles that walk from point to point, one unit each, with a tenth of a shadow.
fn walk(points: &[f64]) -> Vec<Candle> {
    let mut closes = vec![points[0]];
    for pair in points.windows(2) {
        let steps = (pair[1] - pair[0]).abs().max(1.0);
        let step = (pair[1] - pair[0]) / steps;
        let mut at = 1.0;
        while at <= steps {
            closes.push(pair[0] + step * at);
            at += 1.0;
        }
    }
    closes.windows(2).map(|two| candle(two[0], two[1])).collect()
}

fn candle(open: f64, close: f64) -> Candle {
    Candle { open, high: open.max(close) + 0.1, low: open.min(close) - 0.1, close, volume: 1.0 }
}

/// Shape, breakout, and neckline, target and failure to one decimal.
fn found(candles: &[Candle]) -> Vec<String> {
    let mut chart = Chart::new(5, 3.0);
    candles.iter().filter_map(|candle| chart.update(candle)).map(shown).collect()
}

fn shown(pattern: ChartPattern) -> String {
    let ChartPattern { shape, breakout, neckline, target, failure, .. } = pattern;
    format!("{} {breakout:?} {neckline:.1} target {target:.1} failure {failure:.1}", shape.name())
}

fn is_beyond(candle: &Candle, swing: &Swing) -> bool {
    match swing.turn {
        Turn::High => candle.high > swing.price,
        Turn::Low => candle.low < swing.price,
    }
}

fn upside_down(candles: &[Candle]) -> Vec<Candle> {
    let flip = |price: f64| 300.0 - price;
    let flipped = |&Candle { open, high, low, close, volume }: &Candle| Candle {
        open: flip(open),
        high: flip(low),
        low: flip(high),
        close: flip(close),
        volume,
    };
    candles.iter().map(flipped).collect()
}

const DOUBLE_BOTTOM: [f64; 5] = [130.0, 100.0, 112.0, 101.0, 120.0];
const INVERSE_HEAD: [f64; 7] = [130.0, 105.0, 113.0, 95.0, 112.0, 104.0, 120.0];
const ASCENDING: [f64; 6] = [80.0, 120.0, 100.0, 120.0, 110.0, 125.0];
const SYMMETRICAL: [f64; 6] = [80.0, 120.0, 100.0, 115.0, 106.0, 125.0];

#[test]
fn each_shape_is_told_when_its_neckline_breaks() {
    assert_eq!(found(&walk(&DOUBLE_BOTTOM)), ["double_bottom Up 112.1 target 124.3 failure 100.9"]);
    assert_eq!(found(&walk(&INVERSE_HEAD)), ["inverse_head_and_shoulders Up 111.7 target 129.4 failure 103.9"]);
    assert_eq!(found(&walk(&ASCENDING)), ["ascending_triangle Up 120.1 target 140.3 failure 109.9"]);
    assert_eq!(found(&walk(&SYMMETRICAL)), ["symmetrical_triangle Up 113.0 target 133.2 failure 105.9"]);
}

#[test]
fn upside_down_each_is_its_opposite() {
    let names = |points: &[f64]| found(&upside_down(&walk(points)));
    assert_eq!(names(&DOUBLE_BOTTOM), ["double_top Down 187.9 target 175.7 failure 199.1"]);
    assert_eq!(names(&INVERSE_HEAD), ["head_and_shoulders Down 188.3 target 170.6 failure 196.1"]);
    assert_eq!(names(&ASCENDING), ["descending_triangle Down 179.9 target 159.7 failure 190.1"]);
    assert_eq!(names(&SYMMETRICAL), ["symmetrical_triangle Down 187.0 target 166.8 failure 194.1"]);
}

#[test]
fn nothing_is_told_before_the_neckline_breaks_or_of_other_shapes() {
    assert_eq!(found(&walk(&[130.0, 100.0, 112.0, 101.0, 111.0])).len(), 0, "up to the neckline");
    assert_eq!(found(&walk(&[90.0, 110.0, 100.0, 112.0, 100.0, 117.0])).len(), 0, "not reached from above");
    assert_eq!(found(&walk(&[130.0, 100.0, 112.0, 96.0, 120.0])).len(), 0, "the second bottom is too low");
    assert_eq!(found(&walk(&[100.0, 200.0])).len(), 0, "it only rises");
    assert_eq!(found(&vec![candle(100.0, 100.0); 100]).len(), 0, "nothing moves");
}

proptest! {
    #[test]
    fn turning_points_take_turns_and_hold(steps in prop::collection::vec(-3.0..3.0_f64, 1..400), reversal in 1.0..4.0_f64) {
        let mut close = 100.0;
        let mut step = |step: &f64| {
            let open = close;
            close += step;
            candle(open, close)
        };
        let candles: Vec<_> = steps.iter().map(&mut step).collect();
        let mut swings = Swings::new(5, reversal);
        let told: Vec<_> = candles.iter().zip(0_usize..).filter_map(|(candle, at)| Some((at, swings.update(candle)?))).collect();
        let index = |swing: &Swing| usize::try_from(swing.at).unwrap();
        for (at, swing) in &told {
            prop_assert!(index(swing) < *at, "it is confirmed later than it happened");
            let candle = candles[index(swing)];
            prop_assert_eq!(swing.price, if swing.turn == Turn::High { candle.high } else { candle.low });
            // Between the turning point and its confirmation nothing went beyond it.
            let since = &candles[index(swing)..=*at];
            prop_assert!(since.iter().all(|candle| !is_beyond(candle, swing)), "{swing:?}");
        }
        for pair in told.windows(2) {
            let ((_, before), (_, after)) = (pair[0], pair[1]);
            prop_assert!(before.turn != after.turn && before.at < after.at);
            // Between two turning points nothing goes beyond the second.
            let between = &candles[index(&before) + 1..=index(&after)];
            prop_assert!(between.iter().all(|candle| !is_beyond(candle, &after)), "{before:?} {after:?}");
        }
    }

    #[test]
    fn a_pattern_is_a_number_and_leads_away_from_its_neckline(steps in prop::collection::vec(-3.0..3.0_f64, 1..600)) {
        let (mut close, mut chart) = (100.0, Chart::new(5, 2.0));
        for step in steps {
            let open = close;
            close += step;
            let Some(pattern) = chart.update(&candle(open, close)) else { continue };
            prop_assert!((0.0..=1.0).contains(&pattern.clarity) && pattern.height > 0.0, "{pattern:?}");
            let sign = pattern.breakout.sign();
            prop_assert!(pattern.target * sign > pattern.neckline * sign, "{pattern:?}");
            prop_assert!(close * sign > pattern.neckline * sign, "{pattern:?}");
        }
    }

    #[test]
    fn no_number_stops_it(numbers in prop::collection::vec(any::<[f64; 4]>(), 0..200)) {
        let mut chart = Chart::new(2, 1.0);
        for [open, high, low, close] in numbers {
            if let Some(pattern) = chart.update(&Candle { open, high, low, close, volume: 1.0 }) {
                prop_assert!(pattern.clarity >= 0.0);
            }
        }
    }
}
