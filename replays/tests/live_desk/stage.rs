//! A stage for transcripts: a desk, records that the test makes, words that the venue might say.

use engine::event::{Decision, Event, Record, StrayOrder, VenueSnapshot};
use engine::instrument::InstrumentId;
use engine::market::Side;
use engine::number::Amount;
use engine::order::{Amendment, Fill, Liquidity, OrderId, OrderKind, OrderRequest, Owner, RejectReason, TimeInForce};
use engine::text::Names;
use engine::time::Timestamp;
use expect_test::Expect;
use replays::live::desk::{Desk, Heard};
use replays::live::word::{Answer, Ask, Asked, Name, Place, Progress, Resync, Values, Word};

/// A desk whose records the test makes.
#[derive(Default)]
pub struct Stage {
    pub desk: Desk,
    pub records: Vec<Record>,
    pub lines: Vec<String>,
}

impl Stage {
    /// Decisions and inputs of one step.
    pub fn step(&mut self, events: Vec<Event>) -> Vec<OrderId> {
        let cause = self.records.len() as u64;
        let record = |(seq, event)| Record { seq, at: Timestamp(0), cause, event };
        let records: Vec<Record> = (cause..).zip(events).map(record).collect();
        for record in &records {
            self.desk.remember(record);
        }
        for record in &records {
            let line = Names::default().line(record).to_string();
            self.lines.push(line.split_once("Z ").map_or(line.clone(), |(_, text)| text.replace("instrument?0", "BTC")));
        }
        let asks = self.desk.asks(&records);
        self.asked(&asks);
        self.records.extend(records);
        (cause..self.records.len() as u64).map(OrderId).collect()
    }

    pub fn asked(&mut self, asks: &[Ask]) {
        let name = |name: &Name| match name {
            Name::Client(id) => id.to_string(),
            Name::Venue(id) => id.to_string(),
        };
        let lines = asks.iter().map(|ask| match ask {
            Ask::Place { order, .. } => format!("? place {order}"),
            Ask::PlacePair { first, second } => format!("? place {} and {}", first.0, second.0),
            Ask::Amend { number, name: named, place, .. } => format!("? amend {number} of {} in {place:?}", name(named)),
            Ask::Cancel { name: named, place, .. } => format!("? cancel {} in {place:?}", name(named)),
            Ask::Inquire { name: named, place, .. } => format!("? inquire {} in {place:?}", name(named)),
        });
        self.lines.extend(lines);
    }

    pub fn heard(&mut self, heard: Heard) {
        self.asked(&heard.asks);
        if heard.wants_resync {
            self.lines.push("? resync".into());
        }
        for input in heard.inputs {
            self.step(vec![Event::Input(input)]);
        }
        heard.again.iter().for_each(|word| self.hear(word));
    }

    pub fn hear(&mut self, word: &Word) {
        let heard = self.desk.hear(word);
        self.heard(heard);
    }

    pub fn answer(&mut self, order: OrderId, asked: Asked, answer: &Answer) {
        let heard = self.desk.answer(order, asked, answer);
        self.heard(heard);
    }

    pub fn resync(&mut self, resync: &Resync) {
        resync.words.iter().for_each(|word| self.hear(word));
        let heard = self.desk.resync(resync);
        self.heard(heard);
        let repeated = self.desk.repeated();
        self.asked(&repeated);
    }

    /// The process dies and begins again with the log.
    pub fn restart(&mut self) {
        self.desk = Desk::default();
        self.records.iter().for_each(|record| self.desk.remember(record));
        self.lines.push("restart".into());
        let unsettled = self.desk.unsettled();
        self.asked(&unsettled);
    }

    pub fn pair(&mut self) -> [OrderId; 2] {
        let (stop, target) =
            (OrderKind::StopMarket { trigger: price("90") }, OrderKind::TakeProfitMarket { trigger: price("110") });
        let first = OrderId(self.records.len() as u64);
        self.step(vec![order(stop), linked(first, target)]);
        [first, OrderId(first.0 + 1)]
    }

    pub fn limit(&mut self) -> OrderId {
        self.step(vec![order(OrderKind::Limit { price: price("100"), time_in_force: TimeInForce::GoodTilCanceled })])[0]
    }

    pub fn cancel(&mut self, order: OrderId) {
        self.step(vec![Event::Decision(Decision::CancelRequested(order))]);
    }

    pub fn check(&self, expected: &Expect) {
        expected.assert_eq(&(self.lines.join("\n") + "\n"));
    }
}

pub fn price(text: &str) -> engine::number::Price {
    text.parse().unwrap()
}

pub fn order(kind: OrderKind) -> Event {
    let (owner, instrument, side, quantity) = (Owner::Operator, InstrumentId(0), Side::Sell, "2".parse().unwrap());
    let request = OrderRequest { owner, instrument, side, quantity, kind, bracket: None, oco: None, protects: None };
    Event::Decision(Decision::OrderRequested(Box::new(request)))
}

pub fn linked(first: OrderId, kind: OrderKind) -> Event {
    let Event::Decision(Decision::OrderRequested(mut request)) = order(kind) else { unreachable!() };
    request.oco = Some(first);
    Event::Decision(Decision::OrderRequested(request))
}

pub fn amendment(order: OrderId, quantity: Option<&str>, trigger: Option<&str>) -> Event {
    let (quantity, trigger) = (quantity.map(|it| it.parse().unwrap()), trigger.map(price));
    Event::Decision(Decision::AmendRequested(Box::new(Amendment { order, quantity, price: None, trigger })))
}

pub fn fill(fill_id: u64, quantity: &str) -> Fill {
    let (fee, fee_currency, liquidity) = (Amount::ZERO, "USDT".parse().unwrap(), Liquidity::Taker);
    let (price, quantity) = (price("100"), quantity.parse().unwrap());
    let venue_at = Timestamp(fill_id.cast_signed());
    Fill { order: OrderId(0), fill_id, venue_at, price, quantity, fee, fee_currency, liquidity }
}

/// A word on an ordinary order of ours.
pub fn book(ours: OrderId, progress: Progress, filled: &str, fills: Vec<Fill>) -> Word {
    let filled = Some(filled.parse().unwrap());
    let (venue_id, place, from_algo, at) = (ours.0 + 500, Place::Book, None, Timestamp(0));
    Word { ours: Some(ours), venue_id, place, from_algo, at, progress, filled, fills, values: None, amended: None }
}

/// A word on an algo order of ours, 77.
pub fn algo(ours: OrderId, progress: Progress) -> Word {
    Word { venue_id: 77, place: Place::Algo, filled: None, ..book(ours, progress, "0", Vec::new()) }
}

/// A word on the ordinary order that algo order 77 placed, 78.
pub fn child(progress: Progress, filled: &str, fills: Vec<Fill>) -> Word {
    Word { ours: None, venue_id: 78, from_algo: Some(77), ..book(OrderId(0), progress, filled, fills) }
}

pub fn valued(word: Word, at: i64, quantity: &str, stop: &str, target: &str) -> Word {
    let (stop, target) = (Some(price(stop)), Some(price(target)));
    Word { at: Timestamp(at), values: Some(Values { quantity: quantity.parse().unwrap(), price: None, stop, target }), ..word }
}

pub fn refused() -> RejectReason {
    RejectReason::Venue { code: 51_503, message: "no".into() }
}

pub fn snapshot(venue_at: i64, strays: Vec<StrayOrder>) -> Option<VenueSnapshot> {
    Some(VenueSnapshot { venue_at: Timestamp(venue_at), balances: Vec::new(), strays })
}
