//! `tickfold log`, through the program itself: what it prints, and what it says about damage.

#[path = "acceptance/program.rs"]
mod program;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data::log::{Disk, Index, Options, Reader, Storage, Writer};
use expect_test::expect;
use polars::prelude::{ParquetReader, SerReader};
use program::{answer, tickfold};
use serde_json::Value;

/// A signal that finds nothing to sell, then one that buys.
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
";

/// Rules that do not depend on what history suggests.
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
";

/// A folder with a run of those bars, and the run's folder.
fn small_run() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("BTC-USDT_1h.csv"), BARS).unwrap();
    fs::write(dir.path().join("tickfold.toml"), CONFIG).unwrap();
    let run = backtest(dir.path(), &[]);
    (dir, run)
}

/// A folder with a run of the embedded sample, which fills several blocks.
fn sample_run() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let run = backtest(dir.path(), &[]);
    (dir, run)
}

fn backtest(dir: &Path, args: &[&str]) -> PathBuf {
    let id =
        answer(dir, &[&["backtest", "--set", "risk.enabled=false"], args].concat())["run_id"].as_str().expect("a run").to_owned();
    dir.join("runs").join(id)
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

fn lines(dir: &Path, args: &[&str]) -> Vec<String> {
    stdout(dir, &[&["log", "show", "last"], args].concat()).lines().map(str::to_owned).collect()
}

fn id(run: &Path) -> String {
    run.file_name().unwrap().to_str().unwrap().to_owned()
}

/// The one file of records of a backtest as short as these.
fn segment(run: &Path) -> PathBuf {
    run.join("cold-00000000000000000000.seg")
}

#[test]
fn show_prints_the_text_form() {
    let (dir, _) = small_run();
    let shown = stdout(dir.path(), &["log", "show", "last", "--from-seq", "9", "--to-seq", "20"]);
    expect![[r"
        9 2024-01-01T07:00:00Z < bar BTC-USDT 1h open 108.00 high 108.00 low 100.00 close 101.00 volume 10.0
        10 2024-01-01T07:00:00Z > signal ema_cross BTC-USDT flat 100% fast=103.04252401 slow=103.53881600 ^9
        11 2024-01-01T08:00:00Z < bar BTC-USDT 1h open 101.00 high 102.00 low 95.00 close 96.00 volume 10.0
        12 2024-01-01T09:00:00Z < bar BTC-USDT 1h open 96.00 high 97.00 low 94.00 close 95.00 volume 10.0
        13 2024-01-01T10:00:00Z < bar BTC-USDT 1h open 95.00 high 103.00 low 95.00 close 102.00 volume 10.0
        14 2024-01-01T10:00:00Z > signal ema_cross BTC-USDT long 100% fast=100.03861200 slow=99.78838426 ^13
        15 2024-01-01T10:00:00Z > order #15 ema_cross buy 93.0 BTC-USDT market ^14
        16 2024-01-01T10:00:00Z < accepted #15
        17 2024-01-01T11:00:00Z < bar BTC-USDT 1h open 102.00 high 110.00 low 101.00 close 109.00 volume 10.0
        18 2024-01-01T11:00:00Z < filled #15 93.0 @ 102.00 fee 9.486000 USDT taker id 1
        19 2024-01-01T12:00:00Z < bar BTC-USDT 1h open 109.00 high 112.00 low 108.00 close 111.00 volume 10.0
        20 2024-01-01T12:00:00Z < session ended, 0 rows skipped
    "]]
    .assert_eq(&shown);
    assert_eq!(lines(dir.path(), &["--order", "15", "--kind", "filled"]).concat(), shown.lines().nth(9).unwrap());
}

#[test]
fn show_as_json_is_one_document_with_exact_numbers() {
    let (dir, _) = small_run();
    let args = ["log", "show", "last", "--kind", "bar,order", "--kind", "filled", "--from-seq", "15", "--to-seq", "18", "--json"];
    expect![[r#"
        [
        {"seq":15,"at":"2024-01-01T10:00:00Z","cause":14,"kind":"order","order":15,"strategy":"ema_cross","instrument":"BTC-USDT","side":"buy","size":"93.0","text":"15 2024-01-01T10:00:00Z > order #15 ema_cross buy 93.0 BTC-USDT market ^14"},
        {"seq":17,"at":"2024-01-01T11:00:00Z","cause":17,"kind":"bar","instrument":"BTC-USDT","open":"102.00","high":"110.00","low":"101.00","close":"109.00","volume":"10.0","text":"17 2024-01-01T11:00:00Z < bar BTC-USDT 1h open 102.00 high 110.00 low 101.00 close 109.00 volume 10.0"},
        {"seq":18,"at":"2024-01-01T11:00:00Z","cause":18,"kind":"filled","order":15,"price":"102.00","size":"93.0","fee":"9.486000","fee_currency":"USDT","text":"18 2024-01-01T11:00:00Z < filled #15 93.0 @ 102.00 fee 9.486000 USDT taker id 1"}
        ]
    "#]]
    .assert_eq(&stdout(dir.path(), &args));
    assert_eq!(answer(dir.path(), &["log", "show", "last", "--kind", "trade"]), Value::Array(Vec::new()));
    let all = answer(dir.path(), &["log", "show", "last"]);
    let texts: Vec<&str> = all.as_array().unwrap().iter().map(|record| record["text"].as_str().unwrap()).collect();
    assert_eq!(texts, lines(dir.path(), &[]));
}

#[test]
fn a_selection_is_what_a_search_in_all_lines_finds() {
    let (dir, _) = sample_run();
    let all = lines(dir.path(), &[]);
    assert_eq!(answer(dir.path(), &["log", "stat", "last"])["records"], all.len());
    assert!(all.len() > 20_000);
    let kind = |line: &str| line.split(' ').nth(3).unwrap().to_owned();
    let at = |line: &str| line.split(' ').nth(1).unwrap().to_owned();
    let search = |wanted: &dyn Fn(&String) -> bool| -> Vec<String> { all.iter().filter(|line| wanted(line)).cloned().collect() };
    assert_eq!(lines(dir.path(), &["--kind", "filled"]), search(&|line| kind(line) == "filled"));
    assert_eq!(lines(dir.path(), &["--from-seq", "23000"]), all[23_000..]);
    assert_eq!(lines(dir.path(), &["--to-seq", "4096"]), all[..=4_096]);
    // At this second there are several records.
    let (from, to) = ("2018-06-18T17:00:00Z", "2018-06-20T03:00:00Z");
    let expected = search(&|line| at(line).as_str() >= from && at(line).as_str() < to);
    assert!(expected.len() > 34, "{expected:?}");
    assert_eq!(lines(dir.path(), &["--from", from, "--to", to]), expected);
    let signals = search(&|line| at(line).as_str() >= "2019-01-01" && kind(line) == "signal");
    assert_eq!(lines(dir.path(), &["--from", "2019-01-01", "--kind", "signal"]), signals);
}

#[test]
fn the_answer_is_the_same_whatever_became_of_the_index() {
    let (dir, folder) = sample_run();
    let all = answer(dir.path(), &["log", "show", "last"]);
    let all = all.as_array().unwrap();
    let orders: Vec<u64> =
        all.iter().filter(|record| record["kind"] == "order").map(|record| record["seq"].as_u64().unwrap()).collect();
    assert!(orders.len() > 100);
    let search = |wanted: &dyn Fn(&Value) -> bool| -> String {
        all.iter().filter(|record| wanted(record)).flat_map(|record| [record["text"].as_str().unwrap(), "\n"]).collect()
    };
    // The first, the last and those that cancel: what a cancellation follows from is in between.
    let canceled = all.iter().find(|record| record["kind"] == "cancel").expect("a cancellation");
    let mut lookups = Vec::new();
    for order in [orders[0], orders[orders.len() - 1], canceled["order"].as_u64().unwrap()] {
        let cause = all[usize::try_from(order).unwrap()]["cause"].clone();
        lookups.push((vec!["--order".to_owned(), order.to_string()], search(&|record| record["order"] == order)));
        let followed = search(&|record| record["cause"] == cause && record["seq"] != cause);
        lookups.push((vec!["--cause".to_owned(), cause.to_string()], followed));
    }
    let mut both = lookups[0].0.clone();
    both.extend(lookups[1].0.clone());
    lookups.push((both, format!("{}\n", all[usize::try_from(orders[0]).unwrap()]["text"].as_str().unwrap())));
    let ask = |state: &str| {
        for (args, expected) in &lookups {
            assert!(expected.lines().count() > 0);
            let args: Vec<&str> = ["log", "show", "last"].into_iter().chain(args.iter().map(String::as_str)).collect();
            assert_eq!(stdout(dir.path(), &args), *expected, "{state}: {args:?}");
        }
    };
    let index = folder.join("index");
    assert!(!index.exists());
    ask("not there yet");
    assert!(index.is_dir(), "the index is kept for the next time");
    ask("there");
    fs::remove_dir_all(&index).unwrap();
    ask("deleted");
    for (state, damage) in [("noise", noise as fn(&[u8]) -> Vec<u8>), ("cut", |bytes| bytes[..bytes.len() / 2].to_vec())] {
        let mut damaged = 0;
        for path in files(&index) {
            let bytes = fs::read(&path).unwrap();
            damaged += bytes.len();
            fs::write(&path, damage(&bytes)).unwrap();
        }
        assert!(damaged > 0);
        ask(state);
    }
    fs::remove_dir_all(&index).unwrap();
    fs::write(&index, "not a folder").unwrap();
    ask("a file");

    // While another process uses it, the log itself is searched.
    let storage: Arc<dyn Storage> = Arc::new(Disk::open(&folder).unwrap());
    let held = Index::open(&index, &storage).unwrap();
    for (args, expected) in &lookups {
        let args: Vec<&str> = ["log", "show", "last"].into_iter().chain(args.iter().map(String::as_str)).collect();
        let (code, stdout, stderr) = run(dir.path(), &args);
        assert_eq!((code, &stdout), (Some(0), expected), "{args:?}");
        assert!(
            stderr.starts_with("note: cannot open the index: ") && stderr.ends_with("; the log is read instead\n"),
            "{stderr}"
        );
    }
    drop(held);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// As many bytes, none of them what it was.
fn noise(bytes: &[u8]) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    bytes.iter().map(|byte| byte.wrapping_add(next().max(1))).collect()
}

#[test]
fn stat_counts() {
    let (dir, folder) = small_run();
    let bytes = fs::metadata(segment(&folder)).unwrap().len();
    let stat = answer(dir.path(), &["log", "stat", "last"]);
    assert_eq!(stat["bytes"], bytes);
    assert_eq!(stat["segments"], serde_json::json!([{ "file": "cold-00000000000000000000.seg", "bytes": bytes }]));
    assert_eq!((&stat["inputs"], &stat["decisions"], &stat["checkpoints"]), (&18.into(), &4.into(), &1.into()));
    assert_eq!(stat["digest"], answer(dir.path(), &["log", "verify", "last"])["digest"]);
    let text = stdout(dir.path(), &["log", "stat", "last"]);
    let (_, kinds) = text.split_once("\n\n").unwrap();
    expect![[r"
         Kind           Records
        ─────────────────────────
         session              1
         listed               1
         deposited            1
         bar                 12
         accepted             1
         filled               1
         session-ended        1
         signal               2
         order                1
         checkpoint           1
    "]]
    .assert_eq(kinds);
}

#[test]
fn list_has_the_newest_run_first_and_says_what_cannot_be_read() {
    let (dir, first) = small_run();
    let second = backtest(dir.path(), &["--strategy", "buy_and_hold"]);
    let listed = answer(dir.path(), &["log", "list"]);
    assert_eq!(listed[0]["run_id"], id(&second));
    assert_eq!(listed[0]["strategies"], serde_json::json!(["buy_and_hold"]));
    let bytes = fs::metadata(segment(&first)).unwrap().len();
    assert_eq!(
        listed[1],
        serde_json::json!({
            "run_id": id(&first), "records": 22, "from": "2024-01-01T01:00:00Z", "to": "2024-01-01T12:00:00Z",
            "strategies": ["ema_cross"], "sealed": true, "bytes": bytes,
        })
    );
    fs::remove_file(second.join("HEAD")).unwrap();
    let listed = answer(dir.path(), &["log", "list"]);
    let reason = "there is no log here: HEAD is missing; check the path, or use `log salvage` if segment files are left";
    assert_eq!(listed[0], serde_json::json!({ "run_id": id(&second), "error": reason }));
    let text = stdout(dir.path(), &["log", "list"]);
    assert!(text.contains("HEAD is missing") && text.contains("ema_cross"), "{text}");
    let (code, text, note) = run(dir.path(), &["log", "list", "--runs", "none"]);
    assert_eq!((code, text.as_str()), (Some(0), ""));
    assert_eq!(note, "note: there is no run in none: `tickfold backtest` makes one\n");
}

#[test]
fn verify_says_what_is_damaged() {
    let (dir, folder) = small_run();
    let (_, ok, _) = run(dir.path(), &["log", "verify", "last"]);
    let again = answer(dir.path(), &["backtest", "--no-log", "--set", "risk.enabled=false"]);
    assert_eq!(ok, format!("ok: 22 records, closed in order\ndigest {}\n", again["digest"].as_str().unwrap()));

    let whole = fs::read(segment(&folder)).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    fs::write(segment(&folder), &flipped).unwrap();
    let (code, text, error) = run(dir.path(), &["log", "verify", "last"]);
    assert_eq!((code, text.as_str()), (Some(6), ""));
    let named = "error: cold-00000000000000000000.seg is damaged at byte 0, seqs 0..22: the checksum is wrong";
    assert_eq!(error, format!("{named}; `log salvage` copies what is whole\n"));

    // A shorter log is not what HEAD remembers.
    fs::write(segment(&folder), b"").unwrap();
    let (code, _, error) = run(dir.path(), &["log", "verify", "last"]);
    assert_eq!(code, Some(6));
    assert!(error.contains("22 records were durable: seqs 0..22 are missing"), "{error}");

    // The configuration is a blob beside the records, which name its hash.
    fs::write(segment(&folder), &whole).unwrap();
    let blob = files(&folder.join("blobs")).remove(0);
    fs::write(&blob, "seed = 43").unwrap();
    let (code, _, error) = run(dir.path(), &["log", "verify", "last"]);
    let name = blob.file_name().unwrap().to_str().unwrap();
    assert_eq!((code, error), (Some(6), format!("error: blob {name} is damaged\n")));
}

#[test]
fn a_write_that_did_not_arrive_whole_is_cut_and_reported() {
    let (dir, closed) = small_run();
    let before = lines(dir.path(), &[]);
    let folder = stopped(&closed);
    let mut bytes = fs::read(segment(&folder)).unwrap();
    let end = bytes.len();
    bytes.extend_from_slice(b"TFLG and no more");
    fs::write(segment(&folder), &bytes).unwrap();
    let cut = format!("cold-00000000000000000000.seg ends in 16 bytes of a write that did not arrive whole, at byte {end}: cut");
    let cut = format!("note: {cut}; the last whole record is seq 21\n");
    let (code, shown, note) = run(dir.path(), &["log", "show", "last"]);
    assert_eq!((code, &note), (Some(0), &cut));
    assert!(shown.lines().eq(before));
    let (code, text, note) = run(dir.path(), &["log", "verify", "last"]);
    assert_eq!((code, &note), (Some(0), &cut));
    assert!(text.starts_with("ok: 22 records"), "{text}");
    let torn = serde_json::json!({ "file": "cold-00000000000000000000.seg", "offset": end, "bytes": 16, "last_seq": 21 });
    assert_eq!(answer(dir.path(), &["log", "verify", "last"])["torn"], torn);
    assert_eq!(answer(dir.path(), &["log", "stat", "last"])["torn"], torn);
}

/// The same run, as it is left by a process that was killed after a sync: the newest run beside it.
fn stopped(closed: &Path) -> PathBuf {
    let folder = closed.with_file_name("20990101-000000-0000");
    let (mut reader, _) = Reader::open(Arc::new(Disk::open(closed).unwrap())).unwrap();
    let mut writer = Writer::create(Arc::new(Disk::create(&folder).unwrap()), Options::default()).unwrap();
    while let Some(records) = reader.next_block().unwrap() {
        writer.append(records).unwrap();
    }
    writer.sync().unwrap();
    fs::create_dir(folder.join("blobs")).unwrap();
    for blob in files(&closed.join("blobs")) {
        fs::copy(&blob, folder.join("blobs").join(blob.file_name().unwrap())).unwrap();
    }
    folder
}

#[test]
fn what_follows_the_end_of_a_closed_log_is_damage() {
    let (dir, folder) = small_run();
    let mut bytes = fs::read(segment(&folder)).unwrap();
    bytes.extend_from_slice(b"TFLG and no more");
    fs::write(segment(&folder), &bytes).unwrap();
    let (code, _, error) = run(dir.path(), &["log", "verify", "last"]);
    assert_eq!(code, Some(6));
    assert!(error.contains("the log was closed with 22 records, but something comes after them"), "{error}");
}

#[test]
fn export_writes_what_show_prints() {
    let (dir, _) = sample_run();
    let shown = answer(dir.path(), &["log", "show", "last"]);
    let count = shown.as_array().unwrap().len();
    let read = |name: &str| fs::read(dir.path().join(name)).unwrap();
    for name in ["all.jsonl", "all.jsonl.gz", "all.jsonl.zst", "all.parquet"] {
        assert_eq!(stdout(dir.path(), &["log", "export", "last", "--out", name]), format!("wrote {count} records to {name}\n"));
        assert!(!dir.path().join(format!("{name}.part")).exists());
    }
    let text = String::from_utf8(read("all.jsonl")).unwrap();
    let parsed: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(parsed == *shown.as_array().unwrap());
    let mut unpacked = String::new();
    flate2::read::GzDecoder::new(&*read("all.jsonl.gz")).read_to_string(&mut unpacked).unwrap();
    assert!(unpacked == text);
    assert!(zstd::decode_all(&*read("all.jsonl.zst")).unwrap() == text.as_bytes());

    let table = ParquetReader::new(fs::File::open(dir.path().join("all.parquet")).unwrap()).finish().unwrap();
    assert_eq!(table.shape(), (count, 23));
    let column = |name: &str| table.column(name).unwrap().as_materialized_series().clone();
    assert_eq!(column("at").dtype().to_string(), "datetime[ns]");
    let (seqs, times) = (column("seq"), column("at").cast(&polars::prelude::DataType::Int64).unwrap());
    let (texts, prices, orders) = (column("text"), column("price"), column("order"));
    for (row, record) in shown.as_array().unwrap().iter().enumerate() {
        assert_eq!(seqs.u64().unwrap().get(row), record["seq"].as_u64());
        let at = record["at"].as_str().and_then(engine::time::Timestamp::parse).unwrap();
        assert_eq!(times.i64().unwrap().get(row), Some(at.0));
        assert_eq!(texts.str().unwrap().get(row), record["text"].as_str());
        assert_eq!(orders.u64().unwrap().get(row), record["order"].as_u64());
        let price = record["price"].as_str().map(|price| price.parse::<f64>().unwrap());
        assert_eq!(prices.f64().unwrap().get(row).map(f64::to_bits), price.map(f64::to_bits));
    }

    let some = answer(dir.path(), &["log", "export", "last", "--kind", "filled", "--out", "fills.jsonl"]);
    assert_eq!(some["records"], lines(dir.path(), &["--kind", "filled"]).len());
    let (code, _, error) = run(dir.path(), &["log", "export", "last", "--out", "all.txt"]);
    assert_eq!(code, Some(2));
    assert_eq!(
        error,
        "error: all.txt: its ending does not say what to write: expected .jsonl, .jsonl.gz, .jsonl.zst or .parquet\n"
    );
}

#[test]
fn what_is_whole_of_a_damaged_log_is_salvaged() {
    let (dir, folder) = sample_run();
    let before = lines(dir.path(), &[]);
    let mut bytes = fs::read(segment(&folder)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(segment(&folder), &bytes).unwrap();

    let (code, shown, error) = run(dir.path(), &["log", "show", "last"]);
    assert_eq!((code, shown.as_str()), (Some(6), ""));
    assert!(error.contains(" is damaged at byte ") && error.contains("`log salvage` copies what is whole"), "{error}");
    let (code, ..) = run(dir.path(), &["log", "export", "last", "--out", "all.jsonl"]);
    assert_eq!(code, Some(6));
    assert!(!dir.path().join("all.jsonl").exists() && !dir.path().join("all.jsonl.part").exists());

    let salvaged = answer(dir.path(), &["log", "salvage", "last", "--out", "rescued"]);
    let lost = (salvaged["lost"][0]["from"].as_u64().unwrap(), salvaged["lost"][0]["until"].as_u64().unwrap());
    assert!(0 < lost.0 && lost.0 < lost.1 && error.contains(&format!("seqs {}..", lost.0)), "{lost:?}: {error}");
    assert_eq!(salvaged["records"].as_u64().unwrap(), before.len() as u64 - (lost.1 - lost.0));
    assert!(salvaged["damage"][0].as_str().unwrap().contains("the checksum is wrong"));
    assert_eq!(fs::read(segment(&folder)).unwrap(), bytes, "the log itself is not touched");

    let (code, rest, note) = run(dir.path(), &["log", "show", "rescued"]);
    assert_eq!((code, note), (Some(0), format!("note: this is a salvaged log: seqs {}..{} are lost\n", lost.0, lost.1)));
    let kept = |line: &&String| !(lost.0..lost.1).contains(&line.split(' ').next().unwrap().parse().unwrap());
    assert!(rest.lines().eq(before.iter().filter(kept)));
    let (code, _, error) = run(dir.path(), &["log", "verify", "rescued"]);
    assert_eq!(code, Some(6));
    assert_eq!(error, format!("error: the log was salvaged from a damaged one: seqs {}..{} are lost\n", lost.0, lost.1));

    let (code, _, error) = run(dir.path(), &["log", "salvage", "last", "--out", "rescued"]);
    assert_eq!((code, error.as_str()), (Some(2), "error: rescued is not empty: name another folder with --out\n"));
}

#[test]
fn what_is_not_there_is_refused() {
    let (dir, folder) = small_run();
    for (args, message) in [
        (&["show", "last", "--from-seq", "22"][..], "seq 22 is not in the log, which has 22 records: see `tickfold log stat`"),
        (&["show", "last", "--order", "99"], "seq 99 is not in the log, which has 22 records: see `tickfold log stat`"),
        (&["show", "last", "--from-seq", "5", "--to-seq", "4"], "--from-seq 5 is after --to-seq 4: swap them"),
        (&["stat", "1999"], "no run \"1999\" in runs, and no folder of that name; near it: RUN-ID"),
    ] {
        let (code, text, error) = run(dir.path(), &[&["log"], args].concat());
        assert_eq!((code, text.as_str()), (Some(2), ""), "{args:?}");
        assert_eq!(error.replace(&id(&folder), "RUN-ID"), format!("error: {message}\n"));
    }
    let (code, text, note) = run(dir.path(), &["log", "show", "last", "--order", "14"]);
    assert_eq!((code, text.as_str()), (Some(0), ""));
    assert_eq!(note, format!("note: no record of {} is like that\n", id(&folder)));
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let (dir, _) = sample_run();
    for args in [&["log", "show", "last"][..], &["log", "show", "last", "--json"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        let child = tickfold(dir.path(), args).stdout(writer).stderr(std::process::Stdio::piped()).spawn().unwrap();
        let mut first = [0; 8];
        (&reader).read_exact(&mut first).unwrap();
        drop(reader);
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""), "{args:?}");
    }
}
