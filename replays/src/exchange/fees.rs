//! What a fill costs.

use engine::instrument::Instrument;
use engine::number::{Amount, Rate};
use engine::order::Liquidity;

/// In which currency fees are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FeeCurrency {
    /// Always the quote currency.
    #[default]
    Quote,
    /// What the fill brings: purchases pay in base currency, sales in quote currency.
    Received,
}

/// The fee of a fill that trades or brings `amount`, not rounded; negative for a rebate.
pub(super) fn fee(instrument: &Instrument, amount: Amount, liquidity: Liquidity) -> Amount {
    amount
        * match liquidity {
            Liquidity::Maker => instrument.maker_fee,
            Liquidity::Taker => instrument.taker_fee,
        }
}

/// The most that a purchase for this notional may cost in fees beside it; a rebate is not counted on.
pub(super) fn highest_fee(instrument: &Instrument, notional: Amount, fees_in: FeeCurrency) -> Amount {
    match fees_in {
        FeeCurrency::Quote => notional * instrument.maker_fee.max(instrument.taker_fee).max(Rate::ZERO),
        FeeCurrency::Received => Amount::ZERO,
    }
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
        assert_eq!(highest_fee(&generous, notional, FeeCurrency::Quote), Amount::ZERO);
        let usual = Instrument { maker_fee: none, ..instrument() };
        assert_eq!(highest_fee(&usual, notional, FeeCurrency::Quote), fee(&usual, notional, Liquidity::Taker));
        assert_eq!(highest_fee(&usual, notional, FeeCurrency::Received), Amount::ZERO);
    }
}
