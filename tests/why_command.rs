//! `tickfold why`, `why-not` and `at`, through the program itself.

#[path = "acceptance/program.rs"]
mod program;

use std::fs;
use std::path::Path;

use engine::number::Amount;
use expect_test::expect;
use program::{answer, tickfold};
use serde_json::{Value, json};

/// A signal that buys, a stop that is hit, and a signal that is denied.
const BARS: &str = "ts_ms,open,high,low,close,volume
1704067200000,100,101,99,100,10
1704070800000,100,101,98,99,10
1704074400000,99,100,97,98,10
1704078000000,98,104,98,104,12.5
1704081600000,104,108,103,107,10
1704085200000,107,109,106,108,10
1704088800000,108,108,100,101,10
1704092400000,101,102,95,96,10
1704096000000,96,97,94,95,10
1704099600000,95,103,95,102,10
1704103200000,102,110,101,109,10
1704106800000,109,112,108,111,10
1704110400000,111,112,90,91,10
1704114000000,91,92,89,90,10
1704117600000,90,97,90,97,10
1704121200000,97,105,97,104,10
1704124800000,104,105,103,104,10
";

const CONFIG: &str = "[data]
paths = [\"BTC-USDT_1h.csv\"]
[[instrument]]
symbol = \"BTC-USDT\"
tick_size = \"0.01\"
lot_size = \"0.1\"
min_size = \"0.1\"
taker_fee = \"0.001\"
[[strategy]]
name = \"ema_cross\"
fast = 2
slow = 4
size = \"20%\"
[protection]
stop = \"5%\"
target = \"off\"
[breakers]
cooldown = \"12h\"
";

fn small_run() -> tempfile::TempDir {
    run_of(CONFIG)
}

fn run_of(config: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("BTC-USDT_1h.csv"), BARS).unwrap();
    fs::write(dir.path().join("tickfold.toml"), config).unwrap();
    answer(dir.path(), &["backtest"]);
    dir
}

/// Exit code, stdout and stderr.
fn run(dir: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output = tickfold(dir, args).output().expect("the program runs");
    (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn stdout(dir: &Path, args: &[&str]) -> String {
    let (code, stdout, stderr) = run(dir, args);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{}", args.join(" "));
    stdout
}

#[test]
fn a_round_trip_goes_from_bar_to_profit() {
    let dir = small_run();
    expect![[r"
        13 2024-01-01T10:00:00Z < bar BTC-USDT 1h open 95.00 high 103.00 low 95.00 close 102.00 volume 10.0
            an input: the bar of 1h that opened at 2024-01-01T09:00:00Z closed, +7.37 % from open to close
          14 2024-01-01T10:00:00Z > signal ema_cross BTC-USDT long 100% fast=100.03861200 slow=99.78838426 ^13
              ema_cross wants to own BTC-USDT, 100 % sure, because fast is 100.03861200 and slow is 99.78838426
            15 2024-01-01T10:00:00Z > order #15 ema_cross buy 19.5 BTC-USDT market stop 96.90 ^14 <== asked about
                sizing: 20 % of the equity, 10000 USDT, fee included: 19.58825488 BTC at 102; in lots of 0.1 that is 19.5
                protection: stop at 96.9 (-5 %)
                risk: it passes; the closest limit: asset exposure is 19.89 % of at most 30 %, 10.11 % of the equity is left
              16 2024-01-01T10:00:00Z < accepted #15
                  the venue has the order
              18 2024-01-01T11:00:00Z < filled #15 19.5 @ 102.00 fee 1.989000 USDT taker id 1
                  bought 19.5 at 102, at the price when it was asked for (102); taker fee 1.989 USDT
                19 2024-01-01T11:00:00Z > order #19 ema_cross sell 19.5 BTC-USDT stop-market 96.90 protects #15 ^18
                    protects what order #15 bought, -11.1 % from the price then
                  20 2024-01-01T11:00:00Z < accepted #19
                      the venue has the order
                  24 2024-01-01T13:00:00Z > cancel #19 ^23
                      the order is no longer wanted
                  25 2024-01-01T13:00:00Z < triggered #19
                      its price was reached: it is live now
                  26 2024-01-01T13:00:00Z < filled #19 19.5 @ 96.90 fee 1.889550 USDT taker id 2 <== asked about
                      sold 19.5 at 96.9, at its trigger (96.9); taker fee 1.88955 USDT
                    27 2024-01-01T13:00:00Z > breaker cooldown BTC-USDT -0.05195 of 0 until 2024-01-02T01:00:00Z ^26
                        nothing new is bought in BTC-USDT until 2024-01-02T01:00:00Z
                    round trip t1: BTC-USDT lost 103.32855 USDT (-5.2 %)
                        19.5 bought at 102 by #15, sold at 96.9 by #19, after 2h; fees 3.87855
                  28 2024-01-01T13:00:00Z < cancel-rejected #19 not open
                      the venue would not cancel the order
    "]]
    .assert_eq(&stdout(dir.path(), &["why", "last", "t1"]));
}

#[test]
fn the_spellings_of_one_thing_say_the_same() {
    let dir = small_run();
    let order = stdout(dir.path(), &["why", "last", "o15"]);
    for other in ["#15", "order:15", "15", "seq:15"] {
        assert_eq!(stdout(dir.path(), &["why", "last", other]), order, "{other}");
    }
    let document = answer(dir.path(), &["why", "last", "o15"]);
    assert_eq!(document["asked"], "order #15");
    let bar = &document["chains"][0];
    assert_eq!((&bar["seq"], &bar["is_asked"], &bar["hidden"]), (&json!(13), &json!(false), &json!(0)));
    let asked = &bar["children"][0]["children"][0];
    assert_eq!((&asked["seq"], &asked["is_asked"]), (&json!(15), &json!(true)));
    assert_eq!(asked["text"], "15 2024-01-01T10:00:00Z > order #15 ema_cross buy 19.5 BTC-USDT market stop 96.90 ^14");
    let trip = find(asked, &|node| !node["trip"].is_null()).expect("it was closed");
    expect![[r#"
        {
          "entry_at": "2024-01-01T11:00:00Z",
          "entry_order": 15,
          "entry_price": "102",
          "exit_at": "2024-01-01T13:00:00Z",
          "exit_order": 19,
          "exit_price": "96.9",
          "exit_seqs": [
            26
          ],
          "fees": "3.878550",
          "instrument": "BTC-USDT",
          "number": 1,
          "owner": "ema_cross",
          "profit": "-103.328550",
          "quantity": "19.5",
          "quote": "USDT",
          "return_rate": "-0.05195"
        }"#]]
    .assert_eq(&format!("{:#}", trip["trip"]));
}

/// The first node of a tree that is like that.
fn find<'a>(node: &'a Value, is: &dyn Fn(&Value) -> bool) -> Option<&'a Value> {
    if is(node) {
        return Some(node);
    }
    node["children"].as_array()?.iter().find_map(|child| find(child, is))
}

#[test]
fn a_denial_says_by_what() {
    let dir = small_run();
    expect![[r"
        4 signals, 1 denials

         Denials  By                Strategy   Instrument  First                 Last
        ───────────────────────────────────────────────────────────────────────────────────────────────
               1  paused: cooldown  ema_cross  BTC-USDT    2024-01-01T16:00:00Z  2024-01-01T16:00:00Z

        The last 1:
        32 2024-01-01T16:00:00Z > signal ema_cross BTC-USDT long 100% fast=101.15231634 slow=99.50270286 ^31
          33 2024-01-01T16:00:00Z > denied ema_cross BTC-USDT paused by cooldown until 2024-01-02T01:00:00Z ^32
    "]]
    .assert_eq(&stdout(dir.path(), &["why-not", "last"]));
    let document = answer(dir.path(), &["why-not", "last", "--reason", "paused", "--strategy", "ema_cross"]);
    assert_eq!(document["denials"], 1);
    assert_eq!(answer(dir.path(), &["why-not", "last", "--strategy", "operator"])["denials"], 0);
    let seq = document["last"][0]["seq"].to_string();
    expect![[r"
        31 2024-01-01T16:00:00Z < bar BTC-USDT 1h open 97.00 high 105.00 low 97.00 close 104.00 volume 10.0
            an input: the bar of 1h that opened at 2024-01-01T15:00:00Z closed, +7.22 % from open to close
          32 2024-01-01T16:00:00Z > signal ema_cross BTC-USDT long 100% fast=101.15231634 slow=99.50270286 ^31
              ema_cross wants to own BTC-USDT, 100 % sure, because fast is 101.15231634 and slow is 99.50270286
            33 2024-01-01T16:00:00Z > denied ema_cross BTC-USDT paused by cooldown until 2024-01-02T01:00:00Z ^32 <== asked about
                sizing: 20 % of the equity, 9896.67 USDT, fee included: 19.01304743 BTC at 104; in lots of 0.1 that is 19
                protection: stop at 98.8 (-5 %)
                risk: denied: paused: cooldown; of the other limits the closest: asset exposure is 19.97 % of at most 30 %, 10.03 % of the equity is left
    "]].assert_eq(&stdout(dir.path(), &["why", "last", &seq]));
}

#[test]
fn limits_are_told_of_what_sizing_left() {
    let dir = run_of(&CONFIG.replace("size = \"20%\"", "size = \"95%\""));
    let seq = answer(dir.path(), &["why-not", "last"])["last"][0]["seq"].to_string();
    let told = stdout(dir.path(), &["why", "last", &seq]);
    expect![[r"
        sizing: 95 % of the equity, 9844.21 USDT, fee included: 89.83326023 BTC at 104; asset exposure leaves 28.39676637; in lots of 0.1 that is 28.3
        risk: denied: paused: cooldown; of the other limits the closest: asset exposure is 29.9 % of at most 30 %, 0.1 % of the equity is left
    "]].assert_eq(&words(&told, ["sizing: ", "risk: "]));
    // A lot is more than the limit leaves: the smallest order was asked about, and the limit said no.
    let config = CONFIG.replace("size = \"20%\"", "size = \"95%\"").replace("\"0.1\"", "\"50\"");
    let dir = run_of(&config);
    let seq = answer(dir.path(), &["why-not", "last"])["last"][0]["seq"].to_string();
    let told = stdout(dir.path(), &["why", "last", &seq]);
    expect![[r"
        sizing: 95 % of the equity, 10000 USDT, fee included: 93.04421069 BTC at 102; asset exposure leaves 29.41176471, less than the smallest order of 50, which was asked about
        risk: denied: order too large would be 51 %, 1 % more than the 50 % allowed
    "]].assert_eq(&words(&told, ["sizing: ", "risk: "]));
}

/// The lines that begin so.
fn words(told: &str, starts: [&str; 2]) -> String {
    let lines = told.lines().map(str::trim).filter(|line| starts.iter().any(|start| line.starts_with(start)));
    lines.fold(String::new(), |text, line| text + line + "\n")
}

#[test]
fn at_shows_how_things_stood() {
    let dir = small_run();
    expect![[r"
        2024-01-01T11:00:00Z (after record 20)
        equity 10134.511 USDT

        BALANCES
         Currency    Amount   In USDT
        ───────────────────────────────
         BTC           19.5    2125.5
         USDT      8009.011  8009.011

        POSITIONS
         Strategy   Instrument  Quantity  Average price      Unrealised  Realised   Fees  Guard
        ─────────────────────────────────────────────────────────────────────────────────────────────
         ema_cross  BTC-USDT        19.5            102  136.5 (6.86 %)         0  1.989  stop 96.9

        OPEN ORDERS
         Order                                                            Remaining  Price  From the last price  Status
        ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────
         #19 ema_cross sell 19.5 BTC-USDT stop-market 96.90 protects #15       19.5   96.9              -11.1 %  waiting

        LAST SIGNALS
         Strategy   Instrument  Wants   Sure  Record  At                    Because
        ────────────────────────────────────────────────────────────────────────────────────────────────────────
         ema_cross  BTC-USDT    long   100 %      14  2024-01-01T10:00:00Z  fast=100.03861200 slow=99.78838426

        RISK
         New exposure            allowed
         Drawdown from the peak  0 % below 10134.511
         Since the day began     0 % below 10000
         Losses in a row         0

        PRICES
         Instrument  Last price  At
        ───────────────────────────────────────────────
         BTC-USDT        109.00  2024-01-01T11:00:00Z
    "]]
    .assert_eq(&stdout(dir.path(), &["at", "last", "2024-01-01T11:30:00Z"]));
    let whole = answer(dir.path(), &["at", "last", "end"]);
    let number = |value: &Value| value.as_str().unwrap().parse::<Amount>().unwrap();
    assert_eq!(number(&whole["equity"]), number(&answer(dir.path(), &["report", "last"])["equity"]["end"]));
    let relative = answer(dir.path(), &["at", "last", "-1h"]);
    assert_eq!(relative["at"], "2024-01-01T16:00:00Z");
    let seq = relative["seq"].to_string();
    assert_eq!(answer(dir.path(), &["at", "last", &format!("seq:{seq}")]), relative);
}

#[test]
fn what_is_not_there_is_named() {
    let dir = small_run();
    for (args, expected) in [
        (&["why-not", "last", "--instrument", "ETH-USDT"][..], "the run has no instrument \"ETH-USDT\"; it has: BTC-USDT"),
        (
            &["why-not", "last", "--strategy", "ema-cross", "--to", "2024-01-02"],
            "the run has no strategy \"ema-cross\"; it has: ema_cross, operator",
        ),
        (&["why", "last", "999"], "record 999 is not in the log, which has"),
        (&["why", "last", "o14"], "record #14 is a signal: an order's id is the seq of the record that asked for it"),
        (&["why", "last", "t9"], "there is no round trip t9 in the log: there are t1 to t1"),
        (&["why", "last", "f999"], "the venue called no fill 999 in this log"),
        (&["why", "last", "x1"], "it is written like 43 (a record), o43"),
        (&["at", "last", "2020-01-01"], "at 2020-01-01T00:00:00Z the run had not begun"),
        (&["at", "last", "yesterday"], "it is written like 2024-01-01"),
        (&["at", "last", "seq:999"], "record 999 is not in the log"),
    ] {
        let (code, stdout, stderr) = run(dir.path(), args);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{args:?}: {stderr}");
        assert!(stderr.contains(expected), "{args:?}: {stderr}");
    }
}
