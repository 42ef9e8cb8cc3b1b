//! The simulated exchange: it stands where a real venue stands, emits market data and reports, and takes orders.
//!
//! Four clocks. Market data reach the exchange at their own time, and the engine after the feed's latency; an
//! order leaves at the engine's time and arrives after the entry latency; its report leaves at the exchange's
//! time and arrives after the response latency. Matching sees exchange time only, so it cannot look ahead.
//!
//! At equal instants market data come first, each followed by the reports that it caused, then what the engine
//! asked for in the order of sending, then the engine's timer.
//!
//! What fills an order is the finest kind of data that its instrument has: books, else quotes, else trades,
//! else the shortest bars. A kind that tells nothing during a whole bar in which there were trades has ended, and
//! the next takes over until it comes back. Trades beside books or quotes move queues and triggers. Triggers look
//! at the last trade or bar close, and where there are no trades at what a taker of their side would get. Of a
//! linked pair, what one fills the other loses; when one is canceled the other stays.

mod config;
mod random;
mod latency;
mod account;
mod fees;
mod slippage;
mod order;
mod rules;
mod market;
mod settle;
mod requests;
mod taking;
mod queue;
mod quiet;
mod trades;
mod bars;
mod books;
mod venue;
mod estimate;
mod mail;
mod adopt;
#[cfg(test)]
mod tests;

use engine::event::{Decision, Event, Input, Record};
use engine::order::OrderId;
use engine::time::Timestamp;

use crate::gateway::{Gateway, GatewayError};
use latency::Route;
use mail::{Mail, Request};

pub use account::Balance;
pub use config::{BarFill, ExchangeConfig, QueueModel};
pub use fees::FeeCurrency;
pub(crate) use order::{accepts, trailed, worse};
pub(crate) use random::Random;
pub(crate) use venue::Venue;

/// Inputs in the order of time, as files give them.
pub trait History: Iterator<Item = Result<(Timestamp, Input), Self::Error>> {
    /// Why it could not be read.
    type Error: Into<GatewayError>;
}

impl<I: Iterator<Item = Result<(Timestamp, Input), E>>, E: Into<GatewayError>> History for I {
    type Error = E;
}

/// A simulated exchange on a history of inputs in the order of time.
#[derive(Debug)]
pub struct Exchange<M: History> {
    history: M,
    /// The next of the history, looked at and not yet due.
    pending: Option<(Timestamp, Input)>,
    venue: Venue,
    feed: Route,
    entry: Route,
    response: Route,
    /// On their way to the engine.
    outgoing: Mail<Input>,
    reports: Mail<Input>,
    /// On their way to the exchange.
    requests: Mail<Request>,
    /// The last line of the history, kept until everything has arrived.
    end: Option<(Timestamp, Input)>,
    /// How far history has happened.
    observed: Timestamp,
    now: Timestamp,
    /// Something is on its way, or the feed has latency: history does not pass straight through.
    busy: bool,
    /// How many messages have left the exchange.
    sent: u64,
}

/// What happens next, in the order that counts at equal instants.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Deliver,
    Observe,
    Work,
    Wake,
    Close,
}

impl<M: History> Exchange<M> {
    /// An exchange on a history that begins with the session, lists its instruments and deposits what the
    /// account has, and ends with the session's end.
    pub fn new(history: M, config: &ExchangeConfig) -> Self {
        let route = |name, latency_us| Route::new(name, latency_us, config.latency_jitter_us);
        Self {
            history,
            pending: None,
            venue: Venue::new(config.clone(), FeeCurrency::Quote),
            feed: route("exchange.feed", config.feed_latency_us),
            entry: route("exchange.entry", config.entry_latency_us),
            response: route("exchange.response", config.response_latency_us),
            outgoing: Mail::default(),
            reports: Mail::default(),
            requests: Mail::default(),
            end: None,
            observed: Timestamp(i64::MIN),
            now: Timestamp(i64::MIN),
            busy: config.feed_latency_us > 0 || config.latency_jitter_us > 0,
            sent: 0,
        }
    }

    /// What the account has, as the exchange knows it.
    pub fn balances(&self) -> &[Balance] {
        self.venue.balances()
    }

    /// Whether history may pass straight through again.
    fn is_quiet(&self) -> bool {
        self.feed.is_instant()
            && self.outgoing.is_empty()
            && self.reports.is_empty()
            && self.requests.is_empty()
            && self.end.is_none()
    }

    fn stamp(&mut self, at: Timestamp, input: Input) -> (Timestamp, Input) {
        self.now = self.now.max(at);
        (self.now, input)
    }

    fn observe(&mut self, at: Timestamp, input: &Input) {
        if let Input::SessionStarted(session) = input {
            for route in [&mut self.feed, &mut self.entry, &mut self.response] {
                route.seed(session.seed);
            }
        }
        self.observed = at;
        self.venue.observe(at, input);
    }

    /// Sends market data on its way; what is no market data has no latency.
    fn post(&mut self, at: Timestamp, input: Input) {
        let at = if is_market_data(&input) { self.feed.arrival(at) } else { at };
        self.sent += 1;
        self.outgoing.send(at, self.sent, input);
    }

    /// Sends what has happened to orders on its way.
    fn post_reports(&mut self, at: Timestamp) {
        for report in self.venue.reports().drain(..) {
            self.busy = true;
            self.sent += 1;
            self.reports.send(self.response.arrival(at), self.sent, report);
        }
    }

    fn work(&mut self, at: Timestamp, request: &Request) {
        match request {
            Request::Submit(id, request) => self.venue.submit(at, *id, request),
            Request::Amend(amendment) => self.venue.amend(at, amendment),
            Request::Cancel(id) => self.venue.cancel(*id),
        }
        self.post_reports(at);
    }

    /// When the next letter reaches the engine.
    fn delivery_due(&self) -> Option<Timestamp> {
        self.outgoing.due().into_iter().chain(self.reports.due()).min().map(|(at, _)| at)
    }

    /// Looks at the next of the history, unless something reaches the engine before it can happen.
    fn look_ahead(&mut self) -> Result<(), GatewayError> {
        let first = self.delivery_due().is_some_and(|at| at <= self.observed);
        if !first && self.pending.is_none() && self.end.is_none() {
            self.pending = self.history.next().transpose().map_err(Into::into)?;
        }
        Ok(())
    }

    /// The earliest of all that is to come.
    fn upcoming(&self, deadline: Option<Timestamp>) -> Option<(Timestamp, Step)> {
        let wake = deadline.filter(|_| self.end.is_none());
        [
            self.delivery_due().map(|at| (at, Step::Deliver)),
            self.pending.as_ref().map(|(at, input)| (*at, if is_end(input) { Step::Close } else { Step::Observe })),
            self.requests.due().map(|(at, _)| (at, Step::Work)),
            wake.map(|at| (at, Step::Wake)),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn deliver(&mut self) -> Option<(Timestamp, Input)> {
        let reports_first = match (self.outgoing.due(), self.reports.due()) {
            (Some(data), Some(report)) => report < data,
            (data, _) => data.is_none(),
        };
        let mail = if reports_first { &mut self.reports } else { &mut self.outgoing };
        mail.receive().map(|(at, input)| self.stamp(at, input))
    }

    /// Lets time pass, step by step, until something reaches the engine.
    fn next_step(&mut self, deadline: Option<Timestamp>) -> Result<Option<(Timestamp, Input)>, GatewayError> {
        loop {
            self.look_ahead()?;
            match self.upcoming(deadline) {
                Some((_, Step::Deliver)) => {
                    let delivered = self.deliver();
                    self.busy = !self.is_quiet();
                    return Ok(delivered);
                }
                Some((at, Step::Wake)) => return Ok(Some(self.stamp(at, Input::Timer))),
                Some((at, Step::Work)) => {
                    if let Some((_, request)) = self.requests.receive() {
                        self.work(at, &request);
                    }
                }
                Some((at, Step::Observe)) => {
                    if let Some((_, input)) = self.pending.take() {
                        self.observe(at, &input);
                        self.post(at, input);
                        self.post_reports(at);
                    }
                }
                Some((_, Step::Close)) => self.end = self.pending.take(),
                None => return Ok(self.end.take().map(|(at, input)| self.stamp(at, input))),
            }
        }
    }
}

impl<M: History> Gateway for Exchange<M> {
    #[inline]
    fn next(&mut self, deadline: Option<Timestamp>) -> Result<Option<(Timestamp, Input)>, GatewayError> {
        if self.busy || self.pending.is_some() {
            return self.next_step(deadline);
        }
        match self.history.next() {
            Some(Ok((at, input))) => {
                if deadline.is_some_and(|deadline| deadline <= at) {
                    self.pending = Some((at, input));
                    return self.next_step(deadline);
                }
                self.observe(at, &input);
                if !self.venue.reports().is_empty() {
                    self.post_reports(at);
                }
                self.now = self.now.max(at);
                Ok(Some((self.now, input)))
            }
            Some(Err(error)) => Err(error.into()),
            None => Ok(None),
        }
    }

    fn execute(&mut self, records: &[Record]) -> Result<(), GatewayError> {
        for record in records {
            let Event::Decision(decision) = &record.event else { continue };
            let request = match decision {
                Decision::OrderRequested(request) => Request::Submit(OrderId(record.seq), request.clone()),
                Decision::AmendRequested(amendment) => Request::Amend(amendment.clone()),
                Decision::CancelRequested(order) => Request::Cancel(*order),
                _ => continue,
            };
            self.requests.send(self.entry.arrival(record.at), record.seq, request);
            self.busy = true;
        }
        Ok(())
    }
}

fn is_end(input: &Input) -> bool {
    matches!(input, Input::SessionEnded { .. })
}

/// Whether it is news of a market: what the feed's latency holds back.
pub(crate) fn is_market_data(input: &Input) -> bool {
    matches!(
        input,
        Input::Trade(_)
            | Input::Quote(_)
            | Input::Bar(_)
            | Input::BookSnapshot(_)
            | Input::BookDelta(_)
            | Input::Funding(_)
            | Input::FeedGap(_)
    )
}
