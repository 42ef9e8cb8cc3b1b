//! The table of candle patterns: one line each, with the candles that come before its first score.

use serde::Serialize;

use super::recent::Recent;
use super::{double, hikkake, longer, single, triple};

/// The index of the first candle on which every pattern has a score.
pub(super) const ALL_WARM: u32 = 14;

/// What one candle completes.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// One bit a pattern.
    pub(super) patterns: u64,
    /// Of the patterns whose bit is set; the others are old.
    pub(super) scores: [i16; COUNT],
}

macro_rules! patterns {
    ($($(#[$doc:meta])+ $pattern:ident = $name:literal, $lookback:literal, $judge:path;)+) => {
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

        impl Found {
            /// Judges the newest candle, which has this index, with those before it.
            pub(super) fn judge(&mut self, index: u32, recent: &Recent<'_>) {
                let mut patterns = 0;
                $(
                    let score = $judge(recent);
                    if score != 0 {
                        patterns |= 1 << Pattern::$pattern as u64;
                        self.scores[Pattern::$pattern as usize] = score;
                    }
                )+
                if index < ALL_WARM {
                    $(if index < $lookback {
                        patterns &= !(1 << Pattern::$pattern as u64);
                    })+
                }
                self.patterns = patterns;
            }
        }
    };
}

patterns! {
    /// A gap up, then two falling candles back into the long rising one before.
    TwoCrows = "cdl2crows", 12, triple::two_crows;
    /// Three long falling candles in a row, each closing near its low.
    ThreeBlackCrows = "cdl3blackcrows", 13, longer::three_black_crows;
    /// A harami, and a third candle that goes on the new way.
    ThreeInside = "cdl3inside", 12, triple::three_inside;
    /// Three candles one way, and one that undoes them all.
    ThreeLineStrike = "cdl3linestrike", 8, longer::three_line_strike;
    /// An engulfing, and a third candle that goes on the new way.
    ThreeOutside = "cdl3outside", 3, triple::three_outside;
    /// Three falling candles, each smaller and within the one before.
    ThreeStarsInSouth = "cdl3starsinsouth", 12, triple::three_stars_in_south;
    /// Three long rising candles in a row, each closing near its high.
    ThreeWhiteSoldiers = "cdl3whitesoldiers", 12, triple::three_white_soldiers;
    /// A doji with a gap on either side, and a turn.
    AbandonedBaby = "cdlabandonedbaby", 12, triple::abandoned_baby;
    /// Three rising candles that weaken.
    AdvanceBlock = "cdladvanceblock", 12, triple::advance_block;
    /// A long candle that opens at its extreme.
    BeltHold = "cdlbelthold", 10, single::belt_hold;
    /// A gap, two more candles that way, and one back into the gap.
    Breakaway = "cdlbreakaway", 14, longer::breakaway;
    /// A long candle that closes at its extreme.
    ClosingMarubozu = "cdlclosingmarubozu", 10, single::closing_marubozu;
    /// Four falling candles, the last of which swallows the third with its shadow.
    ConcealBabySwallow = "cdlconcealbabyswall", 13, longer::conceal_baby_swallow;
    /// Two long candles of opposite ways with equal closes.
    Counterattack = "cdlcounterattack", 11, double::counterattack;
    /// An open above the high before, and a close deep in the body before.
    DarkCloudCover = "cdldarkcloudcover", 11, double::dark_cloud_cover;
    /// Open and close are all but equal.
    Doji = "cdldoji", 10, single::doji;
    /// A doji with a gap after a long candle.
    DojiStar = "cdldojistar", 11, double::doji_star;
    /// A doji with a long lower shadow and no upper one.
    DragonflyDoji = "cdldragonflydoji", 10, single::dragonfly_doji;
    /// A body that covers the opposite one before it; 80 when they share an end.
    Engulfing = "cdlengulfing", 2, double::engulfing;
    /// An evening star whose middle is a doji.
    EveningDojiStar = "cdleveningdojistar", 12, triple::evening_doji_star;
    /// A long rising candle, a small one above a gap, and a falling one deep into the first.
    EveningStar = "cdleveningstar", 12, triple::evening_star;
    /// A gap, and two rising candles of the same size beside each other.
    GapSideBySideWhite = "cdlgapsidesidewhite", 7, triple::gap_side_by_side_white;
    /// A doji with a long upper shadow and no lower one.
    GravestoneDoji = "cdlgravestonedoji", 10, single::gravestone_doji;
    /// A small body at the top of a long lower shadow, at a low.
    Hammer = "cdlhammer", 11, double::hammer;
    /// A small body at the top of a long lower shadow, at a high.
    HangingMan = "cdlhangingman", 11, double::hanging_man;
    /// A small body within the long one before it; 80 when they share an end.
    Harami = "cdlharami", 11, double::harami;
    /// A harami whose second candle is a doji.
    HaramiCross = "cdlharamicross", 11, double::harami_cross;
    /// A small body between two very long shadows.
    HighWave = "cdlhighwave", 10, single::high_wave;
    /// An inside bar whose breakout fails; 200 when the failure is confirmed.
    Hikkake = "cdlhikkake", 5, hikkake::plain;
    /// A hikkake after a candle that closed at its extreme.
    HikkakeModified = "cdlhikkakemod", 10, hikkake::modified;
    /// A small falling body within a long falling one.
    HomingPigeon = "cdlhomingpigeon", 11, double::homing_pigeon;
    /// Three black crows, each opening where the one before closed.
    IdenticalThreeCrows = "cdlidentical3crows", 12, triple::identical_three_crows;
    /// A rising candle that opens lower and closes just inside the falling body before.
    InNeck = "cdlinneck", 11, double::in_neck;
    /// A small body at the bottom of a long upper shadow, after a gap down.
    InvertedHammer = "cdlinvertedhammer", 11, double::inverted_hammer;
    /// Two marubozu of opposite ways with a gap between.
    Kicking = "cdlkicking", 11, double::kicking;
    /// A kicking that goes the way of the longer candle.
    KickingByLength = "cdlkickingbylength", 11, double::kicking_by_length;
    /// Three falling candles, one with an upper shadow, and a rise above it.
    LadderBottom = "cdlladderbottom", 14, longer::ladder_bottom;
    /// A doji with a long shadow.
    LongLeggedDoji = "cdllongleggeddoji", 10, single::long_legged_doji;
    /// A long body with short shadows.
    LongLine = "cdllongline", 10, single::long_line;
    /// A long body without shadows.
    Marubozu = "cdlmarubozu", 10, single::marubozu;
    /// Two falling candles with equal closes.
    MatchingLow = "cdlmatchinglow", 6, double::matching_low;
    /// A long rise, a small pause above its half, and a new high.
    MatHold = "cdlmathold", 14, longer::mat_hold;
    /// A morning star whose middle is a doji.
    MorningDojiStar = "cdlmorningdojistar", 12, triple::morning_doji_star;
    /// A long falling candle, a small one below a gap, and a rising one deep into the first.
    MorningStar = "cdlmorningstar", 12, triple::morning_star;
    /// A rising candle that opens lower and closes at the low before.
    OnNeck = "cdlonneck", 11, double::on_neck;
    /// An open below the low before, and a close above the middle of the falling body before.
    Piercing = "cdlpiercing", 11, double::piercing;
    /// A doji in the middle between two long shadows.
    RickshawMan = "cdlrickshawman", 10, single::rickshaw_man;
    /// A long candle, three small ones against it within its range, and a long one on.
    RiseFallThreeMethods = "cdlrisefall3methods", 14, longer::rise_fall_three_methods;
    /// Two candles of opposite ways with equal opens.
    SeparatingLines = "cdlseparatinglines", 11, double::separating_lines;
    /// A small body at the bottom of a long upper shadow, after a gap up.
    ShootingStar = "cdlshootingstar", 11, double::shooting_star;
    /// A short body with short shadows.
    ShortLine = "cdlshortline", 10, single::short_line;
    /// A small body with longer shadows.
    SpinningTop = "cdlspinningtop", 10, single::spinning_top;
    /// Two long rising candles, and a small one on their shoulder.
    StalledPattern = "cdlstalledpattern", 12, triple::stalled_pattern;
    /// A rising candle between two falling ones with equal closes.
    StickSandwich = "cdlsticksandwich", 7, triple::stick_sandwich;
    /// A dragonfly doji with a very long lower shadow.
    Takuri = "cdltakuri", 10, single::takuri;
    /// A gap, one candle that way, and one that does not close the gap.
    TasukiGap = "cdltasukigap", 7, triple::tasuki_gap;
    /// A rising candle that opens lower and closes below the middle of the falling body before.
    Thrusting = "cdlthrusting", 11, double::thrusting;
    /// Three doji, the middle one beyond a gap.
    Tristar = "cdltristar", 12, triple::tristar;
    /// A long fall, a hammer with a new low, and a small rise below it.
    UniqueThreeRiver = "cdlunique3river", 12, triple::unique_three_river;
    /// A gap up, and two falling candles of which the second covers the first.
    UpsideGapTwoCrows = "cdlupsidegap2crows", 12, triple::upside_gap_two_crows;
    /// A gap, one candle that way, and one that closes the gap.
    GapThreeMethods = "cdlxsidegap3methods", 2, triple::gap_three_methods;
}
