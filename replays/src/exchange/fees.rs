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
