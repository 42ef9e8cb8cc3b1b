//! Algo orders: what waits at the venue for a price, so that a position stays protected while we are away.

use super::call::{Call, Repeat, batch_charges};
use super::history::{History, Page};
use super::public::one;
use super::trade::{accepted, each};
use super::{OkxError, Rest};
use crate::okx::limits::{Budget, Charge};
use crate::okx::message::{AlgoInfo, AlgoReply, AmendAlgo, CancelAlgo, OrdType, PlaceAlgo};

/// Algo orders that are read at most; the venue lets fewer wait.
const MAX_PENDING: usize = 4_000;

impl Rest {
    /// Places an algo order. No funds are held while it waits.
    pub async fn place_algo(&self, order: &PlaceAlgo) -> Result<AlgoReply, OkxError> {
        let charges = vec![Charge::within(Budget::PlaceAlgo, order.inst_id.as_str())];
        let call = Call::post("trade/order-algo", charges, order, Repeat::IfRefused);
        accepted(self.call(&call).await?, &call)
    }

    /// Amends an algo order; trailing stops cannot be.
    pub async fn amend_algo(&self, order: &AmendAlgo) -> Result<AlgoReply, OkxError> {
        let charges = vec![Charge::within(Budget::AmendAlgo, order.inst_id.as_str())];
        let call = Call::post("trade/amend-algos", charges, order, Repeat::IfRefused);
        accepted(self.call(&call).await?, &call)
    }

    /// Cancels up to 10 algo orders. Each has its own result, in the order of asking.
    pub async fn cancel_algos(&self, orders: &[CancelAlgo]) -> Result<Vec<AlgoReply>, OkxError> {
        let inst_ids = orders.iter().map(|order| order.inst_id.as_str());
        let charges = batch_charges(Budget::CancelAlgo, Budget::CancelAlgo, inst_ids);
        let call = Call::post("trade/cancel-algos", charges, &orders, Repeat::IfRefused);
        each(self.call(&call).await?, &call, orders.len())
    }

    /// An algo order by our id of it, waiting or ended.
    pub async fn algo(&self, algo_cl_ord_id: &str) -> Result<AlgoInfo, OkxError> {
        let call = Call::private("trade/order-algo", Charge::one(Budget::AlgoOrder)).with("algoClOrdId", algo_cl_ord_id);
        one(self.call(&call).await?, &call)
    }

    /// All waiting algo orders of a kind, oldest first. Stops, take-profits and pairs of them are asked for together, as
    /// [`OrdType::Conditional`] or [`OrdType::Oco`].
    pub async fn algos_pending(&self, kind: &OrdType) -> Result<History<AlgoInfo>, OkxError> {
        let kinds = match kind {
            OrdType::Conditional | OrdType::Oco => "conditional,oco",
            other => other.as_str(),
        };
        let fetch = |page: Page| async move {
            let call = Call::private("trade/orders-algo-pending", Charge::one(Budget::AlgosPending)).with("ordType", kinds);
            Ok(self.call(&call.with_all(page.parameters())).await?.data)
        };
        History::collect(fetch, |algo: &AlgoInfo| algo.algo_id.to_string(), |_| false, MAX_PENDING).await
    }

    /// Algo orders of a kind that ended in a state (`effective`, `canceled`, `order_failed`), from `since_ms` on, oldest
    /// first, at most `most`.
    pub async fn algos_history(
        &self,
        kind: &OrdType,
        state: &str,
        since_ms: i64,
        most: usize,
    ) -> Result<History<AlgoInfo>, OkxError> {
        let fetch = |page: Page| async move {
            let call = Call::private("trade/orders-algo-history", Charge::one(Budget::AlgosHistory));
            let call = call.with("ordType", kind.as_str()).with("state", state).with_all(page.parameters());
            Ok(self.call(&call).await?.data)
        };
        let is_older = |algo: &AlgoInfo| algo.c_time.integer("cTime").is_ok_and(|ms| ms < since_ms);
        History::collect(fetch, |algo| algo.algo_id.to_string(), is_older, most).await
    }
}
