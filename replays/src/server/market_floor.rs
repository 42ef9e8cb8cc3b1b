//! The floor: markets, accounts and connections, and what happens among them. One thread, no sockets.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use engine::event::Input;
use engine::market::{BookLevels, Trade};
use engine::number::FixedPrice;
use engine::time::{SECOND_NS, Timestamp};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::auth::Keys;
use super::channel_hub::{Hub, Now};
use super::channel_post::Post;
use super::config::{LimitsConfig, Rhythm, ServerConfig};
use super::core::{Core, Push};
use super::faults::Faults;
use super::http_call::RestReply;
use super::limits::Limiter;
use super::listed::Listed;
use super::maker::Maker;
use super::market::{BookOf, PublicTrade};
use super::market_rest::Markets;

/// So often a book of the maker is told to the matching as a whole, in small changes: what orders took comes back.
const RENEWED_EVERY: u64 = 50;

/// Everything that the venue is, between its data and its sockets.
#[derive(Debug)]
pub struct Floor {
    pub(super) core: Core,
    pub(super) markets: Markets,
    pub(super) hub: Hub,
    pub(super) post: Post,
    pub(super) keys: Keys,
    pub(super) limiter: Limiter,
    pub(super) limits: LimitsConfig,
    pub(super) uids: Vec<String>,
    /// Answers to REST that a fault holds back.
    pub(super) late: Vec<(Instant, oneshot::Sender<RestReply>, RestReply)>,
    maker: Maker,
    rhythm: Rhythm,
    /// The market's time.
    pub(super) at: Timestamp,
    /// Prices at which the data ended.
    homes: Vec<Option<FixedPrice>>,
    stirred: u64,
    stirred_at: Timestamp,
    /// Whether the venue was down a moment ago.
    pub(super) is_down: bool,
}

impl Floor {
    /// A venue that lists these.
    pub fn new(listings: &[Listed], core: Core, config: &ServerConfig, faults: Faults) -> Self {
        let markets = Markets::new(listings);
        Self {
            hub: Hub::new(markets.count(), config.rhythm),
            homes: vec![None; markets.count()],
            core,
            markets,
            post: Post::new(faults),
            keys: Keys::new(&config.accounts),
            limiter: Limiter::default(),
            limits: config.limits.clone(),
            uids: (0..config.accounts.len()).map(uid).collect(),
            late: Vec::new(),
            maker: Maker::new(config.maker.clone(), config.seed),
            rhythm: config.rhythm,
            at: Timestamp(0),
            stirred: 0,
            stirred_at: Timestamp(0),
            is_down: false,
        }
    }

    /// The venue's own clock, in Unix milliseconds: the machine's, unless a fault says otherwise.
    pub fn wall_ms(&self) -> i64 {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX) + self.post.faults.skew_ms(self.post.since_start_ms())
    }

    /// Something happens in the market, at `at` or now if that is past.
    pub fn happen(&mut self, at: Timestamp, input: Input) {
        self.pass(at);
        let at = self.at;
        let place = match &input {
            Input::Trade(trade) => trade.instrument.index(),
            Input::Quote(quote) => quote.instrument.index(),
            Input::BookSnapshot(levels) | Input::BookDelta(levels) => levels.instrument.index(),
            _ => return,
        };
        match input {
            Input::Trade(trade) => self.trade(place, trade),
            Input::Quote(quote) => {
                let Some(market) = self.markets.get_mut(place) else { return };
                market.book_of = BookOf::Quotes;
                let change = self.maker.behind(&market.listed.instrument, &market.book, &quote, at);
                self.change(place, change);
            }
            Input::BookSnapshot(levels) => {
                let Some(market) = self.markets.get_mut(place) else { return };
                market.book_of = BookOf::Data;
                market.replace(&levels, at);
                self.core.observe(at, &Input::BookSnapshot(levels));
                self.hub.on_book(place);
            }
            Input::BookDelta(levels) => {
                let Some(market) = self.markets.get_mut(place) else { return };
                market.change(&levels, at);
                self.core.observe(at, &Input::BookDelta(levels));
                self.hub.on_book(place);
            }
            _ => {}
        }
        let implied = self.markets.get_mut(place).and_then(|market| market.implied_trade(at));
        if let Some(print) = implied {
            self.tell_trade(place, &print);
        }
        self.deliver();
        if self.rhythm == Rhythm::Market && self.at.0 - self.stirred_at.0 >= SECOND_NS {
            self.stir();
        }
        if self.rhythm != Rhythm::Wall {
            let now = self.now();
            if let Some(market) = self.markets.get_mut(place) {
                self.hub.flush_market(place, market, &mut self.post, now);
            }
        }
    }

    /// Time passes: candles close, and in the market's rhythm pushes come due, each at its own time.
    pub fn pass(&mut self, at: Timestamp) {
        if self.rhythm == Rhythm::Market {
            while let Some(due) = self.hub.next_due(&mut self.markets).filter(|due| *due <= at) {
                self.step(due);
                let now = self.now();
                self.hub.flush(&mut self.markets, &mut self.post, now);
                if due < self.at {
                    break;
                }
            }
        }
        self.step(at);
    }

    fn step(&mut self, at: Timestamp) {
        if at <= self.at {
            return;
        }
        self.at = at;
        let Self { markets, hub, post, .. } = self;
        for (place, market) in markets.iter_mut().enumerate() {
            if !market.candles.closes_by(at) {
                continue;
            }
            let wanted = hub.wants_candles(place);
            let mut closed = Vec::new();
            market.candles.roll(at, |kind, candle| {
                if wanted {
                    closed.push((kind, *candle));
                }
            });
            for (kind, candle) in &closed {
                hub.on_closed(place, market, *kind, candle, post);
            }
        }
    }

    /// Small things that happen in the machine's time: the maker moves a few sizes, timers fire, pushes are due.
    pub fn breathe(&mut self) {
        self.core.tick(self.at, self.wall_ms());
        self.deliver();
        if self.rhythm != Rhythm::Market {
            let now = self.now();
            self.hub.flush(&mut self.markets, &mut self.post, now);
        }
    }

    /// The maker changes a few sizes, unless that is a matter of the market's time.
    pub fn stir_in_passing(&mut self) {
        if self.rhythm != Rhythm::Market {
            self.stir();
        }
    }

    /// The maker changes a few sizes of each of its books.
    fn stir(&mut self) {
        self.stirred += 1;
        self.stirred_at = self.at;
        for place in 0..self.markets.count() {
            let Some(market) = self.markets.get_mut(place).filter(|market| market.book_of != BookOf::Data) else { continue };
            let change = self.maker.stir(&market.listed.instrument, &market.book, self.at);
            self.change(place, change);
            if self.stirred.is_multiple_of(RENEWED_EVERY) {
                self.tell_whole_book(place);
            }
        }
        self.deliver();
    }

    /// The data have ended: the maker trades a little around the price at which they did.
    pub fn wander(&mut self) {
        for place in 0..self.markets.count() {
            let Some(market) = self.markets.get_mut(place) else { continue };
            let Some(last) = market.last().map(|last| last.trade.price) else { continue };
            // Whoever made the book before: now it is the maker's.
            market.book_of = BookOf::Maker;
            let home = *self.homes[place].get_or_insert(last);
            let rules = &market.listed.instrument;
            let (price, size, taker) = self.maker.wander(rules, last, home);
            let trade = Trade { instrument: rules.id, venue_at: self.at, price, size, taker, trade_id: None };
            self.happen(self.at, Input::Trade(trade));
        }
    }

    /// What time it is.
    pub fn now(&self) -> Now {
        let ms = match self.rhythm {
            Rhythm::Market => self.at.0.div_euclid(1_000_000),
            Rhythm::Wall | Rhythm::Each => self.post.since_start_ms(),
        };
        Now { at: self.at, ms }
    }

    /// Hands what happened to accounts to those who listen.
    pub fn deliver(&mut self) {
        let pushes: Vec<Push> = self.core.drain().collect();
        for push in pushes {
            let uid = self.uids.get(push.account.0).cloned().unwrap_or_default();
            let mut texts = Vec::new();
            for (id, session) in self.post.sessions() {
                if session.caller.as_ref().is_none_or(|caller| caller.account != push.account) {
                    continue;
                }
                let takers = session.subscriptions.iter().filter(|s| s.takes(push.channel, push.inst_id.as_deref()));
                texts.extend(takers.map(|subscription| (id, private(&subscription.arg, &uid, push.event_type, &push.data))));
            }
            for (id, text) in texts {
                self.post.push(id, push.channel, &text.to_string().into());
            }
        }
    }

    /// Sends what faults held back till now, and gives the time of the next.
    pub fn release(&mut self, now: Instant) -> Option<Instant> {
        self.post.release(now);
        let mut waiting = Vec::new();
        for (due, reply, answer) in self.late.drain(..) {
            if due <= now {
                // Whoever asked may have gone.
                let _ = reply.send(answer);
            } else {
                waiting.push((due, reply, answer));
            }
        }
        self.late = waiting;
        self.late.iter().map(|(due, ..)| *due).chain(self.post.next_release()).min()
    }

    fn trade(&mut self, place: usize, trade: Trade) {
        let Some(market) = self.markets.get_mut(place) else { return };
        // It is published when the market learns of it.
        let print = market.print(Trade { venue_at: trade.venue_at.max(self.at), ..trade });
        self.tell_trade(place, &print);
        let Some(market) = self.markets.get_mut(place).filter(|market| market.book_of == BookOf::Maker) else { return };
        let change = self.maker.around(&market.listed.instrument, &market.book, trade.price, self.at);
        self.change(place, change);
    }

    fn tell_trade(&mut self, place: usize, print: &PublicTrade) {
        self.core.observe(self.at, &Input::Trade(print.trade));
        if let Some(market) = self.markets.get_mut(place) {
            self.hub.on_trade(place, market, print, &mut self.post);
        }
    }

    /// The maker's book changes.
    fn change(&mut self, place: usize, change: Option<BookLevels>) {
        let Some((change, market)) = change.zip(self.markets.get_mut(place)) else { return };
        let is_first = market.book.best_bid().is_none() && market.book.best_ask().is_none();
        market.change(&change, self.at);
        if is_first {
            self.tell_whole_book(place);
        } else {
            self.core.observe(self.at, &Input::BookDelta(Box::new(change)));
        }
        self.hub.on_book(place);
    }

    fn tell_whole_book(&mut self, place: usize) {
        if let Some(market) = self.markets.get_mut(place) {
            let whole = market.whole_book(self.at);
            self.core.observe(self.at, &Input::BookSnapshot(Box::new(whole)));
        }
    }
}

/// An account's number, by its place.
pub fn uid(place: usize) -> String {
    format!("{}", 446_700_000_000 + place)
}

/// A private push: `arg` as it was subscribed to, with the account's number.
pub fn private(arg: &Value, uid: &str, event_type: Option<&str>, data: &[Value]) -> Value {
    let mut arg = arg.clone();
    arg["uid"] = json!(uid);
    let mut push = json!({"arg": arg, "data": data});
    if let Some(event_type) = event_type {
        push["eventType"] = json!(event_type);
    }
    push
}

/// How long a fault holds something back.
pub fn held(ms: i64) -> Duration {
    Duration::from_millis(ms.unsigned_abs())
}

#[cfg(test)]
impl Floor {
    /// A venue with one instrument, on which something was traded.
    pub(super) fn for_tests(faults: &str) -> Self {
        use engine::instrument::{Instrument, InstrumentId};
        use engine::market::Side;
        use engine::number::{Decimal, FixedSize, Price, Quantity, Rate};

        let instrument = Instrument {
            id: InstrumentId(0),
            symbol: "BTC-USDT".to_owned(),
            base: "BTC".parse().unwrap(),
            quote: "USDT".parse().unwrap(),
            price_scale: 1,
            size_scale: 8,
            tick_size: Price(Decimal::new(1, 1)),
            lot_size: Quantity(Decimal::new(1, 8)),
            min_size: Quantity(Decimal::new(1, 5)),
            maker_fee: Rate::from_bps(8),
            taker_fee: Rate::from_bps(10),
        };
        let config = ServerConfig::default();
        let listings = vec![Listed::new(instrument, 10_001)];
        let account = super::core::AccountSetup {
            uid: uid(0),
            label: "test".to_owned(),
            balances: config.accounts[0].balances.iter().map(|(currency, amount)| (*currency, *amount)).collect(),
            fees_in: crate::exchange::FeeCurrency::Received,
        };
        let core = Core::new(listings.clone(), vec![account], &config.exchange);
        let mut floor = Self::new(&listings, core, &config, Faults::parse(faults).unwrap());
        let venue_at = Timestamp(1_704_067_200 * SECOND_NS);
        let (price, size) = (FixedPrice(420_000), FixedSize(50_000_000));
        let trade = Trade { instrument: InstrumentId(0), venue_at, price, size, taker: Side::Buy, trade_id: None };
        floor.happen(venue_at, Input::Trade(trade));
        floor
    }
}
