//! Numbers of books that begin anew, as our own client takes them.

use data::okx::book::{RawBook, Step};
use data::okx::message::{Frame, PushData};
use engine::event::Input;
use engine::instrument::InstrumentId;
use engine::market::{BookLevels, Level, Side};
use engine::number::{Decimal, FixedPrice, FixedSize};
use tokio::sync::{mpsc, watch};

use crate::live::market::Market;
use crate::server::channel::Gate;
use crate::server::channel_hub::Now;
use crate::server::channel_post::Link;
use crate::server::faults::Faults;
use crate::server::market_floor::Floor;

/// A connection that listens to the book, and what a client makes of it.
struct Listener {
    inbox: mpsc::Receiver<axum::extract::ws::Utf8Bytes>,
    book: RawBook,
    market: Market,
}

impl Listener {
    fn new(floor: &mut Floor, id: u64) -> Self {
        let (outbox, inbox) = mpsc::channel(1_000);
        floor.open(id, Gate::Public, "127.0.0.1", Link { outbox, ending: watch::channel(None).0 });
        floor.hear(id, r#"{"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"}]}"#);
        let rules = floor.markets.get_mut(0).unwrap().rules().clone();
        Self { inbox, book: RawBook::default(), market: Market::new(vec![rules]) }
    }

    /// What the book's messages that have come did, and the number of the last.
    fn steps(&mut self) -> (Vec<Step>, Option<i64>) {
        let mut steps = Vec::new();
        while let Ok(text) = self.inbox.try_recv() {
            let Ok(Frame::Push(push)) = Frame::parse(text.as_str()) else { continue };
            let PushData::Books(messages) = &push.data else { panic!("{text}") };
            steps.extend(messages.iter().map(|message| self.book.apply(push.action, message).unwrap()));
            let told = self.market.push(&push);
            assert!(told.gap.is_none() && told.problem.is_none() && told.inputs.len() == 1, "{told:?} of {text}");
        }
        (steps, self.book.sequence().last())
    }

    /// Whether it has the book that the venue has.
    fn agrees(&self, floor: &mut Floor) -> bool {
        let venue = &floor.markets.get_mut(0).unwrap().book;
        [Side::Buy, Side::Sell].into_iter().all(|side| {
            let own = self.book.levels(side).map(|level| [level.px.as_str(), level.sz.as_str()]);
            let own = own.map(|texts| texts.map(|text| text.parse::<Decimal>().unwrap()));
            let theirs = venue.levels(side).take(400);
            own.eq(theirs.map(|level| [Decimal::new(level.price.0, 1), Decimal::new(level.size.0, 8)]))
        })
    }
}

/// The book changes, and that is told.
fn change(floor: &mut Floor, number: i64) {
    let bids = [Level { price: FixedPrice(419_000 - number % 7), size: FixedSize(1_000 + number) }];
    let levels = BookLevels { instrument: InstrumentId(0), venue_at: floor.at, bids: bids.into(), asks: [].into() };
    floor.happen(floor.at, Input::BookDelta(Box::new(levels)));
    let now = Now { at: floor.at, ms: number * 1_000 };
    let Floor { hub, markets, post, .. } = floor;
    hub.flush(markets, post, now);
}

#[test]
fn a_client_takes_a_reset_for_what_it_is() {
    let mut floor = Floor::for_tests("[[fault]]\nkind = \"reset\"\nchannel = \"books\"\nevery = 4");
    let mut listener = Listener::new(&mut floor, 1);
    let (first, before) = listener.steps();
    assert!(first == [Step::Snapshot] && before.unwrap() >= 1_000_000);
    for number in 1..=7 {
        change(&mut floor, number);
        let (steps, last) = listener.steps();
        assert_eq!(steps, [if number == 4 { Step::Reset } else { Step::Update }], "{number}");
        assert_eq!(last.unwrap() < 1_000, number >= 4, "{number}");
        assert!(listener.agrees(&mut floor), "{number}");
    }
}

#[test]
fn after_maintenance_the_numbers_begin_anew() {
    let mut floor = Floor::for_tests("");
    let mut before = Listener::new(&mut floor, 1);
    change(&mut floor, 1);
    let (steps, last) = before.steps();
    assert!(steps == [Step::Snapshot, Step::Update] && last.unwrap() > 1_000_000);
    floor.post.faults = Faults::parse("[[fault]]\nkind = \"maintenance\"").unwrap();
    floor.keep_maintenance();
    floor.keep_maintenance();
    floor.post.faults = Faults::default();
    floor.keep_maintenance();
    // The old connection is not quite gone, so the channel goes on with what it told last.
    let mut during = Listener::new(&mut floor, 2);
    change(&mut floor, 2);
    assert_eq!(during.steps().0, [Step::Snapshot, Step::Reset]);
    floor.gone(1);
    floor.gone(2);
    let mut after = Listener::new(&mut floor, 3);
    change(&mut floor, 3);
    let (steps, last) = after.steps();
    assert_eq!(steps, [Step::Snapshot, Step::Update]);
    assert!(last.unwrap() < 1_000 && after.agrees(&mut floor));
}
