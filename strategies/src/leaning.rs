//! Which way candle patterns point.

use crate::indicators::Pattern;

/// Those that have a direction of their own, and the trend that they count in is the caller's matter. What only says
/// that nobody knows (doji, spinning tops, high waves) or how long a candle is stays out.
const TOLD: [Pattern; 22] = [
    Pattern::Engulfing,
    Pattern::Hammer,
    Pattern::InvertedHammer,
    Pattern::HangingMan,
    Pattern::ShootingStar,
    Pattern::MorningStar,
    Pattern::MorningDojiStar,
    Pattern::EveningStar,
    Pattern::EveningDojiStar,
    Pattern::Piercing,
    Pattern::DarkCloudCover,
    Pattern::Harami,
    Pattern::HaramiCross,
    Pattern::ThreeWhiteSoldiers,
    Pattern::ThreeBlackCrows,
    Pattern::IdenticalThreeCrows,
    Pattern::ThreeInside,
    Pattern::ThreeOutside,
    Pattern::AbandonedBaby,
    Pattern::Kicking,
    Pattern::RiseFallThreeMethods,
    Pattern::TasukiGap,
];

/// Rising patterns less falling ones.
pub(crate) fn leaning(patterns: impl Iterator<Item = (Pattern, i32)>) -> i32 {
    patterns.filter(|(pattern, _)| TOLD.contains(pattern)).map(|(_, score)| score.signum()).sum()
}
