//! Every pattern against the handle of `ta-lib` that knows it.

use proptest::prelude::*;
use ta_lib::*;

use super::*;

macro_rules! handles {
    ($($pattern:ident: $stream:ident, $lookback:ident, $open:ident ($($option:expr)?);)+) => {
        /// One handle a pattern, once it has candles enough.
        #[derive(Default)]
        #[expect(non_snake_case, reason = "a field is named for its pattern")]
        struct Handles {
            candles: Vec<Candle>,
            $($pattern: Option<$stream>,)+
        }

        impl Handles {
            fn update(&mut self, candle: Candle) -> Vec<(Pattern, i32)> {
                let Candle { open, high, low, close, .. } = candle;
                self.candles.push(candle);
                let core = Core::new();
                let mut found = Vec::new();
                $(
                    let mut score = 0;
                    if let Some(handle) = &mut self.$pattern {
                        score = handle.update(open, high, low, close).unwrap();
                    } else if core.$lookback($($option)?).unwrap() < self.candles.len() {
                        let column = |field: fn(&Candle) -> f64| self.candles.iter().map(field).collect::<Vec<_>>();
                        let (open, high) = (column(|candle| candle.open), column(|candle| candle.high));
                        let (low, close) = (column(|candle| candle.low), column(|candle| candle.close));
                        let (handle, first) = core.$open(&open, &high, &low, &close $(, $option)?).unwrap();
                        (self.$pattern, score) = (Some(handle), first);
                    }
                    if score != 0 {
                        found.push((Pattern::$pattern, score));
                    }
                )+
                found
            }
        }
    };
}

handles! {
    TwoCrows: Cdl2crowsStream, cdl2crows_lookback, cdl2crows_open ();
    ThreeBlackCrows: Cdl3blackcrowsStream, cdl3blackcrows_lookback, cdl3blackcrows_open ();
    ThreeInside: Cdl3insideStream, cdl3inside_lookback, cdl3inside_open ();
    ThreeLineStrike: Cdl3linestrikeStream, cdl3linestrike_lookback, cdl3linestrike_open ();
    ThreeOutside: Cdl3outsideStream, cdl3outside_lookback, cdl3outside_open ();
    ThreeStarsInSouth: Cdl3starsinsouthStream, cdl3starsinsouth_lookback, cdl3starsinsouth_open ();
    ThreeWhiteSoldiers: Cdl3whitesoldiersStream, cdl3whitesoldiers_lookback, cdl3whitesoldiers_open ();
    AbandonedBaby: CdlabandonedbabyStream, cdlabandonedbaby_lookback, cdlabandonedbaby_open (Core::REAL_DEFAULT);
    AdvanceBlock: CdladvanceblockStream, cdladvanceblock_lookback, cdladvanceblock_open ();
    BeltHold: CdlbeltholdStream, cdlbelthold_lookback, cdlbelthold_open ();
    Breakaway: CdlbreakawayStream, cdlbreakaway_lookback, cdlbreakaway_open ();
    ClosingMarubozu: CdlclosingmarubozuStream, cdlclosingmarubozu_lookback, cdlclosingmarubozu_open ();
    ConcealBabySwallow: CdlconcealbabyswallStream, cdlconcealbabyswall_lookback, cdlconcealbabyswall_open ();
    Counterattack: CdlcounterattackStream, cdlcounterattack_lookback, cdlcounterattack_open ();
    DarkCloudCover: CdldarkcloudcoverStream, cdldarkcloudcover_lookback, cdldarkcloudcover_open (Core::REAL_DEFAULT);
    Doji: CdldojiStream, cdldoji_lookback, cdldoji_open ();
    DojiStar: CdldojistarStream, cdldojistar_lookback, cdldojistar_open ();
    DragonflyDoji: CdldragonflydojiStream, cdldragonflydoji_lookback, cdldragonflydoji_open ();
    Engulfing: CdlengulfingStream, cdlengulfing_lookback, cdlengulfing_open ();
    EveningDojiStar: CdleveningdojistarStream, cdleveningdojistar_lookback, cdleveningdojistar_open (Core::REAL_DEFAULT);
    EveningStar: CdleveningstarStream, cdleveningstar_lookback, cdleveningstar_open (Core::REAL_DEFAULT);
    GapSideBySideWhite: CdlgapsidesidewhiteStream, cdlgapsidesidewhite_lookback, cdlgapsidesidewhite_open ();
    GravestoneDoji: CdlgravestonedojiStream, cdlgravestonedoji_lookback, cdlgravestonedoji_open ();
    Hammer: CdlhammerStream, cdlhammer_lookback, cdlhammer_open ();
    HangingMan: CdlhangingmanStream, cdlhangingman_lookback, cdlhangingman_open ();
    Harami: CdlharamiStream, cdlharami_lookback, cdlharami_open ();
    HaramiCross: CdlharamicrossStream, cdlharamicross_lookback, cdlharamicross_open ();
    HighWave: CdlhighwaveStream, cdlhighwave_lookback, cdlhighwave_open ();
    Hikkake: CdlhikkakeStream, cdlhikkake_lookback, cdlhikkake_open ();
    HikkakeModified: CdlhikkakemodStream, cdlhikkakemod_lookback, cdlhikkakemod_open ();
    HomingPigeon: CdlhomingpigeonStream, cdlhomingpigeon_lookback, cdlhomingpigeon_open ();
    IdenticalThreeCrows: Cdlidentical3crowsStream, cdlidentical3crows_lookback, cdlidentical3crows_open ();
    InNeck: CdlinneckStream, cdlinneck_lookback, cdlinneck_open ();
    InvertedHammer: CdlinvertedhammerStream, cdlinvertedhammer_lookback, cdlinvertedhammer_open ();
    Kicking: CdlkickingStream, cdlkicking_lookback, cdlkicking_open ();
    KickingByLength: CdlkickingbylengthStream, cdlkickingbylength_lookback, cdlkickingbylength_open ();
    LadderBottom: CdlladderbottomStream, cdlladderbottom_lookback, cdlladderbottom_open ();
    LongLeggedDoji: CdllongleggeddojiStream, cdllongleggeddoji_lookback, cdllongleggeddoji_open ();
    LongLine: CdllonglineStream, cdllongline_lookback, cdllongline_open ();
    Marubozu: CdlmarubozuStream, cdlmarubozu_lookback, cdlmarubozu_open ();
    MatchingLow: CdlmatchinglowStream, cdlmatchinglow_lookback, cdlmatchinglow_open ();
    MatHold: CdlmatholdStream, cdlmathold_lookback, cdlmathold_open (Core::REAL_DEFAULT);
    MorningDojiStar: CdlmorningdojistarStream, cdlmorningdojistar_lookback, cdlmorningdojistar_open (Core::REAL_DEFAULT);
    MorningStar: CdlmorningstarStream, cdlmorningstar_lookback, cdlmorningstar_open (Core::REAL_DEFAULT);
    OnNeck: CdlonneckStream, cdlonneck_lookback, cdlonneck_open ();
    Piercing: CdlpiercingStream, cdlpiercing_lookback, cdlpiercing_open ();
    RickshawMan: CdlrickshawmanStream, cdlrickshawman_lookback, cdlrickshawman_open ();
    RiseFallThreeMethods: Cdlrisefall3methodsStream, cdlrisefall3methods_lookback, cdlrisefall3methods_open ();
    SeparatingLines: CdlseparatinglinesStream, cdlseparatinglines_lookback, cdlseparatinglines_open ();
    ShootingStar: CdlshootingstarStream, cdlshootingstar_lookback, cdlshootingstar_open ();
    ShortLine: CdlshortlineStream, cdlshortline_lookback, cdlshortline_open ();
    SpinningTop: CdlspinningtopStream, cdlspinningtop_lookback, cdlspinningtop_open ();
    StalledPattern: CdlstalledpatternStream, cdlstalledpattern_lookback, cdlstalledpattern_open ();
    StickSandwich: CdlsticksandwichStream, cdlsticksandwich_lookback, cdlsticksandwich_open ();
    Takuri: CdltakuriStream, cdltakuri_lookback, cdltakuri_open ();
    TasukiGap: CdltasukigapStream, cdltasukigap_lookback, cdltasukigap_open ();
    Thrusting: CdlthrustingStream, cdlthrusting_lookback, cdlthrusting_open ();
    Tristar: CdltristarStream, cdltristar_lookback, cdltristar_open ();
    UniqueThreeRiver: Cdlunique3riverStream, cdlunique3river_lookback, cdlunique3river_open ();
    UpsideGapTwoCrows: Cdlupsidegap2crowsStream, cdlupsidegap2crows_lookback, cdlupsidegap2crows_open ();
    GapThreeMethods: Cdlxsidegap3methodsStream, cdlxsidegap3methods_lookback, cdlxsidegap3methods_open ();
}

/// Numbers without pattern.
struct Dice(u64);

impl Dice {
    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From 0 to `most`, in whole steps.
    fn steps(&mut self, most: f64) -> f64 {
        (self.share() * (most + 1.0)).floor()
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small whole number")]
    fn count(&mut self, most: f64) -> usize {
        self.steps(most) as usize
    }
}

/// What candles are made of: prices in steps of `tick`, bodies and shadows of at most so many ticks. Few and small ones
/// make equal prices, gaps and candles as large as the mean, which patterns hang on.
#[derive(Clone, Copy, Debug)]
struct Market {
    tick: f64,
    body: f64,
    shadow: f64,
    gap: f64,
    /// How much a candle's way is that of the one before.
    trend: f64,
}

impl Market {
    fn candles(self, dice: &mut Dice, count: usize) -> Vec<Candle> {
        let (mut close, mut way) = (1_000.0 + dice.steps(100.0), 1.0);
        let mut candle = || {
            if dice.share() > self.trend {
                way = if dice.share() < 0.5 { 1.0 } else { -1.0 };
            }
            let open = close + (dice.steps(2.0 * self.gap) - self.gap);
            // Some bodies are nothing, some large: else few candles are doji or long.
            let body = match dice.steps(3.0) {
                0.0 => 0.0,
                1.0 => dice.steps(self.body),
                _ => dice.steps((self.body / 4.0).ceil()),
            };
            close = open + way * body;
            let mut shadow = || if dice.share() < 0.4 { 0.0 } else { dice.steps(self.shadow) };
            let (high, low) = (open.max(close) + shadow(), open.min(close) - shadow());
            let [open, high, low, close] = [open, high, low, close].map(|ticks| ticks * self.tick);
            Candle { open, high, low, close, volume: 1.0 }
        };
        (0..count).map(|_| candle()).collect()
    }
}

/// Long patterns that chance hardly draws, in ticks: open, high, low and close. Each is tried upside down, too.
const PLANTED: [[[f64; 4]; 5]; 3] = [
    [[100., 101., 88., 89.], [87., 87., 84., 85.], [85., 86., 83., 84.], [84., 85., 82., 83.], [83., 88., 83., 88.]],
    [[99., 103., 98., 101.], [100., 100., 88., 88.], [87., 87., 75., 75.], [73., 78., 70., 70.], [79., 79., 66., 66.]],
    [
        [100., 113., 99., 112.],
        [114., 115., 112., 113.],
        [112., 113., 110., 111.],
        [110., 111., 109., 109.],
        [110., 120., 110., 119.],
    ],
];

/// Candles by chance, with a planted pattern here and there, of which some prices are a tick off.
fn planted(market: Market, dice: &mut Dice, count: usize) -> Vec<Candle> {
    let mut candles = Vec::new();
    while candles.len() < count {
        let (before, way) = (12 + dice.count(8.0), if dice.share() < 0.5 { 1.0 } else { -1.0 });
        candles.extend(market.candles(dice, before));
        for prices in PLANTED[dice.count(2.0)] {
            let mut price = |ticks: f64| market.tick * (1_000.0 + way * (ticks + if dice.share() < 0.1 { 1.0 } else { 0.0 }));
            let [open, one, other, close] = prices.map(&mut price);
            candles.push(Candle { open, high: one.max(other), low: one.min(other), close, volume: 1.0 });
        }
    }
    candles
}

/// Feeds both; how often each pattern was found.
fn compare(candles: &[Candle], seen: &mut [u32; COUNT]) {
    let (mut handles, mut patterns) = (Handles::default(), CandlePatterns::new());
    for (index, candle) in candles.iter().enumerate() {
        let expected = handles.update(*candle);
        let found: Vec<_> = patterns.update(candle).collect();
        assert_eq!(found, expected, "candle {index} of {:?}", &candles[index.saturating_sub(15)..=index]);
        for (pattern, _) in found {
            seen[pattern as usize] += 1;
        }
    }
}

#[test]
fn every_pattern_is_found_where_ta_lib_finds_it() {
    let mut seen = [0; COUNT];
    let (mut dice, mut rounds) = (Dice(11), 0);
    let ways = [0.0, 0.5, 0.9];
    for tick in [0.01, 0.1, 1.0, 0.7] {
        for (body, shadow, gap) in [(2.0, 1.0, 1.0), (8.0, 3.0, 2.0), (20.0, 2.0, 3.0), (40.0, 8.0, 8.0), (60.0, 60.0, 20.0)] {
            for trend in ways {
                let market = Market { tick, body, shadow, gap, trend };
                compare(&market.candles(&mut dice, 1_000), &mut seen);
                compare(&planted(market, &mut dice, 500), &mut seen);
                rounds += 1;
            }
        }
    }
    let missing: Vec<_> = Pattern::ALL.iter().filter(|pattern| seen[**pattern as usize] == 0).collect();
    assert!(missing.is_empty(), "in {rounds} rounds there was no {missing:?}: {seen:?}");
}

/// A candle that is too large for its sums leaves its rounding in those that began with it or before it, and in no other:
/// so the scores tell which sum a pattern is compared with.
#[test]
fn each_pattern_is_compared_with_the_sum_that_began_where_its_own_did() {
    let mut dice = Dice(23);
    for marked in 0..7 {
        for digits in 53..58_u32 {
            for (body, shadow, gap) in [(8.0, 3.0, 2.0), (20.0, 2.0, 3.0), (12.0, 12.0, 6.0)] {
                let market = Market { tick: 1.0, body, shadow, gap, trend: 0.5 };
                let mut candles = market.candles(&mut dice, 400);
                candles.extend(planted(market, &mut dice, 600));
                let size = (1_u64 << digits) as f64;
                candles[marked] = Candle { open: 0.0, high: 1.5 * size, low: -0.5 * size, close: size, volume: 1.0 };
                compare(&candles, &mut [0; COUNT]);
            }
        }
    }
}

#[test]
fn degenerate_series_agree() {
    let candle = |open, high, low, close| Candle { open, high, low, close, volume: 1.0 };
    let flat = candle(5.0, 5.0, 5.0, 5.0);
    let (rise, fall) = (candle(1.0, 3.0, 1.0, 3.0), candle(3.0, 3.0, 1.0, 1.0));
    let rounds = |cycle: &[Candle]| cycle.iter().copied().cycle().take(60).collect::<Vec<_>>();
    let climb =
        |step: f64| (0..60).map(move |bar| f64::from(bar) * step).map(move |low| candle(low, low + step, low, low + step));
    let series = [
        rounds(&[flat]),
        rounds(&[candle(0.0, 0.0, 0.0, 0.0), candle(-0.0, 0.0, -0.0, 0.0)]),
        rounds(&[rise]),
        rounds(&[rise, fall]),
        rounds(&[rise, rise, rise, fall, flat]),
        rounds(&[flat, candle(1e100, 1e100, -1e100, -1e100), flat, rise, flat, fall]),
        // Low above high, and a body outside of both.
        rounds(&[candle(5.0, 1.0, 9.0, 7.0), candle(7.0, 2.0, 3.0, 1.0), rise]),
        climb(0.1).collect(),
        climb(-0.1).collect(),
        climb(1e-300).collect(),
    ];
    for candles in &series {
        compare(candles, &mut [0; COUNT]);
    }
}

#[test]
fn old_sums_start_anew() {
    const LEFT: u32 = 10;
    let candles = Market { tick: 0.1, body: 8.0, shadow: 3.0, gap: 2.0, trend: 0.5 }.candles(&mut Dice(5), 500);
    let (mut old, mut new, mut patterns) = (Handles::default(), Handles::default(), CandlePatterns::new());
    patterns.age = RENEWED_AFTER - LEFT;
    let (start, renewed) = ((LEFT - 1) as usize, (LEFT + MEMORY - 2) as usize);
    for (index, candle) in candles.iter().enumerate() {
        let before = old.update(*candle);
        let after = if index >= start { new.update(*candle) } else { Vec::new() };
        let found: Vec<_> = patterns.update(candle).collect();
        assert_eq!(found, if index < renewed { before } else { after }, "candle {index}");
    }
    assert!(patterns.age < 1_000 && patterns.history.is_empty());
}

proptest! {
    #[test]
    fn any_candles_agree(candles in any_candles()) {
        compare(&candles, &mut [0; COUNT]);
    }
}

/// Numbers of which some are absurd, and many equal.
fn any_candles() -> impl Strategy<Value = Vec<Candle>> {
    let absurd = [f64::MIN_POSITIVE, 1e100, -1e100, 0.0, -0.0, -5.0, 5e-324];
    let number = move || prop_oneof![4 => (0_u8..12).prop_map(|tenths| f64::from(tenths) / 10.0), 4 => 0.0..1e3_f64, 1 => prop::sample::select(absurd.to_vec())];
    let bar = (number(), number(), number(), number());
    prop::collection::vec(bar.prop_map(|(open, high, low, close)| Candle { open, high, low, close, volume: 1.0 }), 1..60)
}
