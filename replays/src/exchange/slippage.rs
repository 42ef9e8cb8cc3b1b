//! How much worse than the market's price an order takes, where the market's depth is not known.

use engine::market::Side;
use engine::number::{Price, Rate};

use super::order::worse;

/// A taker never gets a price that is worse by more than all of it.
const MAX_SLIPPAGE_BPS: u32 = 10_000;

/// `price` made worse for a taker by `bps` and rounded to the tick against it; unchanged without slippage.
pub(super) fn slipped(side: Side, price: Price, tick: Price, bps: u32) -> Price {
    if bps == 0 {
        return price;
    }
    let shift = price * Rate::from_bps(i64::from(bps.min(MAX_SLIPPAGE_BPS)));
    match side {
        Side::Buy => (price + shift).ceil_to(tick),
        // A price at or below zero cannot be traded: the tick is the worst there is.
        Side::Sell => worse(Side::Buy, (price - shift).floor_to(tick), tick),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_rounded_against_the_taker() {
        let price = |text: &str| text.parse::<Price>().unwrap();
        for (side, from, bps, expected) in [
            (Side::Buy, "100.0", 0, "100.0"),
            (Side::Buy, "100.0", 10, "100.1"),
            (Side::Buy, "100.0", 1, "100.1"),
            (Side::Sell, "100.0", 1, "99.9"),
            (Side::Sell, "0.1", 9_000, "0.1"),
            (Side::Sell, "100.0", 20_000, "0.1"),
            (Side::Buy, "100.0", u32::MAX, "200.0"),
        ] {
            assert_eq!(slipped(side, price(from), price("0.1"), bps), price(expected), "{side:?} {from} {bps}");
        }
    }
}
