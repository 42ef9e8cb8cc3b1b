//! An order of an account, and how the API shows it.

use std::collections::VecDeque;

use engine::instrument::Currency;
use engine::market::Side;
use engine::number::{Amount, Decimal, Price, Quantity};
use engine::order::{OrderKind, TimeInForce};
use engine::time::Timestamp;
use serde_json::{Value, json};

use super::account::Account;
use super::algo::Attached;
use super::arguments::{Arguments, Naming};
use super::book_keeping::FillRow;
use super::core::Scene;
use super::listed::Listed;
use super::paging::Page;
use super::reply::{Refusal, Reply};
use super::shown::{merged, ms, number, number_or_empty, side, with_same};

/// `ordType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OrderType {
    Market,
    Limit,
    PostOnly,
    FillOrKill,
    ImmediateOrCancel,
}

/// `tgtCcy`: what a size counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Base,
    Quote,
}

/// `state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Live,
    PartiallyFilled,
    Filled,
    Canceled,
}

/// An order that the venue has taken.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) id: u64,
    /// Empty without one.
    pub(super) client_id: String,
    pub(super) tag: String,
    pub(super) listing: usize,
    pub(super) side: Side,
    pub(super) kind: OrderType,
    pub(super) price: Option<Price>,
    /// As it was asked for, in `unit`.
    pub(super) size: Decimal,
    /// What that is in base units; of an order sized in quote currency as the market was when it came.
    pub(super) quantity: Quantity,
    /// Of market orders.
    pub(super) unit: Option<Unit>,
    pub(super) stp: &'static str,
    pub(super) attached: Vec<Attached>,
    /// `6`, `7` or `25` when an algo order placed it.
    pub(super) source: &'static str,
    /// That algo order's id, and the client's own.
    pub(super) algo: Option<(u64, String)>,
    pub(super) state: State,
    pub(super) filled: Quantity,
    pub(super) notional: Amount,
    /// Paid so far; negative for a rebate.
    pub(super) fee: Amount,
    pub(super) fee_currency: Currency,
    pub(super) last_fill: Option<FillRow>,
    /// `cancelSource` of a canceled order.
    pub(super) cancel_source: &'static str,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    /// When it ended in real time, in Unix milliseconds.
    pub(super) ended_wall_ms: Option<i64>,
}

/// What a push on the channel `orders` tells beyond the order.
#[derive(Debug, Default)]
pub(super) struct Update<'a> {
    pub(super) fill: Option<&'a FillRow>,
    /// `amendResult` and `reqId`.
    pub(super) amended: Option<(&'static str, &'a str)>,
    /// Why an amendment was not made.
    pub(super) refusal: Option<&'a Refusal>,
}

/// The orders that have ended and can still be asked for, oldest first.
#[derive(Debug, Default)]
pub(super) struct Ended {
    pub(super) with_fills: VecDeque<u64>,
    pub(super) without_fills: VecDeque<u64>,
}

/// How long an order that ended without a fill can be asked for.
pub(super) const UNFILLED_KEPT_MS: i64 = 2 * 3_600_000;
const DAY_MS: i64 = 24 * 3_600_000;
/// How far `orders-history` goes back, and its archive.
pub(super) const HISTORY_MS: i64 = 7 * DAY_MS;
pub(super) const ARCHIVE_MS: i64 = 90 * DAY_MS;

impl OrderType {
    pub(super) const WORDS: [(&'static str, Self); 5] = [
        ("market", Self::Market),
        ("limit", Self::Limit),
        ("post_only", Self::PostOnly),
        ("fok", Self::FillOrKill),
        ("ioc", Self::ImmediateOrCancel),
    ];

    pub(super) fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }

    /// Whether it never rests.
    pub(super) fn is_immediate(self) -> bool {
        matches!(self, Self::Market | Self::FillOrKill | Self::ImmediateOrCancel)
    }

    /// How the matching works it.
    pub(super) fn kind(self, price: Option<Price>) -> OrderKind {
        let time_in_force = match self {
            Self::Market | Self::Limit => TimeInForce::GoodTilCanceled,
            Self::PostOnly => TimeInForce::PostOnly,
            Self::FillOrKill => TimeInForce::FillOrKill,
            Self::ImmediateOrCancel => TimeInForce::ImmediateOrCancel,
        };
        price.map_or(OrderKind::Market, |price| OrderKind::Limit { price, time_in_force })
    }
}

impl Unit {
    pub(super) const WORDS: [(&'static str, Self); 2] = [("base_ccy", Self::Base), ("quote_ccy", Self::Quote)];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Base => "base_ccy",
            Self::Quote => "quote_ccy",
        }
    }
}

impl State {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::PartiallyFilled => "partially_filled",
            Self::Filled => "filled",
            Self::Canceled => "canceled",
        }
    }

    pub(super) fn is_open(self) -> bool {
        matches!(self, Self::Live | Self::PartiallyFilled)
    }
}

impl Order {
    /// The mean price of its fills.
    pub(super) fn average_price(&self) -> Option<Decimal> {
        self.filled.is_positive().then(|| self.notional.per(self.filled).0)
    }

    /// Whether it is open, or ended not too long ago.
    fn is_kept(&self, scene: &Scene<'_>, kept_ms: i64) -> bool {
        let kept_ms = if self.filled.is_zero() { UNFILLED_KEPT_MS } else { kept_ms };
        self.ended_wall_ms.is_none_or(|ended| scene.wall_ms.saturating_sub(ended) <= kept_ms)
    }

    /// Its row over REST.
    pub(super) fn row(&self, listed: &Listed) -> Value {
        let rules = &listed.instrument;
        let last = self.last_fill.as_ref();
        let other_currency = if self.fee_currency == rules.base { rules.quote } else { rules.base };
        let (algo_id, algo_client_id) =
            self.algo.as_ref().map_or_else(Default::default, |(id, client_id)| (id.to_string(), client_id.clone()));
        with_same(
            json!({
                "instType": "SPOT", "instId": rules.symbol, "ordId": self.id.to_string(), "clOrdId": self.client_id,
                "tag": self.tag, "side": side(self.side), "posSide": "net", "tdMode": "cash", "ordType": self.kind.word(),
                "px": number_or_empty(self.price.map(|price| price.0)), "sz": number(self.size),
                "tgtCcy": self.unit.map_or("", Unit::word), "state": self.state.word(), "accFillSz": number(self.filled.0),
                "avgPx": number_or_empty(self.average_price()), "fillPx": number_or_empty(last.map(|fill| fill.price.0)),
                "fillSz": number(last.map_or(Decimal::ZERO, |fill| fill.quantity.0)),
                "fillTime": last.map_or_else(String::new, |fill| ms(fill.at)),
                "tradeId": last.map_or_else(String::new, |fill| fill.trade.to_string()), "fee": number(-self.fee.0),
                "feeCcy": self.fee_currency.as_str(), "rebate": "0", "rebateCcy": other_currency.as_str(), "pnl": "0",
                "category": "normal", "source": self.source, "cancelSource": self.cancel_source,
                "cancelSourceReason": reason_of(self.cancel_source), "reduceOnly": "false", "stpMode": self.stp,
                "attachAlgoOrds": self.attached.iter().map(Attached::row).collect::<Vec<_>>(), "algoId": algo_id,
                "algoClOrdId": algo_client_id, "isTpLimit": "false", "linkedAlgoOrd": {"algoId": ""},
                "tradeQuoteCcy": rules.quote.as_str(), "cTime": ms(self.created_at), "uTime": ms(self.updated_at),
            }),
            "",
            "ccy pxUsd pxVol pxType lever stpId attachAlgoClOrdId tpTriggerPx tpTriggerPxType tpOrdPx slTriggerPx \
             slTriggerPxType slOrdPx quickMgnType",
        )
    }

    /// Its row on the channel `orders`: fields of fills are those of this one push.
    pub(super) fn push_row(&self, listed: &Listed, update: &Update<'_>) -> Value {
        let fill = update.fill;
        let price = fill.map(|fill| fill.price).or(self.price);
        let base_size = if self.unit == Some(Unit::Quote) { None } else { Some(Quantity(self.size)) };
        let notional = price.zip(base_size).map_or(self.size, |(price, size)| (price * size).0);
        let more = json!({
            "avgPx": number(self.average_price().unwrap_or_default()), "fillPx": number_or_empty(fill.map(|fill| fill.price.0)),
            "fillSz": number(fill.map_or(Decimal::ZERO, |fill| fill.quantity.0)),
            "fillTime": fill.map_or_else(String::new, |fill| ms(fill.at)),
            "tradeId": fill.map_or_else(String::new, |fill| fill.trade.to_string()),
            "fillFee": number(fill.map_or(Decimal::ZERO, |fill| fill.fee.0)),
            "fillFeeCcy": fill.map_or("", |fill| fill.fee_currency.as_str()), "fillPnl": "0",
            "execType": fill.map_or("", FillRow::execution),
            "fillNotionalUsd": number_or_empty(fill.map(|fill| (fill.price * fill.quantity).0)), "fillPxVol": "", "fillPxUsd": "",
            "fillMarkVol": "", "fillFwdPx": "", "fillMarkPx": "", "fillIdxPx": "", "notionalUsd": number(notional),
            "lastPx": number_or_empty(price.map(|price| price.0)), "amendResult": update.amended.map_or("", |(result, _)| result),
            "reqId": update.amended.map_or("", |(_, id)| id), "amendSource": if update.amended.is_some() { "1" } else { "" },
            "code": update.refusal.map_or("0", |refusal| refusal.code),
            "msg": update.refusal.map_or("", |refusal| &refusal.message),
        });
        merged(self.row(listed), more)
    }
}

/// `cancelSourceReason`.
fn reason_of(source: &str) -> &'static str {
    match source {
        "0" => "Order canceled by system",
        "1" => "Order canceled by user",
        "9" => "The balance no longer covers the order",
        "13" => "Canceled fill or kill order: the order could not be filled completely",
        "14" => "Canceled immediate or cancel order: the rest could not be filled",
        "20" => "Canceled by the cancel all after countdown",
        "31" => "The post-only order would take liquidity",
        _ => "",
    }
}

impl Account {
    /// `GET trade/order`.
    pub(super) fn order_asked(&self, scene: &Scene<'_>, args: Arguments<'_>) -> Result<Reply, Refusal> {
        let listing = args.listing(scene.listings, Naming::Symbol)?;
        let order = self.find(listing, args)?.filter(|order| order.is_kept(scene, ARCHIVE_MS));
        let order = order.ok_or_else(|| Refusal::new("51603", "Order does not exist"))?;
        Ok(Reply::row(order.row(&scene.listings[listing])))
    }

    /// The order that a call names by `ordId`, or else by `clOrdId`: the latest with it.
    pub(super) fn find(&self, listing: usize, args: Arguments<'_>) -> Result<Option<&Order>, Refusal> {
        let id = match (args.text("ordId"), args.text("clOrdId")) {
            (Some(_), _) => args.integer("ordId")?,
            (None, Some(client_id)) => self.by_client_id.get(client_id.as_ref()).copied(),
            (None, None) => return Err(Refusal::new("51003", "Either client order ID or order ID is required.")),
        };
        Ok(id.and_then(|id| self.orders.get(&id)).filter(|order| order.listing == listing))
    }

    /// `GET trade/orders-pending`.
    pub(super) fn orders_pending(&self, scene: &Scene<'_>, args: Arguments<'_>) -> Result<Reply, Refusal> {
        let page = Page::read(args)?;
        let open = self.open_orders.iter().rev().filter_map(|id| self.orders.get(id));
        Ok(shown(scene, args, page, open))
    }

    /// `GET trade/orders-history` and its archive, which goes back for `kept_ms` of real time.
    pub(super) fn orders_history(&self, scene: &Scene<'_>, args: Arguments<'_>, kept_ms: i64) -> Result<Reply, Refusal> {
        args.needed("instType")?;
        let page = Page::read(args)?;
        let (begin, end) = (args.time("begin")?, args.time("end")?);
        let ended = self.orders.values().rev().filter(|order| {
            !order.state.is_open()
                && begin.is_none_or(|begin| order.created_at >= begin)
                && end.is_none_or(|end| order.created_at <= end)
                && order.is_kept(scene, kept_ms)
        });
        Ok(shown(scene, args, page, ended))
    }
}

/// The rows of a page of orders that come newest first.
fn shown<'a>(scene: &Scene<'_>, args: Arguments<'_>, page: Page, orders: impl Iterator<Item = &'a Order>) -> Reply {
    let wanted = orders.filter(|order| {
        args.asks_for_spot()
            && args.text("instId").is_none_or(|symbol| scene.listings[order.listing].symbol() == symbol)
            && args.admits("ordType", order.kind.word())
            && args.admits("state", order.state.word())
            && args.admits("category", "normal")
    });
    Reply::rows(page.select(wanted, |order| order.id).map(|order| order.row(&scene.listings[order.listing])).collect())
}
