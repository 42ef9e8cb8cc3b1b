//! The Kelly criterion from the log's own trades.

use crate::number::{Decimal, Rate};
use crate::performance::Tally;

use super::SHARE_DECIMALS;

/// What is believed before there are trades: it counts as so many trades, and fades as real ones come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kelly {
    /// How many trades the belief is worth.
    pub prior_trades: u32,
    /// The share of them that won.
    pub prior_win_rate: Rate,
    /// The return of those that won.
    pub prior_win: Rate,
    /// The loss of those that lost, as a positive return.
    pub prior_loss: Rate,
    /// The least share of the equity: a strategy without an edge goes on in this size, or it could never show
    /// one again.
    pub least: Rate,
    /// The most.
    pub most: Rate,
}

impl Default for Kelly {
    fn default() -> Self {
        Self {
            prior_trades: 20,
            prior_win_rate: Rate::from_bps(5_000),
            prior_win: Rate::from_bps(300),
            prior_loss: Rate::from_bps(200),
            least: Rate::from_bps(100),
            most: Rate::from_bps(3_000),
        }
    }
}

impl Kelly {
    /// `(w * W - (1 - w) * L) / W` of the equity, with the win rate `w` and the average returns of wins `W` and
    /// losses `L` (J. L. Kelly, A New Interpretation of Information Rate, 1956, for a bet that pays `W / L`),
    /// shrunk towards the belief, between `least` and `most`.
    pub fn share(&self, tally: &Tally) -> Rate {
        let prior_wins = Decimal::from(self.prior_trades).saturating_mul(self.prior_win_rate.0);
        let prior_losses = Decimal::from(self.prior_trades).saturating_sub(prior_wins);
        let wins = Decimal::from(tally.wins).saturating_add(prior_wins);
        let losses = Decimal::from(tally.losses).saturating_add(prior_losses);
        let won = tally.won.0.saturating_add(prior_wins.saturating_mul(self.prior_win.0));
        let lost = tally.lost.0.saturating_add(prior_losses.saturating_mul(self.prior_loss.0));
        Rate(
            share(wins, losses, won, lost)
                .map_or(self.least.0, |share| share.round_dp(SHARE_DECIMALS).max(self.least.0).min(self.most.0)),
        )
    }
}

/// With `n = wins + losses`, the formula is `(won - lost) / n` over `won / wins`; `None` when nothing was won.
fn share(wins: Decimal, losses: Decimal, won: Decimal, lost: Decimal) -> Option<Decimal> {
    let expectancy = won.checked_sub(lost)?.checked_div(wins.checked_add(losses)?)?;
    expectancy.checked_div(won.checked_div(wins)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn tally(wins: u32, losses: u32, won: &str, lost: &str) -> Tally {
        Tally { wins, losses, won: won.parse().unwrap(), lost: lost.parse().unwrap(), ..Tally::default() }
    }

    #[test]
    fn without_a_belief_it_is_the_textbook_formula() {
        let kelly = Kelly { prior_trades: 0, least: Rate::ZERO, most: Rate(Decimal::ONE), ..Kelly::default() };
        // 60 % wins of 3 %, losses of 2 %: (0.6 * 3 - 0.4 * 2) / 3
        assert_eq!(kelly.share(&tally(6, 4, "0.18", "0.08")).to_string(), "0.33333333");
        // No edge.
        assert_eq!(kelly.share(&tally(4, 6, "0.08", "0.18")).to_string(), "0");
        assert_eq!(kelly.share(&tally(0, 9, "0", "0.18")), Rate::ZERO);
        assert_eq!(kelly.share(&Tally::default()), Rate::ZERO);
    }

    #[test]
    fn few_trades_move_it_little_and_many_rule_it() {
        let kelly = Kelly { most: Rate(Decimal::ONE), ..Kelly::default() };
        let belief = kelly.share(&Tally::default());
        // (0.5 * 3 - 0.5 * 2) / 3
        assert_eq!(belief.to_string(), "0.16666667");
        let after_one_loss = kelly.share(&tally(0, 1, "0", "0.02"));
        assert!(after_one_loss < belief && after_one_loss > Rate::from_bps(1_000), "{after_one_loss}");
        let many = kelly.share(&tally(6_000, 4_000, "180", "80"));
        assert!((many.0 - Decimal::new(3333, 4)).abs() < Decimal::new(1, 3), "{many}");
        assert_eq!(kelly.share(&tally(0, 1_000, "0", "20")), Rate::from_bps(100), "it never asks for nothing");
    }
}
