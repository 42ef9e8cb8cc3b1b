//! Carries requests to the venue and brings the answers back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use data::okx::convert::{Change, ClientId, Placement, Terms, amend, cancel, place, place_pair, reject_reason};
use data::okx::dead_man::DeadMansSwitch;
use data::okx::message::{AlgoReply, AmendAlgo, CancelAlgo, CancelOrder, ItemResult, PlaceAlgo};
use data::okx::orders::{Outcome, Trading};
use data::okx::rest::OkxError;
use engine::order::{OrderId, OrderKind, OrderRequest, RejectReason};
use tokio::sync::mpsc::Sender;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::resync::{Inquirer, told};
use crate::live::gateway::{Errand, Fact};
use crate::live::pulse::PulseWatch;
use crate::live::word::{Answer, Ask, Asked, Name, Place};

/// Before a resync that failed is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// So many readings in a row during which something was traded are worth a word.
const MOVING: u32 = 3;
/// Before an order is asked about a second time; then twice as long each time.
const ASK_FIRST: Duration = Duration::from_millis(250);
/// An order that was not asked about for so long is asked about at once.
const FORGET_AFTER: Duration = Duration::from_mins(2);
/// An order that rests nowhere has been reported on after so long.
const REPORTED_WITHIN: Duration = Duration::from_secs(3);
/// How long what is on its way has to end when the run does.
const FINISH_WITHIN: Duration = Duration::from_secs(3);

/// Sends what the engine asks for.
pub(super) struct Courier {
    errand: Arc<Errands>,
    tasks: JoinSet<()>,
    /// Orders whose placing is on its way: what is asked about them waits for it.
    placing: BTreeMap<OrderId, watch::Receiver<()>>,
    resyncing: Resyncing,
    notes: Sender<Note>,
    switch: Option<DeadMansSwitch>,
    /// How often a connection that reports on orders was lost.
    losses: u64,
    /// Whether the run ends in order.
    leaves: bool,
    /// When an order was asked about last, and how often in a row.
    asked: BTreeMap<OrderId, (Instant, u32)>,
}

/// How far reading the account is.
enum Resyncing {
    Idle,
    Busy,
    /// On its way, and wanted once more: about these.
    Again(Vec<Ask>),
}

/// What the courier tells whoever looks after the connection.
#[derive(Debug)]
pub(super) enum Note {
    /// The account has been read; the number is that of [`Courier::lost`]'s calls when that began.
    Resynced(u64),
    /// The account cannot be read, or an order not be asked for: what is believed of them may be wrong.
    Doubt,
}

/// What all errands need.
pub(super) struct Errands {
    pub(super) inquirer: Inquirer,
    pub(super) trading: Trading,
    pub(super) notes: Sender<Note>,
    pub(super) terms: Terms,
    /// What orders over WebSocket call an instrument.
    pub(super) codes: BTreeMap<String, i64>,
    pub(super) facts: Sender<Fact>,
    /// How many readings in a row had no balances.
    pub(super) moved: AtomicU32,
}

impl Courier {
    pub(super) fn new(errands: Errands, dead_man_s: Option<u32>, mut pulse: PulseWatch) -> Self {
        let notes = errands.notes.clone();
        let (rest, facts) = (errands.inquirer.rest.clone(), errands.facts.downgrade());
        let lives = move || {
            let waiting = facts.upgrade().map_or(0, |facts| facts.max_capacity() - facts.capacity());
            pulse.is_alive(waiting, Instant::now())
        };
        let switch = dead_man_s.map(|timeout_s| DeadMansSwitch::keep_alive(rest, timeout_s, lives));
        let (errand, tasks, placing) = (Arc::new(errands), JoinSet::new(), BTreeMap::new());
        Self {
            errand,
            tasks,
            placing,
            resyncing: Resyncing::Idle,
            notes,
            switch,
            losses: 0,
            leaves: false,
            asked: BTreeMap::new(),
        }
    }

    /// A connection that reports on orders was lost: what was read of the account until now says nothing of what follows.
    pub(super) fn lost(&mut self) {
        self.losses += 1;
    }

    /// Whether what was read is of the present connections.
    pub(super) fn is_current(&self, losses: u64) -> bool {
        self.losses == losses
    }

    pub(super) fn run(&mut self, errand: Errand) {
        while self.tasks.try_join_next().is_some() {}
        self.placing.retain(|_, placing| placing.has_changed().is_ok());
        match errand {
            Errand::Ask(ask) => self.ask(*ask),
            Errand::Resync(asks) => self.resync(asks),
            Errand::Leave => self.leaves = true,
        }
    }

    /// A resync has come through: the next one, if one was wanted meanwhile.
    pub(super) fn resynced(&mut self) {
        if let Resyncing::Again(asks) = std::mem::replace(&mut self.resyncing, Resyncing::Idle) {
            self.resync(asks);
        }
    }

    /// Lets what is on its way end. A run that ends in order calls the dead man's switch off; one that fails leaves it
    /// set, and the venue cancels what adds exposure.
    pub(super) async fn finish(&mut self) {
        let placing = std::mem::take(&mut self.placing);
        let placed = async {
            for mut placing in placing.into_values() {
                while placing.changed().await.is_ok() {}
            }
        };
        let _ = tokio::time::timeout(FINISH_WITHIN, placed).await;
        self.tasks.abort_all();
        match self.switch.take() {
            Some(switch) if self.leaves => {
                told(switch.stop().await, "the end of the dead man's switch");
            }
            // Dropped, it would call itself off; the process ends now.
            Some(switch) => std::mem::forget(switch),
            None => {}
        }
    }

    fn ask(&mut self, ask: Ask) {
        let errand = self.errand.clone();
        let (placed, placing) = watch::channel(());
        match &ask {
            Ask::Place { order, .. } | Ask::PlacePair { first: (order, _), .. } => {
                self.placing.insert(*order, placing);
                self.tasks.spawn(async move {
                    let follows = errand.place(ask).await;
                    drop(placed);
                    if let Some(ask) = follows {
                        tokio::time::sleep(REPORTED_WITHIN).await;
                        errand.other(ask).await;
                    }
                });
            }
            Ask::Amend { name, .. } | Ask::Cancel { name, .. } | Ask::Inquire { name, .. } => {
                let before = match name {
                    Name::Client(order) => self.placing.get(order).cloned(),
                    Name::Venue(_) => None,
                };
                let pause = if let Ask::Inquire { order, .. } = &ask { self.pause(*order) } else { Duration::ZERO };
                self.tasks.spawn(async move {
                    tokio::time::sleep(pause).await;
                    if let Some(mut before) = before {
                        // It ends with an error: that is when the placing has ended.
                        while before.changed().await.is_ok() {}
                    }
                    errand.other(ask).await;
                });
            }
        }
    }

    /// How long to wait before an order is asked about once more: what the venue cannot say yet it may say later.
    fn pause(&mut self, order: OrderId) -> Duration {
        let now = Instant::now();
        self.asked.retain(|_, (last, _)| now.duration_since(*last) < FORGET_AFTER);
        let (last, times) = self.asked.entry(order).or_insert((now, 0));
        let pause = if *times == 0 { Duration::ZERO } else { ASK_FIRST.saturating_mul(1 << (*times).min(7)) };
        (*last, *times) = (now, times.saturating_add(1));
        pause
    }

    fn resync(&mut self, asks: Vec<Ask>) {
        if !matches!(self.resyncing, Resyncing::Idle) {
            self.resyncing = Resyncing::Again(asks);
            return;
        }
        self.resyncing = Resyncing::Busy;
        let (errand, notes, losses) = (self.errand.clone(), self.notes.clone(), self.losses);
        // What is being placed may not be there yet, and may have traded when the balances are read.
        let is_asked = |order: &OrderId| {
            asks.iter().any(|ask| matches!(ask, Ask::Inquire { name: Name::Client(asked), .. } if asked == order))
        };
        let placing: Vec<_> =
            self.placing.iter().filter(|(order, _)| is_asked(order)).map(|(_, placing)| placing.clone()).collect();
        self.tasks.spawn(async move {
            for mut placing in placing {
                while placing.changed().await.is_ok() {}
            }
            loop {
                match errand.inquirer.everything(&asks).await {
                    Ok(resync) => {
                        errand.moved(resync.snapshot.is_none());
                        errand.tell(Fact::Resync(Box::new(resync))).await;
                        let _ = notes.send(Note::Resynced(losses)).await;
                        return;
                    }
                    Err(error) => {
                        eprintln!("warning: the account cannot be read, trying again: {error}");
                        let _ = notes.send(Note::Doubt).await;
                    }
                }
                tokio::time::sleep(RETRY).await;
            }
        });
    }
}

impl Errands {
    async fn tell(&self, fact: Fact) {
        // When nobody listens any more the run is over.
        let _ = self.facts.send(fact).await;
    }

    /// Counts readings without balances: those that did not stand still are left to the next.
    fn moved(&self, has_moved: bool) {
        let times = if has_moved { self.moved.fetch_add(1, Ordering::Relaxed) + 1 } else { 0 };
        self.moved.store(times, Ordering::Relaxed);
        if times > 0 && times.is_multiple_of(MOVING) {
            eprintln!("warning: balances did not stand still in {times} readings: too much is traded to take them over");
        }
    }

    async fn answer(&self, order: OrderId, asked: Asked, answer: Answer) {
        self.tell(Fact::Answer { order, asked, answer }).await;
    }

    /// Places what is asked for, and gives what is to be asked about it when its report should be there.
    async fn place(&self, ask: Ask) -> Option<Ask> {
        match ask {
            Ask::Place { order, request } => {
                let answer = self.place_one(order, &request).await;
                let is_placed = matches!(answer, Some(Answer::Taken { .. }));
                self.settle(order, answer).await;
                // It has ended by then. If its report was lost, this tells.
                let (name, place, instrument) = (Name::Client(order), Place::Book, request.instrument);
                (is_placed && is_immediate(request.kind)).then_some(Ask::Inquire { order, name, place, instrument })
            }
            Ask::PlacePair { first: (order, first), second: (_, second) } => {
                let answer = self.place_two(order, &first, &second).await;
                self.settle(order, answer).await;
                None
            }
            Ask::Amend { .. } | Ask::Cancel { .. } | Ask::Inquire { .. } => None,
        }
    }

    /// Where nothing is certain nothing is told: the venue's own report, or the next resync, will.
    async fn settle(&self, order: OrderId, answer: Option<Answer>) {
        if let Some(answer) = answer {
            return self.answer(order, Asked::Placing, answer).await;
        }
        eprintln!("warning: it is not known whether order {order} is at the venue: the account is read again");
        let _ = self.notes.send(Note::Doubt).await;
    }

    async fn place_one(&self, order: OrderId, request: &OrderRequest) -> Option<Answer> {
        let id = self.id(order);
        let instrument = self.inquirer.instruments.get(request.instrument.index())?;
        match place(request, instrument, id, &self.terms) {
            Placement::Order(mut placed) => {
                placed.inst_id_code.0 = self.codes.get(&instrument.symbol).copied();
                taken(self.trading.place(&placed).await, Place::Book)
            }
            Placement::Algo(placed) => self.place_algo(&placed, id).await,
        }
    }

    async fn place_two(&self, order: OrderId, first: &OrderRequest, second: &OrderRequest) -> Option<Answer> {
        let instrument = self.inquirer.instruments.get(first.instrument.index())?;
        let is_stop = matches!(first.kind, OrderKind::StopMarket { .. } | OrderKind::StopLimit { .. });
        let pair = if is_stop { (first, second) } else { (second, first) };
        match place_pair(pair, instrument, self.id(order), &self.terms) {
            Ok(placed) => self.place_algo(&placed, self.id(order)).await,
            Err(error) => Some(Answer::Refused(RejectReason::Venue { code: 0, message: error.to_string().into() })),
        }
    }

    /// What may have been carried out is looked for before anything is concluded.
    async fn place_algo(&self, placed: &PlaceAlgo, id: ClientId) -> Option<Answer> {
        match self.inquirer.rest.place_algo(placed).await {
            Ok(reply) => Some(taken_as(&reply)),
            Err(error) if !error.outcome_unknown() => Some(Answer::Refused(refusal(&error))),
            Err(_) => {
                let name = Name::Client(id.order);
                let instrument = self.inquirer.instrument(placed.inst_id.as_str())?.id;
                let ask = Ask::Inquire { order: id.order, name, place: Place::Algo, instrument };
                match self.inquirer.one(&ask).await.ok()? {
                    Some(words) => {
                        for word in words {
                            self.tell(Fact::Word(Box::new(word))).await;
                        }
                        None
                    }
                    None => Some(Answer::Lost),
                }
            }
        }
    }

    async fn other(&self, ask: Ask) {
        match ask {
            Ask::Amend { order, number, .. } => {
                let answer = self.amend(&ask).await.unwrap_or(Answer::Lost);
                self.answer(order, Asked::Amending { number }, answer).await;
            }
            Ask::Cancel { order, name, place, instrument } => {
                let answer = self.cancel(name, place, instrument).await.unwrap_or(Answer::Lost);
                self.answer(order, Asked::Canceling, answer).await;
            }
            Ask::Inquire { order, .. } => match self.inquirer.one(&ask).await {
                Ok(Some(words)) => {
                    for word in words {
                        self.tell(Fact::Word(Box::new(word))).await;
                    }
                }
                Ok(None) => self.answer(order, Asked::Placing, Answer::Lost).await,
                Err(error) => {
                    eprintln!("warning: order {order} cannot be asked for, the account is read again: {error}");
                    let _ = self.notes.send(Note::Doubt).await;
                }
            },
            Ask::Place { .. } | Ask::PlacePair { .. } => {}
        }
    }

    async fn amend(&self, ask: &Ask) -> Option<Answer> {
        let Ask::Amend { order, number, name, place, instrument, request, amendment } = ask else { return None };
        let instrument = self.inquirer.instruments.get(instrument.index())?;
        let (client, venue) = self.ids(*name);
        let Ok(change) = amend(amendment, &request.kind, instrument, client.unwrap_or_else(|| self.id(*order))) else {
            return Some(Answer::Refused(RejectReason::NotAmendable));
        };
        match (change, place) {
            (Change::Order(mut order), _) => {
                order.req_id = number.to_string().into();
                if let Some(venue) = venue {
                    (order.ord_id, order.cl_ord_id) = (venue.into(), "".into());
                }
                order.inst_id_code.0 = self.codes.get(&instrument.symbol).copied();
                taken(self.trading.amend(&order).await, Place::Book)
            }
            (Change::Algo(mut order), Place::Algo) => {
                order.req_id = number.to_string().into();
                if let Some(venue) = venue {
                    (order.algo_id, order.algo_cl_ord_id) = (venue.into(), "".into());
                }
                self.amend_algo(&order).await
            }
            // It was triggered: its trigger is gone, and its order is a market order that is on its way.
            (Change::Algo(_), Place::Book) => Some(Answer::Refused(RejectReason::NotAmendable)),
        }
    }

    async fn amend_algo(&self, order: &AmendAlgo) -> Option<Answer> {
        match self.inquirer.rest.amend_algo(order).await {
            Ok(reply) => Some(taken_as(&reply)),
            Err(error) if !error.outcome_unknown() => Some(Answer::Refused(refusal(&error))),
            Err(_) => None,
        }
    }

    async fn cancel(&self, name: Name, at: Place, instrument: engine::instrument::InstrumentId) -> Option<Answer> {
        let instrument = self.inquirer.instruments.get(instrument.index())?;
        let (client, venue) = self.ids(name);
        let kind = match at {
            Place::Book => OrderKind::Market,
            Place::Algo => OrderKind::StopMarket { trigger: engine::number::Price::ZERO },
        };
        match cancel(&kind, instrument, client.unwrap_or_else(|| self.id(OrderId(0)))) {
            Change::Order(order) => {
                let code = self.codes.get(&instrument.symbol).copied();
                let mut order = match venue {
                    Some(venue) => CancelOrder { ord_id: venue.into(), cl_ord_id: "".into(), ..order },
                    None => order,
                };
                order.inst_id_code.0 = code;
                taken(self.trading.cancel(&order).await, Place::Book)
            }
            Change::Algo(order) => {
                let order = match venue {
                    Some(venue) => CancelAlgo { algo_id: venue.into(), algo_cl_ord_id: "".into(), ..order },
                    None => order,
                };
                match self.inquirer.rest.cancel_algos(std::slice::from_ref(&order)).await {
                    Ok(replies) => replies.first().map(taken_as),
                    Err(error) if !error.outcome_unknown() => Some(Answer::Refused(refusal(&error))),
                    Err(_) => None,
                }
            }
        }
    }

    fn id(&self, order: OrderId) -> ClientId {
        ClientId { session: self.inquirer.session, order }
    }

    /// An order's name as our id or the venue's.
    fn ids(&self, name: Name) -> (Option<ClientId>, Option<String>) {
        match name {
            Name::Client(order) => (Some(self.id(order)), None),
            Name::Venue(id) => (None, Some(id.to_string())),
        }
    }
}

/// Whether it ends with what it finds.
fn is_immediate(kind: OrderKind) -> bool {
    use engine::order::TimeInForce::{FillOrKill, ImmediateOrCancel};
    matches!(kind, OrderKind::Market | OrderKind::Limit { time_in_force: ImmediateOrCancel | FillOrKill, .. })
}

/// What a request about an ordinary order came to; `None` when that is not known.
fn taken(outcome: Outcome, place: Place) -> Option<Answer> {
    match outcome {
        Outcome::Accepted { ord_id } => Some(Answer::Taken { venue_id: ord_id.parse().unwrap_or(0), place }),
        Outcome::Refused { code, message } => Some(Answer::Refused(reject_reason(&code, &message))),
        Outcome::NotSent { reason } => Some(Answer::Refused(RejectReason::Venue { code: 0, message: reason.into() })),
        Outcome::Unknown { .. } => None,
    }
}

fn taken_as(reply: &AlgoReply) -> Answer {
    if reply.is_ok() {
        Answer::Taken { venue_id: reply.algo_id.as_str().parse().unwrap_or(0), place: Place::Algo }
    } else {
        Answer::Refused(reject_reason(reply.s_code.as_str(), reply.s_msg.as_str()))
    }
}

fn refusal(error: &OkxError) -> RejectReason {
    match error {
        OkxError::Refused { code, message, .. } => reject_reason(code, message),
        other => RejectReason::Venue { code: 0, message: other.to_string().into() },
    }
}
