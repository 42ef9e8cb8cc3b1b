//! Readings of the account that orders have outrun: what it has is not taken over before each order was asked about.

use engine::event::{Input, VenueSnapshot};
use engine::order::OrderId;
use engine::time::Timestamp;
use replays::config::{Clock, OnStop};
use replays::gateway::Gateway as _;
use replays::live::gateway::{Errand, Fact, LiveGateway};
use replays::live::word::Resync;
use tokio::sync::mpsc::channel;

use crate::stage::{Stage, snapshot};

fn reading(asked: &[OrderId]) -> Fact {
    Fact::Resync(Box::new(Resync { asked: asked.to_vec(), snapshot: snapshot(1, Vec::new()), ..Resync::default() }))
}

#[test]
fn what_the_account_has_waits_until_every_order_was_asked_about() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ((facts, facts_in), (errands, mut errands_in)) = (channel(64), channel(64));
    let mut stage = Stage::default();
    let order = stage.limit();
    let (behaviour, wall) = ((Clock::Venue, OnStop::Leave), Box::new(Timestamp::default));
    let ends = (facts_in, errands);
    let mut gateway =
        LiveGateway::new(runtime.handle().clone(), ends, behaviour, wall, (stage.desk, Timestamp(0)), Vec::new(), Vec::new());
    // It has traded, perhaps: none of these readings may say what there is.
    for _ in 0..20 {
        facts.blocking_send(reading(&[])).unwrap();
    }
    facts.blocking_send(reading(&[order])).unwrap();
    let mut said = Vec::new();
    while said.is_empty() {
        said.extend(gateway.next(None).unwrap().map(|(_, input)| input));
    }
    let Input::VenueSnapshot(taken) = &said[0] else { panic!("{said:?}") };
    assert_eq!(**taken, VenueSnapshot { venue_at: Timestamp(1), balances: Vec::new(), strays: Vec::new() });
    let mut again = 0;
    while let Ok(errand) = errands_in.try_recv() {
        again += usize::from(matches!(errand, Errand::Resync(_)));
    }
    assert!((5..20).contains(&again), "it is read again at once, but not for ever: {again} times");
    assert!(
        facts.try_send(reading(&[])).is_ok() && facts.capacity() == 63,
        "the one that was right was taken, and no other after it"
    );
}
