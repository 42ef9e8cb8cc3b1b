//! `tickfold init`: a first configuration.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::cli::{DEFAULT_CONFIG, Globals};
use crate::exit::{Exit, Failure};

/// The file that it writes.
const TEMPLATE: &str = include_str!("init.toml");

/// Write a commented tickfold.toml, with a sample strategy
///
/// It never overwrites a file.
#[derive(Args)]
#[command(after_help = "Examples:\n  tickfold init\n  tickfold init research && cd research && tickfold config check")]
pub struct Init {
    /// Where to write it; made if it is not there
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,
}

impl Init {
    /// Writes the file, unless it is there.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let path = self.dir.join(DEFAULT_CONFIG);
        write_new(&self.dir, &path).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Failure::new(
                Exit::Usage,
                format!("{} is there already, and init never overwrites: move it away, or name another folder", path.display()),
            ),
            _ => Failure::new(Exit::Failed, format!("cannot write {}: {error}", path.display())),
        })?;
        if globals.json {
            writeln!(out, "{}", json!({ "written": path.display().to_string() }))?;
        } else {
            writeln!(out, "wrote {}", path.display())?;
        }
        Ok(())
    }
}

fn write_new(dir: &Path, path: &Path) -> io::Result<()> {
    if !dir.is_dir() {
        fs::create_dir_all(dir)?;
    }
    File::create_new(path)?.write_all(TEMPLATE.as_bytes())
}
