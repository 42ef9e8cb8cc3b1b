//! The gateway: readings of the account that orders have outrun, and how it stops.

use engine::event::{Command, Decision, Event, Input, Trouble, VenueSnapshot};
use engine::market::Side;
use engine::order::{OrderId, OrderKind, TimeInForce};
use engine::time::Timestamp;
use replays::config::{Clock, OnStop};
use replays::gateway::Gateway as _;
use replays::live::gateway::{Errand, Fact, LiveGateway};
use replays::live::word::Resync;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::stage::{Stage, order, price, snapshot};

fn reading(asked: &[OrderId]) -> Fact {
    Fact::Resync(Box::new(Resync { asked: asked.to_vec(), snapshot: snapshot(1, Vec::new()), ..Resync::default() }))
}

/// A gateway whose desk this stage has filled, and the other ends of its channels.
fn gateway(stage: Stage, runtime: &Runtime, on_stop: OnStop) -> (LiveGateway, Sender<Fact>, Receiver<Errand>) {
    let ((facts, facts_in), (errands, errands_in)) = (channel(64), channel(64));
    let (behaviour, wall) = ((Clock::Venue, on_stop), Box::new(Timestamp::default));
    let (ends, handle, began) = ((facts_in, errands), runtime.handle().clone(), (stage.desk, Timestamp(0)));
    (LiveGateway::new(handle, ends, behaviour, wall, began, Vec::new(), Vec::new()), facts, errands_in)
}

#[test]
fn a_run_that_stops_begins_nothing_new_while_it_cancels() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let mut stage = Stage::default();
    let limit = OrderKind::Limit { price: price("100"), time_in_force: TimeInForce::GoodTilCanceled };
    let Event::Decision(Decision::OrderRequested(mut request)) = order(limit) else { unreachable!() };
    request.side = Side::Buy;
    let order = stage.step(vec![Event::Decision(Decision::OrderRequested(request))])[0];
    let (mut gateway, facts, _errands) = gateway(stage, &runtime, OnStop::Cancel);
    facts.blocking_send(Fact::Stop).unwrap();
    let mut next = || gateway.next(None).unwrap().unwrap().1;
    assert_eq!(next(), Input::TroubleBegan(Trouble::WarmingUp));
    assert_eq!(next(), Input::Operator(Box::new(Command::Cancel(order))));
}

#[test]
fn what_the_account_has_waits_until_every_order_was_asked_about() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let mut stage = Stage::default();
    let order = stage.limit();
    let (mut gateway, facts, mut errands_in) = gateway(stage, &runtime, OnStop::Leave);
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
