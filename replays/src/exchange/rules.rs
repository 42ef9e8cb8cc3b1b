//! The venue's rules: which orders and amendments it takes at all.

use engine::instrument::Instrument;
use engine::number::{Decimal, MAX_PRICE, MAX_QUANTITY, Price, Quantity};
use engine::order::{Amendment, OrderKind, OrderRequest, RejectReason, TrailBy};

use super::order::{Order, Stage};

/// Checks a new order's numbers.
pub(super) fn check_order(instrument: &Instrument, request: &OrderRequest) -> Result<(), RejectReason> {
    check_quantity(instrument, request.quantity)?;
    for price in [request.kind.limit_price(), request.kind.trigger()].into_iter().flatten() {
        check_price(instrument, price)?;
    }
    match request.kind {
        OrderKind::TrailingStop { by: TrailBy::Price(distance) } => check_price(instrument, distance),
        OrderKind::TrailingStop { by: TrailBy::Rate(rate) } if !rate.is_positive() || rate.0 >= Decimal::ONE => {
            Err(RejectReason::InvalidNumber)
        }
        _ => Ok(()),
    }
}

/// Checks an amendment's numbers against the order that it is for.
pub(super) fn check_amendment(instrument: &Instrument, order: &Order, amendment: &Amendment) -> Result<(), RejectReason> {
    if let Some(quantity) = amendment.quantity {
        check_quantity(instrument, quantity)?;
        if quantity <= order.filled {
            return Err(RejectReason::BelowFilledQuantity);
        }
    }
    if let Some(price) = amendment.price {
        check_price(instrument, price)?;
        order.kind.limit_price().ok_or(RejectReason::NotAmendable)?;
    }
    if let Some(trigger) = amendment.trigger {
        check_price(instrument, trigger)?;
        order.kind.trigger().filter(|_| order.stage == Stage::Waiting).ok_or(RejectReason::NotAmendable)?;
    }
    Ok(())
}

fn check_quantity(instrument: &Instrument, quantity: Quantity) -> Result<(), RejectReason> {
    if !quantity.is_positive() || quantity.0 > Decimal::from(MAX_QUANTITY) {
        Err(RejectReason::InvalidNumber)
    } else if !(quantity.0 % instrument.lot_size.0).is_zero() {
        Err(RejectReason::QuantityOffLot)
    } else if quantity < instrument.min_size {
        Err(RejectReason::BelowMinimumSize)
    } else {
        Ok(())
    }
}

fn check_price(instrument: &Instrument, price: Price) -> Result<(), RejectReason> {
    if !price.is_positive() || price.0 > Decimal::from(MAX_PRICE) {
        Err(RejectReason::InvalidNumber)
    } else if price.is_multiple_of(instrument.tick_size) {
        Ok(())
    } else {
        Err(RejectReason::PriceOffTick)
    }
}
