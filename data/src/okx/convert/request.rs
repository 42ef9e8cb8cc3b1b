//! What the engine asks for, as the venue wants to be asked.

use engine::instrument::Instrument;
use engine::market;
use engine::number::{Decimal, Price, Quantity};
use engine::order::{Amendment, OrderKind, OrderRequest, TimeInForce, TrailBy};

use super::client_id::ClientId;
use super::error::ConvertError;
use crate::okx::message::{
    AmendAlgo, AmendOrder, CancelAlgo, CancelOrder, Flag, Number, OrdType, PlaceAlgo, PlaceOrder, Side, TdMode, Text,
};

/// An order's price that makes it a market order once it is activated.
const AT_MARKET: Decimal = Decimal::NEGATIVE_ONE;
/// What spot triggers look at: nothing else is accepted.
const LAST: &str = "last";

/// What all orders of a run have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How orders are paid for: `cash`, or `cross` in the account modes of several currencies.
    pub td_mode: TdMode,
    /// The mark on them: at most 16 letters and digits, or nothing.
    pub tag: Text,
}

impl Default for Terms {
    fn default() -> Self {
        Self { td_mode: TdMode::Cash, tag: Text::default() }
    }
}

/// Where a new order goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Placement {
    /// To the book, over WebSocket or REST.
    Order(PlaceOrder),
    /// To those that wait for a price, over REST alone.
    Algo(PlaceAlgo),
}

/// Where new values go, or the end of an order.
#[derive(Clone, Debug, PartialEq)]
pub enum Change<O, A> {
    /// To an order of the book.
    Order(O),
    /// To one that waits for a price.
    Algo(A),
}

/// A new order.
pub fn place(request: &OrderRequest, instrument: &Instrument, id: ClientId, terms: &Terms) -> Placement {
    if request.kind.is_conditional() {
        return Placement::Algo(algo(request, instrument, id, terms));
    }
    let ord_type = match request.kind {
        OrderKind::Limit { time_in_force, .. } => match time_in_force {
            TimeInForce::GoodTilCanceled => OrdType::Limit,
            TimeInForce::ImmediateOrCancel => OrdType::Ioc,
            TimeInForce::FillOrKill => OrdType::Fok,
            TimeInForce::PostOnly => OrdType::PostOnly,
        },
        _ => OrdType::Market,
    };
    let is_market = ord_type == OrdType::Market;
    Placement::Order(PlaceOrder {
        inst_id: instrument.symbol.as_str().into(),
        td_mode: terms.td_mode.clone(),
        side: side(request.side),
        ord_type,
        sz: quantity(request.quantity),
        px: request.kind.limit_price().map(price).unwrap_or_default(),
        cl_ord_id: id.into(),
        tag: terms.tag.clone(),
        // Without it a market buy would be for a sum of quote currency.
        tgt_ccy: if is_market { "base_ccy".into() } else { Text::default() },
        // What was asked for or nothing: the venue would else shrink an order that cannot be paid whole.
        ban_amend: Flag(is_market.then_some(true)),
        ..PlaceOrder::default()
    })
}

/// Two orders that share one quantity, as one that ends itself: a stop and a target. It bears the stop's name.
pub fn place_pair(
    (stop, target): (&OrderRequest, &OrderRequest),
    instrument: &Instrument,
    id: ClientId,
    terms: &Terms,
) -> Result<PlaceAlgo, ConvertError> {
    let is_pair = stop.instrument == target.instrument && stop.side == target.side && stop.quantity == target.quantity;
    let is_stop = matches!(stop.kind, OrderKind::StopMarket { .. } | OrderKind::StopLimit { .. });
    let is_target = matches!(target.kind, OrderKind::TakeProfitMarket { .. } | OrderKind::TakeProfitLimit { .. });
    if !is_pair || !is_stop || !is_target {
        return Err(ConvertError::Unsupported { what: "a pair other than a stop and a take-profit of one quantity" });
    }
    let (half, other) = (algo(stop, instrument, id, terms), algo(target, instrument, id, terms));
    Ok(PlaceAlgo {
        ord_type: OrdType::Oco,
        tp_trigger_px: other.tp_trigger_px,
        tp_ord_px: other.tp_ord_px,
        tp_trigger_px_type: other.tp_trigger_px_type,
        ..half
    })
}

/// New values for an open order of this kind. Once a waiting order is activated it is one of the book, under the venue's id.
pub fn amend(
    new: &Amendment,
    kind: &OrderKind,
    instrument: &Instrument,
    id: ClientId,
) -> Result<Change<AmendOrder, AmendAlgo>, ConvertError> {
    let inst_id: Text = instrument.symbol.as_str().into();
    let new_sz = new.quantity.map(quantity).unwrap_or_default();
    let new_px = new.price.map(price).unwrap_or_default();
    let trigger = new.trigger.map(price).unwrap_or_default();
    let waiting = AmendAlgo { inst_id: inst_id.clone(), algo_cl_ord_id: id.into(), new_sz, ..AmendAlgo::default() };
    let is_limit = kind.limit_price().is_some();
    if (new.price.is_some() && !is_limit) || (new.trigger.is_some() && kind.trigger().is_none()) {
        return Err(ConvertError::Unsupported { what: "an amendment of a price that the order does not have" });
    }
    match kind {
        OrderKind::Market | OrderKind::Limit { .. } => {
            Ok(Change::Order(AmendOrder { inst_id, cl_ord_id: id.into(), new_sz, new_px, ..AmendOrder::default() }))
        }
        OrderKind::StopMarket { .. } | OrderKind::StopLimit { .. } => {
            Ok(Change::Algo(AmendAlgo { new_sl_trigger_px: trigger, new_sl_ord_px: new_px, ..waiting }))
        }
        OrderKind::TakeProfitMarket { .. } | OrderKind::TakeProfitLimit { .. } => {
            Ok(Change::Algo(AmendAlgo { new_tp_trigger_px: trigger, new_tp_ord_px: new_px, ..waiting }))
        }
        OrderKind::TrailingStop { .. } => Err(ConvertError::Unsupported { what: "an amendment of a trailing stop" }),
    }
}

/// The end of an open order of this kind.
pub fn cancel(kind: &OrderKind, instrument: &Instrument, id: ClientId) -> Change<CancelOrder, CancelAlgo> {
    let inst_id = instrument.symbol.as_str().into();
    if kind.is_conditional() {
        Change::Algo(CancelAlgo { inst_id, algo_cl_ord_id: id.into(), ..CancelAlgo::default() })
    } else {
        Change::Order(CancelOrder { inst_id, cl_ord_id: id.into(), ..CancelOrder::default() })
    }
}

fn algo(request: &OrderRequest, instrument: &Instrument, id: ClientId, terms: &Terms) -> PlaceAlgo {
    let mut order = PlaceAlgo {
        inst_id: instrument.symbol.as_str().into(),
        td_mode: terms.td_mode.clone(),
        side: side(request.side),
        ord_type: OrdType::Conditional,
        sz: quantity(request.quantity),
        algo_cl_ord_id: id.into(),
        tag: terms.tag.clone(),
        // Without it a market buy would be for a sum of quote currency.
        tgt_ccy: if request.side == market::Side::Buy { "base_ccy".into() } else { Text::default() },
        ..PlaceAlgo::default()
    };
    let ord_px = request.kind.limit_price().map_or(AT_MARKET.into(), price);
    match request.kind {
        OrderKind::StopMarket { trigger } | OrderKind::StopLimit { trigger, .. } => {
            order.sl_trigger_px = price(trigger);
            order.sl_ord_px = ord_px;
            order.sl_trigger_px_type = LAST.into();
        }
        OrderKind::TakeProfitMarket { trigger } | OrderKind::TakeProfitLimit { trigger, .. } => {
            order.tp_trigger_px = price(trigger);
            order.tp_ord_px = ord_px;
            order.tp_trigger_px_type = LAST.into();
        }
        OrderKind::TrailingStop { by } => {
            order.ord_type = OrdType::MoveOrderStop;
            order.tgt_ccy = Text::default();
            match by {
                TrailBy::Price(distance) => order.callback_spread = price(distance),
                TrailBy::Rate(rate) => order.callback_ratio = rate.0.normalize().into(),
            }
        }
        OrderKind::Market | OrderKind::Limit { .. } => {}
    }
    order
}

fn side(side: market::Side) -> Side {
    match side {
        market::Side::Buy => Side::Buy,
        market::Side::Sell => Side::Sell,
    }
}

fn price(price: Price) -> Number {
    price.0.normalize().into()
}

fn quantity(quantity: Quantity) -> Number {
    quantity.0.normalize().into()
}
