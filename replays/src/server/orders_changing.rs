//! Amending and canceling orders, and the dead man's switch.

use engine::number::Quantity;
use engine::order::{Amendment, OrderId, RejectReason};
use serde_json::json;

use super::account::Account;
use super::arguments::{Arguments, Naming};
use super::core::Scene;
use super::orders::{OrderType, Update};
use super::orders_placing::{base_quantity, paid_in, price_of};
use super::orders_reports::{Cause, refusal_of};
use super::reply::{Refusal, Reply};

/// `cancelSource` of a client's own cancellation, and of the dead man's switch.
const BY_USER: &str = "1";
const BY_COUNTDOWN: &str = "20";
/// The seconds that a countdown may have.
const COUNTDOWN_SECONDS: core::ops::RangeInclusive<u64> = 10..=120;
/// The most tags with a countdown of their own.
const MAX_COUNTDOWNS: usize = 20;

impl Account {
    /// `trade/amend-order`; the order's id. Whether funds allow it is told by the push.
    pub(super) fn amend(&mut self, scene: &mut Scene<'_>, args: Arguments<'_>, naming: Naming) -> Result<u64, Refusal> {
        let listing = args.listing(scene.listings, naming)?;
        let listed = &scene.listings[listing];
        let req_id = args.client_id("reqId")?;
        let cancels_on_failure = args.flag("cxlOnFail")?;
        let order = self.find(listing, args)?.filter(|order| order.rests()).ok_or_else(Refusal::not_amendable)?;
        let price = price_of(listed, args, "newPx")?;
        let size = args.positive("newSz")?;
        if price.is_none() && size.is_none() {
            return Err(Refusal::new("51500", "You must enter a price, quantity, or TP/SL."));
        }
        let (id, side, kind, filled) = (order.id, order.side, order.kind, order.filled);
        if size.is_some_and(|size| Quantity(size) <= filled) {
            if let Some(order) = self.orders.get_mut(&id) {
                (order.size, order.quantity) = (filled.0.normalize(), filled);
                order.price = price.or(order.price);
            }
            self.venue.cancel(OrderId(id));
            self.settle(scene, &Cause::Completion(&req_id));
            return Ok(id);
        }
        let quantity = size.map(|size| base_quantity(listed, size)).transpose()?;
        if quantity.is_some_and(|quantity| quantity > listed.max_limit_size) {
            return Err(Refusal::new("51203", "Order amount exceeds the limit."));
        }
        let crosses = price.is_some_and(|price| self.venue.would_take(listed.instrument.id, side, price));
        if kind == OrderType::PostOnly && crosses {
            return Err(Refusal::new("51511", "Operation failed as the order price doesn't meet the requirement for Post Only."));
        }
        let amendment = Amendment { order: OrderId(id), quantity, price, trigger: None };
        self.venue.amend(scene.at, &amendment);
        if let Some(reason) = self.settle(scene, &Cause::Amendment(&req_id)) {
            let result = if cancels_on_failure { "1" } else { "-1" };
            self.tell_failure(scene, id, (result, &req_id), &refusal_of(&reason, paid_in(listed, side)));
            if cancels_on_failure {
                self.venue.cancel(OrderId(id));
                self.settle(scene, &Cause::Cancellation("0"));
            }
        }
        Ok(id)
    }

    /// An amendment was accepted and could not be made.
    fn tell_failure(&mut self, scene: &Scene<'_>, id: u64, amended: (&'static str, &str), refusal: &Refusal) {
        self.push_order(scene, id, &Update { fill: None, amended: Some(amended), refusal: Some(refusal) });
    }

    /// `trade/cancel-order`; the order's id.
    pub(super) fn cancel(&mut self, scene: &mut Scene<'_>, args: Arguments<'_>, naming: Naming) -> Result<u64, Refusal> {
        let listing = args.listing(scene.listings, naming)?;
        let order = self.find(listing, args)?.filter(|order| order.state.is_open());
        let id = order.ok_or_else(Refusal::not_cancelable)?.id;
        self.cancel_by(scene, id, BY_USER)
    }

    fn cancel_by(&mut self, scene: &mut Scene<'_>, id: u64, source: &'static str) -> Result<u64, Refusal> {
        self.venue.cancel(OrderId(id));
        match self.settle(scene, &Cause::Cancellation(source)) {
            Some(RejectReason::NotOpen) => Err(Refusal::not_cancelable()),
            _ => Ok(id),
        }
    }

    /// A countdown is over: every open order ends, or every one with its tag. Algo orders stay: they protect.
    pub(super) fn cancel_all(&mut self, scene: &mut Scene<'_>, tag: &str) {
        let tagged = |id: &u64| self.orders.get(id).is_some_and(|order| tag.is_empty() || order.tag == tag);
        let ids: Vec<u64> = self.open_orders.iter().copied().filter(tagged).collect();
        for id in ids {
            // It was open a moment ago: there is nobody to tell that it is not.
            let _ = self.cancel_by(scene, id, BY_COUNTDOWN);
        }
    }

    /// `trade/cancel-all-after`: real seconds until orders are canceled; 0 calls it off.
    pub(super) fn count_down(&mut self, scene: &Scene<'_>, args: Arguments<'_>) -> Result<Reply, Refusal> {
        args.needed("timeOut")?;
        let seconds = args.integer("timeOut")?.filter(|seconds| *seconds == 0 || COUNTDOWN_SECONDS.contains(seconds));
        let seconds = seconds.ok_or_else(|| Refusal::parameter("timeOut"))?;
        let tag = args.tag()?;
        let mut due_ms = 0;
        if seconds == 0 {
            self.countdowns.remove(&tag);
        } else {
            if !tag.is_empty() && !self.countdowns.contains_key(&tag) && self.countdowns.len() >= MAX_COUNTDOWNS {
                return Err(Refusal::new("51071", "You have reached the maximum number of tags with a countdown."));
            }
            due_ms = scene.wall_ms.saturating_add(i64::try_from(seconds).unwrap_or(0) * 1_000);
            self.countdowns.insert(tag.clone(), due_ms);
        }
        Ok(Reply::row(json!({"triggerTime": due_ms.to_string(), "tag": tag, "ts": scene.wall_ms.to_string()})))
    }
}
