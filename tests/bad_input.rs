//! Files, flags and configurations that cannot be run, each with its exit code and its exact words, through the
//! program itself. Where a number says it all, the file is refused at that line; nothing of it is traded unseen.

#[path = "acceptance/program.rs"]
mod program;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use data::log::{Disk, Reader};
use engine::event::{Decision, Event, Input};
use program::{answer, tickfold};

const CANDLES: &str = "ts_ms,open,high,low,close,volume\n1704067200000,1,2,0.5,1.5,10\n";
const TRADES: &str = "ts_ms,price,size,side,trade_id\n1704067200000,1,1,buy,7\n";
const KNOWN: &str = "expected candles `ts_ms,open,high,low,close,volume`, trades `ts_ms,price,size,side[,trade_id]`, quotes \
    `ts_ms,bid_price,bid_size,ask_price,ask_size`, books `ts_ms,recv_ns,kind,first_id,last_id,prev_id,side,price,size`, \
    funding `ts_ms,rate`; the time may be ts_ms, ts_ns, ts or time";
/// Enough for `--data`.
const GOOD: &str = "BTC-USDT_1m.csv";

/// Fails unless `backtest ARGS` ends with this code and says this and nothing else.
#[track_caller]
fn refused(dir: &Path, args: &[&str], exit: i32, message: &str) {
    let output = tickfold(dir, &[&["backtest"], args].concat()).output().expect("the program runs");
    let what = args.join(" ");
    assert_eq!(String::from_utf8_lossy(&output.stderr), format!("error: {message}\n"), "{what}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{what}");
    assert_eq!(output.status.code(), Some(exit), "{what}");
}

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    for (name, content) in files {
        fs::write(dir.path().join(name), content).expect("a file");
    }
    dir
}

/// A third line, and what is wrong with it.
const CANDLE_ROWS: &[(&str, &str)] = &[
    ("1704067260000,1,2,0.5,1.5", "it has 5 columns instead of 6"),
    ("1704067260000,1,2,0.5,1.5,10,11", "it has 7 columns instead of 6"),
    ("1704067260000,,2,0.5,1.5,10", "open is empty"),
    ("1704067260000,1,2,0.5,NaN,10", "close NaN is not a number"),
    ("1704067260000,1,inf,0.5,1.5,10", "high inf is not a number"),
    ("1704067260000,1,2,-0.5,1.5,10", "low -0.5 is not above zero"),
    ("1704067260000,1,2,0,1.5,10", "low 0 is not above zero"),
    ("1704067260000,1,2,0.5,1.5,-10", "volume -10 is negative"),
    ("1704067260000,1,2,3,1.5,10", "its high is below its low (open 1, high 2, low 3, close 1.5)"),
    ("1704067260000,3,2,0.5,1.5,10", "its open is outside of high and low (open 3, high 2, low 0.5, close 1.5)"),
    ("1704067140000,1,2,0.5,1.5,10", "its time 2023-12-31T23:59:00Z is before the row above's, 2024-01-01T00:00:00Z"),
    ("1704067200000,1,2,0.5,1.5,10", "the bar of 2024-01-01T00:00:00Z again"),
    (
        "1704067230000,1,2,0.5,1.5,10",
        "a bar that opens at 2024-01-01T00:00:30Z is none of the 1m bars since 2024-01-01T00:00:00Z",
    ),
    (
        "1704067260000,1,99999999999999999999,0.5,1.5,10",
        "high 99999999999999999999 is too large for BTC-USDT, which has 8 decimals",
    ),
    ("1704067260000,1,1e400,0.5,1.5,10", "high 1e400 is not a number"),
    ("soon,1,2,0.5,1.5,10", "the time `soon` is not a whole number"),
    ("-5,1,2,0.5,1.5,10", "the time `-5` is before 1970"),
    (
        "9223372036854775807,1,2,0.5,1.5,10",
        "the time `9223372036854775807` is after 2262 when read as milliseconds, the unit of the first row",
    ),
];

const TRADE_ROWS: &[(&str, &str)] = &[
    ("1704067200000,1,0,buy,8", "size 0 is not above zero"),
    ("1704067200000,0,1,buy,8", "price 0 is not above zero"),
    ("1704067200000,1,1,up,8", "side up is not buy or sell"),
    ("1704067200000,1,1,buy,7", "trade 7 again"),
    ("1704067200000,1,1,buy,6", "trade 6 comes after trade 7"),
    ("1704067199999,1,1,buy,8", "its time 2023-12-31T23:59:59.999Z is before the row above's, 2024-01-01T00:00:00Z"),
    ("1704067200000,1,1,buy", "it has 4 columns instead of 5"),
];

#[test]
fn a_wrong_row_is_named_by_its_line() {
    for (row, message) in CANDLE_ROWS {
        let dir = folder(&[(GOOD, format!("{CANDLES}{row}\n").as_bytes())]);
        refused(dir.path(), &["--data", GOOD], 3, &format!("{GOOD}:3: {message}"));
    }
    for (row, message) in TRADE_ROWS {
        let dir = folder(&[("BTC-USDT.csv", format!("{TRADES}{row}\n").as_bytes())]);
        refused(dir.path(), &["--data", "BTC-USDT.csv"], 3, &format!("BTC-USDT.csv:3: {message}"));
    }
    let dir = folder(&[(GOOD, &[CANDLES.as_bytes(), b"1704067260000,1,2,0.5,1\xe9,10\n"].concat())]);
    refused(dir.path(), &["--data", GOOD], 3, &format!("{GOOD}:3: close 1\u{fffd} is not a number"));
}

#[test]
fn more_decimals_than_the_instrument_has_are_never_rounded() {
    let mut text = TRADES.to_owned();
    for trade in 8..1_208 {
        writeln!(text, "1704067200000,1,1,buy,{trade}").unwrap();
    }
    text.push_str("1704067200000,1.123456789,1,buy,2000\n");
    let dir = folder(&[("BTC-USDT.csv", text.as_bytes())]);
    let message =
        "BTC-USDT.csv:1203: price 1.123456789 has 9 decimals, BTC-USDT has 8: set instrument.tick_size to 0.000000001 or finer";
    refused(dir.path(), &["--data", "BTC-USDT.csv"], 3, message);
    // What the message says helps.
    let set = "instrument=[{symbol='BTC-USDT', tick_size='0.000000001'}]";
    assert_eq!(answer(dir.path(), &["backtest", "--data", "BTC-USDT.csv", "--set", set])["events"], 1_202);
}

#[test]
fn a_file_that_is_no_history_is_refused() {
    let what = format!("BTC-USDT_1m_what.csv: its header `when,what` is of no known kind: {KNOWN}");
    let endings = "expected .csv, .csv.gz, .csv.zst, .zip, .json, .json.gz, .json.zst, .parquet, .feather, .arrow or .ipc";
    let notes = format!("BTC-USDT.txt: its ending is not known: {endings}");
    let files: &[(&str, &[u8], &str)] = &[
        ("BTC-USDT_1m_empty.csv", b"", "BTC-USDT_1m_empty.csv: it is empty"),
        ("BTC-USDT_1m_blank.csv", b"\n\n", "BTC-USDT_1m_blank.csv: it is empty"),
        ("BTC-USDT_1m_header.csv", b"ts_ms,open,high,low,close,volume\n", "BTC-USDT_1m_header.csv: it has a header but no rows"),
        ("BTC-USDT_1m_what.csv", b"when,what\n1,2\n", &what),
        ("BTC-USDT.txt", CANDLES.as_bytes(), &notes),
        (
            "BTC-USDT_bars.csv",
            CANDLES.as_bytes(),
            "BTC-USDT_bars.csv: its bars do not tell how long they are: say it with the interval option, such as 1h",
        ),
        (
            "BTC-USDT.csv.gz",
            CANDLES.as_bytes(),
            "BTC-USDT.csv.gz:1: the archive is cut short or damaged from here on (invalid gzip header): fetch the file again",
        ),
        (
            "BTC-USDT_1h.json",
            b"[[1704067200000,1,2,0.5,1.5,10],[1704070800000,1,2]]",
            "BTC-USDT_1h.json:2: it has 3 columns instead of 6",
        ),
        (
            "BTC-USDT_1h.parquet",
            b"PAR1",
            "BTC-USDT_1h.parquet: the file is cut short or damaged (parquet: File out of specification: A Parquet file must contain a header and footer with at least 12 bytes): fetch it again",
        ),
    ];
    for (name, content, message) in files {
        let dir = folder(&[(name, content)]);
        refused(dir.path(), &["--data", name], 3, message);
    }
    let dir = folder(&[]);
    refused(dir.path(), &["--data", "none.csv"], 3, "cannot read none.csv: No such file or directory (os error 2)");
    fs::create_dir(dir.path().join("folder.csv")).unwrap();
    refused(dir.path(), &["--data", "folder.csv"], 3, "folder.csv: it is a folder: give the files in it");
}

/// 20,000 trades: the archive's cut is far behind the rows that are looked at when the file is opened.
fn many_trades() -> Vec<u8> {
    let mut text = "ts_ms,price,size,side\n".to_owned();
    for row in 0..20_000_i64 {
        writeln!(text, "{},{}.5,1,buy", 1_704_067_200_000 + row * 7, 100 + row % 13).unwrap();
    }
    text.into_bytes()
}

#[test]
fn an_archive_that_is_cut_is_refused_lenient_or_not() {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    gz.write_all(&many_trades()).unwrap();
    let gz = gz.finish().unwrap();
    let zst = zstd::stream::encode_all(many_trades().as_slice(), 1).unwrap();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("trades.csv", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(&many_trades()).unwrap();
    let zip = zip.finish().unwrap().into_inner();
    let cases: [(&str, &[u8], &str); 3] = [
        (
            "BTC-USDT.csv.gz",
            &gz[..gz.len() / 2],
            "BTC-USDT.csv.gz:10001: the archive is cut short or damaged from here on (incomplete deflate stream): fetch the file again",
        ),
        (
            "BTC-USDT.csv.zst",
            &zst[..zst.len() / 2],
            "BTC-USDT.csv.zst:10083: the archive is cut short or damaged from here on (incomplete frame): fetch the file again",
        ),
        (
            "BTC-USDT.zip",
            &zip[..zip.len() / 2],
            "BTC-USDT.zip: the zip archive is cut short or damaged (invalid Zip archive: Could not find EOCD): fetch the file again",
        ),
    ];
    for (name, bytes, message) in cases {
        let dir = folder(&[(name, bytes)]);
        refused(dir.path(), &["--data", name], 3, message);
        refused(dir.path(), &["--data", name, "--lenient"], 3, message);
    }
}

/// On a good file: arguments, exit code, message.
const WRONG_USES: &[(&[&str], i32, &str)] = &[
    (
        &["--strategy", "ema_corss"],
        2,
        "strategy.0 \"ema_corss\": no strategy has this name: did you mean \"ema_cross\"? there are: STRATEGIES",
    ),
    (&["--strategy", "magic"], 2, "strategy.0 \"magic\": no strategy has this name; there are: STRATEGIES"),
    (
        &["--set", "strategy.fats=3"],
        2,
        "strategy.0 \"ema_cross\": it has no parameter \"fats\": did you mean \"fast\"? it has: fast, slow",
    ),
    (
        &["--strategy", "buy_and_hold", "--set", "strategy.fast=3"],
        2,
        "strategy.0 \"buy_and_hold\": it has no parameter \"fast\"; it has: none",
    ),
    (
        &["--set", "strategy.fast=20"],
        2,
        "strategy.0 \"ema_cross\": fast = 20 and slow = 20: it must be 1 <= fast < slow <= 10000",
    ),
    (&["--set", "strategy.fast=ten"], 2, "strategy.0 \"ema_cross\": fast: invalid type: string \"ten\", expected u32"),
    (
        &["--set", "strategy.instruments=[\"ETH-USDT\"]"],
        2,
        "strategy.0.instruments: the data have no ETH-USDT; they have: BTC-USDT",
    ),
    (
        &["--instrument", "BTCUSDT"],
        2,
        "BTC-USDT_1m.csv: cannot tell the currencies of BTCUSDT: add an [[instrument]] with symbol = \"BTCUSDT\", base and quote",
    ),
    (&["--from", "2030-01-01"], 3, "the data have no rows between data.from and data.to: nothing to run"),
    (&["--to", "2000-01-01"], 3, "the data have no rows between data.from and data.to: nothing to run"),
    (
        &["--from", "2024-02-01", "--to", "2024-01-01"],
        2,
        "data.to in --set data.to=\"2024-01-01T00:00:00Z\": 2024-01-01T00:00:00Z is not after data.from, which is 2024-02-01T00:00:00Z",
    ),
    (
        &["--interval", "1h"],
        3,
        "BTC-USDT_1m.csv:3: a bar that opens at 2024-01-01T00:01:00Z is none of the 1h bars since 2024-01-01T00:00:00Z",
    ),
    (
        &["--interval", "fortnight"],
        2,
        "invalid value 'fortnight' for '--interval <INTERVAL>': it is written like 1m, 15m, 4h or 1d\n\nFor more information, try '--help'.",
    ),
    (
        &["--interval", "99999999999999d"],
        2,
        "invalid value '99999999999999d' for '--interval <INTERVAL>': it is written like 1m, 15m, 4h or 1d\n\nFor more information, try '--help'.",
    ),
    (
        &["--from", "yesterday"],
        2,
        "invalid value 'yesterday' for '--from <TIME>': it is written like 2024-01-01 or 2024-01-01T12:00:00Z, in UTC\n\nFor more information, try '--help'.",
    ),
    (
        &["--seed", "99999999999999999999"],
        2,
        "invalid value '99999999999999999999' for '--seed <N>': number too large to fit in target type\n\nFor more information, try '--help'.",
    ),
    (
        &["--bar-time", "middle"],
        2,
        "invalid value 'middle' for '--bar-time <END>'\n  [possible values: open, close]\n\nFor more information, try '--help'.",
    ),
    (
        &["--runs", GOOD],
        1,
        "cannot make a folder for the run in BTC-USDT_1m.csv: File exists (os error 17); name another with --runs",
    ),
    (&["--data", "none.csv"], 3, "cannot read none.csv: No such file or directory (os error 2)"),
    (&["--data", GOOD], 3, "BTC-USDT_1m.csv: it is given twice: give it once"),
    (
        &["--config", "none.toml"],
        2,
        "cannot read the configuration none.toml: No such file or directory (os error 2) (`tickfold init` writes a first one)",
    ),
    (
        &["--config", "wrong.toml"],
        2,
        "unknown key \"exchange.fil\" in wrong.toml (line 2): did you mean \"fill\"? known keys here: entry_latency_us, feed_latency_us, fill, latency_jitter_us, participation_bps, queue, response_latency_us, slippage_bps",
    ),
    (&["--config", GOOD], 2, "not valid TOML in BTC-USDT_1m.csv (line 1): key with no value, expected `=`"),
    (&["--set", "exchange.fill=never"], 2, "exchange.fill in --set exchange.fill=never: \"never\" is none of next, last"),
    (
        &["--set", "account.balances.USDT=0.1.2"],
        2,
        "account.balances.USDT in --set account.balances.USDT=0.1.2: \"0.1.2\" is not a number such as \"0.01\"",
    ),
    (
        &["--set", "engine.checkpoint_every=0"],
        2,
        "engine.checkpoint_every in --set engine.checkpoint_every=0: must be at least 1, not 0",
    ),
];

#[test]
fn a_wrong_flag_or_configuration_is_refused() {
    let strategies: Vec<&str> = strategies::CATALOGUE.iter().map(|strategy| strategy.name).collect();
    for (args, exit, message) in WRONG_USES {
        let candles = format!("{CANDLES}1704067260000,1,2,0.5,1.5,10\n");
        let dir = folder(&[(GOOD, candles.as_bytes()), ("wrong.toml", b"[exchange]\nfil = \"last\"\n")]);
        let message = message.replace("STRATEGIES", &strategies.join(", "));
        refused(dir.path(), &[&["--data", GOOD], *args].concat(), *exit, &message);
        let left = fs::read_dir(dir.path().join("runs")).map_or(0, Iterator::count);
        let began = message.starts_with("BTC-USDT_1m.csv:2:") || message.starts_with("BTC-USDT_1m.csv:3:");
        assert_eq!(left, usize::from(began), "{args:?}: a run that never began leaves nothing");
    }
    let nameless = folder(&[("mine.csv", CANDLES.as_bytes())]);
    let message = "mine.csv: its name does not tell what it is of: pass --instrument BTC-USDT, or name it like BTC-USDT_1h.csv";
    refused(nameless.path(), &["--data", "mine.csv", "--interval", "1m"], 2, message);
}

#[test]
fn a_lenient_run_skips_and_counts_in_the_summary_and_in_the_log() {
    let mut rows = CANDLES.to_owned();
    // A bar that cannot be, one again, one of before, and one that can.
    for row in ["1704067260000,1,2,3,1.5,10", "1704067200000,1,2,0.5,1.5,10", "1704067140000,1,2,0.5,1.5,10"] {
        writeln!(rows, "{row}").unwrap();
    }
    writeln!(rows, "1704067260000,1,2,0.5,1.5,10").unwrap();
    let dir = folder(&[(GOOD, rows.as_bytes())]);
    refused(dir.path(), &["--data", GOOD], 3, &format!("{GOOD}:3: its high is below its low (open 1, high 2, low 3, close 1.5)"));

    let summary = answer(dir.path(), &["backtest", "--data", GOOD, "--lenient"]);
    assert_eq!((&summary["skipped_rows"], &summary["events"]), (&3.into(), &2.into()));
    let table = tickfold(dir.path(), &["report", "last"]).output().unwrap().stdout;
    let table = String::from_utf8_lossy(&table);
    let line = table.lines().find(|line| line.contains("Malformed rows skipped")).expect("a line of the table");
    assert!(line.trim_end_matches([' ', '│']).ends_with(" 3"), "{line}");

    let run = dir.path().join("runs").join(summary["run_id"].as_str().unwrap());
    let (mut reader, _) = Reader::open(Arc::new(Disk::open(run).unwrap())).unwrap();
    let last = reader.next_block().unwrap().unwrap().to_vec();
    let [.., ended, checkpoint] = &last[..] else { panic!("{last:?}") };
    assert_eq!(ended.event, Event::Input(Input::SessionEnded { skipped_rows: 3 }));
    assert!(matches!(checkpoint.event, Event::Decision(Decision::Checkpoint(_))), "{checkpoint:?}");
}
