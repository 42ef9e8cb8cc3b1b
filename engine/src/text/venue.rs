//! Lines about the venue: what it has, what is wrong with it.

use core::fmt::{self, Formatter};

use super::{Kind, Names, OneLine, side};
use crate::event::{FeedSwitch, Sentiment, StrayOrder, VenueSnapshot};

pub(super) fn snapshot(f: &mut Formatter<'_>, names: &Names, snapshot: &VenueSnapshot) -> fmt::Result {
    let VenueSnapshot { venue_at: _, balances, strays } = snapshot;
    f.write_str("snapshot")?;
    balances.iter().try_for_each(|(currency, amount)| write!(f, " {amount} {currency}"))?;
    strays.iter().try_for_each(|order| {
        f.write_str(" stray ")?;
        stray(f, names, order)
    })
}

pub(super) fn stray(f: &mut Formatter<'_>, names: &Names, order: &StrayOrder) -> fmt::Result {
    let StrayOrder { venue_id, instrument, side: way, quantity, filled, kind } = order;
    write!(f, "{venue_id} {} {quantity} {} {}", side(*way), names.symbol(*instrument), Kind(kind))?;
    if filled.is_zero() { Ok(()) } else { write!(f, " filled {filled}") }
}

pub(super) fn feed_switch(f: &mut Formatter<'_>, names: &Names, switch: &FeedSwitch) -> fmt::Result {
    let FeedSwitch { instrument, source } = switch;
    f.write_str("feed")?;
    instrument.map_or(Ok(()), |instrument| write!(f, " {}", names.symbol(instrument)))?;
    write!(f, " from {}", OneLine(source))
}

pub(super) fn sentiment(f: &mut Formatter<'_>, sentiment: &Sentiment) -> fmt::Result {
    let Sentiment { source, name, value, label, source_at } = sentiment;
    write!(f, "sentiment {} {}={value}", OneLine(source), OneLine(name))?;
    if !label.is_empty() {
        write!(f, " {}", OneLine(label))?;
    }
    write!(f, " since {source_at}")
}
