//! `tickfold query` and the exports of `tickfold report`, through the program itself: the tables, what is refused, what errors say.

#[path = "acceptance/program.rs"]
mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use expect_test::{Expect, expect};
use polars::prelude::{DataFrame, ParquetReader, SerReader};
use program::{answer, tickfold};
use serde_json::Value;

/// A rise, a fall through the stop, a rise to the target.
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
1704110400000,111,130,110,128,10
";

const CONFIG: &str = "[data]
paths = [\"BTC-USDT_1h.csv\"]
[[instrument]]
symbol = \"BTC-USDT\"
tick_size = \"0.01\"
lot_size = \"0.1\"
min_size = \"0.1\"
taker_fee = \"0.001\"
[risk]
per_asset = \"off\"
per_trade = \"off\"
per_order = \"off\"
exposure = \"off\"
correlated = \"off\"
value_at_risk = \"off\"
[protection]
stop = \"5%\"
target = \"15%\"
[[strategy]]
name = \"ema_cross\"
label = \"a, \\\"b\\\"\"
fast = 2
slow = 4
";

/// Every table, in the order of the list.
const TABLES: [&str; 10] = [
    "live_trades",
    "ai_signals",
    "portfolio_data",
    "market_data",
    "optimization_logs",
    "risk_metrics",
    "orders",
    "fills",
    "equity",
    "events",
];

/// A folder with a run of those bars.
fn small_run() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("BTC-USDT_1h.csv"), BARS).unwrap();
    fs::write(dir.path().join("tickfold.toml"), CONFIG).unwrap();
    answer(dir.path(), &["backtest"]);
    dir
}

/// A folder with a run of the embedded sample.
fn sample_run() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
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

fn rows(dir: &Path, sql: &str) -> Vec<Value> {
    answer(dir, &["query", "last", sql]).as_array().expect("a list").clone()
}

/// The one value of an answer.
fn one(dir: &Path, sql: &str) -> Value {
    let rows = rows(dir, sql);
    assert_eq!(rows.len(), 1, "{sql}");
    let object = rows[0].as_object().unwrap();
    assert_eq!(object.len(), 1, "{sql}");
    object.values().next().unwrap().clone()
}

fn number(value: &Value) -> f64 {
    value.as_f64().or_else(|| value.as_str()?.parse().ok()).unwrap_or_else(|| panic!("{value} is no number"))
}

fn shows(dir: &Path, sql: &str, expected: &Expect) {
    expected.assert_eq(&stdout(dir, &["query", "last", sql]));
}

#[test]
fn tables_are_shown_for_people() {
    let dir = small_run();
    shows(
        dir.path(),
        "select trade, strategy, exit_reason, entry_price, exit_price, quantity, profit, mae, mfe, stop_price from live_trades",
        &expect![[r#"
             trade  strategy  exit_reason  entry_price  exit_price  quantity     profit  mae     mfe  stop_price
            ──────────────────────────────────────────────────────────────────────────────────────────────────────
                 1  a, "b"    target               102       117.3        93  1402.5051   93  1422.9        96.9
            1 row
        "#]],
    );
    shows(
        dir.path(),
        "select order_id, side, kind, purpose, quantity, trigger_price, outcome, reason from orders",
        &expect![[r"
             order_id  side  kind         purpose  quantity  trigger_price  outcome   reason
            ─────────────────────────────────────────────────────────────────────────────────────────────────────
                   15  buy   market       entry          93                 filled
                   19  sell  stop-market  stop           93           96.9  canceled  its linked order ended it
                   20  sell  take-profit  target         93          117.3  filled
            3 rows
        "]],
    );
    shows(
        dir.path(),
        "select seq, at, direction, fate, order_id, reasons from ai_signals",
        &expect![[r"
             seq  at                    direction  fate     order_id  reasons
            ───────────────────────────────────────────────────────────────────────────────────────────────
              10  2024-01-01T07:00:00Z  flat       ignored            fast=103.04252401 slow=103.53881600
              14  2024-01-01T10:00:00Z  long       traded         15  fast=100.03861200 slow=99.78838426
            2 rows
        "]],
    );
    shows(
        dir.path(),
        "select at, moment, equity, drawdown from equity where moment <> 'fill'",
        &expect![[r"
             at                    moment      equity    drawdown
            ───────────────────────────────────────────────────────
             2024-01-01T01:00:00Z  start        10000           0
             2024-01-01T13:00:00Z  end     11402.5051  0.08107408
            2 rows
        "]],
    );
    let shown = stdout(dir.path(), &["query", "last", "select seq, kind from events", "--rows", "2"]);
    let (_, said) = shown.trim_end().rsplit_once('\n').unwrap();
    assert!(said.contains("of them not shown: --rows "), "{said}");
}

#[test]
fn money_is_in_quotes_and_times_are_rfc_3339_in_json() {
    let dir = small_run();
    expect![[r#"
        [
        {"seq":18,"at":"2024-01-01T11:00:00Z","price":"102","fee":"9.486","slippage_bps":0.0,"strategy":"a, \"b\"","dear":true},
        {"seq":26,"at":"2024-01-01T13:00:00Z","price":"117.3","fee":"10.9089","slippage_bps":0.0,"strategy":"a, \"b\"","dear":true}
        ]
    "#]].assert_eq(&stdout(
        dir.path(),
        &["query", "last", "select seq, at, price, fee, slippage_bps, strategy, arrival_price > 1 as dear from fills", "--json"],
    ));
    expect![[r#"
        strategy,fees,fills
        "a, ""b""",20.3949,2
    "#]]
    .assert_eq(&stdout(
        dir.path(),
        &["query", "last", "select strategy, sum(fee) as fees, count(*) as fills from fills group by strategy", "--csv"],
    ));
    assert_eq!(rows(dir.path(), "select * from optimization_logs"), Vec::<Value>::new());
    assert_eq!(one(dir.path(), "select max(price) as most from fills where price < 0"), Value::Null);
}

/// Whatever it is called: money, and sums, differences and products of it, are in quotes; what is no money is a number.
#[test]
fn computed_money_is_in_quotes_too() {
    let dir = small_run();
    expect![[r#"
        [
        {"paid":"20.3949","range":"15.3","traded":"20394.9","half":"10.19745","price":0.0,"fee":2,"mean":109.65,"rate":0.001,"dear":true}
        ]
    "#]].assert_eq(&stdout(
        dir.path(),
        &[
            "query",
            "last",
            "select sum(fee) as paid, max(price) - min(price) as range, sum(price * quantity) as traded, sum(fee) / 2 as half, \
             avg(slippage_bps) as price, count(*) as fee, avg(price) as mean, \
             cast(sum(fee) / sum(notional) as double) as rate, min(price) > 5 as dear from fills",
            "--json",
        ],
    ));
    let worth = "with f as (select price * quantity as worth, order_id from fills) select case when worth > 9500 then worth else fee \
                 end as some from f join fills on f.order_id = fills.order_id order by some";
    for row in rows(dir.path(), worth) {
        assert!(row["some"].is_string(), "{row}");
    }
}

#[test]
fn names_of_tables_may_be_in_capitals_and_a_count_is_a_count() {
    let dir = small_run();
    let fills = one(dir.path(), "select count(*) from fills");
    for sql in [
        "SELECT COUNT(*) FROM FILLS",
        "select count(*) from Fills where Fills.price > 0 and fills.fee > 0",
        "select count(*) from FILLS as Fills join Orders on FILLS.order_id = ORDERS.order_id",
        "with X as (select * from FILLS) select count(*) from X",
    ] {
        assert_eq!(rows(dir.path(), sql), [serde_json::json!({ "count": fills })], "{sql}");
    }
    for (sql, said) in [
        ("select * from \"FILLS\"", "no table \"FILLS\": did you mean fills?"),
        ("with Orders as (select * from fills) select * from orders", "orders is a table of the run: give the query after WITH"),
    ] {
        let (code, _, stderr) = run(dir.path(), &["query", "last", sql]);
        assert!(code == Some(2) && stderr.contains(said), "{sql}: {stderr}");
    }
    for (sql, names) in [
        ("select count(*), 1 as count from fills", ["len", "count"]),
        ("select len, len + 1 as more from (select count(*) from fills)", ["len", "more"]),
        ("select count(*) as trades, max(price) from fills", ["trades", "price"]),
        ("select count(*), 'len' from fills", ["count", "literal"]),
    ] {
        let row = rows(dir.path(), sql).remove(0);
        assert!(names.iter().all(|name| row.get(name).is_some()), "{sql}: {row}");
    }
}

#[test]
fn tables_say_what_the_report_says() {
    let dir = sample_run();
    let report = answer(dir.path(), &["report", "last"]);
    let count = |sql: &str| one(dir.path(), sql).as_u64().expect("a count");
    assert_eq!(report["fills"], count("select count(*) from fills"));
    assert_eq!(report["orders"], count("select count(*) from orders"));
    assert_eq!(report["signals"], count("select count(*) from ai_signals"));
    assert_eq!(report["denials"], count("select count(*) from risk_metrics where kind = 'denial'"));
    assert_eq!(report["events"], count("select count(*) from market_data"));
    assert_eq!(report["records"], count("select count(*) from events"));
    assert_eq!(report["round_trips"]["count"], count("select count(*) from live_trades"));
    assert_eq!(report["round_trips"]["wins"], count("select count(*) from live_trades where profit > 0"));
    let close = |sql: &str, expected: &Value| {
        let (value, expected) = (number(&one(dir.path(), sql)), number(expected));
        assert!((value - expected).abs() <= 1e-6 * expected.abs(), "{sql}: {value} is not {expected}");
    };
    close("select sum(fee_reporting) from fills", &report["metrics"]["fees"]);
    close("select equity from equity where moment = 'end'", &report["equity"]["end"]);
    close("select equity from equity where moment = 'start'", &report["equity"]["start"]);
    close("select sum(profit) as profit from live_trades where profit > 0", &report["round_trips"]["gross_profit"]);
    let usd = "select quantity from portfolio_data where kind = 'balance' and currency = 'USD' order by at desc limit 1";
    close(usd, &report["balances"]["USD"]);
    // A signal has one fate: what was denied is what denials of signals say.
    let denied = count("select count(*) from ai_signals where fate = 'denied'");
    assert_eq!(denied, count("select count(*) from risk_metrics where kind = 'denial' and signal is not null"));
    // What was traded of an order is what its fills sum up to.
    let sql = "select count(*) from (select order_id, sum(quantity) as traded from fills group by order_id) f
        join orders o on f.order_id = o.order_id where abs(f.traded - o.filled) > 0.000001 * o.filled";
    assert_eq!(count(sql), 0);
}

/// The columns that a text does not need are not built. A comment makes it build all of them.
#[test]
fn answers_do_not_depend_on_which_columns_are_built() {
    let dir = sample_run();
    for sql in [
        "select count(*), avg(price), min(low), max(high) from market_data",
        "select count(*) from fills",
        "select strategy, exit_reason, count(*) as n, sum(profit) as profit from live_trades group by strategy, exit_reason order by n",
        "select f.*, o.kind from fills f join orders o on f.order_id = o.order_id order by f.seq limit 5",
        "with s as (select seq, fate from ai_signals where direction = 'long') select fate, count(*) as n from s group by fate order by n, fate",
        "select price * quantity as worth, fee from fills order by seq limit 7",
        "select seq from (select * from orders o join ai_signals s on o.signal = s.seq) order by seq limit 3",
        "select \"price\" from fills where \"PRICE\" is null or price > 7000 order by price limit 3",
        "select at, equity, equity - lag(equity, 1) over (order by at) as gain from equity where moment = 'day' order by at limit 4",
        "select distinct kind from events order by kind",
    ] {
        let plain = run(dir.path(), &["query", "last", sql, "--json"]);
        let commented = run(dir.path(), &["query", "last", &format!("{sql} -- all of them"), "--json"]);
        assert_eq!(plain, commented, "{sql}");
    }
}

#[test]
fn only_what_reads_the_runs_tables_is_answered() {
    let dir = small_run();
    let secret = dir.path().join("secret.csv");
    fs::write(&secret, "word\nxyzzy\n").unwrap();
    let readers = ["read_csv", "read_parquet", "read_ipc", "read_json", "READ_CSV", "scan_csv", "scan_parquet"];
    let known = polars::sql::keywords::all_functions();
    let readers =
        readers.into_iter().chain(known.into_iter().filter(|name| name.starts_with("read") || name.starts_with("scan")));
    let path = secret.display();
    let mut refused: Vec<String> = readers
        .flat_map(|reader| {
            [
                format!("select * from {reader}('{path}')"),
                format!("with x as (select * from {reader}('{path}')) select * from x"),
                format!("select price from fills where price in (select word from {reader}('{path}'))"),
                format!("select * from fills f join {reader}('{path}') s on 1 = 1"),
            ]
        })
        .collect();
    refused.extend(
        [
            "drop table fills",
            "DROP TABLE fills",
            "truncate table fills",
            "delete from fills",
            "with x as (select 1) delete from fills",
            "create table x as select * from fills",
            "insert into fills values (1)",
            "update fills set price = 0",
            "show tables",
            "explain select * from fills",
            "copy fills to 'x.csv'",
            "attach 'x.db' as x",
            "select * from fills; drop table fills",
            "/* select */ drop table fills",
            "select * into x from fills",
            "",
            "   ",
            "; select 1",
        ]
        .map(str::to_owned),
    );
    refused.push(format!("select * from '{path}'"));
    refused.push(format!("select * from \"{path}\""));
    for sql in refused {
        let (code, stdout, stderr) = run(dir.path(), &["query", "last", &sql]);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{sql}: {stderr}");
        assert!(stderr.starts_with("error: ") && !stderr.contains("xyzzy") && !stderr.contains("panicked"), "{sql}: {stderr}");
        assert!(stderr.lines().count() <= 2 && stderr.len() < 1_500, "{sql}: {stderr}");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 4, "nothing was written beside the run");
}

#[test]
fn errors_name_what_there_is() {
    let dir = small_run();
    for (sql, said) in [
        ("select * from trades", "no table \"trades\": did you mean live_trades? the tables are live_trades, ai_signals"),
        ("select * from fillls", "did you mean fills?"),
        ("select * from xyzzy", "no table \"xyzzy\": the tables are"),
        ("select prise from fills", "no column \"prise\": did you mean price? fills has seq, at,"),
        ("select f.prise from fills f", "no column \"prise\": did you mean price?"),
        ("select seq from fills where ordr_id = 1", "did you mean order_id?"),
        ("select count(*) from fills group by stratgy", "did you mean strategy?"),
        ("select seq from fills order by xyzzy", "no column \"xyzzy\": fills has"),
        ("select o.kind from orders o join fills f on o.order_id = f.ordr", "no column \"ordr\""),
        ("select price, from fills where", "the query cannot be answered"),
        ("select nosuch(price) from fills", "the query cannot be answered: "),
    ] {
        let (code, _, stderr) = run(dir.path(), &["query", "last", sql]);
        assert_eq!(code, Some(2), "{sql}: {stderr}");
        assert!(stderr.contains(said), "{sql}: {stderr}");
    }
    let (code, _, stderr) = run(dir.path(), &["query", "nosuchrun", "select 1"]);
    assert_eq!(code, Some(2), "{stderr}");
}

#[test]
fn the_tables_list_themselves() {
    let dir = tempfile::tempdir().unwrap();
    let listed = answer(dir.path(), &["query", "--tables"]);
    let names: Vec<&str> = listed.as_array().unwrap().iter().map(|table| table["table"].as_str().unwrap()).collect();
    assert_eq!(names, TABLES);
    let shown = stdout(dir.path(), &["query", "--tables"]);
    for table in listed.as_array().unwrap() {
        assert!(shown.contains(table["about"].as_str().unwrap()));
        for column in table["columns"].as_array().unwrap() {
            assert!(shown.contains(&format!("  {:<18}{}", column["name"].as_str().unwrap(), column["kind"].as_str().unwrap())));
        }
    }
    assert_eq!(run(dir.path(), &["query"]).0, Some(2));
    assert_eq!(run(dir.path(), &["query", "last"]).0, Some(2));
}

fn parquet(path: &Path) -> DataFrame {
    ParquetReader::new(fs::File::open(path).unwrap()).finish().unwrap()
}

#[test]
fn exports_have_every_table_whole() {
    let dir = sample_run();
    let written = answer(dir.path(), &["report", "last", "--csv", "csv", "--parquet", "parquet"]);
    let files: BTreeMap<String, u64> = written["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (file["file"].as_str().unwrap().to_owned(), file["rows"].as_u64().unwrap()))
        .collect();
    assert_eq!(files.len(), 2 * TABLES.len());
    for table in TABLES {
        let count = one(dir.path(), &format!("select count(*) from {table}")).as_u64().expect("a count");
        let height = usize::try_from(count).unwrap();
        let frame = parquet(&dir.path().join(format!("parquet/{table}.parquet")));
        let text = fs::read_to_string(dir.path().join(format!("csv/{table}.csv"))).unwrap();
        assert_eq!((frame.height(), text.lines().count()), (height, height + 1), "{table}");
        assert_eq!(files[&format!("csv/{table}.csv")], count);
        assert_eq!(files[&format!("parquet/{table}.parquet")], count);
        let names: Vec<&str> = frame.get_column_names().into_iter().map(polars::prelude::PlSmallStr::as_str).collect();
        assert_eq!(text.lines().next().unwrap(), names.join(","));
    }
    let left = fs::read_dir(dir.path().join("csv")).unwrap().count();
    assert_eq!(left, TABLES.len(), "no unfinished file is left");
    // Exact in CSV: what the log's own text has, without zeros at the end.
    let fills = fs::read_to_string(dir.path().join("csv/fills.csv")).unwrap();
    let exact: Vec<Value> = answer(dir.path(), &["log", "show", "last", "--kind", "filled"]).as_array().unwrap().clone();
    let place = |name: &str| fills.lines().next().unwrap().split(',').position(|column| column == name).unwrap();
    let (price, fee) = (place("price"), place("fee"));
    let trimmed = |value: &Value| {
        let text = value.as_str().unwrap();
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
    };
    for (line, record) in fills.lines().skip(1).zip(&exact) {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!((cells[price].to_owned(), cells[fee].to_owned()), (trimmed(&record["price"]), trimmed(&record["fee"])));
    }
}

#[test]
fn an_answer_goes_to_a_parquet_file_whole() {
    let dir = small_run();
    let said = answer(dir.path(), &["query", "last", "select * from fills", "--parquet", "fills.parquet"]);
    let frame = parquet(&dir.path().join("fills.parquet"));
    assert_eq!(said["rows"], frame.height());
    assert!(frame.height() > 1);
    let (code, _, stderr) = run(dir.path(), &["query", "last", "select 1", "--parquet", "no/such/folder.parquet"]);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("cannot write no/such/folder.parquet"), "{stderr}");
    let (code, ..) = run(dir.path(), &["query", "last", "select 1", "--csv", "--parquet", "x.parquet"]);
    assert_eq!(code, Some(2));
}
