//! `tickfold log`: what is in the event log, and whether it is whole.

pub mod kind;
mod column;
mod selection;
mod list;
mod show;
mod stat;
mod verify;
mod parquet;
mod export;
mod salvage;
mod redacted;
mod bundle;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use data::log::{Disk, LogError, Reader, Recovery, Storage, TornTail};

use crate::cli::Globals;
use crate::exit::Failure;
use crate::runs::{Run, RunStore};

/// Show, check, export, salvage or bundle the event log of a run
#[derive(Args)]
pub struct LogCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    List(list::List),
    Show(show::Show),
    Stat(stat::Stat),
    Verify(verify::Verify),
    Export(export::Export),
    Salvage(salvage::Salvage),
    Bundle(bundle::Bundle),
}

impl LogCommand {
    /// Answers on `out`.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        match &self.action {
            Action::List(list) => list.run(globals, out),
            Action::Show(show) => show.run(globals, out),
            Action::Stat(stat) => stat.run(globals, out),
            Action::Verify(verify) => verify.run(globals, out),
            Action::Export(export) => export.run(globals, out),
            Action::Salvage(salvage) => salvage.run(globals, out),
            Action::Bundle(bundle) => bundle.run(globals, out),
        }
    }
}

/// Which run's log.
#[derive(Args)]
struct RunName {
    /// The run: its id or the beginning of it, `last`, or its folder
    #[arg(value_name = "RUN")]
    run: String,
}

impl RunName {
    fn find(&self, globals: &Globals) -> Result<LogFolder, Failure> {
        let path = RunStore::new(&globals.runs).resolve(&self.run)?;
        let id = path.file_name().map_or_else(|| self.run.clone(), |id| id.to_string_lossy().into_owned());
        Ok(LogFolder::open(Run { id, path })?)
    }
}

/// The folder of a log. Nothing but the log in it has to be there, so that the rest of a damaged run can be seen.
struct LogFolder {
    id: String,
    path: PathBuf,
    storage: Arc<dyn Storage>,
}

/// One file of a log.
struct SegmentFile {
    name: String,
    bytes: u64,
}

impl LogFolder {
    fn open(Run { id, path }: Run) -> Result<Self, LogError> {
        let disk =
            Disk::open(&path).map_err(|source| LogError::Io { action: "open", file: path.display().to_string(), source })?;
        Ok(Self { id, path, storage: Arc::new(disk) })
    }

    fn read(&self) -> Result<(Reader, Recovery), LogError> {
        Reader::open(self.storage.clone())
    }

    /// Opens it for a command that answers with records, and says on stderr what its end has lost.
    fn read_aloud(&self) -> Result<Reader, LogError> {
        let (reader, recovery) = self.read()?;
        if let Some(torn) = &recovery.torn {
            eprintln!("note: {}", cut(torn));
        }
        Ok(reader)
    }

    /// Its files of records, in order.
    fn segments(&self) -> Result<Vec<SegmentFile>, LogError> {
        let failed = |action, file: &str| {
            let file = self.path.join(file).display().to_string();
            move |source| LogError::Io { action, file, source }
        };
        let names = self.storage.list().map_err(failed("list", ""))?.into_iter().filter(|name| is_segment(name));
        let measure = |name: String| {
            let bytes = self.storage.open(&name).and_then(|file| file.len()).map_err(failed("measure", &name))?;
            Ok(SegmentFile { name, bytes })
        };
        names.map(measure).collect()
    }
}

/// Files that a crash or a salvage left beside them do not count.
fn is_segment(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "seg")
}

/// What a crash cut off.
fn cut(torn: &TornTail) -> String {
    let TornTail { file, offset, bytes, last_seq } = torn;
    let last = last_seq.map_or_else(|| "none".to_owned(), |seq| format!("seq {seq}"));
    format!(
        "{file} ends in {bytes} bytes of a write that did not arrive whole, at byte {offset}: cut; the last whole record is {last}"
    )
}

fn cut_json(torn: &TornTail) -> serde_json::Value {
    let TornTail { file, offset, bytes, last_seq } = torn;
    serde_json::json!({ "file": file, "offset": offset, "bytes": bytes, "last_seq": last_seq })
}
