//! One transcript for each bug that was found, and for each case that is easily got wrong.

use engine::event::{Decision, Event, Input, StrayOrder};
use engine::instrument::InstrumentId;
use engine::market::Side;
use engine::order::{CancelReason, Fill, OrderId, OrderKind, TimeInForce, TrailBy};
use expect_test::expect;
use replays::live::word::{Amended, Answer, Asked, Half, Progress, Resync, Values, Word};

use crate::stage::{Stage, algo, amendment, book, child, fill, linked, order, price, refused, snapshot, valued};

#[test]
fn a_child_waits_until_it_is_known_which_half_was_triggered() {
    let mut stage = Stage::default();
    let [first, _] = stage.pair();
    stage.hear(&algo(first, Progress::Open));
    stage.hear(&child(Progress::Filled, "2", vec![fill(1, "2")]));
    stage.hear(&child(Progress::Filled, "2", vec![fill(1, "2")]));
    stage.hear(&algo(first, Progress::Triggered(Some(Half::Target))));
    stage.hear(&child(Progress::Filled, "2", vec![fill(1, "2")]));
    stage.check(&expect![[r#"
        > order #0 operator sell 2 BTC stop-market 90
        > order #1 operator sell 2 BTC take-profit 110 oco #0 ^0
        ? place #0 and #1
        < accepted #0
        < accepted #1
        ? inquire #0 in Algo
        < triggered #1
        < filled #1 2 @ 100 fee 0 USDT taker id 1
        < canceled #0 its linked order ended it
    "#]]);
}

#[test]
fn the_other_half_ends_when_the_child_has_even_if_a_crash_came_between() {
    let mut stage = Stage::default();
    let [first, second] = stage.pair();
    stage.hear(&algo(first, Progress::Triggered(Some(Half::Target))));
    stage.hear(&child(Progress::Open, "1", vec![fill(1, "1")]));
    stage.step(vec![Event::Input(Input::OrderFilled(Box::new(Fill { order: second, ..fill(2, "1") })))]);
    stage.restart();
    stage.hear(&algo(first, Progress::Triggered(Some(Half::Target))));
    stage.hear(&child(Progress::Filled, "2", vec![fill(1, "1"), fill(2, "1")]));
    stage.check(&expect![[r#"
        > order #0 operator sell 2 BTC stop-market 90
        > order #1 operator sell 2 BTC take-profit 110 oco #0 ^0
        ? place #0 and #1
        < accepted #0
        < accepted #1
        < triggered #1
        < filled #1 1 @ 100 fee 0 USDT taker id 1
        < filled #1 1 @ 100 fee 0 USDT taker id 2
        restart
        ? inquire #0 in Algo
        < canceled #0 its linked order ended it
    "#]]);
}

#[test]
fn canceling_one_half_ends_both() {
    let mut stage = Stage::default();
    let [first, second] = stage.pair();
    stage.hear(&algo(first, Progress::Open));
    assert!(!stage.desk.is_in_flight(), "they rest");
    stage.cancel(second);
    assert!(stage.desk.is_in_flight(), "a run that ended now would leave the position without a stop and unsold");
    stage.hear(&algo(first, Progress::Canceled(CancelReason::Requested)));
    assert!(!stage.desk.is_in_flight());
    stage.check(&expect![[r#"
        > order #0 operator sell 2 BTC stop-market 90
        > order #1 operator sell 2 BTC take-profit 110 oco #0 ^0
        ? place #0 and #1
        < accepted #0
        < accepted #1
        > cancel #1
        ? cancel #0 in Algo
        < canceled #0 its linked order ended it
        < canceled #1 as requested
    "#]]);
}

#[test]
fn a_half_that_is_amended_changes_the_quantity_of_both() {
    let mut stage = Stage::default();
    let [first, second] = stage.pair();
    stage.hear(&valued(algo(first, Progress::Open), 1, "2", "90", "110"));
    stage.step(vec![amendment(second, Some("1"), Some("120"))]);
    stage.hear(&valued(algo(first, Progress::Open), 2, "1", "90", "120"));
    // What is older says nothing.
    stage.hear(&valued(algo(first, Progress::Open), 1, "2", "90", "110"));
    stage.check(&expect![[r#"
        > order #0 operator sell 2 BTC stop-market 90
        > order #1 operator sell 2 BTC take-profit 110 oco #0 ^0
        ? place #0 and #1
        < accepted #0
        < accepted #1
        > amend #1 quantity 1 trigger 120
        ? amend 4 of #0 in Algo
        < amended #0 quantity 1
        < amended #1 quantity 1 trigger 120
    "#]]);
}

#[test]
fn an_answer_that_comes_twice_is_not_the_next_amendments() {
    let mut stage = Stage::default();
    let id = stage.limit();
    stage.hear(&book(id, Progress::Open, "0", Vec::new()));
    let numbers = [stage.step(vec![amendment(id, Some("3"), None)])[0].0, stage.step(vec![amendment(id, Some("4"), None)])[0].0];
    let done = |number| Some(Amended { number, result: Ok(()) });
    let word = Word { amended: done(numbers[0]), ..book(id, Progress::Open, "0", Vec::new()) };
    stage.hear(&word);
    stage.hear(&word);
    stage.answer(id, Asked::Amending { number: numbers[1] }, &Answer::Refused(refused()));
    stage.answer(id, Asked::Amending { number: numbers[1] }, &Answer::Refused(refused()));
    stage.check(&expect![[r#"
        > order #0 operator sell 2 BTC limit 100 gtc
        ? place #0
        < accepted #0
        > amend #0 quantity 3
        ? amend 2 of #0 in Book
        > amend #0 quantity 4
        < amended #0 quantity 3
        ? amend 3 of #0 in Book
        < amend-rejected #0 venue 51503 no
    "#]]);
}

#[test]
fn an_amendment_whose_answer_was_lost_is_known_by_its_values_or_asked_for_again() {
    let mut stage = Stage::default();
    let [first, _] = stage.pair();
    stage.hear(&valued(algo(first, Progress::Open), 1, "2", "90", "110"));
    stage.step(vec![amendment(first, None, Some("91"))]);
    stage.step(vec![amendment(first, None, Some("92"))]);
    stage.restart();
    let words = vec![valued(algo(first, Progress::Open), 2, "2", "91", "110")];
    stage.resync(&Resync { words, ..Resync::default() });
    stage.check(&expect![[r#"
        > order #0 operator sell 2 BTC stop-market 90
        > order #1 operator sell 2 BTC take-profit 110 oco #0 ^0
        ? place #0 and #1
        < accepted #0
        < accepted #1
        > amend #0 trigger 91
        ? amend 4 of #0 in Algo
        > amend #0 trigger 92
        restart
        ? inquire #0 in Algo
        < amended #0 trigger 91
        ? amend 5 of #0 in Algo
        ? amend 5 of #0 in Algo
    "#]]);
}

#[test]
fn an_order_that_has_filled_ends_when_all_its_fills_are_known() {
    let mut stage = Stage::default();
    let id = stage.limit();
    stage.hear(&book(id, Progress::Filled, "2", vec![fill(2, "1")]));
    stage.hear(&book(id, Progress::Filled, "2", vec![fill(1, "1"), fill(2, "1")]));
    stage.check(&expect![[r#"
        > order #0 operator sell 2 BTC limit 100 gtc
        ? place #0
        ? inquire #0 in Book
        < accepted #0
        < filled #0 1 @ 100 fee 0 USDT taker id 2
        < filled #0 1 @ 100 fee 0 USDT taker id 1
    "#]]);
}

#[test]
fn an_order_that_shrinks_to_what_has_filled_ends() {
    let mut stage = Stage::default();
    let [amended, shrunk] = [stage.limit(), stage.limit()];
    stage.hear(&book(amended, Progress::Open, "1", vec![fill(1, "1")]));
    stage.step(vec![amendment(amended, Some("0.5"), None)]);
    let values = Some(Values { quantity: "0.5".parse().unwrap(), price: None, stop: None, target: None });
    stage.hear(&Word { values, ..book(amended, Progress::Filled, "1", Vec::new()) });
    stage.hear(&book(shrunk, Progress::Filled, "1.5", vec![fill(2, "1.5")]));
    assert!(stage.desk.is_idle());
    stage.check(&expect![[r#"
        > order #0 operator sell 2 BTC limit 100 gtc
        ? place #0
        > order #1 operator sell 2 BTC limit 100 gtc
        ? place #1
        < accepted #0
        < filled #0 1 @ 100 fee 0 USDT taker id 1
        > amend #0 quantity 0.5
        ? amend 4 of #0 in Book
        < amended #0 quantity 0.5
        < accepted #1
        < filled #1 1.5 @ 100 fee 0 USDT taker id 2
        < amended #1 quantity 1.5
    "#]]);
}

#[test]
fn a_lost_order_that_is_there_all_the_same_is_ended_and_its_fills_count() {
    let mut stage = Stage::default();
    let id = stage.limit();
    stage.answer(id, Asked::Placing, &Answer::Lost);
    stage.hear(&book(id, Progress::Open, "1", vec![fill(1, "1")]));
    stage.hear(&book(id, Progress::Canceled(CancelReason::Requested), "1", vec![fill(1, "1")]));
    stage.check(&expect![[r#"
        > order #0 operator sell 2 BTC limit 100 gtc
        ? place #0
        < rejected #0 venue 0 it never reached the venue
        ? cancel 500 in Book
        < filled #0 1 @ 100 fee 0 USDT taker id 1
    "#]]);
}

#[test]
fn what_filled_before_an_order_was_adopted_is_in_the_balances_already() {
    let mut stage = Stage::default();
    let kind = OrderKind::Limit { price: price("100"), time_in_force: TimeInForce::GoodTilCanceled };
    let (quantity, filled) = ("2".parse().unwrap(), "1".parse().unwrap());
    let stray = StrayOrder { venue_id: 9, instrument: InstrumentId(0), side: Side::Buy, quantity, filled, kind };
    stage.step(vec![Event::Decision(Decision::OrderAdopted(Box::new(stray)))]);
    let word = |filled, fills| Word { ours: None, venue_id: 9, ..book(OrderId(0), Progress::Open, filled, fills) };
    stage.hear(&word("1", vec![fill(2, "0.5")]));
    stage.hear(&word("1.5", vec![fill(1, "0.5"), fill(2, "0.5"), fill(3, "0.5")]));
    stage.check(&expect![[r#"
        > adopted #0 9 buy 2 BTC limit 100 gtc filled 1
        < filled #0 0.5 @ 100 fee 0 USDT taker id 3
    "#]]);
}

#[test]
fn a_stray_whose_child_was_taken_in_is_over() {
    let mut stage = Stage::default();
    let quantity = "2".parse().unwrap();
    let stray = |venue_id, kind| StrayOrder {
        venue_id,
        instrument: InstrumentId(0),
        side: Side::Buy,
        quantity,
        filled: "0".parse().unwrap(),
        kind,
    };
    let adopted = |stray| Event::Decision(Decision::OrderAdopted(Box::new(stray)));
    stage.step(vec![adopted(stray(77, OrderKind::StopMarket { trigger: price("110") })), adopted(stray(78, OrderKind::Market))]);
    stage.hear(&child(Progress::Filled, "2", vec![fill(1, "2")]));
    assert!(stage.desk.is_idle());
    stage.check(&expect![[r#"
        > adopted #0 77 buy 2 BTC stop-market 110
        > adopted #1 78 buy 2 BTC market ^0
        < canceled #0 its linked order ended it
        < filled #1 2 @ 100 fee 0 USDT taker id 1
    "#]]);
}

#[test]
fn a_refused_cancellation_is_told_when_the_order_is_still_open() {
    let mut stage = Stage::default();
    let [open, ended] = [stage.limit(), stage.limit()];
    for id in [open, ended] {
        stage.hear(&book(id, Progress::Open, "0", Vec::new()));
        stage.cancel(id);
        stage.answer(id, Asked::Canceling, &Answer::Refused(refused()));
    }
    stage.hear(&book(open, Progress::Open, "0", Vec::new()));
    stage.hear(&book(ended, Progress::Canceled(CancelReason::Requested), "0", Vec::new()));
    stage.check(&expect![[r#"
        > order #0 operator sell 2 BTC limit 100 gtc
        ? place #0
        > order #1 operator sell 2 BTC limit 100 gtc
        ? place #1
        < accepted #0
        > cancel #0
        ? cancel #0 in Book
        ? inquire #0 in Book
        < accepted #1
        > cancel #1
        ? cancel #1 in Book
        ? inquire #1 in Book
        < cancel-rejected #0 venue 51503 no
        < canceled #1 as requested
    "#]]);
}

#[test]
fn an_order_that_was_triggered_is_canceled_by_its_childs_name() {
    let mut stage = Stage::default();
    let kind = OrderKind::StopLimit { trigger: price("90"), price: price("89") };
    let id = stage.step(vec![order(kind)])[0];
    stage.hear(&algo(id, Progress::Open));
    stage.cancel(id);
    stage.answer(id, Asked::Canceling, &Answer::Refused(refused()));
    stage.hear(&algo(id, Progress::Triggered(None)));
    stage.hear(&child(Progress::Open, "0", Vec::new()));
    stage.hear(&child(Progress::Canceled(CancelReason::Requested), "0", Vec::new()));
    stage.check(&expect![[r#"
        > order #0 operator sell 2 BTC stop-limit 90 limit 89
        ? place #0
        < accepted #0
        > cancel #0
        ? cancel #0 in Algo
        ? inquire #0 in Algo
        < triggered #0
        ? cancel 78 in Book
        < canceled #0 as requested
    "#]]);
}

#[test]
fn an_order_that_the_venue_never_heard_of_is_rejected_and_one_that_it_forgot_has_ended() {
    let mut stage = Stage::default();
    let [never, canceling, forgotten] = [stage.limit(), stage.limit(), stage.limit()];
    stage.cancel(canceling);
    stage.hear(&book(forgotten, Progress::Open, "0", Vec::new()));
    stage.restart();
    stage.resync(&Resync { unheard: vec![never, canceling, forgotten], snapshot: snapshot(1, Vec::new()), ..Resync::default() });
    stage.answer(canceling, Asked::Canceling, &Answer::Refused(refused()));
    stage.check(&expect![[r#"
        > order #0 operator sell 2 BTC limit 100 gtc
        ? place #0
        > order #1 operator sell 2 BTC limit 100 gtc
        ? place #1
        > order #2 operator sell 2 BTC limit 100 gtc
        ? place #2
        > cancel #1
        ? cancel #1 in Book
        < accepted #2
        restart
        ? inquire #0 in Book
        ? inquire #1 in Book
        ? inquire #2 in Book
        < rejected #0 venue 0 it never reached the venue
        < rejected #1 venue 0 it never reached the venue
        < canceled #2 by the venue
        < snapshot
    "#]]);
}

#[test]
fn what_the_venue_cannot_link_is_ended_when_the_other_is_triggered() {
    let mut stage = Stage::default();
    let (stop, target) =
        (OrderKind::TrailingStop { by: TrailBy::Price(price("1")) }, OrderKind::TakeProfitMarket { trigger: price("110") });
    stage.step(vec![order(stop), linked(OrderId(0), target)]);
    stage.hear(&Word { venue_id: 76, ..algo(OrderId(1), Progress::Open) });
    stage.hear(&algo(OrderId(0), Progress::Triggered(None)));
    stage.restart();
    stage.resync(&Resync::default());
    stage.hear(&Word { venue_id: 76, ..algo(OrderId(1), Progress::Canceled(CancelReason::Requested)) });
    stage.check(&expect![[r#"
        > order #0 operator sell 2 BTC trailing-stop by 1
        > order #1 operator sell 2 BTC take-profit 110 oco #0 ^0
        ? place #0
        ? place #1
        < accepted #1
        < accepted #0
        < triggered #0
        ? cancel #1 in Algo
        restart
        ? inquire #0 in Algo
        ? inquire #1 in Algo
        ? cancel #1 in Algo
        < canceled #1 its linked order ended it
    "#]]);
}

#[test]
fn a_pair_whose_second_half_was_not_durable_is_placed_with_it() {
    let mut stage = Stage::default();
    let [_, second] = stage.pair();
    let unlogged = stage.records[1..].to_vec();
    stage.lines.clear();
    let asks = stage.desk.asks(&unlogged);
    stage.asked(&asks);
    assert_eq!(second, OrderId(1));
    stage.check(&expect![[r#"
        ? place #0 and #1
    "#]]);
}

#[test]
fn a_snapshot_that_a_fill_has_overtaken_is_asked_for_again() {
    let mut stage = Stage::default();
    let id = stage.limit();
    stage.hear(&book(id, Progress::Open, "1", vec![fill(5, "1")]));
    stage.resync(&Resync { snapshot: snapshot(4, Vec::new()), ..Resync::default() });
    stage.resync(&Resync { snapshot: snapshot(6, Vec::new()), ..Resync::default() });
    // And a fill that a snapshot has overtaken is made good by the next.
    stage.hear(&book(id, Progress::Filled, "2", vec![fill(3, "1")]));
    stage.check(&expect![[r#"
        > order #0 operator sell 2 BTC limit 100 gtc
        ? place #0
        < accepted #0
        < filled #0 1 @ 100 fee 0 USDT taker id 5
        ? resync
        < snapshot
        ? resync
        < filled #0 1 @ 100 fee 0 USDT taker id 3
    "#]]);
}

#[test]
fn a_snapshot_is_taken_over_in_spite_of_a_later_fill_only_when_that_is_always_the_same() {
    let mut stage = Stage::default();
    let id = stage.limit();
    let old = || Resync { snapshot: snapshot(4, Vec::new()), ..Resync::default() };
    // Each of these fills may be missing in the reading that it has overtaken.
    for at in 5..15 {
        stage.hear(&book(id, Progress::Open, "0.1", vec![fill(at, "0.1")]));
        stage.lines.clear();
        stage.resync(&old());
        assert_eq!(stage.lines, ["? resync"], "fill {at}");
    }
    for _ in 0..2 {
        stage.resync(&old());
    }
    stage.lines.clear();
    stage.resync(&old());
    // It was asked for after the last fill: the venue's times are not that exact.
    assert_eq!(stage.lines, ["< snapshot"]);
}

#[test]
fn a_stranger_is_asked_about_once_and_when_it_trades() {
    let mut stage = Stage::default();
    let word = |filled, fills| Word { ours: None, venue_id: 9, ..book(OrderId(0), Progress::Open, filled, fills) };
    stage.hear(&word("0", Vec::new()));
    let (quantity, filled) = ("2".parse().unwrap(), "0".parse().unwrap());
    let stray =
        StrayOrder { venue_id: 9, instrument: InstrumentId(0), side: Side::Buy, quantity, filled, kind: OrderKind::Market };
    stage.resync(&Resync { snapshot: snapshot(1, vec![stray]), ..Resync::default() });
    stage.hear(&word("0", Vec::new()));
    stage.hear(&word("1", vec![fill(1, "1")]));
    stage.check(&expect![[r#"
        ? resync
        < snapshot stray 9 buy 2 BTC market
        ? resync
    "#]]);
}
