//! An algo order: it waits for a price, holds no money, and places an ordinary order when the price is reached.

use engine::market::Side;
use engine::number::{Amount, Decimal, Price, Quantity};
use engine::order::TrailBy;
use engine::time::Timestamp;
use serde_json::{Value, json};

use super::account::Account;
use super::arguments::Arguments;
use super::core::Scene;
use super::listed::Listed;
use super::orders::{Order, OrderType, Unit};
use super::paging::Page;
use super::reply::{Refusal, Reply};
use super::shown::{ms, number, number_or_empty, side, with_same};

/// A trigger, and the order that it places: limited, or a market order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leg {
    pub(super) trigger: Price,
    pub(super) limit: Option<Price>,
}

/// From which side the price comes to a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Crossing {
    Rising,
    Falling,
}

/// What an algo order waits for.
#[derive(Clone, Debug)]
pub(super) enum Plan {
    /// Take profit, stop loss, or both, of which one ends the other.
    Exit { profit: Option<Leg>, loss: Option<Leg> },
    /// A price, from the side at which it was when the order came.
    Trigger { leg: Leg, crossing: Crossing, kind: OrderType, attached: Vec<Attached> },
    /// A distance from the best price since it became active.
    Trail { by: TrailBy, activation: Option<Price>, best: Option<Price> },
}

/// `state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AlgoState {
    Live,
    Effective,
    Canceled,
    Failed,
}

/// An algo order.
#[derive(Debug)]
pub(super) struct Algo {
    pub(super) id: u64,
    /// Empty without one.
    pub(super) client_id: String,
    pub(super) tag: String,
    pub(super) listing: usize,
    pub(super) side: Side,
    pub(super) kind: AlgoKind,
    pub(super) plan: Plan,
    pub(super) size: Decimal,
    /// What the size of a market order counts.
    pub(super) unit: Unit,
    pub(super) state: AlgoState,
    /// The order to which it was attached.
    pub(super) parent: Option<u64>,
    /// The order that it placed, and what of it: `tp`, `sl` or nothing.
    pub(super) placed: Option<Placed>,
    pub(super) fail_code: &'static str,
    /// The last price when it changed.
    pub(super) last: Option<Price>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) triggered_at: Option<Timestamp>,
}

/// What became of an algo order that was triggered.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) order: u64,
    pub(super) leg: &'static str,
    pub(super) price: Option<Price>,
    pub(super) quantity: Quantity,
}

/// `ordType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AlgoKind {
    Conditional,
    Oco,
    Trigger,
    Trailing,
}

/// Protection that an order brings along: it becomes an algo order with what the order has filled when it ends.
#[derive(Clone, Debug)]
pub(super) struct Attached {
    pub(super) id: u64,
    pub(super) client_id: String,
    pub(super) plan: Plan,
    /// At most so much of what was filled.
    pub(super) size: Option<Quantity>,
}

/// An attached order that comes to life.
#[derive(Debug)]
pub(super) struct Birth {
    pub(super) attached: Attached,
    pub(super) listing: usize,
    pub(super) side: Side,
    pub(super) quantity: Quantity,
    pub(super) parent: u64,
    pub(super) tag: String,
}

impl AlgoKind {
    pub(super) const WORDS: [(&'static str, Self); 4] =
        [("conditional", Self::Conditional), ("oco", Self::Oco), ("trigger", Self::Trigger), ("move_order_stop", Self::Trailing)];

    pub(super) fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }

    /// Of a plan that was attached to an order.
    fn of(plan: &Plan) -> Self {
        match plan {
            Plan::Exit { profit: Some(_), loss: Some(_) } => Self::Oco,
            Plan::Exit { .. } => Self::Conditional,
            Plan::Trigger { .. } => Self::Trigger,
            Plan::Trail { .. } => Self::Trailing,
        }
    }

    /// The channel that tells of it.
    pub(super) fn channel(self) -> &'static str {
        if self == Self::Trailing { "algo-advance" } else { "orders-algo" }
    }

    /// `source` of the orders that it places.
    pub(super) fn source(self) -> &'static str {
        match self {
            Self::Conditional | Self::Oco => "7",
            Self::Trigger => "6",
            Self::Trailing => "25",
        }
    }
}

impl AlgoState {
    fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Effective => "effective",
            Self::Canceled => "canceled",
            Self::Failed => "order_failed",
        }
    }
}

impl Leg {
    /// `tpOrdPx` and its like.
    fn order_price(&self) -> String {
        self.limit.map_or_else(|| "-1".to_owned(), |price| number(price.0))
    }
}

/// A leg's trigger, the kind of price that it looks at, and its order's price; all empty without a leg.
fn shown(leg: Option<&Leg>) -> (String, &'static str, String) {
    leg.map_or_else(Default::default, |leg| (number(leg.trigger.0), "last", leg.order_price()))
}

impl Attached {
    /// Its row in the order's.
    pub(super) fn row(&self) -> Value {
        let (profit, loss, trail) = match &self.plan {
            Plan::Exit { profit, loss } => (profit.as_ref(), loss.as_ref(), None),
            Plan::Trail { by, activation, .. } => (None, None, Some((by, activation))),
            Plan::Trigger { .. } => (None, None, None),
        };
        let (tp, sl) = (shown(profit), shown(loss));
        let (ratio, spread) = trail.map_or_else(Default::default, |(by, _)| callback(*by));
        json!({
            "attachAlgoId": self.id.to_string(), "attachAlgoClOrdId": self.client_id, "tpTriggerPx": tp.0,
            "tpTriggerPxType": tp.1, "tpOrdPx": tp.2, "tpOrdKind": "condition", "slTriggerPx": sl.0, "slTriggerPxType": sl.1,
            "slOrdPx": sl.2, "sz": number_or_empty(self.size.map(|size| size.0)), "amendPxOnTriggerType": "0",
            "failCode": "", "failReason": "", "callbackRatio": ratio, "callbackSpread": spread,
            "activePx": number_or_empty(trail.and_then(|(_, activation)| *activation).map(|price| price.0)),
        })
    }
}

/// `callbackRatio` and `callbackSpread`: one is empty.
fn callback(by: TrailBy) -> (String, String) {
    match by {
        TrailBy::Rate(rate) => (number(rate.0), String::new()),
        TrailBy::Price(distance) => (String::new(), number(distance.0)),
    }
}

impl Birth {
    /// What comes to life as an order ends.
    pub(super) fn of(order: &Order, listed: &Listed) -> Vec<Self> {
        let rules = &listed.instrument;
        // A purchase that paid its fee in what it bought has that much less to sell.
        let in_base = order.side == Side::Buy && order.fee_currency == rules.base;
        let fee = if in_base { order.fee.max(Amount::ZERO) } else { Amount::ZERO };
        let owned = (order.filled - Quantity(fee.0)).floor_to(rules.lot_size);
        let birth = |attached: &Attached| Self {
            attached: attached.clone(),
            listing: order.listing,
            side: order.side.opposite(),
            quantity: attached.size.map_or(owned, |size| size.min(owned)),
            parent: order.id,
            tag: order.tag.clone(),
        };
        order.attached.iter().map(birth).filter(|birth| birth.quantity.is_positive()).collect()
    }
}

impl Algo {
    /// Its row, over REST and in pushes.
    pub(super) fn row(&self, listed: &Listed) -> Value {
        let (mut profit, mut loss, mut trigger) = (None, None, None);
        let (mut ratio, mut spread, mut moving, mut activation) = (String::new(), String::new(), None, None);
        match &self.plan {
            Plan::Exit { profit: tp, loss: sl } => (profit, loss) = (tp.as_ref(), sl.as_ref()),
            Plan::Trigger { leg, .. } => trigger = Some(leg),
            Plan::Trail { by, activation: from, best } => {
                (ratio, spread) = callback(*by);
                let tick = listed.instrument.tick_size;
                moving = best.map(|best| crate::exchange::trailed(self.side, best, *by, tick).0);
                activation = from.map(|price| price.0);
            }
        }
        let (tp, sl, trigger) = (shown(profit), shown(loss), shown(trigger));
        let placed = self.placed.as_ref();
        let order = placed.map(|placed| placed.order.to_string());
        let unit = if matches!(self.plan, Plan::Trigger { .. }) { "" } else { self.unit.word() };
        with_same(
            json!({
                "instType": "SPOT", "instId": listed.symbol(), "algoId": self.id.to_string(), "algoClOrdId": self.client_id,
                "tag": self.tag, "ordType": self.kind.word(), "side": side(self.side), "posSide": "net", "tdMode": "cash",
                "reduceOnly": "false", "sz": number(self.size), "tgtCcy": unit, "state": self.state.word(),
                "ordId": order.clone().unwrap_or_default(), "ordIdList": order.into_iter().collect::<Vec<_>>(),
                "tpTriggerPx": tp.0, "tpTriggerPxType": tp.1, "tpOrdPx": tp.2, "slTriggerPx": sl.0, "slTriggerPxType": sl.1,
                "slOrdPx": sl.2, "triggerPx": trigger.0, "triggerPxType": trigger.1, "ordPx": trigger.2,
                "callbackRatio": ratio, "callbackSpread": spread, "activePx": number_or_empty(activation),
                "moveTriggerPx": number_or_empty(moving), "actualSide": placed.map_or("", |placed| placed.leg),
                "actualPx": number_or_empty(placed.and_then(|placed| placed.price).map(|price| price.0)),
                "actualSz": number(placed.map_or(Decimal::ZERO, |placed| placed.quantity.0)), "failCode": self.fail_code,
                "last": number_or_empty(self.last.map(|price| price.0)), "amendPxOnTriggerType": "0", "attachAlgoOrds": [],
                "linkedOrd": {"ordId": self.parent.map_or_else(String::new, |id| id.to_string())},
                "tradeQuoteCcy": listed.instrument.quote.as_str(), "cTime": ms(self.created_at),
                "uTime": ms(self.updated_at), "triggerTime": self.triggered_at.map_or_else(String::new, ms),
            }),
            "",
            "clOrdId ccy lever closeFraction isTradeBorrowMode pxLimit pxSpread pxVar szLimit timeInterval quickMgnType \
             chaseType chaseVal maxChaseType maxChaseVal",
        )
    }
}

impl Account {
    /// Brings an attached order to life.
    pub(super) fn bear(&mut self, scene: &mut Scene<'_>, birth: Birth) {
        let Birth { attached, listing, side, quantity, parent, tag } = birth;
        let algo = Algo {
            id: attached.id,
            client_id: attached.client_id,
            tag,
            listing,
            side,
            kind: AlgoKind::of(&attached.plan),
            plan: attached.plan,
            size: quantity.0.normalize(),
            unit: Unit::Base,
            state: AlgoState::Live,
            parent: Some(parent),
            placed: None,
            fail_code: "",
            last: None,
            created_at: scene.at,
            updated_at: scene.at,
            triggered_at: None,
        };
        self.admit(scene, algo);
    }

    /// A new algo order begins to wait.
    pub(super) fn admit(&mut self, scene: &Scene<'_>, mut algo: Algo) {
        let id = algo.id;
        let last = self.venue.trigger_price(scene.listings[algo.listing].instrument.id, algo.side);
        if let Plan::Trail { activation: None, best, .. } = &mut algo.plan {
            *best = last;
        }
        self.waiting_algos.insert(id);
        self.algos.insert(id, algo);
        self.push_algo(scene, id, None);
    }

    /// Tells what an algo order is now; of an amendment its result and `reqId`.
    pub(super) fn push_algo(&mut self, scene: &Scene<'_>, id: u64, amended: Option<(&str, &str)>) {
        let Some(algo) = self.algos.get_mut(&id) else { return };
        let listed = &scene.listings[algo.listing];
        algo.last = self.venue.trigger_price(listed.instrument.id, algo.side);
        let mut row = algo.row(listed);
        let (result, req_id) = amended.unwrap_or_default();
        row["amendResult"] = result.into();
        row["reqId"] = req_id.into();
        let channel = algo.kind.channel();
        self.push(channel, Some(listed.symbol()), row);
    }

    /// Takes an algo order off the waiting ones.
    pub(super) fn end_algo(&mut self, scene: &Scene<'_>, id: u64, state: AlgoState) {
        if let Some(algo) = self.algos.get_mut(&id) {
            algo.state = state;
            algo.updated_at = scene.at;
        }
        self.waiting_algos.remove(&id);
        self.ended_algos.push_back(id);
        self.push_algo(scene, id, None);
    }

    /// The algo order that a call names.
    pub(super) fn find_algo(&self, args: Arguments<'_>) -> Result<Option<&Algo>, Refusal> {
        match (args.integer("algoId")?, args.text("algoClOrdId")) {
            (Some(id), _) => Ok(self.algos.get(&id)),
            (None, Some(client_id)) => Ok(self.algos.values().rev().find(|algo| algo.client_id == client_id)),
            (None, None) => Err(Refusal::missing("algoId")),
        }
    }

    /// `GET trade/order-algo`.
    pub(super) fn algo_asked(&self, scene: &Scene<'_>, args: Arguments<'_>) -> Result<Reply, Refusal> {
        let algo = self.find_algo(args)?.ok_or_else(|| Refusal::new("51603", "Order does not exist"))?;
        Ok(Reply::row(algo.row(&scene.listings[algo.listing])))
    }

    /// `GET trade/orders-algo-pending`.
    pub(super) fn algos_pending(&self, scene: &Scene<'_>, args: Arguments<'_>) -> Result<Reply, Refusal> {
        let waiting = self.waiting_algos.iter().rev().filter_map(|id| self.algos.get(id));
        listed_algos(scene, args, waiting)
    }

    /// `GET trade/orders-algo-history`.
    pub(super) fn algos_history(&self, scene: &Scene<'_>, args: Arguments<'_>) -> Result<Reply, Refusal> {
        if args.text("algoId").is_none() {
            args.needed("state")?;
        }
        let ended = self.algos.values().rev().filter(|algo| algo.state != AlgoState::Live);
        listed_algos(scene, args, ended.filter(|algo| args.admits("state", algo.state.word())))
    }

    /// The trailing stops that wait, as `algo-advance` begins with them.
    pub(super) fn trailing_rows(&self, listings: &[Listed]) -> Vec<Value> {
        let waiting = self.waiting_algos.iter().filter_map(|id| self.algos.get(id));
        waiting.filter(|algo| algo.kind == AlgoKind::Trailing).map(|algo| algo.row(&listings[algo.listing])).collect()
    }
}

fn listed_algos<'a>(scene: &Scene<'_>, args: Arguments<'_>, algos: impl Iterator<Item = &'a Algo>) -> Result<Reply, Refusal> {
    let kinds = args.needed("ordType")?;
    // Several kinds at once only of these two.
    if kinds.contains(',') && !kinds.split(',').all(|kind| matches!(kind, "conditional" | "oco")) {
        return Err(Refusal::parameter("ordType"));
    }
    let page = Page::read(args)?;
    let id = args.integer("algoId")?;
    let wanted = algos.filter(|algo| {
        args.asks_for_spot()
            && args.admits("ordType", algo.kind.word())
            && args.text("instId").is_none_or(|symbol| scene.listings[algo.listing].symbol() == symbol)
            && id.is_none_or(|id| algo.id == id)
    });
    Ok(Reply::rows(page.select(wanted, |algo| algo.id).map(|algo| algo.row(&scene.listings[algo.listing])).collect()))
}
