//! Orders: sent over the WebSocket while that is up, else over REST, and never twice.
//!
//! Each request ends in one answer. Where the venue's is lost, the order is asked for by our id before anything else: each
//! carries a time after which the venue must not take it, so one that is not known some time after that never will be.

mod outcome;
mod settle;
mod wire;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;

pub use self::outcome::Outcome;

use self::outcome::Verdict;
use self::wire::{WireOrder, items};
use super::code::Remedy;
use super::message::{AmendOrder, CancelOrder, ItemResult, OrderInfo, OrderReply, PlaceOrder, Text};
use super::rest::{MAX_BATCH, OkxError, Rest, batch_charges, with_sub_account};
use super::websocket::{OrderOp, Socket};

/// How long a refusal for too many requests holds back what is counted with it.
const HOLD: Duration = Duration::from_millis(500);

/// How long trading waits for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradingTimings {
    /// For a reply over the WebSocket.
    pub answer: Duration,
    /// Before an order whose outcome is unknown is asked for the first time; then twice as long each time.
    pub ask_first: Duration,
    /// Between two such questions at most.
    pub ask_most: Duration,
    /// How long after an order's expiry the venue's not knowing it is believed.
    pub grace: Duration,
    /// When it stops asking, counted from the loss: the outcome stays unknown.
    pub give_up: Duration,
}

impl Default for TradingTimings {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(3),
            ask_first: Duration::from_millis(200),
            ask_most: Duration::from_secs(2),
            grace: Duration::from_secs(2),
            give_up: Duration::from_mins(2),
        }
    }
}

/// Sends orders for one account.
#[derive(Debug)]
pub struct Trading {
    rest: Arc<Rest>,
    socket: Option<Socket>,
    timings: TradingTimings,
    /// Instruments whose code the venue does not take over the WebSocket.
    rest_only: Mutex<BTreeSet<Text>>,
}

impl Trading {
    /// Trades over `rest`, and over `socket`, a private one that is logged in, while that is up.
    pub fn new(rest: Arc<Rest>, socket: Option<Socket>, timings: TradingTimings) -> Self {
        Self { rest, socket, timings, rest_only: Mutex::default() }
    }

    /// Places an order. It needs an instrument's id and a client id; with the instrument's code it can go over the WebSocket.
    pub async fn place(&self, order: &PlaceOrder) -> Outcome {
        self.place_batch(std::slice::from_ref(order)).await.pop().unwrap_or_else(|| Outcome::not_sent("nothing to place"))
    }

    /// Places orders, 20 in a request. Each has its own outcome, in the order of asking.
    pub async fn place_batch(&self, orders: &[PlaceOrder]) -> Vec<Outcome> {
        if orders.iter().any(|order| order.cl_ord_id.is_absent() || order.inst_id.is_absent()) {
            // Its outcome could not be asked for.
            return orders.iter().map(|_| Outcome::not_sent("each order needs an instrument and a client id")).collect();
        }
        let mut outcomes = Vec::with_capacity(orders.len());
        for chunk in orders.chunks(MAX_BATCH) {
            let expires_ms = self.rest.order_expiry_ms();
            let replies = match self.over_socket(chunk, Some(expires_ms)).await {
                Some(replies) => replies,
                None => self.place_by_rest(chunk, expires_ms).await,
            };
            let verdicts = Verdict::each(&replies, chunk.len());
            let mut settled = Vec::with_capacity(chunk.len());
            for (order, verdict) in chunk.iter().zip(verdicts) {
                settled.push(self.placed(order, expires_ms, verdict));
            }
            outcomes.extend(join_all(settled).await);
        }
        outcomes
    }

    /// Amends an order. Accepted is not done: the `orders` channel says what became of it.
    pub async fn amend(&self, order: &AmendOrder) -> Outcome {
        let (one, expires_ms) = (std::slice::from_ref(order), self.rest.order_expiry_ms());
        let replies = match self.over_socket(one, Some(expires_ms)).await {
            Some(replies) => replies,
            None => self.rest.amend(&order.for_rest(), expires_ms).await.map(|reply| vec![reply]),
        };
        match Verdict::one(&replies) {
            Verdict::Final(outcome) => outcome,
            Verdict::Ask(reason) => self.settle_amended(order, expires_ms, &reason).await,
        }
    }

    /// Cancels an order. Accepted is not done: the `orders` channel says when it is.
    pub async fn cancel(&self, order: &CancelOrder) -> Outcome {
        self.cancel_batch(std::slice::from_ref(order)).await.pop().unwrap_or_else(|| Outcome::not_sent("nothing to cancel"))
    }

    /// Cancels orders, 20 in a request. Each has its own outcome, in the order of asking.
    pub async fn cancel_batch(&self, orders: &[CancelOrder]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(orders.len());
        for chunk in orders.chunks(MAX_BATCH) {
            let replies = match self.over_socket(chunk, None).await {
                Some(replies) => replies,
                None => self.cancel_by_rest(chunk).await,
            };
            let verdicts = Verdict::each(&replies, chunk.len());
            let mut settled = Vec::with_capacity(chunk.len());
            for (order, verdict) in chunk.iter().zip(verdicts) {
                settled.push(self.canceled(order, verdict));
            }
            outcomes.extend(join_all(settled).await);
        }
        outcomes
    }

    /// Cancels every open order of the account, whoever placed it.
    pub async fn cancel_all(&self) -> Result<Vec<(OrderInfo, Outcome)>, OkxError> {
        let open = self.rest.orders_pending().await?.items;
        let cancel = |order: &OrderInfo| CancelOrder {
            inst_id: order.inst_id.clone(),
            ord_id: order.ord_id.clone(),
            ..CancelOrder::default()
        };
        let outcomes = self.cancel_batch(&open.iter().map(cancel).collect::<Vec<_>>()).await;
        Ok(open.into_iter().zip(outcomes).collect())
    }

    async fn placed(&self, order: &PlaceOrder, expires_ms: i64, verdict: Verdict) -> Outcome {
        match verdict {
            Verdict::Final(outcome) => outcome,
            Verdict::Ask(reason) => self.settle_placed(order, expires_ms, &reason).await,
        }
    }

    async fn canceled(&self, order: &CancelOrder, verdict: Verdict) -> Outcome {
        match verdict {
            Verdict::Final(outcome) => outcome,
            Verdict::Ask(reason) => self.settle_canceled(order, &reason).await,
        }
    }

    async fn place_by_rest(&self, orders: &[PlaceOrder], expires_ms: i64) -> Result<Vec<OrderReply>, OkxError> {
        match orders {
            [order] => self.rest.place(&order.for_rest(), expires_ms).await.map(|reply| vec![reply]),
            orders => self.rest.place_batch(&orders.iter().map(WireOrder::for_rest).collect::<Vec<_>>(), expires_ms).await,
        }
    }

    async fn cancel_by_rest(&self, orders: &[CancelOrder]) -> Result<Vec<OrderReply>, OkxError> {
        match orders {
            [order] => self.rest.cancel(&order.for_rest()).await.map(|reply| vec![reply]),
            orders => self.rest.cancel_batch(&orders.iter().map(WireOrder::for_rest).collect::<Vec<_>>()).await,
        }
    }

    /// Sends over the WebSocket. `None` if it cannot be, and was surely not carried out: REST is next.
    async fn over_socket<T: WireOrder>(
        &self,
        orders: &[T],
        expires_ms: Option<i64>,
    ) -> Option<Result<Vec<OrderReply>, OkxError>> {
        let socket = self.socket.as_ref().filter(|socket| socket.is_up())?;
        let is_rest_only = |order: &T| order.inst_id_code().is_none() || self.is_rest_only(order.inst_id());
        if orders.iter().any(is_rest_only) {
            return None;
        }
        let op = if orders.len() == 1 { T::SINGLE } else { T::BATCH };
        let inst_ids = orders.iter().map(WireOrder::inst_id).map(Text::as_str);
        let charges = batch_charges(T::BUDGETS.0, T::BUDGETS.1, inst_ids);
        let charges = if matches!(op, OrderOp::Cancel | OrderOp::CancelBatch) { charges } else { with_sub_account(charges) };
        // REST would wait by the same limits, so what is limited here is not tried there.
        let patience = if expires_ms.is_some() { self.rest.timings().order_lifetime } else { self.rest.timings().patience };
        if let Err(limited) = self.rest.limits().acquire(&charges, patience).await {
            return Some(Err(OkxError::Limited { asked: format!("WebSocket {}", op.word()), limited }));
        }
        let args = T::socket_args(orders);
        let reply = socket.request(op, args, expires_ms, self.timings.answer).await;
        let replies = reply.and_then(|text| items(&text, op, orders.len()));
        let refusal = match &replies {
            Err(OkxError::NotSent { .. }) => return None,
            Err(error) => error.code().filter(|_| !error.outcome_unknown()).map(str::to_owned),
            // Of several, some may have been carried out.
            Ok(items) => items.first().filter(|item| items.len() == 1 && !item.is_ok()).map(|item| item.s_code.to_string()),
        };
        match refusal.as_deref() {
            // The published code is not always one that the WebSocket takes.
            Some("51001" | "60013") => {
                self.rest_only().extend(orders.iter().map(|order| order.inst_id().clone()));
                None
            }
            Some(code) if Remedy::of(code) == Remedy::BackOff => {
                self.rest.limits().hold(&charges, HOLD);
                None
            }
            Some(code) if Remedy::of(code) == Remedy::LogIn => None,
            _ => Some(replies),
        }
    }

    fn is_rest_only(&self, inst_id: &Text) -> bool {
        self.rest_only().contains(inst_id)
    }

    fn rest_only(&self) -> std::sync::MutexGuard<'_, BTreeSet<Text>> {
        self.rest_only.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
