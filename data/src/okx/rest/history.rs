//! Lists that come in pages, newest first: read to the end, put in order, each item once.

use std::collections::HashSet;
use std::fmt::Display;

use super::call::Call;
use super::{OkxError, Rest};
use crate::okx::limits::{Budget, Charge};
use crate::okx::message::{FillInfo, InstType, OrderInfo};

/// Items on a page of orders or fills.
const PAGE: u32 = 100;
/// Open orders that are read at most; the venue lets no more be open.
const MAX_PENDING: usize = 4_000;

/// Which page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    after: Option<String>,
    before: Option<String>,
    limit: Option<u32>,
}

impl Page {
    /// The first page: the newest.
    pub fn newest() -> Self {
        Self::default()
    }

    /// The page that follows an item, without it: what is older.
    pub fn older_than(key: impl Display) -> Self {
        Self { after: Some(format!("{key}")), ..Self::default() }
    }

    /// Only what is newer than an item, without it. Together with [`Page::older_than`]'s bound it cuts out a range; alone
    /// it gives the newest.
    pub fn newer_than(mut self, key: impl Display) -> Self {
        self.before = Some(format!("{key}"));
        self
    }

    /// At most that many.
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    pub(super) fn parameters(&self) -> impl Iterator<Item = (&'static str, String)> {
        let bounds =
            [("after", self.after.clone()), ("before", self.before.clone()), ("limit", self.limit.map(|n| n.to_string()))];
        bounds.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }
}

/// A list that was read page by page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History<T> {
    /// Oldest first, each once.
    pub items: Vec<T>,
    /// Whether it goes back as far as was asked, and was not cut off by the bound.
    pub is_complete: bool,
}

/// Which fills are asked for.
#[derive(Clone, Copy, Debug)]
pub enum FillsOf<'a> {
    /// All of the account in a kind of instruments.
    Account {
        /// The kind.
        kind: &'a InstType,
        /// From this time of the venue's clock on, in milliseconds.
        since_ms: i64,
    },
    /// Those of one order.
    Order {
        /// The kind of its instrument.
        kind: &'a InstType,
        /// The venue's id of it.
        ord_id: &'a str,
    },
}

impl<T> History<T> {
    /// Reads pages until one brings nothing new, an item is older than is wanted, or `most` are there.
    pub(super) async fn collect<F: Future<Output = Result<Vec<T>, OkxError>>>(
        mut fetch: impl FnMut(Page) -> F,
        key: impl Fn(&T) -> String,
        is_older: impl Fn(&T) -> bool,
        most: usize,
    ) -> Result<Self, OkxError> {
        let (mut items, mut seen, mut page) = (Vec::new(), HashSet::new(), Page::newest().limit(PAGE));
        loop {
            let (mut last, mut reached) = (None, false);
            for item in fetch(page).await? {
                let key = key(&item);
                if is_older(&item) {
                    reached = true;
                } else if seen.insert(key.clone()) {
                    if items.len() >= most {
                        items.reverse();
                        return Ok(Self { items, is_complete: false });
                    }
                    items.push(item);
                    last = Some(key);
                }
            }
            // A short page need not be the last: the venue may give fewer than is asked. One without news is.
            let Some(last) = last.filter(|_| !reached) else { break };
            page = Page::older_than(last).limit(PAGE);
        }
        items.reverse();
        Ok(Self { items, is_complete: true })
    }
}

impl Rest {
    /// All open orders, oldest first.
    pub async fn orders_pending(&self) -> Result<History<OrderInfo>, OkxError> {
        let fetch = |page: Page| async move {
            let call = Call::private("trade/orders-pending", Charge::one(Budget::OrdersPending));
            Ok(self.call(&call.with_all(page.parameters())).await?.data)
        };
        History::collect(fetch, |order: &OrderInfo| order.ord_id.to_string(), |_| false, MAX_PENDING).await
    }

    /// Orders of a kind of instruments that ended, of the last 7 days, placed from `since_ms` on, oldest first, at most
    /// `most`. One that was canceled without a fill is there for 2 hours only.
    pub async fn orders_history(&self, kind: &InstType, since_ms: i64, most: usize) -> Result<History<OrderInfo>, OkxError> {
        self.ended_orders("trade/orders-history", Budget::OrdersHistory, kind, since_ms, most).await
    }

    /// The same of the last 3 months.
    pub async fn orders_archive(&self, kind: &InstType, since_ms: i64, most: usize) -> Result<History<OrderInfo>, OkxError> {
        self.ended_orders("trade/orders-history-archive", Budget::OrdersArchive, kind, since_ms, most).await
    }

    async fn ended_orders(
        &self,
        path: &'static str,
        budget: Budget,
        kind: &InstType,
        since_ms: i64,
        most: usize,
    ) -> Result<History<OrderInfo>, OkxError> {
        let fetch = |page: Page| async move {
            let call = Call::private(path, Charge::one(budget)).with("instType", kind.as_str());
            Ok(self.call(&call.with_all(page.parameters())).await?.data)
        };
        let is_older = |order: &OrderInfo| order.c_time.integer("cTime").is_ok_and(|ms| ms < since_ms);
        History::collect(fetch, |order| order.ord_id.to_string(), is_older, most).await
    }

    /// Fills of the last 3 days, oldest first, at most `most`.
    pub async fn fills(&self, of: FillsOf<'_>, most: usize) -> Result<History<FillInfo>, OkxError> {
        self.filled("trade/fills", Budget::Fills, of, most).await
    }

    /// The same of the last 3 months.
    pub async fn fills_history(&self, of: FillsOf<'_>, most: usize) -> Result<History<FillInfo>, OkxError> {
        self.filled("trade/fills-history", Budget::FillsHistory, of, most).await
    }

    async fn filled(
        &self,
        path: &'static str,
        budget: Budget,
        of: FillsOf<'_>,
        most: usize,
    ) -> Result<History<FillInfo>, OkxError> {
        let (kind, order, since_ms) = match of {
            FillsOf::Account { kind, since_ms } => (kind, None, since_ms),
            FillsOf::Order { kind, ord_id } => (kind, Some(("ordId", ord_id.to_owned())), i64::MIN),
        };
        let order = &order;
        let fetch = |page: Page| async move {
            let call = Call::private(path, Charge::one(budget)).with("instType", kind.as_str());
            Ok(self.call(&call.with_all(order.clone()).with_all(page.parameters())).await?.data)
        };
        let is_older = |fill: &FillInfo| {
            let at = fill.fill_time.integer("fillTime").or_else(|_| fill.ts.integer("ts"));
            at.is_ok_and(|ms| ms < since_ms)
        };
        // Pages are counted by the account's book, in which each fill has a line of its own.
        let key = |fill: &FillInfo| {
            let line = fill.bill_id.some().map(str::to_owned);
            line.unwrap_or_else(|| format!("{} {} {}", fill.inst_id, fill.trade_id, fill.ord_id))
        };
        let mut history = History::collect(fetch, key, is_older, most).await?;
        history.items.sort_by_key(|fill| fill.fill_time.integer("fillTime").unwrap_or(i64::MAX));
        Ok(history)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list of the numbers 1 to `newest`, served newest first by pages of at most `size`.
    async fn collected(newest: u64, size: usize, since: u64, most: usize) -> History<u64> {
        let fetch = |page: Page| async move {
            let from = page.after.as_ref().map_or(newest, |after| after.parse::<u64>().unwrap() - 1);
            Ok((1..=from).rev().take(size).collect())
        };
        History::collect(fetch, u64::to_string, |item| *item < since, most).await.unwrap()
    }

    #[tokio::test]
    async fn pages_are_read_to_the_end_and_turned_round() {
        assert_eq!(collected(250, 100, 0, 1_000).await, History { items: (1..=250).collect(), is_complete: true });
        assert_eq!(collected(0, 100, 0, 10).await, History { items: vec![], is_complete: true });
        assert_eq!(collected(250, 7, 0, 1_000).await.items.len(), 250, "a short page is not the last");
        assert_eq!(collected(250, 100, 120, 1_000).await, History { items: (120..=250).collect(), is_complete: true });
        let cut = collected(250, 100, 0, 30).await;
        assert_eq!((cut.items, cut.is_complete), ((221..=250).collect(), false));
        assert!(collected(30, 100, 0, 30).await.is_complete, "the bound itself is not too many");
    }

    #[tokio::test]
    async fn an_item_that_comes_twice_counts_once() {
        let mut pages = vec![vec![1_u64], vec![3, 2, 1], vec![4, 3]].into_iter().rev();
        let pages = pages.by_ref();
        let fetch = |_| std::future::ready(Ok(pages.next().unwrap_or_default()));
        let history = History::collect(fetch, u64::to_string, |_| false, 10).await.unwrap();
        assert_eq!(history.items, [1, 2, 3, 4]);
    }
}
