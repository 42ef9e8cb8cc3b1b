//! The one price that price-following strategies look at.

use engine::event::Input;
use engine::instrument::InstrumentId;
use engine::number::FixedPrice;

/// The trade's price, the bar's close, or the middle of the quote; `None` for any other input.
#[inline]
pub(crate) fn price_of(input: &Input) -> Option<(InstrumentId, FixedPrice)> {
    match input {
        Input::Trade(trade) => Some((trade.instrument, trade.price)),
        Input::Bar(bar) => Some((bar.instrument, bar.close)),
        Input::Quote(quote) => Some((quote.instrument, FixedPrice(i64::midpoint(quote.bid_price.0, quote.ask_price.0)))),
        _ => None,
    }
}
