//! Fees in each kind of currency, and what everything is worth.

use engine::event::Event;
use engine::instrument::InstrumentId;
use expect_test::expect;

use crate::stage::{Stage, flat, instrument, long};

const BNB: InstrumentId = InstrumentId(2);

fn round_trip(stage: &mut Stage, fees: [&str; 2]) -> String {
    stage.cue(0, long);
    stage.trade(10_000);
    stage.fill_with_fee(0, 1, "1 @ 100", fees[0]);
    stage.show_portfolio();
    stage.cue(0, flat);
    stage.trade(11_000);
    let held = stage.engine.state().orders.get(stage.orders[1]).unwrap().request.quantity;
    stage.fill_with_fee(1, 2, &format!("{held} @ 110"), fees[1]);
    stage.show_portfolio();
    shown(stage)
}

/// What the portfolio was, line by line, and the round trips that the last record closed.
fn shown(stage: &mut Stage) -> String {
    let transcript = stage.transcript();
    let lines = transcript.lines().filter(|line| line.starts_with('=')).map(String::from);
    let trips = stage.engine.state().portfolio.just_closed().iter().map(|trip| {
        let [quantity, cost, proceeds, fees, profit] =
            [trip.quantity.0, trip.cost.0, trip.proceeds.0, trip.fees.0, trip.profit().0].map(|number| number.normalize());
        format!("  {quantity}: {proceeds} - {cost} - {fees} = {profit}")
    });
    lines.chain(trips).collect::<Vec<_>>().join("\n")
}

#[test]
fn fees_in_quote_currency() {
    let mut stage = Stage::new(&["alpha"]);
    expect![[r#"
        = 1 BTC 899.9 USDT, alpha 1 BTC-USDT cost 100 realised 0 fees 0.1, equity 999.9
        = 0 BTC 1009.92 USDT, alpha 0 BTC-USDT cost 0 realised 10 fees 0.08, equity 1009.92
          1: 110 - 100 - 0.08 = 9.92"#]]
    .assert_eq(&round_trip(&mut stage, ["0.1 USDT", "-0.02 USDT"]));
}

#[test]
fn fees_in_base_currency_count_once() {
    let mut stage = Stage::new(&["alpha"]);
    // 1 bought, 0.1 of it is the fee; 0.9 sold for 99. So 1 is lost, and 10 of it as a fee.
    expect![[r#"
        = 0.9 BTC 900 USDT, alpha 0.9 BTC-USDT cost 90 realised 0 fees 10, equity 990
        = 0 BTC 999 USDT, alpha 0 BTC-USDT cost 0 realised 9 fees 10, equity 999
          0.9: 99 - 90 - 10 = -1"#]]
    .assert_eq(&round_trip(&mut stage, ["0.1 BTC", "0 USDT"]));
    // A sale that takes its fee from what is held beside.
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, long);
    stage.trade(10_000);
    stage.fill_with_fee(0, 1, "1 @ 100", "0 USDT");
    stage.operator(engine::event::Command::Halt);
    stage.cue(0, |ctx| ctx.submit(crate::stage::request(engine::market::Side::Sell, "0.9", engine::order::OrderKind::Market)));
    stage.trade(10_000);
    stage.fill_with_fee(1, 2, "0.9 @ 100", "0.1 BTC");
    stage.show_portfolio();
    expect![[r#"
        = 0 BTC 990 USDT, alpha 0 BTC-USDT cost 0 realised 0 fees 10, equity 990
          1: 100 - 100 - 10 = -10"#]]
    .assert_eq(&shown(&mut stage));
}

#[test]
fn fees_in_a_third_currency_count_at_its_price() {
    let mut stage = Stage::new(&["alpha"]);
    stage.list(instrument(BNB, "BNB", "USDT"));
    stage.trade_in(BNB, 50_000);
    expect![[r#"
        = -0.001 BNB 1 BTC 900 USDT, alpha 1 BTC-USDT cost 100 realised 0 fees 0.5, equity 999.5
        = -0.003 BNB 0 BTC 1010 USDT, alpha 0 BTC-USDT cost 0 realised 10 fees 1.5, equity 1008.5
          1: 110 - 100 - 1.5 = 8.5"#]]
    .assert_eq(&round_trip(&mut stage, ["0.001 BNB", "0.002 BNB"]));
}

#[test]
fn without_a_price_a_fee_leaves_the_balance_only() {
    let mut stage = Stage::new(&["alpha"]);
    expect![[r#"
        = -0.001 BNB 1 BTC 900 USDT, alpha 1 BTC-USDT cost 100 realised 0 fees 0, no equity
        = -0.001 BNB 0 BTC 1010 USDT, alpha 0 BTC-USDT cost 0 realised 10 fees 0, no equity
          1: 110 - 100 - 0 = 10"#]]
    .assert_eq(&round_trip(&mut stage, ["0.001 BNB", "0 USDT"]));
}

#[test]
fn equity_goes_over_one_currency_between_and_not_over_two() {
    let mut stage = Stage::new(&["alpha"]);
    stage.trade(1_000_000);
    stage.list(instrument(BNB, "SOL", "BTC"));
    stage.list(instrument(InstrumentId(3), "DOGE", "SOL"));
    let deposit = |stage: &mut Stage, currency: &str| {
        let (currency, amount) = (currency.parse().unwrap(), "10".parse().unwrap());
        stage.input(engine::event::Input::Deposited { currency, amount });
    };
    deposit(&mut stage, "SOL");
    stage.show_portfolio();
    // 10 SOL at 0.05 BTC at 10000 USDT.
    stage.trade_in(BNB, 5);
    stage.show_portfolio();
    stage.trade_in(InstrumentId(3), 50);
    deposit(&mut stage, "DOGE");
    stage.show_portfolio();
    expect![[r#"
        = 10 SOL 1000 USDT, no equity
        = 10 SOL 1000 USDT, equity 6000
        = 10 DOGE 10 SOL 1000 USDT, no equity"#]]
    .assert_eq(&shown(&mut stage));
}

#[test]
fn round_trips_are_there_for_one_record_only() {
    // A checkpoint follows each input, the last fill too.
    let mut stage = Stage::sized(&["alpha"], "1", 1);
    round_trip(&mut stage, ["0 USDT", "0 USDT"]);
    let mut folded = engine::state::State::default();
    let mut closed = 0;
    for record in &stage.records {
        folded.apply(record);
        closed += folded.portfolio.just_closed().len();
    }
    assert!(matches!(stage.records.last().unwrap().event, Event::Decision(_)));
    assert_eq!(closed, 1, "a projection counts each once");
}
