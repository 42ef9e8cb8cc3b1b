//! New algo orders, and those that are attached to orders: what a request has to say.

use engine::market::Side;
use engine::number::{Decimal, Price, Quantity, Rate};
use engine::order::TrailBy;

use super::account::Account;
use super::algo::{Algo, AlgoKind, AlgoState, Attached, Crossing, Leg, Plan};
use super::arguments::{Arguments, Naming};
use super::core::Scene;
use super::listed::Listed;
use super::orders::{OrderType, Unit};
use super::orders_placing::{Draft, base_quantity, check_mode, default_unit, price_of};
use super::reply::Refusal;

/// What a limited order does that a trigger places.
const ADVANCED: [(&str, OrderType); 2] = [("fok", OrderType::FillOrKill), ("ioc", OrderType::ImmediateOrCancel)];
/// What tells that something is attached; the older form knows the first two.
const LEGS: [&str; 4] = ["tpTriggerPx", "slTriggerPx", "callbackRatio", "callbackSpread"];
/// A market order, where a price is asked for.
const AT_MARKET: &str = "-1";

impl AlgoKind {
    /// The most that may wait in one instrument.
    fn most_waiting(self) -> usize {
        match self {
            Self::Conditional | Self::Oco => 100,
            Self::Trigger => 500,
            Self::Trailing => 50,
        }
    }
}

impl Account {
    /// `trade/order-algo`; its id, and the client's own.
    pub(super) fn place_algo(&mut self, scene: &mut Scene<'_>, args: Arguments<'_>) -> Result<(u64, String), Refusal> {
        let listing = args.listing(scene.listings, Naming::Symbol)?;
        let listed = &scene.listings[listing];
        check_mode(args)?;
        let side = args.side()?;
        let kind = args.word("ordType", &AlgoKind::WORDS)?.ok_or_else(|| Refusal::missing("ordType"))?;
        let client_id = args.client_id("algoClOrdId")?;
        let tag = args.tag()?;
        if args.text("closeFraction").is_some() {
            return Err(Refusal::parameter("closeFraction"));
        }
        let size = args.positive("sz")?.ok_or_else(|| Refusal::missing("sz"))?;
        let last = self.venue.trigger_price(listed.instrument.id, side);
        let plan = match kind {
            AlgoKind::Conditional | AlgoKind::Oco => self.exit(listed, args, side, kind)?,
            AlgoKind::Trigger => self.triggered(scene, listed, args, (listing, side))?,
            AlgoKind::Trailing => {
                Plan::Trail { by: trail_by(listed, args)?, activation: price_of(listed, args, "activePx")?, best: last }
            }
        };
        let unit = unit_of(args, kind, side, &plan)?;
        if unit == Unit::Base {
            base_quantity(listed, size)?;
        }
        self.check_algo_room(&client_id, listing, kind)?;
        let id = scene.next_order();
        let algo = Algo {
            id,
            client_id: client_id.clone(),
            tag,
            listing,
            side,
            kind,
            plan: not_yet_active(plan),
            size,
            unit,
            state: AlgoState::Live,
            parent: None,
            placed: None,
            fail_code: "",
            last,
            created_at: scene.at,
            updated_at: scene.at,
            triggered_at: None,
        };
        self.admit(scene, algo);
        Ok((id, client_id))
    }

    fn check_algo_room(&self, client_id: &str, listing: usize, kind: AlgoKind) -> Result<(), Refusal> {
        self.check_algo_client_id(client_id)?;
        let waiting = self.waiting_algos.iter().filter_map(|id| self.algos.get(id));
        let is_alike = |algo: &&Algo| algo.listing == listing && algo.kind.source() == kind.source();
        if waiting.filter(is_alike).count() >= kind.most_waiting() {
            let most = kind.most_waiting();
            return Err(Refusal::new(
                "51174",
                format!("The number of pending orders reached the upper limit of {most} (orders)."),
            ));
        }
        Ok(())
    }

    fn check_algo_client_id(&self, client_id: &str) -> Result<(), Refusal> {
        let mut waiting = self.waiting_algos.iter().filter_map(|id| self.algos.get(id));
        if !client_id.is_empty() && waiting.any(|algo| algo.client_id == client_id) {
            return Err(Refusal::new("51065", "algoClOrdId already exists."));
        }
        Ok(())
    }

    fn exit(&self, listed: &Listed, args: Arguments<'_>, side: Side, kind: AlgoKind) -> Result<Plan, Refusal> {
        let (mut profit, loss) = (leg(listed, args, "tp")?, leg(listed, args, "sl")?);
        match (kind, profit, loss) {
            (_, None, None) | (AlgoKind::Oco, None, _) => return Err(Refusal::parameter("tpTriggerPx")),
            (AlgoKind::Oco, _, None) => return Err(Refusal::parameter("slTriggerPx")),
            // Of the two, a plain one is the stop loss.
            (AlgoKind::Conditional, Some(_), Some(_)) => profit = None,
            _ => {}
        }
        if let Some(last) = self.venue.trigger_price(listed.instrument.id, side) {
            check_directions(side, profit, loss, last)?;
        }
        Ok(Plan::Exit { profit, loss })
    }

    fn triggered(
        &self,
        scene: &mut Scene<'_>,
        listed: &Listed,
        args: Arguments<'_>,
        (listing, side): (usize, Side),
    ) -> Result<Plan, Refusal> {
        if args.text("tgtCcy").is_some() {
            return Err(Refusal::new("51281", "Trigger order does not support the tgtCcy parameter."));
        }
        check_trigger_kind(args, "triggerPxType")?;
        let trigger = price_of(listed, args, "triggerPx")?.ok_or_else(|| Refusal::parameter("triggerPx"))?;
        // The parameter is called orderPx when placed, and ordPx when shown.
        let limit = order_price(listed, args, "orderPx")?;
        let kind = args.word("advanceOrdType", &ADVANCED)?.unwrap_or(OrderType::Limit);
        let last = self.venue.trigger_price(listed.instrument.id, side);
        let crossing = if last.is_some_and(|last| last > trigger) { Crossing::Falling } else { Crossing::Rising };
        let entry = Entry { listing, side, price: limit.or(Some(trigger)), is_market_in_foreign_unit: false };
        let attached = self.attachments(scene, args, &entry)?;
        Ok(Plan::Trigger { leg: Leg { trigger, limit }, crossing, kind, attached })
    }

    /// What a request for an order attaches to it.
    pub(super) fn attached(&self, scene: &mut Scene<'_>, args: Arguments<'_>, draft: &Draft) -> Result<Vec<Attached>, Refusal> {
        let last = self.venue.trigger_price(scene.listings[draft.listing].instrument.id, draft.side);
        let entry = Entry {
            listing: draft.listing,
            side: draft.side,
            price: draft.price.or(last),
            is_market_in_foreign_unit: draft.unit.is_some_and(|unit| unit != default_unit(draft.side)),
        };
        self.attachments(scene, args, &entry)
    }

    fn attachments(&self, scene: &mut Scene<'_>, args: Arguments<'_>, entry: &Entry) -> Result<Vec<Attached>, Refusal> {
        let is_one = |item: &Arguments<'_>| LEGS.iter().any(|name| item.text(name).is_some());
        let mut items: Vec<Arguments<'_>> = args.list("attachAlgoOrds")?.iter().map(Arguments).filter(is_one).collect();
        // In the older form the order itself has one leg or two.
        let is_older_form = items.is_empty() && LEGS[..2].iter().any(|name| args.text(name).is_some());
        if is_older_form {
            items.push(args);
        }
        if !items.is_empty() && entry.is_market_in_foreign_unit {
            return Err(Refusal::parameter("attachAlgoOrds"));
        }
        let attach = |item: Arguments<'_>| {
            let size = if is_older_form { None } else { item.positive("sz")?.map(Quantity) };
            self.attachment(scene, item, entry, size)
        };
        items.into_iter().map(attach).collect()
    }

    fn attachment(
        &self,
        scene: &mut Scene<'_>,
        args: Arguments<'_>,
        entry: &Entry,
        size: Option<Quantity>,
    ) -> Result<Attached, Refusal> {
        let listed = &scene.listings[entry.listing];
        let client_id = args.client_id("attachAlgoClOrdId")?;
        self.check_algo_client_id(&client_id)?;
        let (profit, loss) = (leg(listed, args, "tp")?, leg(listed, args, "sl")?);
        let plan = if profit.is_none() && loss.is_none() {
            Plan::Trail { by: trail_by(listed, args)?, activation: price_of(listed, args, "activePx")?, best: None }
        } else {
            if let Some(price) = entry.price {
                check_entry(entry.side, profit, loss, price)?;
            }
            Plan::Exit { profit, loss }
        };
        Ok(Attached { id: scene.next_order(), client_id, plan, size })
    }
}

/// The order that something is attached to.
struct Entry {
    listing: usize,
    side: Side,
    /// Its limit, or the last price.
    price: Option<Price>,
    /// A market order whose filled quantity is not known from its size.
    is_market_in_foreign_unit: bool,
}

/// A stop that waits for its activation has no best price yet.
fn not_yet_active(plan: Plan) -> Plan {
    match plan {
        Plan::Trail { by, activation: activation @ Some(_), .. } => Plan::Trail { by, activation, best: None },
        plan => plan,
    }
}

/// What the size of a market order counts: base units, but of a plain conditional purchase quote units unless it says so.
fn unit_of(args: Arguments<'_>, kind: AlgoKind, side: Side, plan: &Plan) -> Result<Unit, Refusal> {
    let is_market = match plan {
        Plan::Exit { profit, loss } => profit.iter().chain(loss).all(|leg| leg.limit.is_none()),
        Plan::Trigger { .. } => false,
        Plan::Trail { .. } => true,
    };
    let default = if kind == AlgoKind::Conditional && is_market { default_unit(side) } else { Unit::Base };
    Ok(args.word("tgtCcy", &Unit::WORDS)?.filter(|_| is_market).unwrap_or(default))
}

/// `tpTriggerPx` and what belongs to it, or the same of `sl`.
pub(super) fn leg(listed: &Listed, args: Arguments<'_>, prefix: &str) -> Result<Option<Leg>, Refusal> {
    let (trigger, order) = (format!("{prefix}TriggerPx"), format!("{prefix}OrdPx"));
    check_trigger_kind(args, &format!("{trigger}Type"))?;
    if args.text("tpOrdKind").is_some_and(|kind| kind != "condition") {
        return Err(Refusal::parameter("tpOrdKind"));
    }
    match price_of(listed, args, &trigger)? {
        Some(trigger) => Ok(Some(Leg { trigger, limit: order_price(listed, args, &order)? })),
        None if args.text(&order).is_some() => Err(Refusal::parameter(&trigger)),
        None => Ok(None),
    }
}

/// The price of the order that is placed; `None` is a market order, which is written as -1.
pub(super) fn order_price(listed: &Listed, args: Arguments<'_>, name: &str) -> Result<Option<Price>, Refusal> {
    match args.text(name) {
        None => Err(Refusal::parameter(name)),
        Some(text) if text == AT_MARKET => Ok(None),
        Some(_) => price_of(listed, args, name),
    }
}

pub(super) fn check_trigger_kind(args: Arguments<'_>, name: &str) -> Result<(), Refusal> {
    match args.text(name).as_deref() {
        None | Some("last") => Ok(()),
        Some("index" | "mark") => Err(Refusal::new(
            "51415",
            "Spot trading only supports using the last price as trigger price. Please select \"Last\".",
        )),
        Some(_) => Err(Refusal::parameter(name)),
    }
}

fn trail_by(listed: &Listed, args: Arguments<'_>) -> Result<TrailBy, Refusal> {
    match (args.positive("callbackRatio")?, price_of(listed, args, "callbackSpread")?) {
        (Some(ratio), None) if (Decimal::new(1, 3)..=Decimal::ONE).contains(&ratio) => Ok(TrailBy::Rate(Rate(ratio))),
        (Some(_), None) => {
            Err(Refusal::new("51311", "Failed to place trailing stop order. Callback rate should be within 0.1% - 100%."))
        }
        (None, Some(spread)) => Ok(TrailBy::Price(spread)),
        _ => Err(Refusal::parameter("callbackRatio")),
    }
}

/// Whether each trigger lies on its side of the last price.
pub(super) fn check_directions(side: Side, profit: Option<Leg>, loss: Option<Leg>, last: Price) -> Result<(), Refusal> {
    let above = |leg: Option<Leg>| leg.is_some_and(|leg| leg.trigger > last);
    let below = |leg: Option<Leg>| leg.is_some_and(|leg| leg.trigger < last);
    match side {
        Side::Buy if above(profit) => Err(Refusal::new("51277", "TP trigger price cannot be higher than the last price.")),
        Side::Buy if below(loss) => Err(Refusal::new("51278", "SL trigger price cannot be lower than the last price.")),
        Side::Sell if below(profit) => Err(Refusal::new("51279", "TP trigger price cannot be lower than the last price.")),
        Side::Sell if above(loss) => Err(Refusal::new("51280", "SL trigger price cannot be higher than the last price.")),
        _ => Ok(()),
    }
}

/// Whether what is attached gets out on the right sides of the price that gets in.
fn check_entry(side: Side, profit: Option<Leg>, loss: Option<Leg>, price: Price) -> Result<(), Refusal> {
    let refuse = |code, what: &str| Err(Refusal::new(code, format!("The {what} than the order price.")));
    let (profit, loss) = (profit.map(|leg| leg.trigger), loss.map(|leg| leg.trigger));
    match side {
        Side::Buy if profit.is_some_and(|trigger| trigger <= price) => {
            refuse("51046", "take profit trigger price should be higher")
        }
        Side::Buy if loss.is_some_and(|trigger| trigger >= price) => refuse("51047", "stop loss trigger price should be lower"),
        Side::Sell if profit.is_some_and(|trigger| trigger >= price) => {
            refuse("51048", "take profit trigger price should be lower")
        }
        Side::Sell if loss.is_some_and(|trigger| trigger <= price) => refuse("51049", "stop loss trigger price should be higher"),
        _ => Ok(()),
    }
}
