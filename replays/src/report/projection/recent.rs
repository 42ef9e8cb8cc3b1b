//! The last prices of an instrument, by the venue's clock.
//!
//! Prices and reports come on two ways, either of which may be the slower one. So whether a price was one of a position's
//! is told by when it was, not by when it came.

use std::cmp::Ordering;

use engine::event::Record;
use engine::market::Bar;
use engine::number::Price;
use engine::order::OrderId;
use engine::time::Timestamp;

/// How many prices a report may be late.
const REMEMBERED: usize = 128;

/// A price, or the range of a bar.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// When it began; a price begins when it ends.
    pub from: Timestamp,
    pub to: Timestamp,
    /// When it came, and in which record.
    pub at: Timestamp,
    pub seq: u64,
    /// As mantissas.
    pub low: i64,
    pub high: i64,
}

/// What is known of an entry that is not sold yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lot {
    pub order: OrderId,
    pub signal: Option<u64>,
    pub stop: Option<Price>,
    /// The lowest and the highest price that was paid.
    pub paid: (Price, Price),
    /// When the first of it was bought, by the venue's clock.
    pub venue_at: Timestamp,
    /// Prices of that very instant were after it when they came in later records; `None` when none were.
    pub after_seq: Option<u64>,
}

/// The fill that opens or closes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Touch {
    pub venue_at: Timestamp,
    /// When its report came.
    pub at: Timestamp,
    /// Prices of that very instant were before it when they came in earlier records; `None` when all were.
    pub before_seq: Option<u64>,
    pub price: Price,
    /// Whether the order was one at the market, which fills where it is told, not somewhere inside a bar.
    pub is_market: bool,
    /// When the order was asked for.
    pub requested_at: Timestamp,
}

/// The last prices, as they came.
#[derive(Debug, Default)]
pub(super) struct Recent {
    spans: Vec<Span>,
    /// The place of the oldest.
    oldest: usize,
    /// How far the market is known.
    known_to: Option<Timestamp>,
}

impl Span {
    /// A price of one instant.
    #[inline]
    pub(super) fn price(record: &Record, venue_at: Timestamp, mantissa: i64) -> Self {
        Self { from: venue_at, to: venue_at, at: record.at, seq: record.seq, low: mantissa, high: mantissa }
    }

    /// The prices of a bar.
    #[inline]
    pub(super) fn bar(record: &Record, bar: &Bar) -> Self {
        Self { from: bar.opened_at, to: bar.closed_at(), at: record.at, seq: record.seq, low: bar.low.0, high: bar.high.0 }
    }

    /// Whether all of it was after a purchase.
    pub(super) fn is_after(&self, lot: &Lot) -> bool {
        // What filled a bar's first price, or the last of the one before, had all of the bar.
        match self.from.cmp(&lot.venue_at) {
            Ordering::Equal => self.is_bar() || lot.after_seq.is_some_and(|seq| self.seq > seq),
            order => order.is_gt(),
        }
    }

    /// Whether all of it was before a sale.
    pub(super) fn is_before(&self, sale: &Touch) -> bool {
        if !self.is_bar() {
            let is_first = || sale.before_seq.is_none_or(|seq| self.seq < seq);
            return self.to < sale.venue_at || (self.to == sale.venue_at && is_first());
        }
        // What rested when the bar began and filled at its end did so somewhere inside it, unless that was the next bar's
        // first price, of which the report comes with the next bar's end.
        let next_ends_at = Timestamp(self.to.0.saturating_add(self.to.0.saturating_sub(self.from.0)));
        let is_outside = sale.is_market || sale.requested_at > self.from || sale.venue_at > self.at || sale.at >= next_ends_at;
        self.to <= sale.venue_at && is_outside
    }

    fn is_bar(&self) -> bool {
        self.from < self.to
    }
}

impl Recent {
    /// The one that is forgotten for the next.
    #[inline]
    pub(super) fn oldest(&self) -> Option<&Span> {
        if self.spans.len() < REMEMBERED { None } else { self.spans.get(self.oldest) }
    }

    /// Takes in the next.
    #[inline]
    pub(super) fn push(&mut self, span: Span) {
        self.known_to = self.known_to.max(Some(span.to));
        if self.spans.len() < REMEMBERED {
            self.spans.push(span);
        } else if let Some(oldest) = self.spans.get_mut(self.oldest) {
            *oldest = span;
            self.oldest = (self.oldest + 1) % REMEMBERED;
        }
    }

    /// Forgets all of them, and gives them, oldest first.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Span> + use<> {
        let mut spans = std::mem::take(&mut self.spans);
        spans.rotate_left(std::mem::take(&mut self.oldest));
        spans.into_iter()
    }

    /// Whether prices up to this time have come.
    pub(super) fn knows(&self, venue_at: Timestamp) -> bool {
        self.known_to >= Some(venue_at)
    }

    /// The record that parts the prices of a fill's instant, where those have come. A fill is told before them otherwise, and was
    /// made by the last of them.
    pub(super) fn parting(&self, venue_at: Timestamp, seq: Option<u64>) -> Option<u64> {
        seq.filter(|_| self.knows(venue_at))
    }

    /// The lowest and the highest between a purchase and a sale; `None` without any.
    pub(super) fn between(&self, lot: &Lot, sale: &Touch) -> Option<(i64, i64)> {
        let held = self.spans.iter().filter(|span| span.is_after(lot) && span.is_before(sale));
        held.map(|span| (span.low, span.high)).reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)))
    }
}
