//! The connection at work: frames in, requests out, and an eye on what goes wrong.

use std::path::PathBuf;
use std::sync::atomic::AtomicU32;
use std::time::{Duration, Instant};

use data::okx::convert::{SessionTag, bar, name_of};
use data::okx::endpoint::SocketPath;
use data::okx::message::{Frame, Push, PushData};
use data::okx::orders::{Trading, TradingTimings};
use data::okx::rest::{ClockKeeper, Page};
use data::okx::subscription::Subscription;
use data::okx::websocket::{Connection, Event, Socket, SocketConfig, Timings};
use engine::event::{Input, Trouble};
use engine::time::{Interval, Timestamp};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{MissedTickBehavior, interval};

use super::courier::{Courier, Errands, Note};
use super::resync::{Inquirer, told};
use super::troubles::{DiskWatch, Is, Troubles, Watch};
use super::{Link, MS_NS, Since, machine_time, venue_time};
use crate::config::Clock;
use crate::live::backup::{Backup, Said};
use crate::live::gateway::{Errand, Fact};
use crate::live::market::{Feed, Market, Told};
use crate::live::pulse::PulseWatch;
use crate::live::sentiment::SentimentFeed;
use crate::live::words;

/// Frames that wait to be understood.
const FRAMES: usize = 4_096;
/// The venue's clock is measured anew after so long.
const CLOCK_EVERY: Duration = Duration::from_mins(1);
/// How often it is looked at what is wrong.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How many closed bars strategies are shown before a session begins, at most.
const WARM_UP_BARS: u32 = 300;
/// The account is read again after so long, whatever the connections say.
const READ_EVERY: Duration = Duration::from_secs(30);
const SECOND_NS: i64 = 1_000_000_000;

const PUBLIC: usize = 0;
const PRIVATE: usize = 1;
const BUSINESS: usize = 2;

/// A running connection.
struct Running {
    link: Link,
    session: SessionTag,
    facts: Sender<Fact>,
    market: Market,
    backup: Backup,
    troubles: Troubles,
    watch: Watch,
    disk: DiskWatch,
    courier: Option<Courier>,
    public: Socket,
    /// It ends when its last handle is dropped.
    _business: Option<Socket>,
    /// Which sockets are up, by their numbers; those that nobody needs count as up.
    up: [bool; 3],
    /// Whether the account was read since the sockets came up.
    known: bool,
    /// When it was read last; `None` when it has to be read at once.
    read_at: Option<Instant>,
}

/// Nobody listens any more.
struct Over;

/// The connections that a run needs.
struct Sockets {
    public: Socket,
    private: Option<Socket>,
    business: Option<Socket>,
    /// Which are up, by their numbers: those that nobody needs count as up.
    up: [bool; 3],
}

impl Link {
    /// Connects, and goes on until nobody wants its facts any more. `since` is where a session was left that goes
    /// on, `folder` where its log is.
    pub async fn run(
        self,
        session: SessionTag,
        folder: PathBuf,
        since: Option<Since>,
        facts: Sender<Fact>,
        errands: Receiver<Errand>,
    ) {
        let _clock = ClockKeeper::start(self.rest.clone(), CLOCK_EVERY);
        let _sentiment = SentimentFeed::start(&self.config, &self.instruments, || self.wall(), &facts);
        let (events, events_in) = channel(FRAMES);
        let (notes, notes_in) = channel(1);
        let Sockets { public, private, business, up } = self.sockets(&events);
        drop(events);
        let courier = private.map(|private| self.courier(session, private, facts.clone(), notes));
        let mut running = Running {
            session,
            facts,
            market: Market::new(self.instruments.clone()),
            backup: Backup::new(&self.config, &self.feeds, &self.instruments),
            troubles: Troubles::of(since.as_ref()),
            watch: Watch::new(nanoseconds(self.config.stale_after.0)),
            disk: DiskWatch::new(&folder, self.config.free_disk_mb),
            courier,
            public,
            _business: business,
            up,
            known: self.credentials.is_none(),
            read_at: Some(Instant::now()),
            link: self,
        };
        // When nobody listens any more the run is over.
        let _ = running.serve(since.map(|since| since.at), events_in, errands, notes_in).await;
    }

    fn courier(&self, session: SessionTag, private: Socket, facts: Sender<Fact>, notes: Sender<Note>) -> Courier {
        let (rest, instruments) = (self.rest.clone(), self.instruments.clone().into());
        let trading = Trading::new(rest.clone(), Some(private), TradingTimings::default());
        let inquirer = Inquirer { rest, session, instruments };
        let (terms, codes, moved) = (self.terms.clone(), self.codes.clone(), AtomicU32::default());
        let errands = Errands { inquirer, trading, notes, terms, codes, facts, moved };
        let dead_man_s = self.config.dead_man.0.and_then(|ns| u32::try_from(ns / SECOND_NS).ok());
        Courier::new(errands, dead_man_s.map(|seconds| seconds.clamp(10, 120)), PulseWatch::new(self.pulse()))
    }

    fn sockets(&self, events: &Sender<Event>) -> Sockets {
        let feeds = |wanted: SocketPath| {
            let of = |symbol: &str| self.feeds.iter().map(|feed| feed.subscription(symbol)).collect::<Vec<_>>();
            let all = self.instruments.iter().flat_map(|instrument| of(&instrument.symbol));
            all.filter(|subscription| subscription.path() == wanted).collect::<Vec<_>>()
        };
        let open = |socket: usize, path: SocketPath, subscriptions: Vec<Subscription>| {
            let login = self.credentials.clone().filter(|_| path != SocketPath::Public);
            let url = self.rest.endpoint().websocket(path).to_owned();
            let socket = u16::try_from(socket).unwrap_or(0);
            let config = SocketConfig { url, path, socket, login, subscriptions, timings: Timings::default() };
            Socket::open(config, self.rest.limits().clone(), self.rest.clock().clone(), events.clone())
        };
        let mut business = feeds(SocketPath::Business);
        let trades = self.credentials.is_some();
        if trades {
            business.extend(["orders-algo", "algo-advance"].map(|channel| Subscription::of_kind(channel, "SPOT")));
        }
        let business = (!business.is_empty()).then(|| open(BUSINESS, SocketPath::Business, business));
        let private = trades.then(|| open(PRIVATE, SocketPath::Private, vec![Subscription::of_kind("orders", "SPOT")]));
        let public = open(PUBLIC, SocketPath::Public, feeds(SocketPath::Public));
        let up = [false, !trades, business.is_none()];
        Sockets { public, private, business, up }
    }
}

impl Running {
    async fn serve(
        &mut self,
        since: Option<Timestamp>,
        mut events: Receiver<Event>,
        mut errands: Receiver<Errand>,
        mut notes: Receiver<Note>,
    ) -> Result<(), Over> {
        if let Some(input) = since.and_then(|_| self.backup.resumed()) {
            self.input(machine_time(self.link.rest.clock()), None, input).await?;
        }
        self.trouble(Trouble::WarmingUp, Is::Troubled).await?;
        self.warm_up(since).await?;
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) => self.event(event).await?,
                    None => return Err(Over),
                },
                errand = errands.recv() => match (errand, &mut self.courier) {
                    (Some(errand), Some(courier)) => courier.run(errand),
                    (Some(_), None) => {}
                    (None, courier) => {
                        if let Some(courier) = courier {
                            courier.finish().await;
                        }
                        return Ok(());
                    }
                },
                Some(note) = notes.recv() => match note {
                    Note::Resynced(losses) => self.resynced(losses).await?,
                    Note::Doubt => self.doubt().await?,
                },
                said = self.backup.hear() => self.backup_said(said).await?,
                _ = look.tick() => self.look().await?,
            }
        }
    }

    async fn tell(&self, fact: Fact) -> Result<(), Over> {
        self.facts.send(fact).await.map_err(|_| Over)
    }

    async fn input(&self, received_at: Timestamp, venue_at: Option<Timestamp>, input: Input) -> Result<(), Over> {
        self.tell(Fact::Input { received_at, venue_at, input }).await
    }

    async fn trouble(&mut self, trouble: Trouble, is_so: Is) -> Result<(), Over> {
        if (trouble, is_so) == (Trouble::StaleFeed, Is::Troubled) {
            self.backup.call();
        }
        match self.troubles.set(trouble, is_so) {
            Some(input) => self.input(machine_time(self.link.rest.clock()), None, input).await,
            None => Ok(()),
        }
    }

    /// Shows strategies the bars that closed before: the last few, or since the session stopped.
    async fn warm_up(&mut self, since: Option<Timestamp>) -> Result<(), Over> {
        let bars = self.link.feeds.iter().filter_map(|feed| match feed {
            Feed::Bars(interval) => Some(*interval),
            Feed::Trades | Feed::Quotes | Feed::Book => None,
        });
        let mut inputs = Vec::new();
        for interval in bars {
            for instrument in self.market.instruments() {
                inputs.extend(self.bars(&instrument.symbol, interval, since).await);
            }
        }
        inputs.sort_by_key(|(closed_at, _)| *closed_at);
        for (closed_at, input) in inputs.into_iter().filter(|(_, input)| self.backup.admits(input)).collect::<Vec<_>>() {
            self.input(machine_time(self.link.rest.clock()), Some(closed_at), input).await?;
        }
        Ok(())
    }

    async fn bars(&self, symbol: &str, interval: Interval, since: Option<Timestamp>) -> Vec<(Timestamp, Input)> {
        let Some((name, instrument)) = name_of(interval).zip(self.market.find(symbol)) else { return Vec::new() };
        let page = Page::newest().limit(WARM_UP_BARS);
        let candles = told(self.link.rest.candles(symbol, name, &page).await, "bars to warm up with").unwrap_or_default();
        let mut unreadable = Vec::new();
        let read = |candle| bar(candle, interval, instrument).map_err(|error| unreadable.push(error)).ok().flatten();
        let bars: Vec<_> = candles.iter().rev().filter_map(read).collect();
        if let Some(error) = unreadable.first() {
            eprintln!("warning: {} bars of {symbol} to warm up with that cannot be understood: {error}", unreadable.len());
        }
        let missed = bars.into_iter().filter(|bar| since.is_none_or(|since| bar.closed_at() > since));
        missed.map(|bar| (bar.closed_at(), Input::Bar(bar))).collect()
    }

    async fn event(&mut self, event: Event) -> Result<(), Over> {
        match event {
            Event::Frame { connection, received_ns, text } => self.frame(connection, received_ns, text.as_str()).await,
            Event::Up { connection } => {
                self.up[usize::from(connection.socket) % 3] = true;
                match usize::from(connection.socket) {
                    PUBLIC => {
                        self.market.reconnected();
                        self.warm().await
                    }
                    BUSINESS => {
                        // Bars that closed meanwhile: those that were told already are not told again.
                        self.warm_up(None).await?;
                        self.reported().await
                    }
                    _ => self.reported().await,
                }
            }
            Event::Down { connection, reason } => {
                let socket = usize::from(connection.socket) % 3;
                if self.up[socket] || reason.is_final() {
                    eprintln!("warning: the {:?} connection is down: {reason}", connection.path);
                }
                self.up[socket] = false;
                if reason.is_final() {
                    return self.tell(Fact::Failed(reason.to_string().into())).await;
                }
                if socket == PUBLIC {
                    return self.trouble(Trouble::StaleFeed, Is::Troubled).await;
                }
                self.known = self.courier.is_none();
                if let Some(courier) = &mut self.courier {
                    courier.lost();
                }
                if self.courier.is_none() { Ok(()) } else { self.trouble(Trouble::OrdersLost, Is::Troubled).await }
            }
            Event::Unserved { subscription, code, message, .. } => {
                let reason = format!("it does not serve {}: {message} (code {code})", subscription.channel);
                if self.troubles.has(Trouble::WarmingUp) {
                    return self.tell(Fact::Failed(reason.into())).await;
                }
                // It did when the run began: an instrument that was delisted is no reason to leave the others.
                eprintln!("warning: {reason}");
                Ok(())
            }
        }
    }

    /// Both connections that report on orders are up: the account has to be read before their word is whole.
    async fn reported(&mut self) -> Result<(), Over> {
        if !(self.up[PRIVATE] && self.up[BUSINESS]) {
            return Ok(());
        }
        if self.courier.is_some() && !self.known {
            return self.tell(Fact::Connected).await;
        }
        self.warm().await
    }

    /// What is believed of orders may be wrong: until the account is read nothing new is bought.
    async fn doubt(&mut self) -> Result<(), Over> {
        self.read_at = None;
        self.trouble(Trouble::OrdersLost, Is::Troubled).await
    }

    async fn resynced(&mut self, losses: u64) -> Result<(), Over> {
        let Some(courier) = &mut self.courier else { return Ok(()) };
        courier.resynced();
        if !courier.is_current(losses) {
            // It began before the connection was lost.
            return self.tell(Fact::Connected).await;
        }
        self.read_at = Some(Instant::now());
        if self.up[PRIVATE] && self.up[BUSINESS] {
            self.known = true;
            self.trouble(Trouble::OrdersLost, Is::Well).await?;
        }
        self.warm().await
    }

    /// Trading begins when everything is there for the first time.
    async fn warm(&mut self) -> Result<(), Over> {
        if self.up == [true; 3] && self.known { self.trouble(Trouble::WarmingUp, Is::Well).await } else { Ok(()) }
    }

    async fn frame(&mut self, connection: Connection, received_ns: i64, text: &str) -> Result<(), Over> {
        let frame = match Frame::parse(text) {
            Ok(frame) => frame,
            Err(error) => {
                eprintln!("warning: a frame of the {:?} connection that cannot be understood: {error}", connection.path);
                return Ok(());
            }
        };
        match frame {
            Frame::Push(push) => self.push(venue_time(self.link.rest.clock(), received_ns), &push).await,
            Frame::Event(event) if !event.code.is_absent() && event.code != "0" => {
                eprintln!("warning: the venue says {}: {} (code {})", event.event, event.msg, event.code);
                Ok(())
            }
            Frame::Event(_) | Frame::Reply(_) | Frame::Pong | Frame::Other => Ok(()),
        }
    }

    async fn push(&mut self, received_at: Timestamp, push: &Push) -> Result<(), Over> {
        match &push.data {
            PushData::Orders(orders) => {
                for order in orders {
                    let Some(instrument) = self.market.find(order.inst_id.as_str()) else { continue };
                    if let Some(word) = told(words::of_order(order, self.session, instrument), "a report on an order") {
                        self.tell(Fact::Word(Box::new(word))).await?;
                    }
                }
            }
            PushData::Algos(algos) => {
                for algo in algos {
                    if self.market.find(algo.inst_id.as_str()).is_none() {
                        continue;
                    }
                    if let Some(word) = told(words::of_algo(algo, self.session), "a report on an algo order") {
                        self.tell(Fact::Word(Box::new(word))).await?;
                    }
                }
            }
            _ => {
                // What comes on one connection says nothing of the other.
                let is_back = self.up[PUBLIC];
                let now = machine_time(self.link.rest.clock());
                let has_gaps = is_back && self.troubles.has(Trouble::StaleFeed) && self.backup.leaves_gaps();
                let mut gaps = if has_gaps { self.market.gaps(now) } else { Vec::new() };
                let Told { inputs, gap, problem } = self.market.push(push);
                // What comes is not whole: it is no feed to trade on, and what was missed is told when it is.
                let is_back = is_back && !self.market.is_unreadable();
                if !is_back {
                    gaps.clear();
                }
                if let (Clock::Venue, Some((at, _))) = (self.link.config.clock, inputs.first()) {
                    for gap in &mut gaps {
                        if let Input::FeedGap(gap) = gap {
                            gap.to = *at;
                        }
                    }
                }
                // A bar that still forms tells nothing but that the feed lives.
                let is_forming = problem.is_none() && matches!(push.data, PushData::Candles(_));
                if let Some(problem) = problem {
                    eprintln!("warning: market data that cannot be used: {problem}");
                }
                if let Some(subscription) = gap {
                    self.public.resubscribe(subscription).await;
                }
                if self.market.is_unreadable() {
                    self.trouble(Trouble::StaleFeed, Is::Troubled).await?;
                }
                if inputs.is_empty() && !is_forming {
                    return Ok(());
                }
                self.watch.seen();
                let switched = if is_back { self.backup.venue_speaks() } else { None };
                for input in gaps.into_iter().chain(switched) {
                    self.input(received_at, None, input).await?;
                }
                for (venue_at, input) in inputs {
                    if self.backup.admits(&input) {
                        self.input(received_at, Some(venue_at), input).await?;
                    }
                }
                if !is_back || self.backup.serves() {
                    return Ok(());
                }
                self.trouble(Trouble::StaleFeed, Is::Well).await?;
            }
        }
        Ok(())
    }

    async fn backup_said(&mut self, said: Said) -> Result<(), Over> {
        let now = machine_time(self.link.rest.clock());
        // Nobody told what happened until the backup came.
        let gaps = if said.switched.is_some() { self.market.gaps(now) } else { Vec::new() };
        for input in gaps.into_iter().chain(said.switched) {
            self.input(now, None, input).await?;
        }
        for (venue_at, input) in said.inputs {
            self.input(now, Some(venue_at), input).await?;
        }
        Ok(())
    }

    async fn look(&mut self) -> Result<(), Over> {
        let is_due = self.read_at.is_none_or(|read_at| read_at.elapsed() >= READ_EVERY);
        if self.courier.is_some() && self.known && is_due {
            // A report may have been lost without the connection: nothing else would tell.
            self.read_at = Some(Instant::now());
            self.tell(Fact::Connected).await?;
        }
        if self.watch.is_stale() {
            self.trouble(Trouble::StaleFeed, Is::Troubled).await?;
        }
        let skew_ms = self.link.rest.clock().skew_ms().unwrap_or(0);
        let skewed = skew_ms.saturating_abs().saturating_mul(MS_NS) > self.link.config.clock_skew.0;
        self.trouble(Trouble::ClockSkew, Is::troubled_if(skewed)).await?;
        self.trouble(Trouble::LowDisk, Is::troubled_if(self.disk.is_low())).await
    }
}

fn nanoseconds(ns: i64) -> Duration {
    Duration::from_nanos(u64::try_from(ns).unwrap_or(0))
}
