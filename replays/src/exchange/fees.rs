//! What a fill costs.

use engine::instrument::Instrument;
use engine::number::{Amount, Rate};
use engine::order::Liquidity;

/// The fee of a fill, in quote currency and not rounded; negative for a rebate.
pub(super) fn fee(instrument: &Instrument, notional: Amount, liquidity: Liquidity) -> Amount {
    notional
        * match liquidity {
            Liquidity::Maker => instrument.maker_fee,
            Liquidity::Taker => instrument.taker_fee,
        }
}

/// The most that an order for this notional may cost in fees; a rebate is not counted on.
pub(super) fn highest_fee(instrument: &Instrument, notional: Amount) -> Amount {
    notional * instrument.maker_fee.max(instrument.taker_fee).max(Rate::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::tests::script::instrument;

    #[test]
    fn a_rebate_is_paid_and_not_counted_on() {
        let (rebate, none) = ("-0.0002".parse().unwrap(), Rate::ZERO);
        let notional: Amount = "1000".parse().unwrap();
        let generous = Instrument { maker_fee: rebate, taker_fee: rebate, ..instrument() };
        assert_eq!(fee(&generous, notional, Liquidity::Maker), "-0.2".parse().unwrap());
        assert_eq!(highest_fee(&generous, notional), Amount::ZERO);
        let usual = Instrument { maker_fee: none, ..instrument() };
        assert_eq!(highest_fee(&usual, notional), fee(&usual, notional, Liquidity::Taker));
    }
}
