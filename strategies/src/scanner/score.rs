//! What an instrument is worth looking at, in numbers from 0 to 1.

use serde::Serialize;

/// The shares of the parts in the score, of 1 together.
const SETUP: f64 = 0.6;
const VOLUME: f64 = 0.15;
const PATTERN: f64 = 0.1;
const LIQUIDITY: f64 = 0.15;

/// From this score on, being long is suggested.
const LONG_FROM: f64 = 0.6;
/// Under this momentum, with nothing to fade, being out is suggested.
const WEAK_MOMENTUM: f64 = 0.2;

/// The parts of a score, 0 to 1 each. A part whose indicators still warm up is 0: nothing is known in its favour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Scores {
    /// Where the close is against the channel of the 20 bars before: 0 one average true range below its upper line, or
    /// lower; 0.5 at the line; 1 one average true range above it, or higher.
    pub breakout: f64,
    /// The mean of three: RSI(14) from 40 to 70, the histogram of MACD(12, 26, 9) from -0.25 to 0.25 average true
    /// ranges, and the distance to EMA(50) from 0 to 3 of them.
    pub momentum: f64,
    /// How far the price has fallen below its mean: the mean of %B of Bollinger(20, 2) from 0.25 down to -0.25, and
    /// RSI(14) from 40 down to 20.
    pub mean_reversion: f64,
    /// The last bar's volume against the mean of the 20 before, from 0.5 to 2.5 times; half of that unless it rose.
    pub volume: f64,
    /// The clearest rising pattern, fading over ten bars (chart patterns) or three (candles); 0 after a falling one.
    pub pattern: f64,
    /// What is traded in a day, in quote units, from 10^5 to 10^9 on a logarithmic scale, times the share of the
    /// day's bars in which something was.
    pub liquidity: f64,
    /// Whether the close is below the channel of the 20 bars before.
    pub is_breaking_down: bool,
}

/// What to be in, by the scores alone. On spot there is nothing below flat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Suggestion {
    /// Owning it.
    Long,
    /// Out of it.
    Flat,
    /// Nothing speaks for a change.
    Wait,
}

impl Scores {
    /// The whole: 60 % the better of the two setups, which exclude each other (following the move: the mean of breakout
    /// and momentum; fading it: mean reversion), 15 % volume, 10 % pattern, 15 % liquidity.
    pub fn total(&self) -> f64 {
        let Self { breakout, momentum, mean_reversion, volume, pattern, liquidity, .. } = *self;
        let setup = f64::midpoint(breakout, momentum).max(mean_reversion);
        SETUP * setup + VOLUME * volume + PATTERN * pattern + LIQUIDITY * liquidity
    }

    /// Long from a total of 60 % on; flat where the price leaves its channel downwards or hardly moves up, and there is
    /// nothing to fade.
    pub fn suggestion(&self) -> Suggestion {
        let is_weak = self.is_breaking_down || self.momentum < WEAK_MOMENTUM;
        if self.total() >= LONG_FROM {
            Suggestion::Long
        } else if is_weak && self.mean_reversion < 0.5 {
            Suggestion::Flat
        } else {
            Suggestion::Wait
        }
    }
}

impl Suggestion {
    /// In lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Long => "long",
            Self::Flat => "flat",
            Self::Wait => "wait",
        }
    }
}

/// A share from 0 to 1 in basis points, 0 to 10,000, rounded half away from zero.
pub fn bps(share: f64) -> u16 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10,000; not a number is 0")]
    let bps = (share.clamp(0.0, 1.0) * 10_000.0).round() as u16;
    bps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basis_points_stay_between_zero_and_one_whole() {
        assert_eq!([f64::NAN, -1.0, 0.5, 0.12345, 2.0].map(bps), [0, 0, 5_000, 1_235, 10_000]);
    }

    #[test]
    fn the_total_is_all_of_the_parts_and_suggests() {
        let all = Scores { breakout: 1.0, momentum: 1.0, volume: 1.0, pattern: 1.0, liquidity: 1.0, ..Scores::default() };
        assert!((all.total() - 1.0).abs() < 1e-12);
        assert_eq!(all.suggestion(), Suggestion::Long);
        assert_eq!((Scores::default().total(), Scores::default().suggestion()), (0.0, Suggestion::Flat));
        let oversold = Scores { mean_reversion: 0.6, is_breaking_down: true, ..Scores::default() };
        assert_eq!(oversold.suggestion(), Suggestion::Wait);
        let drifting = Scores { momentum: 0.5, ..Scores::default() };
        assert_eq!(drifting.suggestion(), Suggestion::Wait);
    }
}
