//! What an account has, and what its configuration says, as the API shows it.

use engine::instrument::{Currency, Instrument};
use engine::market::Side;
use engine::number::{Amount, Decimal, Quantity, Rate};
use engine::time::Timestamp;
use serde_json::{Value, json};

use super::account::Account;
use super::arguments::{Arguments, Naming};
use super::book_keeping::FillRow;
use super::core::{Push, Scene};
use super::listed::Listed;
use super::reply::{Refusal, Reply};
use super::shown::{ms, number, number_or_empty, with_same};
use crate::exchange::{Balance, FeeCurrency};

/// The most currencies that one call may name.
const MAX_CURRENCIES: usize = 20;
/// What counts as a dollar.
const DOLLARS: [&str; 3] = ["USD", "USDT", "USDC"];

impl Account {
    /// `GET account/config`. The permissions are those of a key, which is not known here: both that trading takes.
    pub(super) fn config_asked(&self) -> Reply {
        let fee_type = if self.setup.fees_in == FeeCurrency::Quote { "1" } else { "0" };
        Reply::row(with_same(
            json!({
                "acctLv": "1", "posMode": "net_mode", "acctStpMode": "cancel_maker", "uid": self.setup.uid,
                "mainUid": self.setup.uid, "label": self.setup.label, "level": "Lv1", "perm": "read_only,trade",
                "feeType": fee_type, "autoLoan": false, "greeksType": "PA", "ctIsoMode": "automatic",
                "mgnIsoMode": "automatic", "enableSpotBorrow": false, "spotBorrowAutoRepay": false, "type": "0",
                "roleType": "0", "spotRoleType": "0", "traderInsts": [], "spotTraderInsts": [], "opAuth": "0", "kycLv": "3",
                "liquidationGear": "-1", "settleCcyList": [],
            }),
            "",
            "levelTmp ip spotOffsetType settleCcy",
        ))
    }

    /// `GET account/balance`.
    pub(super) fn balance_asked(&self, scene: &Scene<'_>, args: Arguments<'_>) -> Result<Reply, Refusal> {
        if args.text("ccy").is_some_and(|list| list.split(',').count() > MAX_CURRENCIES) {
            return Err(Refusal::parameter("ccy"));
        }
        let wanted = |balance: &&Balance| !balance.total.is_zero() && args.admits("ccy", balance.currency.as_str());
        Ok(Reply::row(self.balance_row(scene.listings, scene.at, self.venue.balances().iter().filter(wanted))))
    }

    /// The first rows of a subscription.
    pub(super) fn snapshot(&self, listings: &[Listed], at: Timestamp, channel: &str) -> Vec<Value> {
        let owned = || self.venue.balances().iter().filter(|balance| !balance.total.is_zero());
        match channel {
            "account" => vec![self.balance_row(listings, at, owned())],
            "balance_and_position" => vec![json!({
                "pTime": ms(at), "eventType": "snapshot",
                "balData": owned().map(|balance| self.short_row(balance)).collect::<Vec<_>>(), "posData": [], "trades": [],
            })],
            "algo-advance" => self.trailing_rows(listings),
            _ => Vec::new(),
        }
    }

    fn balance_row<'a>(&self, listings: &[Listed], at: Timestamp, balances: impl Iterator<Item = &'a Balance>) -> Value {
        let total: Decimal = self.venue.balances().iter().fold(Decimal::ZERO, |sum, balance| {
            sum.saturating_add(self.in_dollars(listings, balance.currency, balance.total).unwrap_or_default())
        });
        let details: Vec<Value> = balances.map(|balance| self.detail_row(listings, balance)).collect();
        json!({
            "totalEq": number(total), "uTime": ms(at), "details": details, "isoEq": "", "adjEq": "", "availEq": "",
            "ordFroz": "", "imr": "", "mmr": "", "mgnRatio": "", "notionalUsd": "", "notionalUsdForBorrow": "",
            "notionalUsdForFutures": "", "notionalUsdForOption": "", "notionalUsdForSwap": "", "borrowFroz": "", "upl": "",
        })
    }

    fn detail_row(&self, listings: &[Listed], balance: &Balance) -> Value {
        let (total, held) = (number(balance.total.0), number(balance.held.0));
        let dollars = number_or_empty(self.in_dollars(listings, balance.currency, balance.total));
        with_same(
            json!({
                "ccy": balance.currency.as_str(), "eq": total, "cashBal": total,
                "availBal": number((balance.total - balance.held).0), "frozenBal": held, "ordFrozen": held, "disEq": dollars,
                "eqUsd": dollars, "uTime": self.changed(balance), "twap": "0", "fixedBal": "0", "stgyEq": "0", "spotIsoBal": "0",
                "smtSyncEq": "0", "rewardBal": "0", "collateralEnabled": false, "collateralRestrict": false,
                "colBorrAutoConversion": "0", "autoLendStatus": "off", "autoLendMtAmt": "0",
            }),
            "",
            "availEq liab crossLiab isoLiab interest upl uplLiab isoEq isoUpl mgnRatio imr mmr maxLoan notionalLever \
             borrowFroz spotInUseAmt clSpotInUseAmt maxSpotInUse spotBal openAvgPx accAvgPx spotUpl spotUplRatio totalPnl \
             totalPnlRatio",
        )
    }

    fn short_row(&self, balance: &Balance) -> Value {
        json!({"ccy": balance.currency.as_str(), "cashBal": number(balance.total.0), "uTime": self.changed(balance)})
    }

    /// When a balance last changed; at the beginning of time if it never did.
    fn changed(&self, balance: &Balance) -> String {
        ms(self.changed_at.get(&balance.currency).copied().unwrap_or_default())
    }

    /// What an amount is worth at the last price against a dollar; `None` when there is no such price.
    fn in_dollars(&self, listings: &[Listed], currency: Currency, amount: Amount) -> Option<Decimal> {
        if DOLLARS.contains(&currency.as_str()) {
            return Some(amount.0);
        }
        let is_priced = |rules: &&Instrument| rules.base == currency && DOLLARS.contains(&rules.quote.as_str());
        let rules = listings.iter().map(|listed| &listed.instrument).find(is_priced)?;
        Some((self.venue.trigger_price(rules.id, Side::Sell)? * Quantity(amount.0)).0)
    }

    /// Tells what has changed of the balances, and the trades that did it.
    pub(super) fn push_balances(&mut self, scene: &Scene<'_>, trades: Vec<FillRow>) {
        let changed: Vec<Balance> =
            self.venue.balances().iter().filter(|balance| !self.told.contains(balance)).copied().collect();
        if changed.is_empty() {
            return;
        }
        self.told = self.venue.balances().to_vec();
        self.changed_at.extend(changed.iter().map(|balance| (balance.currency, scene.at)));
        let data = vec![self.balance_row(scene.listings, scene.at, changed.iter())];
        self.pushes.push(Push { account: self.id, channel: "account", inst_id: None, event_type: Some("event_update"), data });
        if !trades.is_empty() {
            let trade =
                |fill: FillRow| json!({"instId": scene.listings[fill.listing].symbol(), "tradeId": fill.trade.to_string()});
            let row = json!({
                "pTime": ms(scene.at), "eventType": "filled", "posData": [],
                "balData": changed.iter().map(|balance| self.short_row(balance)).collect::<Vec<_>>(),
                "trades": trades.into_iter().map(trade).collect::<Vec<_>>(),
            });
            self.push("balance_and_position", None, row);
        }
    }

    /// `GET account/trade-fee`.
    pub(super) fn trade_fee_asked(scene: &Scene<'_>, args: Arguments<'_>) -> Result<Reply, Refusal> {
        args.needed("instType")?;
        if !args.asks_for_spot() {
            return Ok(Reply::rows(Vec::new()));
        }
        let listing = if args.text("instId").is_some() { args.listing(scene.listings, Naming::Symbol)? } else { 0 };
        let Some(rules) = scene.listings.get(listing).map(|listed| &listed.instrument) else {
            return Ok(Reply::rows(Vec::new()));
        };
        // What is paid is negative here.
        let shown = |rate: Rate| number(-rate.0);
        let (maker, taker) = (shown(rules.maker_fee), shown(rules.taker_fee));
        Ok(Reply::row(json!({
            "instType": "SPOT", "level": "Lv1", "ruleType": "normal", "category": "1", "maker": maker, "taker": taker,
            "feeGroup": [{"groupId": "1", "maker": maker, "taker": taker, "elpMaker": ""}], "makerU": "", "takerU": "",
            "makerUSDC": "", "takerUSDC": "", "delivery": "", "exercise": "", "fiat": [], "ts": ms(scene.at),
        })))
    }

    /// `GET account/max-size`.
    pub(super) fn max_size_asked(&self, scene: &Scene<'_>, args: Arguments<'_>) -> Result<Reply, Refusal> {
        let rules = &scene.listings[args.listing(scene.listings, Naming::Symbol)?].instrument;
        super::orders_placing::check_mode(args)?;
        let price = args.positive("px")?.map(engine::number::Price).or_else(|| self.venue.trigger_price(rules.id, Side::Buy));
        let bought = price.map_or(Quantity::ZERO, |price| self.free(rules.quote).at(price).floor_to(rules.lot_size));
        let sold = Quantity(self.free(rules.base).0).floor_to(rules.lot_size);
        Ok(Reply::row(json!({"instId": rules.symbol, "ccy": "", "maxBuy": number(bought.0), "maxSell": number(sold.0)})))
    }

    /// `GET account/max-avail-size`.
    pub(super) fn max_available_asked(&self, scene: &Scene<'_>, args: Arguments<'_>) -> Result<Reply, Refusal> {
        let rules = &scene.listings[args.listing(scene.listings, Naming::Symbol)?].instrument;
        super::orders_placing::check_mode(args)?;
        let (buy, sell) = (number(self.free(rules.quote).0), number(self.free(rules.base).0));
        Ok(Reply::row(json!({"instId": rules.symbol, "availBuy": buy, "availSell": sell})))
    }
}
