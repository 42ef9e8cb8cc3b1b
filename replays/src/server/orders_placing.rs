//! New orders: what a request has to say, what funds allow, and its way to the venue.

use engine::instrument::Currency;
use engine::market::Side;
use engine::number::{Amount, Decimal, MAX_PRICE, Price, Quantity};
use engine::order::{OrderId, OrderRequest, Owner};

use super::account::Account;
use super::algo::Attached;
use super::arguments::{Arguments, Naming};
use super::core::Scene;
use super::listed::Listed;
use super::orders::{Order, OrderType, State, Unit};
use super::orders_reports::{Cause, refusal_of};
use super::reply::Refusal;
use crate::exchange::FeeCurrency;

/// The most open orders of an account, and in one instrument.
const MAX_OPEN: usize = 4_000;
const MAX_OPEN_IN_ONE: usize = 500;

/// An order that is checked and not yet placed.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) listing: usize,
    pub(super) side: Side,
    pub(super) kind: OrderType,
    pub(super) price: Option<Price>,
    pub(super) size: Decimal,
    /// What the size of a market order counts.
    pub(super) unit: Option<Unit>,
    pub(super) shortfall: Shortfall,
    pub(super) client_id: String,
    pub(super) tag: String,
    pub(super) stp: &'static str,
    pub(super) attached: Vec<Attached>,
    pub(super) source: &'static str,
    pub(super) algo: Option<(u64, String)>,
}

/// What becomes of a market order that the funds do not cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shortfall {
    Shrinks,
    Refused,
}

const STP_MODES: [(&str, &str); 3] =
    [("cancel_maker", "cancel_maker"), ("cancel_taker", "cancel_taker"), ("cancel_both", "cancel_both")];

impl Account {
    /// Reads and checks a request for an order.
    pub(super) fn draft(&self, scene: &mut Scene<'_>, args: Arguments<'_>, naming: Naming) -> Result<Draft, Refusal> {
        let listing = args.listing(scene.listings, naming)?;
        let listed = &scene.listings[listing];
        check_mode(args)?;
        let side = args.side()?;
        let kind = args.word("ordType", &OrderType::WORDS)?.ok_or_else(|| Refusal::missing("ordType"))?;
        let client_id = args.client_id("clOrdId")?;
        let tag = args.tag()?;
        let size = args.positive("sz")?.ok_or_else(|| Refusal::missing("sz"))?;
        let price = if kind == OrderType::Market { None } else { Some(limit_price(listed, args)?) };
        let unit = args.word("tgtCcy", &Unit::WORDS)?.filter(|_| kind == OrderType::Market);
        let stp = args.word("stpMode", &STP_MODES)?.unwrap_or("cancel_maker");
        if stp == "cancel_both" && kind == OrderType::FillOrKill {
            return Err(Refusal::new("50016", "Parameter stpMode does not match parameter ordType."));
        }
        if args.text("tradeQuoteCcy").is_some_and(|quote| quote != listed.instrument.quote.as_str()) {
            return Err(Refusal::parameter("tradeQuoteCcy"));
        }
        let shortfall = if args.flag("banAmend")? { Shortfall::Refused } else { Shortfall::Shrinks };
        if self.open_by_client_id(&client_id).is_some() {
            return Err(Refusal::duplicate());
        }
        let mut draft = Draft {
            listing,
            side,
            kind,
            price,
            size,
            unit: (kind == OrderType::Market).then(|| unit.unwrap_or(default_unit(side))),
            shortfall,
            client_id,
            tag,
            stp,
            attached: Vec::new(),
            source: "",
            algo: None,
        };
        draft.attached = self.attached(scene, args, &draft)?;
        Ok(draft)
    }

    /// The open order with a client's own id.
    fn open_by_client_id(&self, client_id: &str) -> Option<u64> {
        let id = self.by_client_id.get(client_id).filter(|_| !client_id.is_empty())?;
        self.open_orders.get(id).copied()
    }

    /// Places an order; its id.
    pub(super) fn enter(&mut self, scene: &mut Scene<'_>, draft: Draft) -> Result<u64, Refusal> {
        let listed = &scene.listings[draft.listing];
        let rules = &listed.instrument;
        let (quantity, size) = self.sized(scene, &draft)?;
        self.check_room(draft.listing)?;
        let id = scene.next_order();
        let received = if draft.side == Side::Buy { rules.base } else { rules.quote };
        let fee_currency = if self.setup.fees_in == FeeCurrency::Quote { rules.quote } else { received };
        let request = OrderRequest {
            owner: Owner::Operator,
            instrument: rules.id,
            side: draft.side,
            quantity,
            kind: draft.kind.kind(draft.price),
            bracket: None,
            oco: None,
            protects: None,
        };
        let order = Order {
            id,
            client_id: draft.client_id,
            tag: draft.tag,
            listing: draft.listing,
            side: draft.side,
            kind: draft.kind,
            price: draft.price,
            size,
            quantity,
            unit: draft.unit,
            stp: draft.stp,
            attached: draft.attached,
            source: draft.source,
            algo: draft.algo,
            state: State::Live,
            filled: Quantity::ZERO,
            notional: Amount::ZERO,
            fee: Amount::ZERO,
            fee_currency,
            last_fill: None,
            cancel_source: "",
            created_at: scene.at,
            updated_at: scene.at,
            ended_wall_ms: None,
        };
        let client_id = order.client_id.clone();
        self.orders.insert(id, order);
        self.open_orders.insert(id);
        self.venue.submit(scene.at, OrderId(id), &request);
        if let Some(reason) = self.settle(scene, &Cause::Market) {
            self.orders.remove(&id);
            self.open_orders.remove(&id);
            return Err(refusal_of(&reason, paid_in(listed, draft.side)));
        }
        if !client_id.is_empty() {
            self.by_client_id.insert(client_id, id);
        }
        if draft.kind.is_immediate() && self.open_orders.contains(&id) {
            // Behind a quote there is more to come, but such an order does not wait for it.
            self.venue.cancel(OrderId(id));
            self.settle(scene, &Cause::Cancellation("14"));
        }
        Ok(id)
    }

    fn check_room(&self, listing: usize) -> Result<(), Refusal> {
        if self.open_orders.len() >= MAX_OPEN {
            return Err(Refusal::new(
                "51174",
                format!("The number of pending orders reached the upper limit of {MAX_OPEN} (orders)."),
            ));
        }
        let here = self.open_orders.iter().filter(|id| self.orders.get(id).is_some_and(|order| order.listing == listing));
        if self.open_orders.len() >= MAX_OPEN_IN_ONE && here.count() >= MAX_OPEN_IN_ONE {
            return Err(Refusal::new("51102", format!("Maximum number of pending orders per instrument is {MAX_OPEN_IN_ONE}.")));
        }
        Ok(())
    }

    /// How much is ordered in base units, and the size as it is shown: less than was asked for where funds are short.
    fn sized(&self, scene: &Scene<'_>, draft: &Draft) -> Result<(Quantity, Decimal), Refusal> {
        let listed = &scene.listings[draft.listing];
        match draft.unit {
            None => {
                let quantity = base_quantity(listed, draft.size)?;
                if quantity > listed.max_limit_size {
                    return Err(Refusal::new("51203", "Order amount exceeds the limit."));
                }
                Ok((quantity, draft.size))
            }
            Some(Unit::Base) => self.sized_in_base(scene, draft, listed),
            Some(Unit::Quote) => self.sized_in_quote(scene, draft, listed),
        }
    }

    fn sized_in_base(&self, scene: &Scene<'_>, draft: &Draft, listed: &Listed) -> Result<(Quantity, Decimal), Refusal> {
        let rules = &listed.instrument;
        let quantity = base_quantity(listed, draft.size)?;
        let price = self.venue.trigger_price(rules.id, draft.side).ok_or_else(Refusal::no_price)?;
        check_market_value(listed, price * quantity)?;
        let affordable = match draft.side {
            Side::Buy => {
                let sum = self.free(rules.quote);
                self.venue.quantity_for(scene.at, rules.id, Side::Buy, sum).ok_or_else(Refusal::no_price)?
            }
            Side::Sell => Quantity(self.free(rules.base).0).floor_to(rules.lot_size),
        };
        if affordable >= quantity {
            return Ok((quantity, draft.size));
        }
        if draft.shortfall == Shortfall::Refused || affordable < rules.min_size || affordable.is_zero() {
            return Err(Refusal::insufficient(paid_in(listed, draft.side)));
        }
        Ok((affordable, affordable.0.normalize()))
    }

    fn sized_in_quote(&self, scene: &Scene<'_>, draft: &Draft, listed: &Listed) -> Result<(Quantity, Decimal), Refusal> {
        let rules = &listed.instrument;
        let quantity_for =
            |sum: Amount| self.venue.quantity_for(scene.at, rules.id, draft.side, sum).ok_or_else(Refusal::no_price);
        let asked = Amount(draft.size);
        check_market_value(listed, asked)?;
        let quantity = quantity_for(asked)?;
        if quantity < rules.min_size || quantity.is_zero() {
            return Err(Refusal::below_minimum());
        }
        let (affordable, size) = match draft.side {
            Side::Buy => {
                let sum = asked.min(self.free(rules.quote));
                (quantity_for(sum)?, sum.0)
            }
            Side::Sell => (quantity.min(Quantity(self.free(rules.base).0).floor_to(rules.lot_size)), draft.size),
        };
        if affordable >= quantity {
            return Ok((quantity, draft.size));
        }
        if draft.shortfall == Shortfall::Refused || affordable < rules.min_size || affordable.is_zero() {
            return Err(Refusal::insufficient(paid_in(listed, draft.side)));
        }
        Ok((affordable, size.normalize()))
    }

    /// What no order holds of a currency.
    pub(super) fn free(&self, currency: Currency) -> Amount {
        let balance = self.venue.balances().iter().find(|balance| balance.currency == currency);
        balance.map_or(Amount::ZERO, |balance| balance.total - balance.held)
    }
}

/// Sizes of market orders count what is paid.
pub(super) fn default_unit(side: Side) -> Unit {
    match side {
        Side::Buy => Unit::Quote,
        Side::Sell => Unit::Base,
    }
}

/// `tdMode` and `posSide`: a spot account in net mode.
pub(super) fn check_mode(args: Arguments<'_>) -> Result<(), Refusal> {
    match args.needed("tdMode")?.as_ref() {
        "cash" => {}
        "cross" | "isolated" | "spot_isolated" => return Err(Refusal::account_mode()),
        _ => return Err(Refusal::parameter("tdMode")),
    }
    args.word("posSide", &[("net", ())]).map(|_| ())
}

/// `px`, which has to be there.
fn limit_price(listed: &Listed, args: Arguments<'_>) -> Result<Price, Refusal> {
    price_of(listed, args, "px")?.ok_or_else(|| Refusal::new("51204", "Order price cannot be empty."))
}

/// A price on the instrument's ticks.
pub(super) fn price_of(listed: &Listed, args: Arguments<'_>, name: &str) -> Result<Option<Price>, Refusal> {
    let Some(price) = args.positive(name)?.map(Price) else { return Ok(None) };
    if price.0 > Decimal::from(MAX_PRICE) {
        return Err(Refusal::parameter(name));
    }
    if price.is_multiple_of(listed.instrument.tick_size) { Ok(Some(price)) } else { Err(Refusal::off_tick()) }
}

/// A size in base units by the instrument's rules.
pub(super) fn base_quantity(listed: &Listed, size: Decimal) -> Result<Quantity, Refusal> {
    let (quantity, rules) = (Quantity(size), &listed.instrument);
    if quantity < rules.min_size {
        Err(Refusal::below_minimum())
    } else if quantity.floor_to(rules.lot_size) == quantity {
        Ok(quantity)
    } else {
        Err(Refusal::off_lot())
    }
}

fn check_market_value(listed: &Listed, value: Amount) -> Result<(), Refusal> {
    if value <= listed.max_market_value {
        return Ok(());
    }
    let (most, currency) = (listed.max_market_value, listed.instrument.quote);
    Err(Refusal::new("51201", format!("The value of a market order cannot exceed {most} {currency}.")))
}

/// The currency that an order of `side` pays in.
pub(super) fn paid_in(listed: &Listed, side: Side) -> Currency {
    match side {
        Side::Buy => listed.instrument.quote,
        Side::Sell => listed.instrument.base,
    }
}
