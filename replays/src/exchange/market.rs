//! One instrument as the exchange sees it: its rules, what is known of its price, and its open orders.

use engine::book::Book;
use engine::event::Input;
use engine::instrument::Instrument;
use engine::market::{Quote, Side};
use engine::number::{FixedPrice, Price, Quantity, Rate};
use engine::time::{Interval, Timestamp};

use super::account::{Account, Slot};
use super::config::ExchangeConfig;
use super::fees::FeeCurrency;
use super::order::Order;
use super::quiet::Quiet;

/// The most orders that may be open in one instrument.
pub(super) const MAX_OPEN_ORDERS: usize = 10_000;

/// The finest kind of market data that an instrument has. Only it fills orders: what is coarser says the same
/// again. (Trades beside quotes or books still move queues and triggers.) A bar shows which kinds have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Feed {
    Nothing,
    Bars,
    Trades,
    Quotes,
    Book,
}

/// What the markets of an exchange share.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) config: ExchangeConfig,
    pub(super) fees_in: FeeCurrency,
    pub(super) account: Account,
    /// What happened to orders, in order.
    pub(super) reports: Vec<Input>,
    /// How many fills there were; the last one's id.
    pub(super) fills: u64,
}

/// One instrument's market.
#[derive(Debug)]
pub(super) struct Market {
    pub(super) instrument: Instrument,
    pub(super) base: Slot,
    pub(super) quote_currency: Slot,
    pub(super) feed: Feed,
    /// The shortest bars that come: longer ones repeat them.
    pub(super) interval: Option<Interval>,
    /// When the last bar closed that was used.
    pub(super) bars_until: Timestamp,
    /// Whether trades come, be it beside quotes or books.
    pub(super) traded: bool,
    /// Just after the last trade.
    pub(super) trades_until: Timestamp,
    /// Just after the last quote or message of the book that was used.
    pub(super) quotes_until: Timestamp,
    /// The last trade's price, or the last bar's close.
    pub(super) last: Option<FixedPrice>,
    /// Low and high of the last bar.
    pub(super) range: Option<(FixedPrice, FixedPrice)>,
    pub(super) quote: Option<Quote>,
    /// The venue's book without what our own orders have taken since its last message; of a quote, one level a side.
    pub(super) book: Book,
    /// Whether `book` is the venue's own and whole: not before its first snapshot, nor after an empty one.
    pub(super) book_known: bool,
    /// In the order of arrival.
    pub(super) orders: Vec<Order>,
    /// Whether some of them have ended and are to be swept away.
    pub(super) littered: bool,
    /// Where trades touch no order, if that has been worked out since orders last changed.
    pub(super) quiet: Option<Quiet>,
}

/// A price at which something was traded, and the range that a fill at it must stay in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Print {
    pub(super) venue_at: Timestamp,
    pub(super) price: Price,
    pub(super) range: Option<(Price, Price)>,
}

impl Market {
    pub(super) fn new(instrument: Instrument, account: &mut Account) -> Self {
        let (base, quote_currency) = (account.slot(instrument.base), account.slot(instrument.quote));
        Self {
            instrument,
            base,
            quote_currency,
            feed: Feed::Nothing,
            interval: None,
            bars_until: Timestamp(i64::MIN),
            traded: false,
            trades_until: Timestamp(i64::MIN),
            quotes_until: Timestamp(i64::MIN),
            last: None,
            range: None,
            quote: None,
            book: Book::default(),
            book_known: false,
            orders: Vec::new(),
            littered: false,
            quiet: None,
        }
    }

    /// What a taker of `side` would get now.
    pub(super) fn taker_price(&self, side: Side) -> Option<Price> {
        let price = match (self.feed, side) {
            (Feed::Book, _) => self.book.best(side.opposite()).map(|level| level.price),
            (Feed::Quotes, Side::Buy) => self.quote.map(|quote| quote.ask_price),
            (Feed::Quotes, Side::Sell) => self.quote.map(|quote| quote.bid_price),
            (Feed::Nothing | Feed::Bars | Feed::Trades, _) => self.last,
        };
        price.map(|price| self.instrument.price(price))
    }

    /// What triggers look at: the last traded price; where no trades are known, what a taker would get.
    pub(super) fn trigger_price(&self, side: Side) -> Option<Price> {
        if self.traded { self.last.map(|price| self.instrument.price(price)) } else { self.taker_price(side) }
    }

    /// The last print, for orders that fill at once.
    pub(super) fn last_print(&self, at: Timestamp) -> Option<Print> {
        let range = if self.feed == Feed::Bars { self.range } else { None };
        Some(Print {
            venue_at: at,
            price: self.instrument.price(self.last?),
            range: range.map(|(low, high)| (self.instrument.price(low), self.instrument.price(high))),
        })
    }

    /// After orders may have changed: forgets those that have ended.
    pub(super) fn sweep(&mut self) {
        self.quiet = None;
        if core::mem::take(&mut self.littered) {
            self.orders.retain(Order::is_open);
        }
    }
}

/// How much of one trade or bar our orders may still fill; `None` is no limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Volume {
    takers: Option<Quantity>,
    makers: Option<Quantity>,
}

impl Volume {
    pub(super) const UNLIMITED: Self = Self { takers: None, makers: None };

    /// Of a trade: a taker uses its price, so only the participation limits it; a resting order fills because
    /// that trade met it, so never more than its size.
    pub(super) fn of_trade(size: Quantity, participation_bps: u32) -> Self {
        let takers = share(size, participation_bps);
        Self { takers, makers: takers.or(Some(size)) }
    }

    /// Of a bar.
    pub(super) fn of_bar(volume: Quantity, participation_bps: u32) -> Self {
        let limit = share(volume, participation_bps);
        Self { takers: limit, makers: limit }
    }

    /// What a taker that wants `wanted` gets, in whole lots.
    pub(super) fn for_taker(&self, wanted: Quantity, lot: Quantity) -> Quantity {
        within(wanted, self.takers, lot)
    }

    /// What a resting order that wants `wanted` gets, in whole lots.
    pub(super) fn for_maker(&self, wanted: Quantity, lot: Quantity) -> Quantity {
        within(wanted, self.makers, lot)
    }

    /// Uses up a part of it.
    pub(super) fn take(&mut self, quantity: Quantity) {
        for left in [&mut self.takers, &mut self.makers].into_iter().flatten() {
            *left = (*left - quantity).max(Quantity::ZERO);
        }
    }
}

const WHOLE_BPS: u32 = 10_000;

fn share(size: Quantity, participation_bps: u32) -> Option<Quantity> {
    (participation_bps > 0).then(|| size * Rate::from_bps(i64::from(participation_bps.min(WHOLE_BPS))))
}

fn within(wanted: Quantity, limit: Option<Quantity>, lot: Quantity) -> Quantity {
    limit.map_or(wanted, |limit| if wanted <= limit { wanted } else { limit.floor_to(lot) })
}
