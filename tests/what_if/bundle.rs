//! `tickfold log bundle`: what is in the file, and what is not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use data::log::{Disk, Options, Writer};
use engine::event::{Decision, Event, Input};
use serde_json::Value;

use crate::program::{answer, tickfold};
use crate::stage::{backtest, records, run, stage};
use crate::venue::{BALANCE, FILL_ID, KEY, LABEL, WORDS, live_run, paper_run};

fn unpacked(file: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut zip = zip::ZipArchive::new(File::open(file).unwrap()).unwrap();
    let mut files = BTreeMap::new();
    for place in 0..zip.len() {
        let mut entry = zip.by_index(place).unwrap();
        let name = entry.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        files.insert(name, bytes);
    }
    files
}

fn holds(files: &BTreeMap<String, Vec<u8>>, needle: &str) -> Vec<String> {
    let found = |bytes: &Vec<u8>| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
    files.iter().filter(|(_, bytes)| found(bytes)).map(|(name, _)| name.clone()).collect()
}

#[test]
fn a_redacted_bundle_tells_nothing_of_the_account() {
    let dir = tempfile::tempdir().unwrap();
    let live = live_run(&dir.path().join("runs/my-private-account"), 3, 300);
    let all = records(&live);
    // What must not be in it: every quantity, fee, id and balance of the account, and what is called by its owner.
    let mut private: Vec<String> =
        [LABEL, WORDS, KEY, BALANCE, "37.31", "my-private-account", "tops3cret", "open sesame"].map(str::to_owned).to_vec();
    for record in &all {
        match &record.event {
            Event::Input(Input::OrderFilled(fill)) => {
                private.extend([fill.fill_id.to_string(), fill.quantity.to_string(), fill.fee.to_string()]);
            }
            Event::Input(Input::SessionStarted(session)) => private.push(session.config.to_string()),
            _ => {}
        }
    }
    assert!(private.contains(&FILL_ID.to_string()) && private.len() > 100);
    let mut command = tickfold(dir.path(), &["log", "bundle", "runs/my-private-account", "--redact", "-o", "bug.zip"]);
    let command = command.env("OKX_SECRET_KEY", "tops3cret").env("OKX_PASSPHRASE", "open sesame");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let files = unpacked(&dir.path().join("bug.zip"));
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(names, ["README.txt", "config.toml", "log.jsonl", "summary.json", "verify.json", "versions.json"]);
    for needle in &private {
        assert_eq!(holds(&files, needle), Vec::<String>::new(), "{needle:?} is in it");
    }

    // And what has to be there: every record, market data as they are, the reasons of refusals, the proof.
    let log = String::from_utf8(files["log.jsonl"].clone()).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), all.len());
    for (line, record) in lines.iter().zip(&all) {
        assert_eq!(line["seq"], record.seq);
        if let Event::Input(Input::Trade(_)) = record.event {
            assert!(line["text"].as_str().unwrap().contains("< trade BTC-USDT buy 1.0000 @ "), "{line}");
        }
    }
    let of = |kind: &str| lines.iter().find(|line| line["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"));
    assert_eq!(of("rejected")["reason"], "venue code 51008");
    assert_eq!(
        (&of("order")["side"], &of("order")["strategy"], &of("order")["type"]),
        (&"Buy".into(), &0.into(), &"Market".into())
    );
    assert!(of("filled")["price"].is_string() && of("filled").get("size").is_none());
    assert_eq!((&of("operator")["command"], &of("trouble")["trouble"]), (&"halt".into(), &"orders lost".into()));
    let verified: Value = serde_json::from_slice(&files["verify.json"]).unwrap();
    assert_eq!((&verified["ok"], &verified["records"], &verified["digest"]), (&true.into(), &all.len().into(), &Value::Null));
    let config = String::from_utf8(files["config.toml"].clone()).unwrap();
    assert!(
        config.contains("name = \"ema_cross\"")
            && config.contains("fast = \"removed\"")
            && config.contains("checkpoint_every = 40")
    );
}

#[test]
fn a_whole_bundle_is_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let live = live_run(&dir.path().join("runs/20260101-000000-0001"), 4, 120);
    fs::write(live.join("SESSION"), "a tag").unwrap();
    let told = answer(dir.path(), &["log", "bundle", "last", "--out", "whole.zip"]);
    assert_eq!((&told["redacted"], &told["files"]), (&false.into(), &7.into()), "{told}");
    let files = unpacked(&dir.path().join("whole.zip"));
    assert!(holds(&files, LABEL).contains(&"summary.json".to_owned()) || !holds(&files, KEY).is_empty());
    for (name, bytes) in files.iter().filter(|(name, _)| name.starts_with("run/")) {
        let path = dir.path().join("again").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let (code, stdout, _) = run(dir.path(), &["verify", "again/run"]);
    assert_eq!(code, Some(0));
    let verified: Value = serde_json::from_slice(&files["verify.json"]).unwrap();
    assert!(stdout.contains(verified["digest"].as_str().unwrap()), "{stdout}");

    // A damaged run is what it is for: the files come as they are, and the damage is told.
    let segment =
        fs::read_dir(&live).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.extension().is_some_and(|e| e == "seg"));
    let segment = segment.unwrap();
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&segment, &bytes).unwrap();
    for (args, said) in [
        (&["log", "bundle", "last", "-o", "b.zip"][..], "is damaged"),
        (&["log", "bundle", "last", "--redact", "-o", "b.zip"], "Log Damaged"),
    ] {
        let (code, text, error) = run(dir.path(), args);
        assert!(code == Some(6) && text.starts_with("wrote b.zip: "), "{code:?}: {text}");
        assert!(
            error.contains(" is damaged: ") && error.contains("b.zip has what is left of it; `tickfold log salvage`"),
            "{error}"
        );
        let verified: Value = serde_json::from_slice(&unpacked(&dir.path().join("b.zip"))["verify.json"]).unwrap();
        assert!(verified["ok"] == false && verified["error"].as_str().unwrap().contains(said), "{verified}");
    }
    assert!(
        run(dir.path(), &["log", "bundle", "last", "-o", "no/such/folder.zip"])
            .2
            .starts_with("error: cannot write no/such/folder.zip: ")
    );
}

#[test]
fn what_is_empty_is_no_bundle_and_what_a_crash_cut_off_is_noted() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("empty")).unwrap();
    fs::create_dir_all(dir.path().join("begun/blobs")).unwrap();
    drop(Writer::create(Arc::new(Disk::create(dir.path().join("begun")).unwrap()), Options::default()).unwrap());
    for (folder, said) in [("empty", "it has no log"), ("begun", "the log has no records")] {
        for redact in [&[][..], &["--redact"]] {
            let (code, text, error) = run(dir.path(), &[&["log", "bundle", folder, "-o", "b.zip"], redact].concat());
            assert_eq!((code, text.as_str()), (Some(6), ""), "{folder}: {error}");
            assert!(error.starts_with(&format!("error: nothing to bundle in {folder}: {said}")), "{error}");
            assert!(!dir.path().join("b.zip").exists(), "{folder}");
        }
    }
    // A stopped run whose last write did not arrive whole.
    let stopped = paper_run(&dir.path().join("stopped"), 6, 120);
    let segment = fs::read_dir(&stopped)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|e| e == "seg"));
    let mut file = fs::OpenOptions::new().append(true).open(segment.unwrap()).unwrap();
    file.write_all(b"TFLG and no more").unwrap();
    for redact in [&[][..], &["--redact"]] {
        let (code, _, error) = run(dir.path(), &[&["log", "bundle", "stopped", "-o", "b.zip"], redact].concat());
        assert_eq!(code, Some(0), "{error}");
        assert!(
            error.starts_with("note: ") && error.contains("ends in 16 bytes of a write that did not arrive whole"),
            "{error}"
        );
        let verified: Value = serde_json::from_slice(&unpacked(&dir.path().join("b.zip"))["verify.json"]).unwrap();
        assert_eq!((&verified["ok"], &verified["torn"], &verified["sealed"]), (&true.into(), &true.into(), &false.into()));
    }
}

#[test]
fn a_redacted_bundle_tells_no_price_that_an_order_waits_for() {
    let dir = stage(9, 400);
    let protected = [
        "protection.stop='3%'",
        "protection.target='4%'",
        "breakers={cooldown='off', losses='off', daily_loss='off', drawdown='off', emergency='off', low_profit_loss='100%'}",
    ];
    let folder = backtest(dir.path(), "protected", "BTC-USDT_1m.csv", &protected);
    let mut prices = BTreeSet::new();
    for record in records(&folder) {
        if let Event::Decision(Decision::OrderRequested(request)) = record.event {
            let bracket = request.bracket.map(|bracket| [bracket.stop, bracket.target]).unwrap_or_default();
            let asked = [request.kind.trigger(), request.kind.limit_price(), bracket[0], bracket[1]];
            prices.extend(asked.into_iter().flatten().map(|price| price.0.normalize().to_string()));
        }
    }
    let (code, _, error) = run(dir.path(), &["log", "bundle", "protected", "--redact", "-o", "b.zip"]);
    assert_eq!(code, Some(0), "{error}");
    let files = unpacked(&dir.path().join("b.zip"));
    let log = String::from_utf8(files["log.jsonl"].clone()).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // Bars are public, whatever numbers are in them.
    let told = |line: &&Value| line.get("text").is_none();
    let (mut orders, mut waited) = (BTreeSet::new(), 0);
    for line in lines.iter().filter(told) {
        let text = line.to_string();
        let shown: Vec<&String> = prices.iter().filter(|price| text.contains(&format!("\"{price}"))).collect();
        assert!(shown.is_empty() || (line["kind"] == "filled" && !orders.contains(&line["order"].as_u64())), "{text}: {shown:?}");
        if line["kind"] == "order" && line["type"] != "Market" {
            orders.insert(line["seq"].as_u64());
        }
        waited += u64::from(line["kind"] == "filled" && orders.contains(&line["order"].as_u64()));
    }
    assert!(prices.len() > 20 && orders.len() > 20 && waited > 5, "{} {} {waited}", prices.len(), orders.len());
}
