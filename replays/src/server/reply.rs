//! What the API answers to a private call: the envelope, and one result an order.

use engine::instrument::Currency;
use serde_json::{Value, json};

/// An answer. On the wire it is `{"code", "msg", "data"}` under an HTTP status.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The HTTP status: 200 for refusals of the business, too.
    pub status: u16,
    /// `"0"` when all went well; for order calls also `"1"` (all failed) and `"2"` (some failed).
    pub code: &'static str,
    /// What went wrong, where the code is the whole answer.
    pub msg: String,
    /// The rows.
    pub data: Vec<Value>,
}

impl Reply {
    /// Rows without any failure.
    pub fn rows(data: Vec<Value>) -> Self {
        Self { status: 200, code: "0", msg: String::new(), data }
    }

    /// One row without any failure.
    pub fn row(row: Value) -> Self {
        Self::rows(vec![row])
    }

    /// The results of order operations, one a row with its `sCode`.
    pub(super) fn of_operations(data: Vec<Value>) -> Self {
        let failed = data.iter().filter(|row| row["sCode"] != "0").count();
        let (code, msg) = match failed {
            0 => ("0", ""),
            _ if failed == data.len() => ("1", "All operations failed"),
            _ => ("2", "Bulk operation partially succeeded."),
        };
        Self { status: 200, code, msg: msg.to_owned(), data }
    }

    /// Its body.
    pub fn body(&self) -> Value {
        json!({"code": self.code, "msg": self.msg, "data": self.data})
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let status = if refusal.is_malformed() { 400 } else { 200 };
        Self { status, code: refusal.code, msg: refusal.message, data: Vec::new() }
    }
}

/// Why something is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) sub_code: &'static str,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, sub_code: "", message: message.into() }
    }

    /// A parameter that is there and cannot be.
    pub(super) fn parameter(name: &str) -> Self {
        // The two blanks are the venue's own.
        Self::new("51000", format!("Parameter {name}  error"))
    }

    /// A parameter that has to be there.
    pub(super) fn missing(name: &str) -> Self {
        Self::new("50014", format!("Parameter {name} can not be empty."))
    }

    pub(super) fn unknown_instrument() -> Self {
        Self::new("51001", "Instrument ID, Instrument ID code, or Spread ID doesn't exist.")
    }

    pub(super) fn insufficient(currency: Currency) -> Self {
        let message = format!("Order failed. Your available {currency} balance is insufficient.");
        Self { sub_code: "1000", ..Self::new("51008", message) }
    }

    pub(super) fn below_minimum() -> Self {
        Self::new("51020", "Your order should meet or exceed the minimum order amount.")
    }

    pub(super) fn off_lot() -> Self {
        Self::new("51121", "Order quantity must be a multiple of the lot size.")
    }

    pub(super) fn off_tick() -> Self {
        Self::new("51150", "Operation failed. The precision of the price exceeds the limit.")
    }

    pub(super) fn no_price() -> Self {
        Self::new("50013", "System is busy: there is no price to trade at yet. Please try again later.")
    }

    pub(super) fn not_cancelable() -> Self {
        Self::new("51400", "Cancellation failed as the order has been filled, canceled or does not exist.")
    }

    pub(super) fn not_amendable() -> Self {
        Self::new("51503", "Order modification failed as the order has been filled, canceled or does not exist.")
    }

    pub(super) fn duplicate() -> Self {
        Self::new("51016", "Client order ID already exists.")
    }

    pub(super) fn batch_too_long() -> Self {
        Self::new("51111", "Maximum number of orders per batch exceeded.")
    }

    pub(super) fn account_mode() -> Self {
        Self::new("51010", "You can't complete this request under your current account mode.")
    }

    /// Whether it is about the request as such, and not about an order in it.
    pub(super) fn is_malformed(&self) -> bool {
        matches!(self.code, "50000" | "50002" | "50014" | "50015" | "50016")
    }
}
