//! What an account's balances went through: fills, and a bill for each change of a balance.

use engine::instrument::Currency;
use engine::market::Side;
use engine::number::{Amount, Decimal, Price, Quantity, Rate};
use engine::order::{Fill, Liquidity};
use engine::time::Timestamp;
use serde_json::{Value, json};

use super::account::Account;
use super::arguments::Arguments;
use super::core::Scene;
use super::listed::Listed;
use super::orders::Order;
use super::paging::Page;
use super::reply::{Refusal, Reply};
use super::shown::{ms, number, side, with_same};

/// How far `trade/fills` goes back in real time, and `fills-history`.
pub(super) const FILLS_MS: i64 = 3 * 24 * 3_600_000;
pub(super) const FILLS_HISTORY_MS: i64 = 90 * 24 * 3_600_000;
/// The most fills, and bills, that an account remembers.
const MOST_KEPT: usize = 10_000;

/// A fill as the API tells it.
#[derive(Clone, Debug)]
pub(super) struct FillRow {
    pub(super) bill: u64,
    /// Unique in its instrument.
    pub(super) trade: u64,
    pub(super) order: u64,
    pub(super) client_id: String,
    pub(super) tag: String,
    pub(super) listing: usize,
    pub(super) side: Side,
    pub(super) price: Price,
    pub(super) quantity: Quantity,
    pub(super) liquidity: Liquidity,
    /// With the API's sign: negative when paid.
    pub(super) fee: Amount,
    pub(super) fee_currency: Currency,
    /// With the API's sign.
    pub(super) fee_rate: Rate,
    pub(super) at: Timestamp,
    pub(super) wall_ms: i64,
}

/// A change of a balance.
#[derive(Clone, Debug)]
pub(super) struct Bill {
    id: u64,
    currency: Currency,
    change: Amount,
    /// After it.
    balance: Amount,
    fill: FillRow,
}

impl FillRow {
    /// A fill of an order, which gives it ids.
    pub(super) fn new(scene: &mut Scene<'_>, order: &Order, fill: &Fill) -> Self {
        let rules = &scene.listings[order.listing].instrument;
        let rate = match fill.liquidity {
            Liquidity::Maker => rules.maker_fee,
            Liquidity::Taker => rules.taker_fee,
        };
        Self {
            bill: scene.next_bill(),
            trade: scene.next_trade(order.listing),
            order: order.id,
            client_id: order.client_id.clone(),
            tag: order.tag.clone(),
            listing: order.listing,
            side: order.side,
            price: fill.price,
            quantity: fill.quantity,
            liquidity: fill.liquidity,
            fee: -fill.fee,
            fee_currency: fill.fee_currency,
            fee_rate: Rate(-rate.0),
            at: fill.venue_at,
            wall_ms: scene.wall_ms,
        }
    }

    /// `execType`.
    pub(super) fn execution(&self) -> &'static str {
        match self.liquidity {
            Liquidity::Maker => "M",
            Liquidity::Taker => "T",
        }
    }

    /// What it brings in base and in quote currency, fee included.
    fn changes(&self, listed: &Listed) -> [(Currency, Amount); 2] {
        let rules = &listed.instrument;
        let sign = if self.side == Side::Buy { Decimal::ONE } else { Decimal::NEGATIVE_ONE };
        let fee_in = |currency| if self.fee_currency == currency { self.fee } else { Amount::ZERO };
        let (base, quote) = (Amount(self.quantity.0 * sign), Amount((self.price * self.quantity).0 * -sign));
        [(rules.base, base + fee_in(rules.base)), (rules.quote, quote + fee_in(rules.quote))]
    }

    fn sub_type(&self) -> &'static str {
        if self.side == Side::Buy { "1" } else { "2" }
    }

    fn row(&self, listed: &Listed) -> Value {
        with_same(
            json!({
                "instType": "SPOT", "instId": listed.symbol(), "tradeId": self.trade.to_string(),
                "ordId": self.order.to_string(), "clOrdId": self.client_id, "billId": self.bill.to_string(),
                "subType": self.sub_type(), "tag": self.tag, "fillPx": number(self.price.0),
                "fillSz": number(self.quantity.0), "fillIdxPx": number(self.price.0), "fillPnl": "0",
                "side": side(self.side), "posSide": "net", "execType": self.execution(), "fee": number(self.fee.0),
                "feeCcy": self.fee_currency.as_str(), "feeRate": number(self.fee_rate.0), "fillTime": ms(self.at),
                "ts": ms(self.at), "tradeQuoteCcy": listed.instrument.quote.as_str(),
            }),
            "",
            "fillPxVol fillPxUsd fillMarkVol fillFwdPx fillMarkPx",
        )
    }

    /// Its row on the channel `fills`.
    pub(super) fn push_row(&self, listed: &Listed) -> Value {
        // Only ids that are positive 64-bit integers are told here.
        let client_id =
            self.client_id.parse::<i64>().ok().filter(|id| *id > 0).map_or_else(|| "0".to_owned(), |id| id.to_string());
        json!({
            "instId": listed.symbol(), "fillSz": number(self.quantity.0), "fillPx": number(self.price.0),
            "side": side(self.side), "ts": ms(self.at), "ordId": self.order.to_string(), "clOrdId": client_id,
            "tradeId": self.trade.to_string(), "execType": self.execution(), "count": "1",
        })
    }
}

impl Bill {
    fn row(&self, listed: &Listed) -> Value {
        let fill = &self.fill;
        let fee = if fill.fee_currency == self.currency { fill.fee.0 } else { Decimal::ZERO };
        with_same(
            json!({
                "billId": self.id.to_string(), "ccy": self.currency.as_str(), "balChg": number(self.change.0),
                "bal": number(self.balance.0), "type": "2", "subType": fill.sub_type(), "ts": ms(fill.at),
                "fillTime": ms(fill.at), "instType": "SPOT", "instId": listed.symbol(), "ordId": fill.order.to_string(),
                "clOrdId": fill.client_id, "tag": fill.tag, "tradeId": fill.trade.to_string(), "execType": fill.execution(),
                "px": number(fill.price.0), "sz": number(self.change.0.abs()), "fee": number(fee), "mgnMode": "cash",
                "pnl": "0", "interest": "0", "posBal": "0", "posBalChg": "0",
            }),
            "",
            "from to notes earnAmt earnApr fillIdxPx fillMarkPx fillMarkVol fillFwdPx fillPxUsd fillPxVol",
        )
    }
}

impl Account {
    /// Writes a fill down, with a bill for each of the two balances that it changes. The earlier one has the id of the fill.
    pub(super) fn keep(&mut self, scene: &mut Scene<'_>, fill: &FillRow) {
        let [base, quote] = fill.changes(&scene.listings[fill.listing]);
        let (paid, received) = if fill.side == Side::Buy { (quote, base) } else { (base, quote) };
        let first = scene.next_bill();
        for (id, (currency, change)) in [(fill.bill, received), (first, paid)] {
            // As the fills of one step are told after all of them have happened, sums are kept here and not asked for.
            let balance = self.booked.entry(currency).or_default();
            *balance += change;
            self.bills.push_back(Bill { id, currency, change, balance: *balance, fill: fill.clone() });
        }
        self.fills.push_back(fill.clone());
        while self.fills.len() > MOST_KEPT {
            self.fills.pop_front();
        }
        while self.bills.len() > MOST_KEPT {
            self.bills.pop_front();
        }
    }

    /// `GET trade/fills` and `fills-history`, which go back for `kept_ms` of real time.
    pub(super) fn fills_asked(&self, scene: &Scene<'_>, args: Arguments<'_>, kept_ms: i64) -> Result<Reply, Refusal> {
        let page = Page::read(args)?;
        let (begin, end) = (args.time("begin")?, args.time("end")?);
        let order = args.integer("ordId")?;
        let wanted = self.fills.iter().rev().filter(|fill| {
            args.asks_for_spot()
                && args.text("instId").is_none_or(|symbol| scene.listings[fill.listing].symbol() == symbol)
                && order.is_none_or(|order| fill.order == order)
                && begin.is_none_or(|begin| fill.at >= begin)
                && end.is_none_or(|end| fill.at <= end)
                && scene.wall_ms.saturating_sub(fill.wall_ms) <= kept_ms
        });
        Ok(Reply::rows(page.select(wanted, |fill| fill.bill).map(|fill| fill.row(&scene.listings[fill.listing])).collect()))
    }

    /// `GET account/bills`.
    pub(super) fn bills_asked(&self, scene: &Scene<'_>, args: Arguments<'_>) -> Result<Reply, Refusal> {
        let page = Page::read(args)?;
        let wanted = self.bills.iter().rev().filter(|bill| {
            args.asks_for_spot()
                && args.admits("ccy", bill.currency.as_str())
                && args.admits("type", "2")
                && args.admits("subType", bill.fill.sub_type())
        });
        Ok(Reply::rows(page.select(wanted, |bill| bill.id).map(|bill| bill.row(&scene.listings[bill.fill.listing])).collect()))
    }
}
