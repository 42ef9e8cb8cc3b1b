//! Settling: the answer to a request is lost, so the order itself is asked for until something is certain.

use std::time::Duration;

use tokio::time::Instant;

use super::{Outcome, Trading};
use crate::okx::message::{AmendOrder, CancelOrder, Number, OrderInfo, PlaceOrder, Text};
use crate::okx::rest::OrderName;

/// How often a cancellation is sent again while its order is still open.
const CANCELS: u32 = 3;
/// The venue's code for an order that it does not know.
const NO_SUCH_ORDER: &str = "51603";
/// The venue's code for what came after its expiry.
const EXPIRED: &str = "50037";

/// What the venue says about an order right now.
enum Known {
    Order(Box<OrderInfo>),
    /// It knows no such order.
    Nothing(String),
    /// It did not say.
    Unsaid(String),
}

/// Asks at growing intervals, up to an end.
struct Asking<'a> {
    trading: &'a Trading,
    inst_id: &'a str,
    name: OrderName<'a>,
    wait: Duration,
    ends: Instant,
}

impl<'a> Asking<'a> {
    fn new(trading: &'a Trading, inst_id: &'a str, ord_id: &'a Text, cl_ord_id: &'a Text) -> Self {
        let name = if ord_id.is_absent() { OrderName::Client(cl_ord_id.as_str()) } else { OrderName::Venue(ord_id.as_str()) };
        let ends = Instant::now() + trading.timings.give_up;
        Self { trading, inst_id, name, wait: trading.timings.ask_first, ends }
    }

    /// The next answer, or `None` when it has asked long enough.
    async fn next(&mut self) -> Option<Known> {
        if Instant::now() + self.wait > self.ends {
            return None;
        }
        tokio::time::sleep(self.wait).await;
        self.wait = (self.wait * 2).min(self.trading.timings.ask_most);
        Some(match self.trading.rest.order(self.inst_id, self.name).await {
            Ok(order) => Known::Order(Box::new(order)),
            Err(error) if error.code() == Some(NO_SUCH_ORDER) => Known::Nothing(error.to_string()),
            Err(error) => Known::Unsaid(error.to_string()),
        })
    }

    /// Whether the venue can no longer take what expired then. Our clock may be as wrong as its measurement.
    fn is_past(&self, expires_ms: i64) -> bool {
        let error_us = self.trading.rest.clock().estimate().map_or(0, |estimate| estimate.error_us);
        let grace_ms = i64::try_from(self.trading.timings.grace.as_millis()).unwrap_or(i64::MAX);
        let certain_ms = expires_ms.saturating_add(grace_ms).saturating_add(error_us / 1_000);
        self.trading.rest.clock().now_ms() > certain_ms
    }
}

impl Trading {
    /// Whether an order was placed. Not to be known right after the loss proves nothing: it may be on its way.
    pub(super) async fn settle_placed(&self, order: &PlaceOrder, expires_ms: i64, lost: &str) -> Outcome {
        let no_id = Text::default();
        let mut asking = Asking::new(self, order.inst_id.as_str(), &no_id, &order.cl_ord_id);
        let mut said = lost.to_owned();
        loop {
            // Looked at before the question: what the venue does not know then, it will not take after it.
            let is_past = asking.is_past(expires_ms);
            match asking.next().await {
                Some(Known::Order(order)) => return Outcome::Accepted { ord_id: order.ord_id.to_string() },
                Some(Known::Nothing(_)) if is_past => {
                    return Outcome::Refused { code: NO_SUCH_ORDER.to_owned(), message: "never taken by the venue".to_owned() };
                }
                Some(Known::Nothing(reason) | Known::Unsaid(reason)) => said = format!("{lost}; then {reason}"),
                None => return Outcome::Unknown { reason: said },
            }
        }
    }

    /// Whether an order has the values that it was to get, or will not get them any more.
    pub(super) async fn settle_amended(&self, amend: &AmendOrder, expires_ms: i64, lost: &str) -> Outcome {
        let mut asking = Asking::new(self, amend.inst_id.as_str(), &amend.ord_id, &amend.cl_ord_id);
        let mut said = lost.to_owned();
        loop {
            let is_past = asking.is_past(expires_ms);
            match asking.next().await {
                Some(Known::Order(order)) if has(&amend.new_sz, &order.sz) && has(&amend.new_px, &order.px) => {
                    return Outcome::Accepted { ord_id: order.ord_id.to_string() };
                }
                Some(Known::Order(order)) if order.state.is_final() => {
                    return Outcome::Refused { code: "51503".to_owned(), message: format!("it is {}", order.state) };
                }
                Some(Known::Order(_)) if is_past => {
                    return Outcome::Refused { code: EXPIRED.to_owned(), message: "never taken by the venue".to_owned() };
                }
                Some(Known::Order(_)) => {}
                Some(Known::Nothing(message)) if is_past => return Outcome::Refused { code: NO_SUCH_ORDER.to_owned(), message },
                Some(Known::Nothing(reason) | Known::Unsaid(reason)) => said = format!("{lost}; then {reason}"),
                None => return Outcome::Unknown { reason: said },
            }
        }
    }

    /// Whether an order has ended. While it has not, canceling it again does no harm.
    pub(super) async fn settle_canceled(&self, cancel: &CancelOrder, lost: &str) -> Outcome {
        let mut asking = Asking::new(self, cancel.inst_id.as_str(), &cancel.ord_id, &cancel.cl_ord_id);
        let (mut said, mut again, mut unknown) = (lost.to_owned(), 0, 0);
        loop {
            match asking.next().await {
                Some(Known::Order(order)) if order.state.is_final() => {
                    return Outcome::Accepted { ord_id: order.ord_id.to_string() };
                }
                Some(Known::Order(_)) if again < CANCELS => {
                    again += 1;
                    match self.rest.cancel(&super::wire::WireOrder::for_rest(cancel)).await {
                        Ok(reply) => return Outcome::Accepted { ord_id: reply.ord_id.to_string() },
                        Err(error) => said = error.to_string(),
                    }
                }
                Some(Known::Order(_)) => {}
                // It was there when it was to be canceled: an order that never filled is forgotten after two hours.
                Some(Known::Nothing(message)) => {
                    unknown += 1;
                    if unknown > CANCELS {
                        return Outcome::Refused { code: NO_SUCH_ORDER.to_owned(), message };
                    }
                }
                Some(Known::Unsaid(reason)) => said = format!("{lost}; then {reason}"),
                None => return Outcome::Unknown { reason: said },
            }
        }
    }
}

/// Whether an order has a value that it was to get; what was not to change has.
fn has(wanted: &Number, is: &Number) -> bool {
    wanted.is_absent() || wanted.value() == is.value()
}
