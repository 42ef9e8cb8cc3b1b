//! How often each endpoint may be asked: sliding windows by address, user, or user and instrument.
//!
//! REST and `WebSocket` share the budgets of orders; a batch of one order is charged to the budget of single ones.

use std::collections::{HashMap, VecDeque};

/// The budgets that are known to have been used.
#[derive(Debug, Default)]
pub struct Limiter {
    used: HashMap<(Budget, String), VecDeque<i64>>,
}

/// A budget: so many in so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Budget {
    /// The endpoint, or the first of those that share it.
    pub name: &'static str,
    /// How many.
    pub count: u32,
    /// In how long, in milliseconds.
    pub window_ms: i64,
    /// Whose.
    pub by: By,
}

/// Who has a budget of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum By {
    /// Each address.
    Address,
    /// Each user.
    User,
    /// Each user, for each instrument.
    UserAndInstrument,
}

const fn budget(name: &'static str, count: u32, window_ms: i64, by: By) -> Budget {
    Budget { name, count, window_ms, by }
}

/// New connections; the count is the configuration's.
pub const fn connections(count: u32) -> Budget {
    budget("ws/connect", count, 1_000, By::Address)
}

/// Logins and subscriptions of one connection.
pub const SUBSCRIPTIONS: Budget = budget("ws/subscribe", 480, 3_600_000, By::User);

/// By path without `/api/v5/`. What is not here is not limited.
const BUDGETS: [Budget; 49] = {
    use By::{Address, User, UserAndInstrument};
    [
        budget("public/time", 10, 2_000, Address),
        budget("public/instruments", 20, 2_000, Address),
        budget("market/ticker", 20, 2_000, Address),
        budget("market/tickers", 20, 2_000, Address),
        budget("market/books", 40, 2_000, Address),
        budget("market/books-full", 10, 2_000, Address),
        budget("market/candles", 40, 2_000, Address),
        budget("market/history-candles", 20, 2_000, Address),
        budget("market/trades", 100, 2_000, Address),
        budget("market/history-trades", 20, 2_000, Address),
        budget("market/index-tickers", 20, 2_000, Address),
        budget("system/status", 1, 5_000, Address),
        budget("public/price-limit", 20, 2_000, Address),
        budget("public/mark-price", 10, 2_000, Address),
        budget("public/funding-rate", 10, 2_000, Address),
        budget("public/funding-rate-history", 10, 2_000, Address),
        budget("public/position-tiers", 10, 2_000, Address),
        budget("account/balance", 10, 2_000, User),
        budget("account/positions", 10, 2_000, User),
        budget("account/positions-history", 10, 2_000, User),
        budget("account/config", 5, 2_000, User),
        budget("account/trade-fee", 5, 2_000, User),
        budget("account/instruments", 20, 2_000, User),
        budget("account/max-size", 20, 2_000, User),
        budget("account/max-avail-size", 20, 2_000, User),
        budget("account/leverage-info", 20, 2_000, User),
        budget("account/set-leverage", 20, 2_000, User),
        budget("account/set-position-mode", 5, 2_000, User),
        budget("account/bills", 5, 1_000, User),
        budget("asset/currencies", 6, 1_000, User),
        PLACE,
        CANCEL,
        AMEND,
        PLACE_BATCH,
        CANCEL_BATCH,
        AMEND_BATCH,
        budget("trade/orders-pending", 60, 2_000, User),
        budget("trade/orders-history", 40, 2_000, User),
        budget("trade/orders-history-archive", 20, 2_000, User),
        budget("trade/fills", 60, 2_000, User),
        budget("trade/fills-history", 10, 2_000, User),
        budget("trade/order-algo", 20, 2_000, UserAndInstrument),
        budget("trade/amend-algos", 20, 2_000, UserAndInstrument),
        budget("trade/cancel-algos", 20, 2_000, UserAndInstrument),
        budget("trade/orders-algo-pending", 20, 2_000, User),
        budget("trade/orders-algo-history", 20, 2_000, User),
        budget("trade/cancel-all-after", 1, 1_000, User),
        budget("trade/close-position", 20, 2_000, UserAndInstrument),
        budget("trade/account-rate-limit", 1, 1_000, User),
    ]
};

const PLACE: Budget = budget("trade/order", 60, 2_000, By::UserAndInstrument);
const CANCEL: Budget = budget("trade/cancel-order", 60, 2_000, By::UserAndInstrument);
const AMEND: Budget = budget("trade/amend-order", 60, 2_000, By::UserAndInstrument);
const PLACE_BATCH: Budget = budget("trade/batch-orders", 300, 2_000, By::UserAndInstrument);
const CANCEL_BATCH: Budget = budget("trade/cancel-batch-orders", 300, 2_000, By::UserAndInstrument);
const AMEND_BATCH: Budget = budget("trade/amend-batch-orders", 300, 2_000, By::UserAndInstrument);
/// Asking for an order has a budget apart from placing one.
const QUERY: Budget = budget("GET trade/order", 60, 2_000, By::UserAndInstrument);
const QUERY_ALGO: Budget = budget("GET trade/order-algo", 20, 2_000, By::User);

/// What a request is charged to: `path` without `/api/v5/`, `orders` the number of those in a batch.
pub fn budget_of(method: &str, path: &str, orders: usize) -> Option<Budget> {
    match (method, path, orders) {
        ("GET", "trade/order", _) => Some(QUERY),
        ("GET", "trade/order-algo", _) => Some(QUERY_ALGO),
        (_, "trade/batch-orders", 0..=1) => Some(PLACE),
        (_, "trade/cancel-batch-orders", 0..=1) => Some(CANCEL),
        (_, "trade/amend-batch-orders", 0..=1) => Some(AMEND),
        (_, "trade/cancel-advance-algos", _) => BUDGETS.into_iter().find(|budget| budget.name == "trade/cancel-algos"),
        _ => BUDGETS.into_iter().find(|budget| budget.name == path),
    }
}

impl Limiter {
    /// Charges `cost` to a budget; `false` charges nothing: it is used up.
    pub fn admit(&mut self, budget: Budget, whose: &str, cost: usize, now_ms: i64) -> bool {
        // Now and then, what nobody uses any more is forgotten.
        if self.used.len() > 10_000 {
            self.used.retain(|(budget, _), times| times.back().is_some_and(|&last| last > now_ms - budget.window_ms));
        }
        let times = self.used.entry((budget, whose.to_owned())).or_default();
        while times.front().is_some_and(|&first| first <= now_ms - budget.window_ms) {
            times.pop_front();
        }
        let fits = times.len().saturating_add(cost) <= budget.count as usize;
        if fits {
            times.extend(std::iter::repeat_n(now_ms, cost));
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_slides() {
        let mut limiter = Limiter::default();
        let budget = budget("test", 2, 1_000, By::User);
        let asked = [0, 900, 950, 1_000, 1_899, 1_900].map(|now| limiter.admit(budget, "me", 1, now));
        assert_eq!(asked, [true, true, false, true, false, true]);
        assert!(limiter.admit(budget, "another", 2, 1_900));
        assert!(!limiter.admit(budget, "a third", 3, 1_900), "more than ever fits");
    }

    #[test]
    fn a_batch_of_one_is_charged_as_a_single_order() {
        assert_eq!(budget_of("POST", "trade/batch-orders", 1), budget_of("POST", "trade/order", 1));
        assert_ne!(budget_of("POST", "trade/batch-orders", 2), budget_of("POST", "trade/order", 1));
        assert_ne!(budget_of("GET", "trade/order", 0), budget_of("POST", "trade/order", 1));
        assert_eq!(budget_of("GET", "nothing/known", 0), None);
    }
}
