//! `tickfold log salvage`: what is left of a damaged log.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use data::log::{Disk, LogError, Storage, salvage};
use serde_json::json;

use super::RunName;
use crate::cli::Globals;
use crate::exit::{Exit, Failure};

/// The folder of what records name by their hash, in a run's folder.
const BLOBS: &str = "blobs";

/// Copy what is whole of a damaged log to another folder, and say what is lost
///
/// The log itself is not touched. The copy can be read by every command, but takes no more records.
#[derive(Args)]
#[command(after_help = "Example:\n  tickfold log salvage last --out rescued && tickfold log show rescued | tail")]
pub struct Salvage {
    #[command(flatten)]
    run: RunName,
    /// An empty folder, or one that is not there yet
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Salvage {
    /// Salvages it.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let folder = self.run.find(globals)?;
        let target = Disk::create(&self.out).map_err(|error| self.failed(&error))?;
        if !self.is_empty().map_err(|error| self.failed(&error))? {
            let message = format!("{} is not empty: name another folder with --out", self.out.display());
            return Err(Failure::new(Exit::Usage, message));
        }
        let target: Arc<dyn Storage> = Arc::new(target);
        let salvaged = salvage(&folder.storage, &target)?;
        copy_files(&folder.path.join(BLOBS), &self.out.join(BLOBS)).map_err(|error| self.failed(&error))?;
        let damage: Vec<String> = salvaged.damage.iter().map(LogError::to_string).collect();
        if globals.json {
            let lost: Vec<_> = salvaged.lost.iter().map(|lost| json!({ "from": lost.start, "until": lost.end })).collect();
            let document =
                json!({ "run_id": folder.id, "out": self.out, "records": salvaged.records, "lost": lost, "damage": damage });
            writeln!(out, "{document:#}")?;
        } else {
            writeln!(out, "copied {} records to {}", salvaged.records, self.out.display())?;
            for lost in &salvaged.lost {
                writeln!(out, "lost: seqs {}..{}", lost.start, lost.end)?;
            }
            for damage in &damage {
                writeln!(out, "because: {damage}")?;
            }
            if damage.is_empty() && salvaged.lost.is_empty() {
                writeln!(out, "nothing is lost: the log was whole")?;
            }
        }
        Ok(())
    }

    fn is_empty(&self) -> io::Result<bool> {
        Ok(fs::read_dir(&self.out)?.next().is_none())
    }

    fn failed(&self, error: &io::Error) -> Failure {
        Failure::new(Exit::Failed, format!("cannot salvage to {}: {error}", self.out.display()))
    }
}

/// Copies the files of a folder, when it is there.
fn copy_files(from: &Path, to: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(from) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    fs::create_dir_all(to)?;
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            let copy = to.join(entry.file_name());
            fs::copy(entry.path(), &copy)?;
            fs::File::open(&copy)?.sync_all()?;
        }
    }
    fs::File::open(to)?.sync_all()
}
