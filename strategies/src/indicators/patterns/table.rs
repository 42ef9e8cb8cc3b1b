//! The table of candle patterns: one line each.

use serde::Serialize;
#[allow(clippy::wildcard_imports, reason = "one handle for each of the 61 lines below; in tests the lint is silent")]
use ta_lib::*;

use crate::candle::Candle;
use crate::indicators::streaming::Columns;

macro_rules! patterns {
    ($($(#[$doc:meta])+ $pattern:ident: $field:ident = $stream:ident, $lookback:ident, $open:ident, $name:literal, ($($option:expr)?);)+) => {
        /// A shape of one to five candles.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum Pattern {
            $($(#[$doc])+ $pattern,)+
        }

        pub(super) const COUNT: usize = [$($name),+].len();

        impl Pattern {
            /// Every pattern.
            pub const ALL: [Self; COUNT] = [$(Self::$pattern),+];

            /// TA-Lib's names of them, in lower case.
            pub const NAMES: [&str; COUNT] = [$($name),+];

            /// TA-Lib's name, in lower case.
            pub fn name(self) -> &'static str {
                Self::NAMES[self as usize]
            }
        }

        /// One handle a pattern, once it has candles enough.
        #[derive(Clone, Default)]
        pub(super) struct Handles {
            $($field: Option<$stream>,)+
        }

        impl Handles {
            pub(super) fn advance(&mut self, candle: Candle, scores: &mut [i32; COUNT]) {
                let Candle { open, high, low, close, .. } = candle;
                $(if let Some(handle) = &mut self.$field {
                    scores[Pattern::$pattern as usize] = handle.update(open, high, low, close).unwrap_or(0);
                })+
            }

            /// Opens the handles that are still closed and for which there are candles enough.
            pub(super) fn open(&mut self, columns: &Columns, candles: usize, scores: &mut [i32; COUNT]) {
                let core = Core::new();
                let Columns { open, high, low, close, .. } = columns;
                $(if self.$field.is_none() && core.$lookback($($option)?).is_ok_and(|lookback| lookback < candles) {
                    if let Ok((handle, score)) = core.$open(open, high, low, close $(, $option)?) {
                        self.$field = Some(handle);
                        scores[Pattern::$pattern as usize] = score;
                    }
                })+
            }
        }
    };
}

patterns! {
    /// A gap up, then two falling candles back into the long rising one before.
    TwoCrows: two_crows = Cdl2crowsStream, cdl2crows_lookback, cdl2crows_open, "cdl2crows", ();
    /// Three long falling candles in a row, each closing near its low.
    ThreeBlackCrows: three_black_crows = Cdl3blackcrowsStream, cdl3blackcrows_lookback, cdl3blackcrows_open, "cdl3blackcrows", ();
    /// A harami, and a third candle that goes on the new way.
    ThreeInside: three_inside = Cdl3insideStream, cdl3inside_lookback, cdl3inside_open, "cdl3inside", ();
    /// Three candles one way, and one that undoes them all.
    ThreeLineStrike: three_line_strike = Cdl3linestrikeStream, cdl3linestrike_lookback, cdl3linestrike_open, "cdl3linestrike", ();
    /// An engulfing, and a third candle that goes on the new way.
    ThreeOutside: three_outside = Cdl3outsideStream, cdl3outside_lookback, cdl3outside_open, "cdl3outside", ();
    /// Three falling candles, each smaller and within the one before.
    ThreeStarsInSouth: three_stars_in_south = Cdl3starsinsouthStream, cdl3starsinsouth_lookback, cdl3starsinsouth_open, "cdl3starsinsouth", ();
    /// Three long rising candles in a row, each closing near its high.
    ThreeWhiteSoldiers: three_white_soldiers = Cdl3whitesoldiersStream, cdl3whitesoldiers_lookback, cdl3whitesoldiers_open, "cdl3whitesoldiers", ();
    /// A doji with a gap on either side, and a turn.
    AbandonedBaby: abandoned_baby = CdlabandonedbabyStream, cdlabandonedbaby_lookback, cdlabandonedbaby_open, "cdlabandonedbaby", (Core::REAL_DEFAULT);
    /// Three rising candles that weaken.
    AdvanceBlock: advance_block = CdladvanceblockStream, cdladvanceblock_lookback, cdladvanceblock_open, "cdladvanceblock", ();
    /// A long candle that opens at its extreme.
    BeltHold: belt_hold = CdlbeltholdStream, cdlbelthold_lookback, cdlbelthold_open, "cdlbelthold", ();
    /// A gap, two more candles that way, and one back into the gap.
    Breakaway: breakaway = CdlbreakawayStream, cdlbreakaway_lookback, cdlbreakaway_open, "cdlbreakaway", ();
    /// A long candle that closes at its extreme.
    ClosingMarubozu: closing_marubozu = CdlclosingmarubozuStream, cdlclosingmarubozu_lookback, cdlclosingmarubozu_open, "cdlclosingmarubozu", ();
    /// Four falling candles, the last of which swallows the third with its shadow.
    ConcealBabySwallow: conceal_baby_swallow = CdlconcealbabyswallStream, cdlconcealbabyswall_lookback, cdlconcealbabyswall_open, "cdlconcealbabyswall", ();
    /// Two long candles of opposite ways with equal closes.
    Counterattack: counterattack = CdlcounterattackStream, cdlcounterattack_lookback, cdlcounterattack_open, "cdlcounterattack", ();
    /// An open above the high before, and a close deep in the body before.
    DarkCloudCover: dark_cloud_cover = CdldarkcloudcoverStream, cdldarkcloudcover_lookback, cdldarkcloudcover_open, "cdldarkcloudcover", (Core::REAL_DEFAULT);
    /// Open and close are all but equal.
    Doji: doji = CdldojiStream, cdldoji_lookback, cdldoji_open, "cdldoji", ();
    /// A doji with a gap after a long candle.
    DojiStar: doji_star = CdldojistarStream, cdldojistar_lookback, cdldojistar_open, "cdldojistar", ();
    /// A doji with a long lower shadow and no upper one.
    DragonflyDoji: dragonfly_doji = CdldragonflydojiStream, cdldragonflydoji_lookback, cdldragonflydoji_open, "cdldragonflydoji", ();
    /// A body that covers the opposite one before it; 80 when they share an end.
    Engulfing: engulfing = CdlengulfingStream, cdlengulfing_lookback, cdlengulfing_open, "cdlengulfing", ();
    /// An evening star whose middle is a doji.
    EveningDojiStar: evening_doji_star = CdleveningdojistarStream, cdleveningdojistar_lookback, cdleveningdojistar_open, "cdleveningdojistar", (Core::REAL_DEFAULT);
    /// A long rising candle, a small one above a gap, and a falling one deep into the first.
    EveningStar: evening_star = CdleveningstarStream, cdleveningstar_lookback, cdleveningstar_open, "cdleveningstar", (Core::REAL_DEFAULT);
    /// A gap, and two rising candles of the same size beside each other.
    GapSideBySideWhite: gap_side_by_side_white = CdlgapsidesidewhiteStream, cdlgapsidesidewhite_lookback, cdlgapsidesidewhite_open, "cdlgapsidesidewhite", ();
    /// A doji with a long upper shadow and no lower one.
    GravestoneDoji: gravestone_doji = CdlgravestonedojiStream, cdlgravestonedoji_lookback, cdlgravestonedoji_open, "cdlgravestonedoji", ();
    /// A small body at the top of a long lower shadow, at a low.
    Hammer: hammer = CdlhammerStream, cdlhammer_lookback, cdlhammer_open, "cdlhammer", ();
    /// A small body at the top of a long lower shadow, at a high.
    HangingMan: hanging_man = CdlhangingmanStream, cdlhangingman_lookback, cdlhangingman_open, "cdlhangingman", ();
    /// A small body within the long one before it; 80 when they share an end.
    Harami: harami = CdlharamiStream, cdlharami_lookback, cdlharami_open, "cdlharami", ();
    /// A harami whose second candle is a doji.
    HaramiCross: harami_cross = CdlharamicrossStream, cdlharamicross_lookback, cdlharamicross_open, "cdlharamicross", ();
    /// A small body between two very long shadows.
    HighWave: high_wave = CdlhighwaveStream, cdlhighwave_lookback, cdlhighwave_open, "cdlhighwave", ();
    /// An inside bar whose breakout fails; 200 when the failure is confirmed.
    Hikkake: hikkake = CdlhikkakeStream, cdlhikkake_lookback, cdlhikkake_open, "cdlhikkake", ();
    /// A hikkake after a candle that closed at its extreme.
    HikkakeModified: hikkake_modified = CdlhikkakemodStream, cdlhikkakemod_lookback, cdlhikkakemod_open, "cdlhikkakemod", ();
    /// A small falling body within a long falling one.
    HomingPigeon: homing_pigeon = CdlhomingpigeonStream, cdlhomingpigeon_lookback, cdlhomingpigeon_open, "cdlhomingpigeon", ();
    /// Three black crows, each opening where the one before closed.
    IdenticalThreeCrows: identical_three_crows = Cdlidentical3crowsStream, cdlidentical3crows_lookback, cdlidentical3crows_open, "cdlidentical3crows", ();
    /// A rising candle that opens lower and closes just inside the falling body before.
    InNeck: in_neck = CdlinneckStream, cdlinneck_lookback, cdlinneck_open, "cdlinneck", ();
    /// A small body at the bottom of a long upper shadow, after a gap down.
    InvertedHammer: inverted_hammer = CdlinvertedhammerStream, cdlinvertedhammer_lookback, cdlinvertedhammer_open, "cdlinvertedhammer", ();
    /// Two marubozu of opposite ways with a gap between.
    Kicking: kicking = CdlkickingStream, cdlkicking_lookback, cdlkicking_open, "cdlkicking", ();
    /// A kicking that goes the way of the longer candle.
    KickingByLength: kicking_by_length = CdlkickingbylengthStream, cdlkickingbylength_lookback, cdlkickingbylength_open, "cdlkickingbylength", ();
    /// Three falling candles, one with an upper shadow, and a rise above it.
    LadderBottom: ladder_bottom = CdlladderbottomStream, cdlladderbottom_lookback, cdlladderbottom_open, "cdlladderbottom", ();
    /// A doji with a long shadow.
    LongLeggedDoji: long_legged_doji = CdllongleggeddojiStream, cdllongleggeddoji_lookback, cdllongleggeddoji_open, "cdllongleggeddoji", ();
    /// A long body with short shadows.
    LongLine: long_line = CdllonglineStream, cdllongline_lookback, cdllongline_open, "cdllongline", ();
    /// A long body without shadows.
    Marubozu: marubozu = CdlmarubozuStream, cdlmarubozu_lookback, cdlmarubozu_open, "cdlmarubozu", ();
    /// Two falling candles with equal closes.
    MatchingLow: matching_low = CdlmatchinglowStream, cdlmatchinglow_lookback, cdlmatchinglow_open, "cdlmatchinglow", ();
    /// A long rise, a small pause above its half, and a new high.
    MatHold: mat_hold = CdlmatholdStream, cdlmathold_lookback, cdlmathold_open, "cdlmathold", (Core::REAL_DEFAULT);
    /// A morning star whose middle is a doji.
    MorningDojiStar: morning_doji_star = CdlmorningdojistarStream, cdlmorningdojistar_lookback, cdlmorningdojistar_open, "cdlmorningdojistar", (Core::REAL_DEFAULT);
    /// A long falling candle, a small one below a gap, and a rising one deep into the first.
    MorningStar: morning_star = CdlmorningstarStream, cdlmorningstar_lookback, cdlmorningstar_open, "cdlmorningstar", (Core::REAL_DEFAULT);
    /// A rising candle that opens lower and closes at the low before.
    OnNeck: on_neck = CdlonneckStream, cdlonneck_lookback, cdlonneck_open, "cdlonneck", ();
    /// An open below the low before, and a close above the middle of the falling body before.
    Piercing: piercing = CdlpiercingStream, cdlpiercing_lookback, cdlpiercing_open, "cdlpiercing", ();
    /// A doji in the middle between two long shadows.
    RickshawMan: rickshaw_man = CdlrickshawmanStream, cdlrickshawman_lookback, cdlrickshawman_open, "cdlrickshawman", ();
    /// A long candle, three small ones against it within its range, and a long one on.
    RiseFallThreeMethods: rise_fall_three_methods = Cdlrisefall3methodsStream, cdlrisefall3methods_lookback, cdlrisefall3methods_open, "cdlrisefall3methods", ();
    /// Two candles of opposite ways with equal opens.
    SeparatingLines: separating_lines = CdlseparatinglinesStream, cdlseparatinglines_lookback, cdlseparatinglines_open, "cdlseparatinglines", ();
    /// A small body at the bottom of a long upper shadow, after a gap up.
    ShootingStar: shooting_star = CdlshootingstarStream, cdlshootingstar_lookback, cdlshootingstar_open, "cdlshootingstar", ();
    /// A short body with short shadows.
    ShortLine: short_line = CdlshortlineStream, cdlshortline_lookback, cdlshortline_open, "cdlshortline", ();
    /// A small body with longer shadows.
    SpinningTop: spinning_top = CdlspinningtopStream, cdlspinningtop_lookback, cdlspinningtop_open, "cdlspinningtop", ();
    /// Two long rising candles, and a small one on their shoulder.
    StalledPattern: stalled_pattern = CdlstalledpatternStream, cdlstalledpattern_lookback, cdlstalledpattern_open, "cdlstalledpattern", ();
    /// A rising candle between two falling ones with equal closes.
    StickSandwich: stick_sandwich = CdlsticksandwichStream, cdlsticksandwich_lookback, cdlsticksandwich_open, "cdlsticksandwich", ();
    /// A dragonfly doji with a very long lower shadow.
    Takuri: takuri = CdltakuriStream, cdltakuri_lookback, cdltakuri_open, "cdltakuri", ();
    /// A gap, one candle that way, and one that does not close the gap.
    TasukiGap: tasuki_gap = CdltasukigapStream, cdltasukigap_lookback, cdltasukigap_open, "cdltasukigap", ();
    /// A rising candle that opens lower and closes below the middle of the falling body before.
    Thrusting: thrusting = CdlthrustingStream, cdlthrusting_lookback, cdlthrusting_open, "cdlthrusting", ();
    /// Three doji, the middle one beyond a gap.
    Tristar: tristar = CdltristarStream, cdltristar_lookback, cdltristar_open, "cdltristar", ();
    /// A long fall, a hammer with a new low, and a small rise below it.
    UniqueThreeRiver: unique_three_river = Cdlunique3riverStream, cdlunique3river_lookback, cdlunique3river_open, "cdlunique3river", ();
    /// A gap up, and two falling candles of which the second covers the first.
    UpsideGapTwoCrows: upside_gap_two_crows = Cdlupsidegap2crowsStream, cdlupsidegap2crows_lookback, cdlupsidegap2crows_open, "cdlupsidegap2crows", ();
    /// A gap, one candle that way, and one that closes the gap.
    GapThreeMethods: gap_three_methods = Cdlxsidegap3methodsStream, cdlxsidegap3methods_lookback, cdlxsidegap3methods_open, "cdlxsidegap3methods", ();
}
