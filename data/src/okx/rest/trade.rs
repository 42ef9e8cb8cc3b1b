//! Orders: placed, amended, canceled, and asked for.

use super::call::{Call, Repeat, batch_charges};
use super::public::{one, unreadable};
use super::{OkxError, Rest};
use crate::okx::limits::{Budget, Charge};
use crate::okx::message::{
    AmendOrder, CancelAllAfter, CancelAllAfterRequest, CancelOrder, ItemResult, OrderInfo, OrderReply, PlaceOrder, Reply, Text,
};

/// Orders in one batch at most.
pub(in crate::okx) const MAX_BATCH: usize = 20;

/// By which id an order is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderName<'a> {
    /// The venue's.
    Venue(&'a str),
    /// Ours.
    Client(&'a str),
}

impl Rest {
    /// When an order that is sent now must not be taken any more, by the venue's clock, Unix milliseconds.
    pub fn order_expiry_ms(&self) -> i64 {
        let lifetime_ms = i64::try_from(self.timings().order_lifetime.as_millis()).unwrap_or(i64::MAX);
        self.clock().now_ms().saturating_add(lifetime_ms)
    }

    /// Places an order; the venue drops it after `expires_ms`.
    pub async fn place(&self, order: &PlaceOrder, expires_ms: i64) -> Result<OrderReply, OkxError> {
        let charges = with_sub_account(vec![Charge::within(Budget::Place, order.inst_id.as_str())]);
        let call = Call::post("trade/order", charges, order, Repeat::IfRefused).expiring(expires_ms);
        accepted(self.call(&call).await?, &call)
    }

    /// Places up to 20 orders. Each has its own result, in the order of asking.
    pub async fn place_batch(&self, orders: &[PlaceOrder], expires_ms: i64) -> Result<Vec<OrderReply>, OkxError> {
        let inst_ids = orders.iter().map(|order| order.inst_id.as_str());
        let charges = with_sub_account(batch_charges(Budget::Place, Budget::PlaceBatch, inst_ids));
        let call = Call::post("trade/batch-orders", charges, &orders, Repeat::IfRefused).expiring(expires_ms);
        each(self.call(&call).await?, &call, orders.len())
    }

    /// Amends an order; the venue drops the request after `expires_ms`. That it is accepted is not that it is done.
    pub async fn amend(&self, order: &AmendOrder, expires_ms: i64) -> Result<OrderReply, OkxError> {
        let charges = with_sub_account(vec![Charge::within(Budget::Amend, order.inst_id.as_str())]);
        let call = Call::post("trade/amend-order", charges, order, Repeat::IfRefused).expiring(expires_ms);
        accepted(self.call(&call).await?, &call)
    }

    /// Amends up to 20 orders.
    pub async fn amend_batch(&self, orders: &[AmendOrder], expires_ms: i64) -> Result<Vec<OrderReply>, OkxError> {
        let inst_ids = orders.iter().map(|order| order.inst_id.as_str());
        let charges = with_sub_account(batch_charges(Budget::Amend, Budget::AmendBatch, inst_ids));
        let call = Call::post("trade/amend-batch-orders", charges, &orders, Repeat::IfRefused).expiring(expires_ms);
        each(self.call(&call).await?, &call, orders.len())
    }

    /// Cancels an order. That it is accepted is not that it is done.
    pub async fn cancel(&self, order: &CancelOrder) -> Result<OrderReply, OkxError> {
        let charges = vec![Charge::within(Budget::Cancel, order.inst_id.as_str())];
        let call = Call::post("trade/cancel-order", charges, order, Repeat::IfRefused);
        accepted(self.call(&call).await?, &call)
    }

    /// Cancels up to 20 orders.
    pub async fn cancel_batch(&self, orders: &[CancelOrder]) -> Result<Vec<OrderReply>, OkxError> {
        let inst_ids = orders.iter().map(|order| order.inst_id.as_str());
        let charges = batch_charges(Budget::Cancel, Budget::CancelBatch, inst_ids);
        let call = Call::post("trade/cancel-batch-orders", charges, &orders, Repeat::IfRefused);
        each(self.call(&call).await?, &call, orders.len())
    }

    /// An order, open or ended. One that is not known (51603) may still be on its way.
    pub async fn order(&self, inst_id: &str, name: OrderName<'_>) -> Result<OrderInfo, OkxError> {
        let call = Call::private("trade/order", Charge::within(Budget::Order, inst_id)).with("instId", inst_id);
        let call = match name {
            OrderName::Venue(id) => call.with("ordId", id),
            OrderName::Client(id) => call.with("clOrdId", id),
        };
        one(self.call(&call).await?, &call)
    }

    /// The dead man's switch: all orders are canceled in `timeout_s` seconds (10 to 120) unless it is asked for again;
    /// `None` calls it off.
    pub async fn cancel_all_after(&self, timeout_s: Option<u32>) -> Result<CancelAllAfter, OkxError> {
        let call = cancel_all_after(timeout_s);
        one(self.call(&call).await?, &call)
    }

    /// The same, sent once: what is repeated all the time anyway needs no second try.
    pub(in crate::okx) async fn cancel_all_after_once(&self, timeout_s: u32) -> Result<CancelAllAfter, OkxError> {
        let call = cancel_all_after(Some(timeout_s));
        one(self.once(&call).await?, &call)
    }
}

fn cancel_all_after(timeout_s: Option<u32>) -> Call<'static> {
    let time_out = i64::from(timeout_s.unwrap_or(0)).into();
    let request = CancelAllAfterRequest { time_out, tag: Text::default() };
    Call::post("trade/cancel-all-after", vec![Charge::one(Budget::CancelAllAfter)], &request, Repeat::Freely)
}

/// New and amended orders also count together, but for spot and margin, whose names have two parts.
pub(in crate::okx) fn with_sub_account(mut charges: Vec<Charge<'_>>) -> Vec<Charge<'_>> {
    let contracts = charges.iter().filter(|charge| charge.scope.matches('-').count() > 1);
    let tokens = contracts.map(|charge| charge.tokens).sum();
    if tokens > 0 {
        charges.push(Charge { budget: Budget::SubAccountOrders, scope: "", tokens });
    }
    charges
}

/// The one item of a reply, or the refusal that it tells of.
pub(super) fn accepted<T: ItemResult>(reply: Reply<T>, call: &Call<'_>) -> Result<T, OkxError> {
    let item = one(reply, call)?;
    if item.is_ok() {
        return Ok(item);
    }
    let (code, message) = (item.s_code().to_string(), item.s_msg().to_string());
    Err(OkxError::Refused { asked: call.asked(), status: 200, code, message })
}

/// All items of a reply: one for each that was asked.
pub(super) fn each<T>(reply: Reply<T>, call: &Call<'_>, asked: usize) -> Result<Vec<T>, OkxError> {
    if reply.data.len() != asked {
        return Err(unreadable(call, format!("{} results for {asked} requests", reply.data.len())));
    }
    Ok(reply.data)
}
