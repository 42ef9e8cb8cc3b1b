//! A second opinion on every record: own sums, in floats, over what is held and on order.

use std::collections::{BTreeMap, BTreeSet};

use engine::event::{Breaker, Command, Decision, Event, Input, Record, Trip};
use engine::instrument::{Currency, InstrumentId};
use engine::market::Side;
use engine::number::{Amount, Price, Quantity};
use engine::order::{Amendment, CancelReason, OrderId, OrderKind, OrderRequest, Owner};
use engine::orders::{OpenOrder, Status};
use engine::risk::{Policy, StopRule};
use engine::state::{State, Trading};
use engine::time::{DAY_NS, SECOND_NS, Timestamp};

/// Rounding apart.
const NEAR: f64 = 1e-9;

#[derive(Default)]
pub struct Naive {
    /// What the records make, one by one.
    pub state: State,
    equity_before: Option<Amount>,
    peak: Option<Amount>,
    day: Option<(i64, Amount)>,
    pauses: BTreeMap<(Breaker, Option<InstrumentId>), Option<Timestamp>>,
    /// Amendments of each order since it had none that the venue has not answered, and how many it has not.
    amends: BTreeMap<OrderId, (Vec<Amendment>, usize)>,
    order_times: Vec<Timestamp>,
    /// Both halves of each pair.
    pairs: BTreeMap<OrderId, OrderId>,
    /// Orders that the venue would not cancel since the last market data: with these they are to be canceled again.
    kept: BTreeSet<OrderId>,
    /// Positions whose protection it refused since then: with these it is to be asked for again.
    refused: BTreeSet<(Owner, InstrumentId)>,
    fills: BTreeSet<u64>,
    pub counts: BTreeMap<&'static str, u32>,
}

impl Naive {
    /// All records of one step.
    pub fn step(&mut self, policy: &Policy, records: &[Record]) {
        let Event::Input(input) = &records[0].event else { panic!("an input first") };
        self.note(if matches!(input, Input::OrderFilled(_)) { "fills" } else { "inputs" });
        self.equity_before = self.state.equity();
        let day = records[0].at.day();
        if let Some(equity) = self.equity_before.filter(|_| self.day.is_none_or(|(last, _)| last < day)) {
            self.day = Some((day, equity));
        }
        self.refused(input);
        self.state.apply(&records[0]);
        self.answered(input);
        self.measure(input);
        self.breakers(policy, records);
        for record in &records[1..] {
            let Event::Decision(decision) = &record.event else { panic!("one input a step") };
            let grows = match decision {
                Decision::OrderRequested(request) if request.side == Side::Buy => self.buys(policy, record, request),
                Decision::AmendRequested(amendment) => self.amends(policy, amendment),
                Decision::Denied(_) => self.note("denials"),
                Decision::BreakerTripped(trip) => self.tripped(trip),
                _ => None,
            };
            if let Decision::OrderRequested(request) = decision {
                self.order_times.push(record.at);
                self.pairs
                    .extend(request.oco.iter().flat_map(|&first| [(first, OrderId(record.seq)), (OrderId(record.seq), first)]));
            }
            self.state.apply(record);
            if let Some(order) = grows {
                self.within(policy, order);
            }
        }
        self.covered();
        self.on_the_way_out(input);
        self.canceled(records);
    }

    fn note(&mut self, what: &'static str) -> Option<OrderId> {
        *self.counts.entry(what).or_default() += 1;
        None
    }

    /// What the venue refuses, in the state before: until the next market data.
    fn refused(&mut self, input: &Input) {
        if data_of(input).is_some() {
            self.kept.clear();
            self.refused.clear();
        }
        let (order, is_refused) = match input {
            Input::CancelRejected { order, .. } => {
                self.kept.insert(*order);
                return;
            }
            // What came is protected at once.
            Input::OrderFilled(fill) if self.fills.insert(fill.fill_id) => (fill.order, false),
            Input::OrderCanceled { reason: CancelReason::Requested | CancelReason::Linked, .. } => return,
            Input::OrderRejected { order, .. } | Input::OrderCanceled { order, .. } => (*order, true),
            _ => return,
        };
        let Some(OrderRequest { owner, instrument, side, protects, bracket, .. }) =
            self.state.orders.known(order).map(|order| &order.request)
        else {
            return;
        };
        let key = (*owner, *instrument);
        if is_refused && protects.is_some() {
            self.refused.insert(key);
        } else if !is_refused && bracket.is_some() && *side == Side::Buy {
            self.refused.remove(&key);
        }
    }

    fn answered(&mut self, input: &Input) {
        let order = match input {
            Input::OrderAmended(amendment) => amendment.order,
            Input::AmendRejected { order, .. } => *order,
            _ => return,
        };
        if let Some((amends, unanswered)) = self.amends.get_mut(&order) {
            *unanswered = unanswered.saturating_sub(1);
            if *unanswered == 0 {
                amends.clear();
            }
        }
    }

    /// The exact equity at every event, not only where the engine looks.
    fn measure(&mut self, input: &Input) {
        let state = &self.state;
        let session: Currency = "USDT".parse().unwrap();
        if let Input::Deposited { currency, amount } = input
            && let Some(value) = state.markets.convert(*amount, *currency, session)
            && let Some(before) = self.equity_before
        {
            let after = before + value;
            let moved = |mark: Amount| {
                if before.is_positive() && after.is_positive() { Amount(mark.0 * after.0 / before.0) } else { mark + value }
            };
            self.peak = self.peak.map(moved);
            self.day = self.day.map(|(day, start)| (day, moved(start)));
        }
        if matches!(input, Input::Operator(command) if **command == Command::Resume) {
            self.pauses.clear();
            self.peak = state.equity();
            self.day = self.day.zip(self.peak).map(|((day, _), equity)| (day, equity));
        }
        let Some(equity) = state.equity() else { return };
        let own: f64 = state.portfolio.balances().map(|(currency, amount)| amount.to_f64() * self.price_in_usdt(currency)).sum();
        assert!((own - equity.to_f64()).abs() <= 1e-6 * own.abs().max(1.0), "equity {equity}, but {own}");
        self.peak = Some(self.peak.map_or(equity, |peak| peak.max(equity)));
        let day = state.now.day();
        if self.day.is_none_or(|(last, _)| last < day) {
            self.day = Some((day, equity));
        }
        assert_eq!(state.performance.peak(), self.peak, "the peak at {}", state.now);
        assert_eq!(state.performance.day_start(), self.day.map(|(_, start)| start), "the day's start at {}", state.now);
    }

    /// By the first instrument, over BTC where there is none.
    fn price_in_usdt(&self, currency: Currency) -> f64 {
        let price = |id: u32| {
            let market = self.state.markets.get(InstrumentId(id)).unwrap();
            market.last.map_or(0.0, |last| last.0 as f64 / 10_f64.powi(market.instrument.price_scale.into()))
        };
        match currency.as_str() {
            "USDT" => 1.0,
            "BTC" => price(0),
            "ETH" => price(1),
            "SOL" => price(3) * price(0),
            "BNB" => price(4),
            other => panic!("{other}"),
        }
    }

    fn is_paused(&self, breaker: Breaker, instrument: Option<InstrumentId>) -> bool {
        self.pauses.get(&(breaker, instrument)).is_some_and(|until| until.is_none_or(|until| self.state.now < until))
    }

    /// A breaker trips at the event that crosses it, and only then.
    fn breakers(&mut self, policy: &Policy, records: &[Record]) {
        let tripped = |breaker| {
            records
                .iter()
                .any(|record| matches!(&record.event, Event::Decision(Decision::BreakerTripped(trip)) if trip.breaker == breaker))
        };
        let breakers = &policy.breakers;
        let cases = [
            (Breaker::DailyLoss, self.day.map(|(_, start)| start), breakers.daily_loss),
            (Breaker::Drawdown, self.peak, breakers.drawdown),
            (Breaker::Emergency, self.peak, breakers.emergency),
        ];
        for (breaker, mark, limit) in cases {
            let fell = match (self.state.equity(), mark, limit) {
                (Some(equity), Some(mark), Some(limit)) if mark.is_positive() => {
                    (mark - equity).0 > mark.0 * limit.0 && !self.is_paused(breaker, None)
                }
                _ => false,
            };
            assert_eq!(tripped(breaker), fell, "{breaker} at {}: {:?} of {mark:?}", self.state.now, self.state.equity());
            if fell {
                self.note("falls");
            }
        }
    }

    fn tripped(&mut self, trip: &Trip) -> Option<OrderId> {
        assert!(!self.is_paused(trip.breaker, trip.instrument), "it trips once: {trip:?}");
        let tomorrow = Timestamp((self.state.now.day() + 1) * DAY_NS);
        match trip.breaker {
            Breaker::DailyLoss => assert_eq!(trip.until, Some(tomorrow)),
            Breaker::Drawdown | Breaker::Emergency => assert_eq!(trip.until, None),
            _ => {
                self.note("rests");
            }
        }
        self.pauses.insert((trip.breaker, trip.instrument), trip.until);
        None
    }

    fn last(&self, instrument: InstrumentId) -> f64 {
        self.state.markets.get(instrument).unwrap().last_price().unwrap().to_f64()
    }

    fn worth(&self, instrument: InstrumentId, quantity: f64, price: f64) -> f64 {
        quantity * price * self.price_in_usdt(self.state.markets.get(instrument).unwrap().instrument.quote)
    }

    fn base(&self, instrument: InstrumentId) -> Currency {
        self.state.markets.get(instrument).unwrap().instrument.base
    }

    /// What an order may come to, with the amendments that the venue has not answered.
    fn most(&self, id: OrderId) -> (f64, f64) {
        let order = self.state.orders.get(id).unwrap();
        let amends = self.amends.get(&id).map_or(&[][..], |(amends, _)| &amends[..]);
        let quantity = amends.iter().filter_map(|amend| amend.quantity).fold(order.request.quantity, Quantity::max);
        let last = self.last(order.request.instrument);
        let kind = order.request.kind;
        let price = match kind.limit_price() {
            Some(price) => amends.iter().filter_map(|amend| amend.price).fold(price, Price::max).to_f64(),
            None => {
                let triggers = amends.iter().filter_map(|amend| amend.trigger.filter(|_| kind.trigger().is_some()));
                triggers.chain(kind.trigger()).fold(last, |most, trigger| most.max(trigger.to_f64()))
            }
        };
        ((quantity - order.filled).to_f64(), price)
    }

    /// Values by instrument, of what is held and on order.
    fn values(&self) -> BTreeMap<InstrumentId, f64> {
        let mut values = BTreeMap::new();
        for (_, id, position) in self.state.portfolio.positions() {
            if position.quantity.is_positive() {
                *values.entry(id).or_insert(0.0) += self.worth(id, position.quantity.to_f64(), self.last(id));
            }
        }
        for order in self.state.orders.iter().filter(|order| order.request.side == Side::Buy) {
            let (quantity, price) = self.most(order.id);
            *values.entry(order.request.instrument).or_insert(0.0) += self.worth(order.request.instrument, quantity, price);
        }
        values
    }

    fn may(&mut self, policy: &Policy, request: &OrderRequest) {
        let state = &self.state;
        assert_eq!(state.trading, Trading::Running, "halted");
        for &(breaker, scope) in self.pauses.keys() {
            let active = self.is_paused(breaker, scope) && scope.is_none_or(|scope| scope == request.instrument);
            assert!(!active, "paused by {breaker}: {request:?}");
        }
        let market = state.markets.get(request.instrument).unwrap();
        let limits = &policy.limits;
        if let Some(limit) = limits.orders_per_second {
            let since = state.now.plus_ns(-SECOND_NS);
            assert!(self.order_times.iter().filter(|at| **at > since).count() < limit as usize, "too fast");
        }
        if let Some(stale) = limits.stale_ns {
            assert!(state.now.0 - market.last_at.0 <= stale + market.bar_ns, "stale");
        }
        let last = self.last(request.instrument);
        if let (Some(limit), Some(price)) = (limits.price_band, request.kind.limit_price()) {
            assert!(price.to_f64() <= last * (1.0 + limit.to_f64() + 1e-6), "{price} is far from {last}");
        }
        if policy.protection.stop != StopRule::Off {
            assert!(request.bracket.is_some_and(|bracket| bracket.stop.is_some()), "bare: {request:?}");
        }
    }

    fn buys(&mut self, policy: &Policy, record: &Record, request: &OrderRequest) -> Option<OrderId> {
        self.note("buys");
        self.may(policy, request);
        Some(OrderId(record.seq))
    }

    /// The order that the amendment makes larger, if it does.
    fn amends(&mut self, policy: &Policy, amendment: &Amendment) -> Option<OrderId> {
        let order = self.state.orders.get(amendment.order).unwrap().clone();
        let before = self.most(order.id);
        let (amends, unanswered) = self.amends.entry(order.id).or_default();
        amends.push(*amendment);
        *unanswered += 1;
        let after = self.most(order.id);
        if order.request.side == Side::Sell || (after.0 <= before.0 && after.1 <= before.1) {
            return None;
        }
        self.note("growths");
        let mut kind = order.request.kind;
        if let OrderKind::Limit { price, .. } = &mut kind {
            *price = (*price).max(amendment.price.unwrap_or(*price));
        }
        self.may(policy, &OrderRequest { kind, ..order.request });
        Some(order.id)
    }

    /// With this order counted, everything is within its limit.
    fn within(&mut self, policy: &Policy, id: OrderId) {
        let state = &self.state;
        let limits = &policy.limits;
        let request = state.orders.get(id).unwrap().request.clone();
        let instrument = request.instrument;
        let values = self.values();
        let equity = state.equity().unwrap().to_f64();
        let base = self.base(instrument);
        let is_within = |what: &str, value: f64, limit: Option<engine::number::Rate>, slack: f64| {
            let Some(limit) = limit else { return };
            assert!(
                value <= equity * (limit.to_f64() + NEAR + slack),
                "{what}: {value} of {equity}, {limit} is the most: {id} {request:?}, values {values:?}"
            );
        };
        let asset: f64 = values.iter().filter(|(id, _)| self.base(**id) == base).map(|(_, value)| value).sum();
        is_within("asset", asset, limits.asset, 0.0);
        is_within("total", values.values().sum(), limits.exposure, 0.0);
        let (left, price) = self.most(id);
        let filled = state.orders.get(id).unwrap().filled.to_f64();
        // What has filled counts at the old price or the new one.
        let old = request.kind.limit_price().map_or(price, Price::to_f64).min(price);
        let whole = self.worth(instrument, left, price) + self.worth(instrument, filled, old);
        is_within("order", whole, limits.order, 0.0);
        if let Some(stop) = request.bracket.and_then(|bracket| bracket.stop).map(Price::to_f64).filter(|stop| *stop < price) {
            is_within("trade risk", whole * (price - stop) / price, limits.trade_risk, 0.0);
        }
        let days = |id: InstrumentId| -> BTreeMap<i64, f64> {
            let returns = state.markets.get(id).unwrap().statistics.day_returns();
            returns.map(|(day, ppm)| (day, f64::from(ppm) / 1e6)).collect()
        };
        let others = values.iter().filter(|(id, _)| self.base(**id) != base);
        let with = others.map(|(id, value)| value * correlation(&days(instrument), &days(*id)).max(0.0)).sum::<f64>();
        // Correlations are rounded to a basis point.
        is_within("correlated", asset + with, limits.correlated, 1e-4);
        let held: Vec<_> = values.iter().filter(|(_, value)| **value > 0.0).map(|(id, value)| (*value, days(*id))).collect();
        // More of something can make it less: what is being amended may come to either.
        let is_known = state.orders.iter().all(|order| self.amends.get(&order.id).is_none_or(|(_, unanswered)| *unanswered == 0));
        if let Some(loss) = bad_day(&held).filter(|_| is_known) {
            is_within("value at risk", loss, limits.value_at_risk, 0.0);
        }
        if let Some(limit) = limits.positions {
            let pairs = state.portfolio.positions().map(|(owner, id, _)| (owner, id));
            let ordered = state.orders.iter().filter(|order| order.request.side == Side::Buy);
            let mut all: Vec<(Owner, InstrumentId)> = pairs.filter(|&(owner, id)| state.is_sellable(owner, id)).collect();
            all.extend(ordered.map(|order| (order.request.owner, order.request.instrument)));
            all.sort_unstable();
            all.dedup();
            // What grows is there already, late fills of ended orders may have brought more.
            assert!(
                all.len() <= limit as usize || self.amends.get(&id).is_some_and(|(amends, _)| !amends.is_empty()),
                "{} positions",
                all.len()
            );
        }
    }

    /// Every guarded position is covered, and nothing protective sells more than there is.
    fn covered(&mut self) {
        let state = &self.state;
        let mut guards = 0;
        for (&(owner, instrument), guard) in &state.guards {
            let held = state.portfolio.held(owner, instrument);
            let minimum = state.markets.get(instrument).unwrap().smallest_order();
            if state.closing.contains(&(owner, instrument)) {
                continue;
            }
            guards += 1;
            let orders = || state.orders.of(owner, instrument).filter(|order| order.request.side == Side::Sell);
            let is_stop = |kind| {
                matches!(kind, OrderKind::StopMarket { .. } | OrderKind::StopLimit { .. } | OrderKind::TrailingStop { .. })
            };
            let is_target = |kind| matches!(kind, OrderKind::TakeProfitMarket { .. } | OrderKind::TakeProfitLimit { .. });
            let covers = |kind| if guard.bracket.stop.is_some() { is_stop(kind) } else { is_target(kind) };
            let cover: Quantity =
                orders().filter(|order| covers(order.request.kind)).fold(Quantity::ZERO, |sum, order| sum + order.remaining());
            let is_covered = held - cover < minimum || self.refused.contains(&(owner, instrument));
            assert!(is_covered, "{owner:?} {instrument:?} holds {held}, {cover} is covered: {guard:?}");
            let stays = |order: &&OpenOrder| {
                let is_over = order.cancel_requested.is_some() || order.status == Status::Working;
                order.request.protects.is_some() && !is_over && !self.kept.contains(&order.id)
            };
            let sells = orders().filter(stays).fold(Quantity::ZERO, |sum, order| sum + self.sells(order));
            assert!(sells <= held, "{sells} would be sold of {held}: {owner:?} {instrument:?} {guard:?}");
        }
        for _ in 0..guards {
            self.note("guarded");
        }
    }

    /// What an order may sell: a pair as much as its half that has less left, by its first; nothing when the venue is
    /// about to end it, as the other half has filled whole.
    fn sells(&self, order: &OpenOrder) -> Quantity {
        let orders = &self.state.orders;
        let Some(other) = self.pairs.get(&order.id) else { return order.remaining() };
        match (orders.get(*other), orders.known(*other)) {
            (Some(_), _) if other.0 < order.id.0 => Quantity::ZERO,
            (Some(other), _) => order.remaining().min(other.remaining()),
            (None, Some(other)) if !other.remaining().is_positive() => Quantity::ZERO,
            (None, _) => order.remaining(),
        }
    }

    /// With each market data of its instrument, a position that is closing goes on: whatever is open is to be canceled.
    fn on_the_way_out(&self, input: &Input) {
        let Some(instrument) = data_of(input) else { return };
        for &(owner, instrument) in self.state.closing.iter().filter(|key| key.1 == instrument) {
            let open: Vec<_> = self.state.orders.of(owner, instrument).collect();
            assert!(is_leaving(&open), "{owner:?} {instrument:?} stays: {open:?}");
        }
    }

    /// At a trip, open buys are asked to end; at an emergency, everything goes.
    fn canceled(&mut self, records: &[Record]) {
        let state = &self.state;
        for record in records {
            let Event::Decision(Decision::BreakerTripped(trip)) = &record.event else { continue };
            for order in state.orders.iter().filter(|order| order.request.side == Side::Buy) {
                let in_scope = trip.instrument.is_none_or(|scope| scope == order.request.instrument);
                assert!(!in_scope || order.cancel_requested.is_some(), "{trip:?} leaves {order:?}");
            }
            if trip.breaker != Breaker::Emergency {
                continue;
            }
            assert_eq!(state.trading, Trading::Halted);
            for (owner, instrument, _) in state.portfolio.positions().filter(|&(owner, id, _)| state.is_sellable(owner, id)) {
                assert!(state.closing.contains(&(owner, instrument)));
                let open: Vec<_> = state.orders.of(owner, instrument).collect();
                // What a strategy wishes for after it goes with the next market data.
                let before: Vec<_> = open.iter().copied().filter(|order| order.id.0 < record.seq).collect();
                let goes = !open.is_empty() && (is_leaving(&open) || is_leaving(&before));
                assert!(goes, "{owner:?} {instrument:?} stays at the emergency: {open:?}");
            }
        }
    }
}

/// The instrument that market data are of.
fn data_of(input: &Input) -> Option<InstrumentId> {
    match input {
        Input::Trade(trade) => Some(trade.instrument),
        Input::Quote(quote) => Some(quote.instrument),
        Input::Bar(bar) => Some(bar.instrument),
        Input::BookSnapshot(levels) => Some(levels.instrument),
        _ => None,
    }
}

/// Whether it is being sold, or everything is asked to end before.
fn is_leaving(open: &[&OpenOrder]) -> bool {
    let is_sale = |order: &OpenOrder| order.request.side == Side::Sell && order.request.kind == OrderKind::Market;
    open.iter().any(|order| is_sale(order)) || open.iter().all(|order| order.cancel_requested.is_some())
}

fn correlation(a: &BTreeMap<i64, f64>, b: &BTreeMap<i64, f64>) -> f64 {
    let pairs: Vec<(f64, f64)> = a.iter().filter_map(|(day, x)| Some((*x, *b.get(day)?))).collect();
    if pairs.len() < 20 {
        return 0.0;
    }
    let n = pairs.len() as f64;
    let (mean_a, mean_b) = (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
    let sum = |f: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(f).sum::<f64>();
    let together = sum(&|p| (p.0 - mean_a) * (p.1 - mean_b));
    let alone = sum(&|p| (p.0 - mean_a).powi(2)) * sum(&|p| (p.1 - mean_b).powi(2));
    if alone <= 0.0 { 0.0 } else { together / alone.sqrt() }
}

/// The loss that 95 % of the days did not exceed.
fn bad_day(held: &[(f64, BTreeMap<i64, f64>)]) -> Option<f64> {
    let (_, first) = held.first()?;
    let day = |day: &i64| held.iter().map(|(value, days)| Some(value * days.get(day)?)).sum::<Option<f64>>();
    let mut gains: Vec<f64> = first.keys().filter_map(day).collect();
    if gains.len() < 20 {
        return None;
    }
    gains.sort_by(f64::total_cmp);
    Some((-gains[gains.len() * 500 / 10_000]).max(0.0))
}
