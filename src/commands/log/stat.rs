//! `tickfold log stat`: what a log holds, counted.

use std::collections::BTreeMap;
use std::io::Write;

use clap::Args;
use data::log::Recovery;
use engine::event::{Event, Hash, Input, Mode, Record, Session};
use engine::time::Timestamp;
use serde_json::{Value, json};

use super::kind::Kind;
use super::{LogFolder, RunName, SegmentFile, cut, cut_json};
use crate::cli::Globals;
use crate::exit::Failure;
use crate::table::{drawn, pairs, table};

/// Count what is in a log: records by kind, bytes, time span, checkpoints, skipped rows
#[derive(Args)]
#[command(after_help = "Examples:\n  tickfold log stat last\n  tickfold log stat last --json | jq .kinds.filled")]
pub struct Stat {
    #[command(flatten)]
    run: RunName,
}

/// The counts.
#[derive(Default)]
struct Counts {
    records: u64,
    decisions: u64,
    kinds: BTreeMap<Kind, u64>,
    span: Option<(Timestamp, Timestamp)>,
    session: Option<Session>,
    skipped_rows: Option<u64>,
}

/// All that is said about a log.
struct Answer {
    folder: LogFolder,
    counts: Counts,
    recovery: Recovery,
    digest: Option<Hash>,
    segments: Vec<SegmentFile>,
}

impl Stat {
    /// Counts them.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let folder = self.run.find(globals)?;
        let (mut reader, recovery) = folder.read()?;
        let mut counts = Counts::default();
        while let Some(block) = reader.next_block()? {
            for record in block {
                counts.add(record);
            }
        }
        let answer = Answer { counts, recovery, digest: reader.digest(), segments: folder.segments()?, folder };
        if globals.json {
            writeln!(out, "{:#}", answer.document())?;
        } else {
            writeln!(out, "{}\n\n{}", answer.about(), answer.kinds())?;
        }
        Ok(())
    }
}

impl Counts {
    fn add(&mut self, record: &Record) {
        self.records += 1;
        *self.kinds.entry(Kind::of(&record.event)).or_default() += 1;
        self.span = Some((self.span.map_or(record.at, |(from, _)| from), record.at));
        match &record.event {
            Event::Decision(_) => self.decisions += 1,
            Event::Input(Input::SessionStarted(session)) => self.session = Some((**session).clone()),
            Event::Input(Input::SessionEnded { skipped_rows }) => self.skipped_rows = Some(*skipped_rows),
            Event::Input(_) => {}
        }
    }
}

impl Answer {
    fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    fn bytes_per_record(&self) -> Option<f64> {
        (self.counts.records > 0).then(|| self.bytes() as f64 / self.counts.records as f64)
    }

    fn document(&self) -> Value {
        let Counts { records, decisions, kinds, span, session, skipped_rows } = &self.counts;
        let kinds: serde_json::Map<_, _> = kinds.iter().map(|(kind, count)| (kind.to_string(), (*count).into())).collect();
        let segments: Vec<Value> =
            self.segments.iter().map(|segment| json!({ "file": segment.name, "bytes": segment.bytes })).collect();
        json!({
            "run_id": self.folder.id,
            "build": session.as_ref().map(|session| &session.build),
            "mode": session.as_ref().map(|session| word(session.mode)),
            "seed": session.as_ref().map(|session| session.seed),
            "strategies": session.as_ref().map(|session| &session.strategies),
            "records": records,
            "inputs": records - decisions,
            "decisions": decisions,
            "checkpoints": self.checkpoints(),
            "kinds": kinds,
            "from": span.map(|(from, _)| from.to_string()),
            "to": span.map(|(_, to)| to.to_string()),
            "skipped_rows": skipped_rows,
            "bytes": self.bytes(),
            "bytes_per_record": self.bytes_per_record(),
            "segments": segments,
            "sealed": self.recovery.sealed,
            "torn": self.recovery.torn.as_ref().map(cut_json),
            "digest": self.digest.map(|digest| digest.to_string()),
        })
    }

    fn checkpoints(&self) -> u64 {
        self.counts.kinds.get(&Kind::Checkpoint).copied().unwrap_or(0)
    }

    fn about(&self) -> String {
        let Counts { records, decisions, span, session, skipped_rows, .. } = &self.counts;
        let mut table = pairs();
        let mut row = |name: &str, value: String| {
            table.add_row([name.to_owned(), value]);
        };
        row("Run", self.folder.id.clone());
        if let Some(Session { build, seed, mode, strategies, .. }) = session {
            row("Session", format!("{} by {build}, seed {seed}", word(*mode)));
            row("Strategies", strategies.join(", "));
        }
        row("Records", format!("{records}: {} inputs, {decisions} decisions", records - decisions));
        row("Checkpoints", self.checkpoints().to_string());
        if let Some((from, to)) = span {
            row("From", from.to_string());
            row("To", to.to_string());
        }
        row("Skipped rows", skipped_rows.map_or_else(|| "unknown: the session did not end".to_owned(), |rows| rows.to_string()));
        row("Files", self.segments.len().to_string());
        let each = self.bytes_per_record().map_or_else(String::new, |each| format!(", {each:.2} a record"));
        row("Bytes", format!("{}{each}", self.bytes()));
        row("Sealed", if self.recovery.sealed { "yes" } else { "no" }.to_owned());
        if let Some(torn) = &self.recovery.torn {
            row("Torn", cut(torn));
        }
        row("Digest", self.digest.map_or_else(|| "none: records are lost".to_owned(), |digest| digest.to_string()));
        drawn(table)
    }

    fn kinds(&self) -> String {
        let mut table = table(&["Kind", "Records"], |column| column == 1);
        for (kind, count) in &self.counts.kinds {
            table.add_row([kind.to_string(), count.to_string()]);
        }
        drawn(table)
    }
}

fn word(mode: Mode) -> &'static str {
    match mode {
        Mode::Backtest => "backtest",
        Mode::Paper => "paper",
        Mode::Live => "live",
    }
}
