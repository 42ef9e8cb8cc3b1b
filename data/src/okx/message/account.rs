//! The account: what it has, owes and may do.

use serde::Deserialize;

use super::number::{Flag, Number};
use super::reply::list;
use super::text::Text;
use super::word::InstType;

/// The account's money, of `account/balance` and the `account` channel.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Balance {
    /// All of it in USD.
    pub total_eq: Number,
    /// Each currency that is not zero.
    #[serde(deserialize_with = "list")]
    pub details: Vec<CurrencyBalance>,
    /// When it changed last, milliseconds since 1970.
    pub u_time: Number,
}

/// What the account has of one currency.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CurrencyBalance {
    /// Of which.
    pub ccy: Text,
    /// All of it, what is frozen and what positions won or lost included.
    pub eq: Number,
    /// Cash, what is frozen included.
    pub cash_bal: Number,
    /// What can be spent.
    pub avail_bal: Number,
    /// What cannot: `eq` less `avail_bal`.
    pub frozen_bal: Number,
    /// What orders hold.
    pub ord_frozen: Number,
    /// What can be used as margin.
    pub avail_eq: Number,
    /// All of it in USD.
    pub eq_usd: Number,
    /// What is owed.
    pub liab: Number,
    /// Interest that is owed.
    pub interest: Number,
    /// What open positions won or lost.
    pub upl: Number,
    /// When it changed last, milliseconds since 1970.
    pub u_time: Number,
}

/// A position of contracts or on margin, of `account/positions` and its channel.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PositionInfo {
    /// What kind.
    pub inst_type: InstType,
    /// Of what.
    pub inst_id: Text,
    /// The venue's id of it.
    pub pos_id: Text,
    /// `net`, `long` or `short`.
    pub pos_side: Text,
    /// How much; below zero for a short in net mode.
    pub pos: Number,
    /// In which currency, on margin: it says which way.
    pub pos_ccy: Text,
    /// `cross` or `isolated`.
    pub mgn_mode: Text,
    /// Average price.
    pub avg_px: Number,
    /// The price that margins are measured by.
    pub mark_px: Number,
    /// Where it would be liquidated.
    pub liq_px: Number,
    /// Profit so far.
    pub upl: Number,
    /// Profit taken.
    pub realized_pnl: Number,
    /// Leverage.
    pub lever: Number,
    /// Worth in USD.
    pub notional_usd: Number,
    /// When it was opened, milliseconds since 1970.
    pub c_time: Number,
    /// When it changed last, milliseconds since 1970.
    pub u_time: Number,
}

/// How the account is set up and what the key may do, of `account/config`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AccountConfig {
    /// The user.
    pub uid: Text,
    /// The user that it belongs to.
    pub main_uid: Text,
    /// `1` spot, `2` futures, `3` several currencies, `4` portfolio.
    pub acct_lv: Text,
    /// `net_mode` or `long_short_mode`.
    pub pos_mode: Text,
    /// What happens when own orders meet.
    pub acct_stp_mode: Text,
    /// Whether the account borrows by itself.
    pub auto_loan: Flag,
    /// `0` fees in what is received, `1` always in the quote currency.
    pub fee_type: Text,
    /// The fee level.
    pub level: Text,
    /// The key's name.
    pub label: Text,
    /// What the key may do, such as `read_only,trade`.
    pub perm: Text,
    /// From where the key may be used; empty for anywhere.
    pub ip: Text,
    /// Whether spot orders may borrow.
    pub enable_spot_borrow: Flag,
}

/// What the key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Read.
    ReadOnly,
    /// Place orders.
    Trade,
    /// Take money away.
    Withdraw,
}

impl AccountConfig {
    /// Whether the key may do this.
    pub fn permits(&self, what: Permission) -> bool {
        let word = match what {
            Permission::ReadOnly => "read_only",
            Permission::Trade => "trade",
            Permission::Withdraw => "withdraw",
        };
        self.perm.as_str().split(',').any(|permission| permission.trim() == word)
    }
}

/// The account's fees, of `account/trade-fee`. The venue's sign: negative is paid, positive is a rebate.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TradeFee {
    /// What kind of instrument.
    pub inst_type: InstType,
    /// The fee level.
    pub level: Text,
    /// Of fills that rested; deprecated in favour of the groups.
    pub maker: Number,
    /// Of fills that took; deprecated in favour of the groups.
    pub taker: Number,
    /// By group of instruments.
    #[serde(deserialize_with = "list")]
    pub fee_group: Vec<FeeGroup>,
    /// When, milliseconds since 1970.
    pub ts: Number,
}

/// The fees of a group of instruments.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FeeGroup {
    /// Which group.
    pub group_id: Text,
    /// Of fills that rested.
    pub maker: Number,
    /// Of fills that took.
    pub taker: Number,
}

/// Leverage of an instrument, of `account/leverage-info` and `account/set-leverage`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Leverage {
    /// Of what.
    pub inst_id: Text,
    /// `cross` or `isolated`.
    pub mgn_mode: Text,
    /// `net`, `long` or `short`.
    pub pos_side: Text,
    /// How much.
    pub lever: Number,
}

/// How positions are kept, of `account/set-position-mode`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PositionMode {
    /// `net_mode` or `long_short_mode`.
    pub pos_mode: Text,
}

/// The largest order that the account can pay, of `account/max-size`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MaxSize {
    /// Of what.
    pub inst_id: Text,
    /// In which currency.
    pub ccy: Text,
    /// To buy.
    pub max_buy: Number,
    /// To sell.
    pub max_sell: Number,
}

/// One line of the account's book, of `account/bills`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Bill {
    /// The venue's id of it.
    pub bill_id: Text,
    /// In which currency.
    pub ccy: Text,
    /// What changed.
    pub bal_chg: Number,
    /// What was there after it.
    pub bal: Number,
    /// Why: `1` transfer, `2` trade, and others.
    #[serde(rename = "type")]
    pub kind: Text,
    /// Why, finer.
    pub sub_type: Text,
    /// Of what, of trades.
    pub inst_id: Text,
    /// By which order.
    pub ord_id: Text,
    /// By which trade.
    pub trade_id: Text,
    /// Fee; negative is paid.
    pub fee: Number,
    /// When, milliseconds since 1970.
    pub ts: Number,
}

/// What an event changed, of the `balance_and_position` channel.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct BalanceAndPosition {
    /// When it was sent, milliseconds since 1970.
    pub p_time: Number,
    /// `snapshot`, `filled`, `transferred`, `funding_fee` and others.
    pub event_type: Text,
    /// Each currency that changed.
    #[serde(deserialize_with = "list")]
    pub bal_data: Vec<CurrencyBalance>,
    /// Each position that changed.
    #[serde(deserialize_with = "list")]
    pub pos_data: Vec<PositionInfo>,
}

/// How many orders the account may place, of `trade/account-rate-limit`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AccountRateLimit {
    /// New and amended orders in two seconds.
    pub acc_rate_limit: Number,
    /// The same, from the next day on.
    pub next_acc_rate_limit: Number,
    /// When, milliseconds since 1970.
    pub ts: Number,
}
