//! What is refused, and with exactly which words.

use std::fmt::Write;
use std::path::Path;

use data::files::{FileError, ReadOptions, Source, history};

use crate::{Folder, instrument, pack, zip};

const CANDLES: &str = "ts_ms,open,high,low,close,volume\n1704067200000,1,2,0.5,1.5,10\n";
const TRADES: &str = "ts_ms,price,size,side,trade_id\n1704067200000,1,1,buy,7\n";
const BOOKS: &str = "ts_ms,recv_ns,kind,first_id,last_id,prev_id,side,price,size\n";

/// Reads a file to its end, as an instrument with 8 decimals.
fn read(path: &Path) -> Result<(), FileError> {
    let source = Source::open(path, &ReadOptions::default())?;
    history(vec![(source, instrument(0, "BTC-USDT", (8, 8)))]).try_for_each(|event| event.map(drop))
}

/// Reads a file and compares the message, without the folder's name.
#[track_caller]
fn refused(name: &str, content: impl AsRef<[u8]>, expected: &str) {
    let folder = Folder::new();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    let error = read(&path).unwrap_err().to_string();
    assert_eq!(error.replace(&format!("{}/", folder.path().display()), ""), expected, "{name}");
}

#[track_caller]
fn refused_candle(row: &str, expected: &str) {
    refused("BTC-USDT_1m.csv", format!("{CANDLES}{row}\n"), &format!("BTC-USDT_1m.csv:3: {expected}"));
}

#[track_caller]
fn refused_trade(row: &str, expected: &str) {
    refused("BTC-USDT.csv", format!("{TRADES}{row}\n"), &format!("BTC-USDT.csv:3: {expected}"));
}

#[test]
fn rows_of_candles() {
    for (row, expected) in [
        ("1704067260000,1,2,0.5,1.5", "it has 5 columns instead of 6"),
        ("1704067260000,1,2,0.5,1.5,10,11", "it has 7 columns instead of 6"),
        ("1704067260000,,2,0.5,1.5,10", "open is empty"),
        ("1704067260000,NaN,2,0.5,1.5,10", "open NaN is not a number"),
        ("1704067260000,1,inf,0.5,1.5,10", "high inf is not a number"),
        ("1704067260000,1,2,-0.5,1.5,10", "low -0.5 is not above zero"),
        ("1704067260000,1,2,0,1.5,10", "low 0 is not above zero"),
        ("1704067260000,1,2,0.5,one,10", "close one is not a number"),
        ("1704067260000,1,2,0.5,1.5,-10", "volume -10 is negative"),
        ("1704067260000,1,2,3,1.5,10", "its high is below its low (open 1, high 2, low 3, close 1.5)"),
        ("1704067260000,3,2,0.5,1.5,10", "its open is outside of high and low (open 3, high 2, low 0.5, close 1.5)"),
        ("1704067260000,1,2,0.5,0.25,10", "its close is outside of high and low (open 1, high 2, low 0.5, close 0.25)"),
        ("1704067260000,1e30,2,0.5,1.5,10", "open 1e30 is too large for BTC-USDT, which has 8 decimals"),
        (
            "1704067260000,99999999999999999999,2,0.5,1.5,10",
            "open 99999999999999999999 is too large for BTC-USDT, which has 8 decimals",
        ),
        ("1704067260000,1,2,0.5,1.5,1e400", "volume 1e400 is not a number"),
        (
            "1704067260000,1.23456789012,2,0.5,1.5,10",
            "open 1.23456789012 has 11 decimals, BTC-USDT has 8: set instrument.tick_size to 0.00000000001 or finer",
        ),
        (
            "1704067260000,1.2345678901234,2,0.5,1.5,10",
            "open 1.2345678901234 has 13 decimals, BTC-USDT has 8: 12 are the most that can be kept: round the column",
        ),
        ("1704067200000,1,2,0.5,1.5,10", "the bar of 2024-01-01T00:00:00Z again"),
        ("1704067140000,1,2,0.5,1.5,10", "its time 2023-12-31T23:59:00Z is before the row above's, 2024-01-01T00:00:00Z"),
        (
            "1704067230000,1,2,0.5,1.5,10",
            "a bar that opens at 2024-01-01T00:00:30Z is none of the 1m bars since 2024-01-01T00:00:00Z",
        ),
        (",1,2,0.5,1.5,10", "the time is empty"),
        ("soon,1,2,0.5,1.5,10", "the time `soon` is not a whole number"),
        ("-5,1,2,0.5,1.5,10", "the time `-5` is before 1970"),
        (
            "1704067260000000000,1,2,0.5,1.5,10",
            "the time `1704067260000000000` is after 2262 when read as milliseconds, the unit of the first row",
        ),
    ] {
        refused_candle(row, expected);
    }
}

#[test]
fn rows_of_trades() {
    for (row, expected) in [
        ("1704067200000,1,0,buy,8", "size 0 is not above zero"),
        ("1704067200000,1,-1,buy,8", "size -1 is negative"),
        ("1704067200000,1,1,up,8", "side up is not buy or sell"),
        ("1704067200000,1,1,buy,x8", "trade_id x8 is not a whole number"),
        ("1704067200000,1,1,buy,7", "trade 7 again"),
        ("1704067200000,1,1,buy,6", "trade 6 comes after trade 7"),
        ("1704067199999,1,1,buy,8", "its time 2023-12-31T23:59:59.999Z is before the row above's, 2024-01-01T00:00:00Z"),
        (
            "1704067200000,1,0.123456789,buy,8",
            "size 0.123456789 has 9 decimals, BTC-USDT has 8: set instrument.lot_size to 0.000000001 or finer",
        ),
    ] {
        refused_trade(row, expected);
    }
    refused("t.csv", b"ts_ms,price,size,side\n1704067200000,1\xff,1,buy\n", "t.csv:2: price 1\u{fffd} is not a number");
}

#[test]
fn rows_of_other_kinds() {
    refused("q.csv", "ts_ms,bid_price,bid_size,ask_price,ask_size\n1704067200000,2,1,1,1\n", "q.csv:2: its bid is above its ask");
    refused("f.csv", "ts_ms,rate\n1704067200000,1.5\n", "f.csv:2: rate 1.5 is more than the whole notional");
    refused("f.csv", "ts_ms,rate\n1704067200000,high\n", "f.csv:2: rate high is not a number");
    refused("f.csv", "ts_ms,rate\n1704067200000,0.1\n1704067200000,0.1\n", "f.csv:3: the funding of 2024-01-01T00:00:00Z again");
    refused("b.csv", format!("{BOOKS}1704067200000,1,delta,1,1,,bid,1,1\n"), "b.csv:2: kind delta is not snapshot or update");
    refused(
        "b.csv",
        format!("{BOOKS}1704067200000,1,update,1,1,,bid,1,1\n1704067200001,1,update,2,2,,bid,1,1\n"),
        "b.csv:4: 2 updates and no snapshot: the book cannot be known",
    );
    refused(
        "b.csv",
        format!(
            "{BOOKS}1704067200000,1,snapshot,,1,,bid,1,1\n1704067200001,1,update,2,2,,bid,1,1\n1704067200000,1,update,3,3,,bid,1,1\n"
        ),
        "b.csv:4: its time 2024-01-01T00:00:00Z is before the row above's, 2024-01-01T00:00:00.001Z",
    );
}

#[test]
fn whole_files() {
    const KNOWN: &str = "expected candles `ts_ms,open,high,low,close,volume`, trades `ts_ms,price,size,side[,trade_id]`, quotes \
         `ts_ms,bid_price,bid_size,ask_price,ask_size`, books `ts_ms,recv_ns,kind,first_id,last_id,prev_id,side,price,size`, funding \
         `ts_ms,rate`; the time may be ts_ms, ts_ns, ts or time";
    refused("empty.csv", "", "empty.csv: it is empty");
    refused("blank.csv", "\n\n\n", "blank.csv: it is empty");
    refused("only.csv", "ts_ms,open,high,low,close,volume\n", "only.csv: it has a header but no rows");
    refused("one.csv", CANDLES, "one.csv: its bars do not tell how long they are: say it with the interval option, such as 1h");
    refused("what.csv", "when,what\n1,2\n", &format!("what.csv: its header `when,what` is of no known kind: {KNOWN}"));
    refused(
        "no_close.csv",
        "ts_ms,open,high,low,volume\n",
        &format!("no_close.csv: its header `ts_ms,open,high,low,volume` is of no known kind: {KNOWN}"),
    );
    refused("three.csv", "1,2,3\n", &format!("three.csv: its header `1,2,3` is of no known kind: {KNOWN}"));
    refused(
        "notes.txt",
        "hello",
        "notes.txt: its ending is not known: expected .csv, .csv.gz, .csv.zst, .zip, .json, .json.gz, .json.zst, .parquet, .feather, .arrow or .ipc",
    );
    let folder = Folder::new();
    let missing = read(&folder.path().join("missing.csv")).unwrap_err().to_string();
    assert_eq!(missing, format!("cannot read {}/missing.csv: No such file or directory (os error 2)", folder.path().display()));
    std::fs::create_dir(folder.path().join("folder.csv")).unwrap();
    let is_folder = read(&folder.path().join("folder.csv")).unwrap_err().to_string();
    assert_eq!(is_folder, format!("{}/folder.csv: it is a folder: give the files in it", folder.path().display()));
}

/// 3,000 rows, so that a cut is far behind the rows that are looked at when the file is opened.
fn many_trades() -> Vec<u8> {
    let mut text = "ts_ms,price,size,side\n".to_owned();
    for row in 0..3_000_i64 {
        let (time, price) = (1_704_067_200_000 + row * 7, 100 + row % 13);
        writeln!(text, "{time},{price}.5,1,buy").unwrap();
    }
    text.into_bytes()
}

#[test]
fn archives_that_are_cut_or_odd() {
    let packed = pack("t.csv.gz", &many_trades());
    let folder = Folder::new();
    for (name, kept) in [("t.csv.gz", packed.len() - 200), ("u.csv.gz", packed.len() - 4)] {
        let path = folder.path().join(name);
        std::fs::write(&path, &packed[..kept]).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(
            error.contains(": the archive is cut short or damaged from here on (") && error.ends_with("): fetch the file again"),
            "{error}"
        );
        let line: u64 = error.rsplit_once(".gz:").unwrap().1.split(':').next().unwrap().parse().unwrap();
        assert!((2_000..=3_002).contains(&line), "{error}");
    }
    let mut flipped = packed.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x40;
    std::fs::write(folder.path().join("v.csv.gz"), flipped).unwrap();
    assert!(read(&folder.path().join("v.csv.gz")).is_err());

    let packed = pack("t.csv.zst", &many_trades());
    std::fs::write(folder.path().join("t.csv.zst"), &packed[..packed.len() - 10]).unwrap();
    let error = read(&folder.path().join("t.csv.zst")).unwrap_err().to_string();
    assert!(
        error.ends_with(": the archive is cut short or damaged from here on (incomplete frame): fetch the file again"),
        "{error}"
    );

    let packed = pack("t.zip", &many_trades());
    let cut = &packed[..packed.len() - 30];
    refused(
        "t.zip",
        cut,
        "t.zip: the zip archive is cut short or damaged (invalid Zip archive: Could not find EOCD): fetch the file again",
    );
    let mut flipped = packed.clone();
    flipped[100] ^= 0x01;
    std::fs::write(folder.path().join("f.zip"), flipped).unwrap();
    let error = read(&folder.path().join("f.zip")).unwrap_err().to_string();
    assert!(error.contains("f.zip:"), "{error}");
    let two = zip(&[("a.csv", CANDLES.as_bytes()), ("b.csv", CANDLES.as_bytes())]);
    refused("two.zip", two, "two.zip: the zip archive holds 2 files instead of 1: unpack it and give them one by one");
    refused(
        "text.csv.gz",
        CANDLES,
        "text.csv.gz:1: the archive is cut short or damaged from here on (invalid gzip header): fetch the file again",
    );
}

#[test]
fn json_that_goes_wrong() {
    let row = "[1704067200000,1,2,0.5,1.5,10]";
    for (text, expected) in [
        (format!("[{row}"), "2: the file ends before its list does: fetch it again"),
        (format!("[{row},[17040"), "2: the file ends inside this row: fetch it again"),
        (format!("[{row}] x"), "2: the JSON goes wrong here: expected nothing after the last row"),
        (format!("[{row},{{}}]"), "2: the JSON goes wrong here: expected a row"),
        (format!("[{row},[1704070800000,1,2,null,1,1]]"), "2: low null is not a number"),
        (format!("[{row},[1704070800000,1,2]]"), "2: it has 3 columns instead of 6"),
    ] {
        refused("BTC_USDT-1h.json", text, &format!("BTC_USDT-1h.json:{expected}"));
    }
}
