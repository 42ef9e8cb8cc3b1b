//! Which call is answered by what: REST paths and `WebSocket` operations.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::account::Account;
use super::arguments::{Arguments, Naming};
use super::book_keeping::{FILLS_HISTORY_MS, FILLS_MS};
use super::core::{Method, Scene};
use super::orders::{ARCHIVE_MS, HISTORY_MS};
use super::reply::{Refusal, Reply};
use super::shown::{ms, with_same};

/// The most orders of one batch, and algo orders of one cancellation.
const MAX_BATCH: usize = 20;
const MAX_ALGO_BATCH: usize = 10;

/// What is done to one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Place,
    Amend,
    Cancel,
}

impl Account {
    /// Answers a REST call.
    pub(super) fn call(&mut self, scene: &mut Scene<'_>, method: Method, path: &str, args: &Value) -> Reply {
        let answer = match method {
            Method::Get => self.get(scene, path, Arguments(args)),
            Method::Post => self.post(scene, path, args),
        };
        match answer {
            Some(answer) => answer.unwrap_or_else(Reply::from),
            None if POSTED.contains(&path) => Reply { status: 405, ..Refusal::new("50115", "Invalid request method.").into() },
            None => Reply { status: 404, ..Refusal::new("404", "Not Found").into() },
        }
    }

    fn get(&self, scene: &Scene<'_>, path: &str, args: Arguments<'_>) -> Option<Result<Reply, Refusal>> {
        Some(match path {
            "account/config" => Ok(self.config_asked()),
            "account/balance" => self.balance_asked(scene, args),
            "account/positions" | "account/positions-history" | "asset/balances" => Ok(Reply::rows(Vec::new())),
            "account/instruments" => Ok(instruments(scene, args)),
            "account/trade-fee" => Self::trade_fee_asked(scene, args),
            "account/bills" | "account/bills-archive" => self.bills_asked(scene, args),
            "account/max-size" => self.max_size_asked(scene, args),
            "account/max-avail-size" => self.max_available_asked(scene, args),
            "account/leverage-info" => Err(Refusal::account_mode()),
            "asset/currencies" => Ok(currencies(scene, args)),
            "trade/order" => self.order_asked(scene, args),
            "trade/orders-pending" => self.orders_pending(scene, args),
            "trade/orders-history" => self.orders_history(scene, args, HISTORY_MS),
            "trade/orders-history-archive" => self.orders_history(scene, args, ARCHIVE_MS),
            "trade/fills" => self.fills_asked(scene, args, FILLS_MS),
            "trade/fills-history" => args.needed("instType").and_then(|_| self.fills_asked(scene, args, FILLS_HISTORY_MS)),
            "trade/order-algo" => self.algo_asked(scene, args),
            "trade/orders-algo-pending" => self.algos_pending(scene, args),
            "trade/orders-algo-history" => self.algos_history(scene, args),
            "trade/account-rate-limit" => Ok(Reply::row(json!({
                "fillRatio": "", "mainFillRatio": "", "accRateLimit": "1000", "nextAccRateLimit": "", "ts": ms(scene.at),
            }))),
            _ => return None,
        })
    }

    fn post(&mut self, scene: &mut Scene<'_>, path: &str, args: &Value) -> Option<Result<Reply, Refusal>> {
        let one = Arguments(args);
        Some(match path {
            "trade/order" => self.operation(scene, Operation::Place, args, Naming::Symbol),
            "trade/amend-order" => self.operation(scene, Operation::Amend, args, Naming::Symbol),
            "trade/cancel-order" => self.operation(scene, Operation::Cancel, args, Naming::Symbol),
            "trade/batch-orders" => self.posted_batch(scene, Operation::Place, args),
            "trade/amend-batch-orders" => self.posted_batch(scene, Operation::Amend, args),
            "trade/cancel-batch-orders" => self.posted_batch(scene, Operation::Cancel, args),
            "trade/order-algo" => object(args).and_then(|args| {
                let result = self.place_algo(scene, args);
                algo_reply(scene, args, result)
            }),
            "trade/amend-algos" => object(args).and_then(|args| {
                let result = self.amend_algo(scene, args);
                algo_reply(scene, args, result)
            }),
            "trade/cancel-algos" | "trade/cancel-advance-algos" => self.cancel_algos(scene, args),
            "trade/cancel-all-after" => self.count_down(scene, one),
            "trade/close-position" => Err(Refusal::new("51023", "Position doesn't exist.")),
            "account/set-leverage" => Err(Refusal::account_mode()),
            "account/set-position-mode" => one.needed("posMode").and_then(|mode| match mode.as_ref() {
                "net_mode" => Ok(Reply::row(json!({"posMode": mode}))),
                "long_short_mode" => Err(Refusal::account_mode()),
                _ => Err(Refusal::parameter("posMode")),
            }),
            "account/set-account-level" => one.needed("acctLv").and_then(|level| match level.as_ref() {
                "1" => Ok(Reply::row(json!({"acctLv": level}))),
                _ => Err(Refusal::account_mode()),
            }),
            _ => return None,
        })
    }

    /// Answers an order operation over `WebSocket`; `None` when there is no such.
    pub(super) fn operate(&mut self, scene: &mut Scene<'_>, op: &str, args: &[Value]) -> Option<Reply> {
        let (operation, is_batch) = match op {
            "order" => (Operation::Place, false),
            "amend-order" => (Operation::Amend, false),
            "cancel-order" => (Operation::Cancel, false),
            "batch-orders" => (Operation::Place, true),
            "batch-amend-orders" => (Operation::Amend, true),
            "batch-cancel-orders" => (Operation::Cancel, true),
            _ => return None,
        };
        let answer = if is_batch {
            self.batch(scene, operation, args, Naming::Code)
        } else if let [one] = args {
            self.operation(scene, operation, one, Naming::Code)
        } else {
            Err(Refusal::new("60013", "Invalid args"))
        };
        Some(answer.unwrap_or_else(Reply::from))
    }

    /// One order: what is wrong with the request as such is the whole answer.
    fn operation(&mut self, scene: &mut Scene<'_>, operation: Operation, args: &Value, naming: Naming) -> Result<Reply, Refusal> {
        let args = object(args)?;
        let result = self.operate_one(scene, operation, args, naming);
        if let Err(refusal) = &result
            && refusal.is_malformed()
        {
            return Err(refusal.clone());
        }
        Ok(Reply::of_operations(vec![self.result_row(scene, operation, args, result)]))
    }

    fn posted_batch(&mut self, scene: &mut Scene<'_>, operation: Operation, args: &Value) -> Result<Reply, Refusal> {
        let items = args.as_array().ok_or_else(|| Refusal::new("50002", "JSON syntax error"))?;
        self.batch(scene, operation, items, Naming::Symbol)
    }

    fn batch(&mut self, scene: &mut Scene<'_>, operation: Operation, items: &[Value], naming: Naming) -> Result<Reply, Refusal> {
        if items.is_empty() {
            return Err(Refusal::new("50002", "JSON syntax error"));
        }
        if items.len() > MAX_BATCH {
            return Err(Refusal::batch_too_long());
        }
        let mut client_ids = HashSet::new();
        let rows = items.iter().map(|item| {
            let args = Arguments(item);
            let client_id = args.text("clOrdId").filter(|_| operation == Operation::Place);
            let result = if client_id.is_some_and(|id| !client_ids.insert(id.into_owned())) {
                Err(Refusal::duplicate())
            } else {
                self.operate_one(scene, operation, args, naming)
            };
            self.result_row(scene, operation, args, result)
        });
        Ok(Reply::of_operations(rows.collect()))
    }

    fn operate_one(
        &mut self,
        scene: &mut Scene<'_>,
        operation: Operation,
        args: Arguments<'_>,
        naming: Naming,
    ) -> Result<u64, Refusal> {
        match operation {
            Operation::Place => self.draft(scene, args, naming).and_then(|draft| self.enter(scene, draft)),
            Operation::Amend => self.amend(scene, args, naming),
            Operation::Cancel => self.cancel(scene, args, naming),
        }
    }

    fn result_row(&self, scene: &Scene<'_>, operation: Operation, args: Arguments<'_>, result: Result<u64, Refusal>) -> Value {
        let given = |name| args.text(name).unwrap_or_default().into_owned();
        let order = result.as_ref().ok().and_then(|id| self.orders.get(id));
        let client_id = order.map_or_else(|| given("clOrdId"), |order| order.client_id.clone());
        let id = match (&result, operation) {
            (Ok(id), _) => id.to_string(),
            (Err(_), Operation::Place) => String::new(),
            (Err(_), _) => given("ordId"),
        };
        let mut row = json!({"ordId": id, "clOrdId": client_id, "ts": ms(scene.at)});
        row["tag"] = order.map_or_else(|| given("tag"), |order| order.tag.clone()).into();
        if operation == Operation::Amend {
            row["reqId"] = given("reqId").into();
        }
        put_result(&mut row, result.err().as_ref());
        row
    }

    /// `trade/cancel-algos`.
    fn cancel_algos(&mut self, scene: &mut Scene<'_>, args: &Value) -> Result<Reply, Refusal> {
        let items = match args {
            Value::Array(items) => items.as_slice(),
            Value::Object(_) => core::slice::from_ref(args),
            _ => &[],
        };
        if items.is_empty() {
            return Err(Refusal::new("50002", "JSON syntax error"));
        }
        if items.len() > MAX_ALGO_BATCH {
            return Err(Refusal::batch_too_long());
        }
        let rows = items.iter().map(|item| {
            let args = Arguments(item);
            let result = self.cancel_algo(scene, args);
            algo_row(scene, args, result)
        });
        Ok(Reply::of_operations(rows.collect()))
    }
}

/// The paths that are posted to, for those who ask.
const POSTED: [&str; 13] = [
    "trade/amend-order",
    "trade/cancel-order",
    "trade/batch-orders",
    "trade/amend-batch-orders",
    "trade/cancel-batch-orders",
    "trade/amend-algos",
    "trade/cancel-algos",
    "trade/cancel-advance-algos",
    "trade/cancel-all-after",
    "trade/close-position",
    "account/set-leverage",
    "account/set-position-mode",
    "account/set-account-level",
];

fn object(args: &Value) -> Result<Arguments<'_>, Refusal> {
    if args.is_object() { Ok(Arguments(args)) } else { Err(Refusal::new("50002", "JSON syntax error")) }
}

fn algo_reply(scene: &Scene<'_>, args: Arguments<'_>, result: Result<(u64, String), Refusal>) -> Result<Reply, Refusal> {
    match result {
        Err(refusal) if refusal.is_malformed() => Err(refusal),
        result => Ok(Reply::of_operations(vec![algo_row(scene, args, result)])),
    }
}

/// The result of an operation on an algo order, by its id and the client's own.
fn algo_row(scene: &Scene<'_>, args: Arguments<'_>, result: Result<(u64, String), Refusal>) -> Value {
    let given = |name| args.text(name).unwrap_or_default().into_owned();
    let (id, client_id, refusal) = match result {
        Ok((id, client_id)) => (id.to_string(), client_id, None),
        Err(refusal) => (given("algoId"), given("algoClOrdId"), Some(refusal)),
    };
    let mut row = json!({
        "algoId": id, "algoClOrdId": client_id, "clOrdId": "", "tag": given("tag"), "reqId": given("reqId"), "ts": ms(scene.at),
    });
    put_result(&mut row, refusal.as_ref());
    row
}

fn put_result(row: &mut Value, refusal: Option<&Refusal>) {
    row["sCode"] = refusal.map_or("0", |refusal| refusal.code).into();
    row["subCode"] = refusal.map_or("", |refusal| refusal.sub_code).into();
    row["sMsg"] = refusal.map_or("", |refusal| refusal.message.as_str()).into();
}

fn instruments(scene: &Scene<'_>, args: Arguments<'_>) -> Reply {
    let wanted = scene.listings.iter().filter(|listed| args.asks_for_spot() && args.admits("instId", listed.symbol()));
    Reply::rows(wanted.map(super::listed::Listed::row).collect())
}

/// `asset/currencies`: each currency of the instruments, on one chain that is its own.
fn currencies(scene: &Scene<'_>, args: Arguments<'_>) -> Reply {
    let pairs = scene.listings.iter().flat_map(|listed| [listed.instrument.base, listed.instrument.quote]);
    let all: std::collections::BTreeSet<_> = pairs.filter(|currency| args.admits("ccy", currency.as_str())).collect();
    let row = |currency: engine::instrument::Currency| {
        with_same(
            json!({
                "ccy": currency.as_str(), "name": currency.as_str(), "chain": format!("{currency}-{currency}"),
                "canDep": true, "canWd": true, "canInternal": true, "mainNet": true, "needTag": false, "fee": "0.0001",
                "minFee": "0.0001", "maxFee": "0.0001", "minWd": "0.001", "maxWd": "1000000", "minDep": "0.0001",
                "wdTickSz": "8", "wdQuota": "1000000", "usedWdQuota": "0", "minDepArrivalConfirm": "1",
                "minWdUnlockConfirm": "1",
            }),
            "",
            "ctAddr burningFeeRate depQuotaFixed usedDepQuotaFixed depQuoteDailyLayer2 logoLink depEstOpenTime wdEstOpenTime",
        )
    };
    Reply::rows(all.into_iter().map(row).collect())
}
