//! `tickfold log bundle`: one file to send with a bug report.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use data::log::{BlobStore, LogError};
use data::zipped::Zipped;
use engine::event::{Event, Input, Record};
use replays::rebuild::rebuild;
use replays::session::{BUILD, SessionError};
use replays::verify::{Verified, VerifyError, verify};
use serde_json::{Value, json};

use super::redacted::Redactor;
use super::{LogFolder, RunName, cut};
use crate::cli::Globals;
use crate::exit::{Exit, Failure};

/// The folder of what records name by their hash, in a run's folder.
const BLOBS: &str = "blobs";
/// Sections of the configuration that say nothing about an account: shares, rules and latencies.
const SHOWN: [&str; 10] =
    ["seed", "data", "instrument", "exchange", "engine", "risk", "protection", "breakers", "sizing", "controller"];
/// The like of `[live]`: no address, and no key's name.
const SHOWN_LIVE: [&str; 12] = [
    "region",
    "environment",
    "instruments",
    "feeds",
    "unknown_orders",
    "on_stop",
    "dead_man",
    "stale_after",
    "clock_skew",
    "free_disk_mb",
    "clock",
    "backup",
];
/// Figures of a summary that are no money.
const SHOWN_SUMMARY: [&str; 13] = [
    "build",
    "mode",
    "events",
    "records",
    "decisions",
    "signals",
    "orders",
    "fills",
    "denials",
    "rejections",
    "cancellations",
    "from",
    "to",
];

const README: &str = "A run of Tickfold, for a bug report.

versions.json  what made this file, and where
verify.json    whether every decision of the log follows from its inputs again
summary.json   what the run came to
";
const WHOLE: &str = "run/           the run's folder: `tickfold log show run`, `tickfold verify run`

Nothing is left out: balances, quantities, the venue's order ids and the labels of strategies are in it.
Keys and passphrases are in no log.
";
const REDACTED: &str = "config.toml    the configuration; what could tell of an account or of a strategy reads `removed`
log.jsonl      the records, one JSON object a line

Left out: quantities, fees, balances and profits; limits, stops and targets, and at which price the orders that waited
for them filled; the venue's ids and words; alerts; labels, parameters and sizes of strategies; addresses, names of keys,
paths; and the log's own files and hashes, which have all of that in them. So this log cannot be verified any more:
verify.json says what the whole one came to.
";

/// Put a run into one file to send with a bug report
///
/// With --redact nothing in it tells of the account or of the strategies' parameters: the records are exported as text
/// without quantities, balances, ids, labels and words of the venue or of the operator. A log whose records hang together
/// by their hashes cannot be redacted and stay verifiable, so its files stay out, and the result of verifying it goes in.
/// What a crash cut off is noted. A damaged log goes in as it is, and the exit code is 6; where there is no record at all,
/// no file is written.
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold log bundle last --redact -o bug.zip
  tickfold log bundle 20261121-0930 --out whole.zip")]
pub struct Bundle {
    #[command(flatten)]
    run: RunName,
    /// The file
    #[arg(long, short, value_name = "FILE.zip")]
    out: PathBuf,
    /// Leave out what tells of the account and the strategies
    #[arg(long)]
    redact: bool,
}

impl Bundle {
    /// Writes it.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let folder = self.run.find(globals)?;
        look(&folder)?;
        let verified = verified(&folder);
        let failed = |error: io::Error| Failure::new(Exit::Failed, format!("cannot write {}: {error}", self.out.display()));
        let mut zip = Zipped::create(&self.out).map_err(failed)?;
        let readme = format!("{README}{}", if self.redact { REDACTED } else { WHOLE });
        zip.add("README.txt", readme.as_bytes()).map_err(failed)?;
        let os = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
        for (name, value) in [
            ("versions.json", json!({ "tickfold": BUILD, "os": os, "redacted": self.redact })),
            ("verify.json", self.verdict(&verified)),
            ("summary.json", self.summary(&folder)),
        ] {
            zip.add(name, format!("{value:#}\n").as_bytes()).map_err(failed)?;
        }
        let added = if self.redact { redacted(&folder, &mut zip) } else { whole(&folder, &mut zip) };
        let files = added.map_err(failed)? + 4;
        zip.finish().map_err(failed)?;
        if globals.json {
            writeln!(out, "{}", json!({ "out": self.out, "files": files, "redacted": self.redact }))?;
        } else {
            let what = if self.redact { "a redacted export of the run" } else { "the whole run, balances and ids included" };
            writeln!(out, "wrote {}: {what}", self.out.display())?;
        }
        match verified {
            Err(error @ (VerifyError::Log(_) | VerifyError::Session(SessionError::Blob(_)))) => {
                let (run, file) = (folder.path.display(), self.out.display());
                let told = format!(
                    "{run} is damaged: {error}\n  {file} has what is left of it; `tickfold log salvage` copies that to a run"
                );
                Err(Failure::new(Exit::Mismatch, told))
            }
            // That decisions differ is what the file is to tell.
            _ => Ok(()),
        }
    }

    /// What verifying it came to, be it a failure: that is what bug reports are for.
    fn verdict(&self, verified: &Result<Proven, VerifyError>) -> Value {
        match verified {
            Ok(Proven { verified: Verified { records, decisions }, digest, sealed, torn }) => {
                let digest = digest.as_ref().filter(|_| !self.redact);
                json!({
                    "ok": true, "records": records, "decisions": decisions, "digest": digest, "sealed": sealed, "torn": torn,
                })
            }
            Err(VerifyError::Differs { seq, .. }) if self.redact => json!({ "ok": false, "differs_at_seq": seq }),
            Err(error) => json!({ "ok": false, "error": self.said(error) }),
        }
    }

    fn summary(&self, folder: &LogFolder) -> Value {
        let rebuilt = folder.read().map_err(Into::into).and_then(|(mut reader, _)| rebuild(&mut reader));
        let mut summary = match rebuilt {
            Ok((state, report)) => serde_json::to_value(report.finish(&state, String::new())).unwrap_or_default(),
            Err(error) => return json!({ "error": self.said(&error) }),
        };
        if let (true, Some(fields)) = (self.redact, summary.as_object_mut()) {
            fields.retain(|name, _| SHOWN_SUMMARY.contains(&name.as_str()));
        }
        summary
    }

    /// An error's words; when they are to tell nothing, its kind.
    fn said(&self, error: &impl std::error::Error) -> String {
        if !self.redact {
            return error.to_string();
        }
        let kinds: Vec<String> = format!("{error:?}").split(['(', ' ', '{']).take(2).map(str::to_owned).collect();
        kinds.into_iter().filter(|kind| kind.chars().all(|c| c.is_ascii_alphabetic())).collect::<Vec<_>>().join(" ")
    }
}

/// A log that was verified.
struct Proven {
    verified: Verified,
    digest: Option<String>,
    sealed: bool,
    torn: bool,
}

/// Says on stderr what a crash cut off, and fails where there is nothing to bundle. Damage is told at the end.
fn look(folder: &LogFolder) -> Result<(), Failure> {
    let why = match folder.read() {
        Ok((_, recovery)) => {
            if let Some(torn) = &recovery.torn {
                eprintln!("note: {}", cut(torn));
            }
            let is_empty = recovery.count == 0 && recovery.torn.is_none();
            is_empty.then_some("the log has no records: its run was stopped before the first were written")
        }
        Err(LogError::NoLog) if folder.segments()?.is_empty() => {
            Some("it has no log; name a run's folder, see `tickfold log list`")
        }
        Err(_) => None,
    };
    match why {
        Some(why) => Err(Failure::new(Exit::Mismatch, format!("nothing to bundle in {}: {why}", folder.path.display()))),
        None => Ok(()),
    }
}

fn verified(folder: &LogFolder) -> Result<Proven, VerifyError> {
    let (mut reader, recovery) = folder.read()?;
    let verified = verify(&mut reader, &BlobStore::open(&folder.path)?)?;
    let digest = reader.digest().map(|digest| digest.to_string());
    Ok(Proven { verified, digest, sealed: recovery.sealed, torn: recovery.torn.is_some() })
}

/// Adds the log's own files, and says how many.
fn whole(folder: &LogFolder, zip: &mut Zipped) -> io::Result<usize> {
    let mut names: Vec<String> = folder.storage.list()?.into_iter().filter(|name| super::is_segment(name)).collect();
    names.push("HEAD".to_owned());
    if let Ok(blobs) = fs::read_dir(folder.path.join(BLOBS)) {
        for blob in blobs {
            names.push(format!("{BLOBS}/{}", blob?.file_name().to_string_lossy()));
        }
    }
    names.sort();
    names.retain(|name| folder.path.join(name).is_file());
    names.iter().try_for_each(|name| zip.copy(&format!("run/{name}"), &folder.path.join(name)))?;
    Ok(names.len())
}

/// Adds what may be shown of the records, up to the first that cannot be read, and of the configuration.
fn redacted(folder: &LogFolder, zip: &mut Zipped) -> io::Result<usize> {
    let (mut redactor, mut config) = (Redactor::default(), None);
    zip.begin("log.jsonl")?;
    if let Ok((mut reader, _)) = folder.read() {
        while let Ok(Some(records)) = reader.next_block() {
            for record in records {
                if let Record { event: Event::Input(Input::SessionStarted(session)), .. } = record {
                    config = BlobStore::open(&folder.path).and_then(|blobs| blobs.get(session.config)).ok();
                }
                serde_json::to_writer(&mut *zip, &redactor.redact(record))?;
                zip.write_all(b"\n")?;
            }
        }
    }
    let config = config.and_then(|bytes| String::from_utf8(bytes).ok()).and_then(|text| toml::from_str(&text).ok());
    let shown = config.map(shown).and_then(|shown| toml::to_string(&shown).ok());
    zip.add("config.toml", shown.unwrap_or_else(|| "# it cannot be read\n".to_owned()).as_bytes())?;
    Ok(2)
}

/// A configuration without what tells of an account or of a strategy: of that only the keys stay.
fn shown(mut config: toml::Table) -> toml::Table {
    for (name, value) in &mut config {
        match (name.as_str(), value) {
            (name, _) if SHOWN.contains(&name) => {}
            ("live", toml::Value::Table(live)) => hide(live, &SHOWN_LIVE),
            ("strategy", toml::Value::Array(strategies)) => {
                strategies
                    .iter_mut()
                    .filter_map(toml::Value::as_table_mut)
                    .for_each(|strategy| hide(strategy, &["name", "instruments"]));
            }
            (_, value) => *value = toml::Value::String("removed".to_owned()),
        }
    }
    config
}

fn hide(table: &mut toml::Table, shown: &[&str]) {
    for (key, value) in table {
        if !shown.contains(&key.as_str()) {
            *value = toml::Value::String("removed".to_owned());
        }
    }
}
