//! Going on from what was: by other rules, or where another venue's account is.

use engine::event::Input;
use engine::order::{OrderKind, OrderRequest, TimeInForce};
use engine::orders::{OpenOrder, Status};
use engine::state::State;
use engine::time::Timestamp;

use super::config::ExchangeConfig;
use super::mail::Request;
use super::{Exchange, History};

impl<M: History> Exchange<M> {
    /// Goes on by other rules. What is on its way arrives when it was to.
    pub(crate) fn reconfigure(&mut self, config: &ExchangeConfig) {
        self.venue.desk.config.clone_from(config);
        let latencies = [config.feed_latency_us, config.entry_latency_us, config.response_latency_us];
        for (route, latency_us) in [&mut self.feed, &mut self.entry, &mut self.response].into_iter().zip(latencies) {
            route.change(latency_us, config.latency_jitter_us);
        }
        self.venue.markets.iter_mut().flatten().for_each(|market| market.quiet = None);
        self.busy = true;
    }

    /// Learns a fact of the world that the engine has from elsewhere.
    pub(crate) fn witness(&mut self, at: Timestamp, input: &Input) {
        self.observe(at, input);
        self.now = at;
    }

    /// Takes the account over as the engine knows it: its balances; its open orders, each at the end of its queue; and
    /// what was asked for and not answered, which is on its way again. An amendment without an answer is forgotten.
    pub(crate) fn adopt(&mut self, state: &State) {
        let at = state.now;
        (self.now, self.observed) = (at, at);
        for (currency, amount) in state.portfolio.balances() {
            let slot = self.venue.desk.account.slot(currency);
            self.venue.desk.account.deposit(slot, amount);
        }
        // The venue before had ids of its own for fills.
        self.venue.desk.fills = state.count;
        for order in state.orders.iter() {
            if order.status == Status::Requested {
                let arrival = self.entry.arrival(at);
                self.requests.send(arrival, order.id.0, Request::Submit(order.id, Box::new(order.request.clone())));
            } else {
                self.place(at, order);
            }
            if order.cancel_requested.is_some() {
                let arrival = self.entry.arrival(at);
                self.requests.send(arrival, order.id.0, Request::Cancel(order.id));
            }
        }
        self.busy = true;
    }

    /// An order that another venue had accepted stands here as it stood there.
    fn place(&mut self, at: Timestamp, order: &OpenOrder) {
        let id = order.id;
        let market = self.venue.markets.get(order.request.instrument.index()).and_then(Option::as_ref);
        let is_here = |partner| market.is_some_and(|market| market.position(partner).is_some());
        let oco = order.request.oco.filter(|&partner| is_here(partner));
        let request = OrderRequest { quantity: order.remaining(), kind: standing(order), oco, ..order.request.clone() };
        self.venue.submit(at, id, &request);
        self.venue.reports().retain(|report| !matches!(report, Input::OrderAccepted(accepted) if *accepted == id));
        self.post_reports(at);
        let market = self.venue.markets.get_mut(order.request.instrument.index()).and_then(Option::as_mut);
        if let Some(market) = market
            && let Some(index) = market.position(id)
        {
            market.orders[index].quantity += order.filled;
            market.orders[index].filled += order.filled;
        }
    }
}

/// What kind of order it is now: one whose trigger was reached waits for none.
fn standing(order: &OpenOrder) -> OrderKind {
    let kind = order.request.kind;
    if order.status != Status::Working || !kind.is_conditional() {
        return kind;
    }
    match kind.limit_price() {
        Some(price) => OrderKind::Limit { price, time_in_force: TimeInForce::GoodTilCanceled },
        None => OrderKind::Market,
    }
}
