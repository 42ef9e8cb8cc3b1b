//! What `data check`, `data list` and `data import` are made of.

use std::fmt::Write;
use std::path::Path;

use data::files::{FaultCounts, Kind, Policy, ReadOptions, Source, check, history, import, list};
use engine::event::Input;
use engine::time::Timestamp;
use expect_test::expect;
use proptest::prelude::*;

use crate::{Folder, instrument, read, transcript};

const ODD: &str = "ts_ms,open,high,low,close,volume
1704067200000,1,2,0.5,1.5,10
1704067260000,1,2,3,1.5,10
1704067320000,1,2,0.5,1.5,10
1704067320000,1,2,0.5,1.5,10
1704067260000,1,2,0.5,1.5,10
1704067350000,1,2,0.5,1.5,10
1704067380000,0,2,0.5,1.5,10
1704067440000,1,2,0.5
1704067620000,1,2,0.5,1.5,10
1704067680000,1,2,0.5,1.5,10
1704067980000,1,2,0.5,1.5,10
";

#[test]
fn a_check_reports_everything_with_line_and_reason() {
    let folder = Folder::new();
    let report = check(folder.file("BTC-USDT_1m.csv", ODD), &ReadOptions::default()).unwrap();
    assert!(!report.is_sound());
    let text = serde_json::to_string_pretty(&report).unwrap().replace(&*folder.path().to_string_lossy(), "");
    expect![[r#"
        {
          "path": "/BTC-USDT_1m.csv",
          "kind": "candles",
          "symbol": "BTC-USDT",
          "interval": "1m",
          "rows": 11,
          "events": 5,
          "first": "2024-01-01T00:00:00Z",
          "last": "2024-01-01T00:13:00Z",
          "gaps": {
            "count": 3,
            "missing_bars": 9,
            "largest": {
              "from": "2024-01-01T00:03:00Z",
              "to": "2024-01-01T00:07:00Z",
              "missing_bars": 4,
              "line": 10
            },
            "listed": [
              {
                "from": "2024-01-01T00:01:00Z",
                "to": "2024-01-01T00:02:00Z",
                "missing_bars": 1,
                "line": 4
              },
              {
                "from": "2024-01-01T00:03:00Z",
                "to": "2024-01-01T00:07:00Z",
                "missing_bars": 4,
                "line": 10
              },
              {
                "from": "2024-01-01T00:09:00Z",
                "to": "2024-01-01T00:13:00Z",
                "missing_bars": 4,
                "line": 12
              }
            ]
          },
          "faults": {
            "malformed": 1,
            "disorder": 1,
            "duplicates": 1,
            "impossible": 1,
            "non_positive": 1,
            "off_grid": 1,
            "truncated": 0
          },
          "findings": [
            {
              "line": 3,
              "kind": "impossible",
              "reason": "its high is below its low (open 1, high 2, low 3, close 1.5)"
            },
            {
              "line": 5,
              "kind": "duplicate",
              "reason": "the bar of 2024-01-01T00:02:00Z again"
            },
            {
              "line": 6,
              "kind": "disorder",
              "reason": "its time 2024-01-01T00:01:00Z is before the row above's, 2024-01-01T00:02:00Z"
            },
            {
              "line": 7,
              "kind": "off_grid",
              "reason": "a bar that opens at 2024-01-01T00:02:30Z is none of the 1m bars since 2024-01-01T00:00:00Z"
            },
            {
              "line": 8,
              "kind": "non_positive",
              "reason": "open 0 is not above zero"
            },
            {
              "line": 9,
              "kind": "malformed",
              "reason": "it has 4 columns instead of 6"
            }
          ]
        }"#]]
    .assert_eq(&text);
}

#[test]
fn findings_are_capped_and_counts_are_not() {
    let folder = Folder::new();
    let text = format!("ts_ms,price,size,side\n1704067200000,1,1,buy\n{}", "1704067200000,0,1,buy\n".repeat(250));
    let report = check(folder.file("t.csv", text), &ReadOptions::default()).unwrap();
    assert_eq!((report.findings.len(), report.faults), (100, FaultCounts { non_positive: 250, ..FaultCounts::default() }));
}

#[test]
fn a_cut_archive_is_a_finding_on_the_line_where_it_breaks() {
    let folder = Folder::new();
    let mut text = "ts_ms,price,size,side\n".to_owned();
    for row in 0..30_000_i64 {
        writeln!(text, "{},{},1,buy", 1_704_067_200_000 + row * 7, 1 + row * row % 7_919).unwrap();
    }
    let path = folder.file("t.csv.zst", text);
    let packed = std::fs::read(&path).unwrap();
    std::fs::write(&path, &packed[..packed.len() - 5]).unwrap();
    let report = check(&path, &ReadOptions::default()).unwrap();
    assert_eq!(report.faults, FaultCounts { truncated: 1, ..FaultCounts::default() });
    assert!(report.findings[0].line > 1_000 && report.findings[0].reason.contains("cut short"), "{report:?}");
}

#[test]
fn a_folder_is_listed_with_what_cannot_be_read() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("more")).unwrap();
    folder.file("BTC-USDT_1m.csv", ODD);
    folder.file("README.md", "no history");
    folder.file("empty.csv", "");
    folder.file("more/ETH-USDT.csv.gz", "ts_ms,price,size,side\n1704067200000,1,1,buy\n1704067201000,1,1,buy\n");
    let lines: String = list(folder.path())
        .unwrap()
        .into_iter()
        .map(|file| {
            let name = file.path.strip_prefix(folder.path()).unwrap().display().to_string();
            let problem = file.problem.map(|problem| problem.replace(&*folder.path().to_string_lossy(), ""));
            let (kind, rows) = (file.kind, file.rows);
            let times = [file.first, file.last].map(|time| time.map(|time| time.to_string()).unwrap_or_default());
            assert!(file.bytes > 0 || name == "empty.csv");
            format!("{name} {kind:?} {:?} {rows:?} {times:?} {problem:?}", file.symbol) + "\n"
        })
        .collect();
    expect![[r#"
        BTC-USDT_1m.csv Some(Candles) Some("BTC-USDT") Some(11) ["2024-01-01T00:00:00Z", "2024-01-01T00:13:00Z"] Some("6 bad rows: see data check")
        empty.csv None None None ["", ""] Some("/empty.csv: it is empty")
        more/ETH-USDT.csv.gz Some(Trades) Some("ETH-USDT") Some(2) ["2024-01-01T00:00:00Z", "2024-01-01T00:00:01Z"] None
    "#]]
    .assert_eq(&lines);
    assert!(list(folder.path().join("nowhere")).is_err());
}

const OUTPUTS: [&str; 4] = ["BTC-USDT_1h.parquet", "BTC-USDT_1h.csv", "BTC-USDT_1h.csv.gz", "BTC-USDT_1h.csv.zst"];

#[test]
fn an_import_reads_back_as_the_same_events() {
    let folder = Folder::new();
    let january =
        "ts_ms,open,high,low,close,volume\n1704067200000,1.5,2,0.00000001,1.5,10\n1704070800000,1,2,0.5,1.5,0.12345678\n";
    let february = "ts_ms,open,high,low,close,volume\n1704085200000,1,2,0.5,1.5,0\n1704088800000,1,999999.12345678,0.5,1.5,1\n";
    let paths = [folder.file("BTC-USDT_1h_feb.csv", february), folder.file("BTC-USDT_1h_jan.csv.gz", january)];
    let sources = paths.iter().map(|path| Source::open(path, &ReadOptions::default()).unwrap());
    let direct: Vec<(Timestamp, Input)> =
        history(sources.map(|source| (source, instrument(0, "BTC-USDT", (8, 8)))).collect()).collect::<Result<_, _>>().unwrap();
    // The gap between the two files is found as well.
    assert_eq!(direct.len(), 5);
    for name in OUTPUTS {
        let out = folder.path().join(name);
        let report = import(&paths, &out, &ReadOptions::default()).unwrap();
        assert_eq!((report.kind, report.rows, report.skipped), (Kind::Candles, 4, 0));
        assert_eq!(transcript(&read(&out, &ReadOptions::default()).unwrap()), transcript(&direct), "{name}");
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 6, "{left:?}");
}

#[test]
fn an_import_refuses_what_does_not_fit_together_and_leaves_nothing_behind() {
    let folder = Folder::new();
    let bars = "ts_ms,open,high,low,close,volume\n1704067200000,1,2,0.5,1.5,10\n1704070800000,1,2,0.5,1.5,10\n";
    let one = folder.file("BTC-USDT_1h.csv", bars);
    let same = folder.file("BTC-USDT_1h_again.csv", bars);
    let trades = folder.file("BTC-USDT.csv", "ts_ms,price,size,side\n1704067200000,1,1234567890.12345678,buy\n");
    let funding = folder.file("f.csv", "ts_ms,rate\n1704067200000,0.1\n");
    let refused = |paths: &[&Path], out: &str| {
        let error = import(paths, folder.path().join(out), &ReadOptions::default()).unwrap_err().to_string();
        assert!(!folder.path().join(out).exists() && !folder.path().join(format!("{out}.part")).exists());
        error.replace(&format!("{}/", folder.path().display()), "")
    };
    expect!["BTC-USDT.csv: its kind is trades, but that of BTC-USDT_1h.csv is candles: import them one by one"]
        .assert_eq(&refused(&[&one, &trades], "x.parquet"));
    expect!["x.parquet: only candles and trades can be imported, not funding"].assert_eq(&refused(&[&funding], "x.parquet"));
    expect!["x.txt: its ending does not say what to write: expected .parquet, .csv, .csv.gz or .csv.zst"]
        .assert_eq(&refused(&[&one], "x.txt"));
    expect!["x.parquet: no file was given to import"].assert_eq(&refused(&[], "x.parquet"));
    expect!["x.parquet: size 1234567890.12345678 has more digits than a Parquet float keeps: write .csv.zst instead"]
        .assert_eq(&refused(&[&trades], "x.parquet"));
    expect!["BTC-USDT_1h_again.csv:2: the bar of 2024-01-01T00:00:00Z follows the bar of 2024-01-01T00:00:00Z from another file: do the files overlap?"]
        .assert_eq(&refused(&[&one, &same], "x.csv"));
    let lenient = ReadOptions { policy: Policy::Lenient, ..ReadOptions::default() };
    let report = import([&one, &same], folder.path().join("x.csv"), &lenient).unwrap();
    assert_eq!((report.rows, report.skipped), (2, 2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_trades_survive_an_import(
        rows in prop::collection::vec((0_i64..3_000_000, 1_i64..100_000_000_000_000, 1_i64..100_000_000_000_000, any::<bool>()), 1..60),
        has_ids in any::<bool>(),
    ) {
        let folder = Folder::new();
        let (mut time, mut text) = (1_704_067_200_000_000_000, "ts_ns,price,size,side,trade_id\n".to_owned());
        for (id, &(step, price, size, is_buy)) in rows.iter().enumerate() {
            time += step;
            let [price, size] = [price, size].map(|mantissa| engine::number::Decimal::new(mantissa, 8));
            let id = if has_ids { (id + 1).to_string() } else { String::new() };
            text.push_str(&[time.to_string(), price.to_string(), size.to_string(), if is_buy { "buy" } else { "sell" }.to_owned(), id].join(","));
            text.push('\n');
        }
        let path = folder.file("BTC-USDT.csv", text);
        let direct = read(&path, &ReadOptions::default()).unwrap();
        prop_assert_eq!(direct.len(), rows.len());
        for name in ["out.parquet", "out.csv.zst"] {
            let out = folder.path().join(name);
            import([&path], &out, &ReadOptions::default()).unwrap();
            prop_assert_eq!(&read(&out, &ReadOptions::default()).unwrap(), &direct);
        }
    }

    #[test]
    fn noise_is_counted_and_never_a_panic(
        rows in prop::collection::vec(prop::collection::vec("[-+0-9.eEnNa]{0,12}|170406720[0-9]{4}|buy|sell|\"|\u{e9}", 0..7), 0..40),
        header in prop::sample::select(vec![
            "ts_ms,open,high,low,close,volume",
            "ts_ns,ts_ms,price,size,side,trade_id",
            "ts_ms,bid_price,bid_size,ask_price,ask_size",
            "ts_ms,recv_ns,kind,last_id,side,price,size",
            "ts,rate",
            "",
        ]),
        ending in prop::sample::select(vec!["csv", "csv.gz", "json", "zip"]),
    ) {
        let folder = Folder::new();
        let lines: Vec<String> = std::iter::once(header.to_owned()).chain(rows.iter().map(|row| row.join(","))).collect();
        let path = folder.file(&format!("BTC-USDT_1m.{ending}"), lines.join("\n"));
        if let Ok(report) = check(&path, &ReadOptions::default()) {
            if report.kind != Kind::Books && report.faults.truncated == 0 {
                prop_assert_eq!(report.events + report.faults.total(), report.rows);
            }
            prop_assert_eq!(read(&path, &ReadOptions::default()).is_ok(), report.is_sound());
            let lenient = ReadOptions { policy: Policy::Lenient, ..ReadOptions::default() };
            prop_assert_eq!(read(&path, &lenient).is_ok(), report.faults.truncated == 0);
        }
        let packed = folder.path().join(format!("noise.{ending}"));
        std::fs::write(&packed, lines.join("\n")).unwrap();
        prop_assert!(ending == "csv" || ending == "json" || check(&packed, &ReadOptions::default()).is_err());
    }
}
