//! `tickfold log export`: records for other programs.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use engine::event::Record;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::RunName;
use super::column::Known;
use super::parquet::Parquet;
use super::selection::Selection;
use crate::cli::Globals;
use crate::exit::{Exit, Failure};

/// zstd's own default.
const ZSTD_LEVEL: i32 = 3;

/// Write records to a file of JSON lines or Parquet
///
/// Both have the columns seq, at, cause, kind and text (the one text form), and what the kind has of strategy,
/// instrument, order, side, price, size, fee, and the values of bars and quotes. Numbers are exact strings in JSON
/// lines, and the nearest floats in Parquet.
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold log export last --out run.parquet
  tickfold log export last --kind filled --out fills.jsonl.zst")]
pub struct Export {
    #[command(flatten)]
    run: RunName,
    /// The file: .jsonl, .jsonl.gz, .jsonl.zst or .parquet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    selection: Selection,
}

/// A file being written beside its target: a file with its name is always whole.
struct Target {
    beside: PathBuf,
    sink: Sink,
}

enum Sink {
    Plain(BufWriter<File>),
    Gzip(BufWriter<GzEncoder<File>>),
    Zstd(BufWriter<zstd::stream::write::Encoder<'static, File>>),
    Parquet(Box<Parquet>),
}

type MakeSink = fn(File) -> io::Result<Sink>;

impl Export {
    /// Writes them.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let folder = self.run.find(globals)?;
        let failed = |error: io::Error| Failure::new(Exit::Failed, format!("cannot write {}: {error}", self.out.display()));
        let make = self.format()?;
        let beside = beside(&self.out);
        let file = File::create(&beside).map_err(failed)?;
        let mut target = Target { sink: make(file).map_err(failed)?, beside };
        let records = self.selection.each(&folder, |known, record| target.sink.write(known, record).map_err(failed))?;
        target.sink.finish().and_then(|()| fs::rename(&target.beside, &self.out)).map_err(failed)?;
        if globals.json {
            writeln!(out, "{}", json!({ "run_id": folder.id, "records": records, "out": self.out }))?;
        } else {
            writeln!(out, "wrote {records} records to {}", self.out.display())?;
        }
        Ok(())
    }

    /// What the ending says.
    fn format(&self) -> Result<MakeSink, Failure> {
        let name = self.out.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let formats: [(&str, MakeSink); 4] = [
            (".jsonl", |file| Ok(Sink::Plain(BufWriter::new(file)))),
            (".jsonl.gz", |file| Ok(Sink::Gzip(BufWriter::new(GzEncoder::new(file, Compression::default()))))),
            (".jsonl.zst", |file| Ok(Sink::Zstd(BufWriter::new(zstd::stream::write::Encoder::new(file, ZSTD_LEVEL)?)))),
            (".parquet", |file| Ok(Sink::Parquet(Box::new(Parquet::create(file)?)))),
        ];
        let format = formats.into_iter().find(|(ending, _)| name.ends_with(ending));
        format.map(|(_, make)| make).ok_or_else(|| {
            let expected = "expected .jsonl, .jsonl.gz, .jsonl.zst or .parquet";
            Failure::new(Exit::Usage, format!("{}: its ending does not say what to write: {expected}", self.out.display()))
        })
    }
}

impl Sink {
    fn write(&mut self, known: &Known, record: &Record) -> io::Result<()> {
        let out: &mut dyn Write = match self {
            Self::Plain(out) => out,
            Self::Gzip(out) => out,
            Self::Zstd(out) => out,
            Self::Parquet(out) => return out.write(known, record),
        };
        known.write_json(record, out)?;
        out.write_all(b"\n")
    }

    fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.flush(),
            Self::Gzip(out) => out.flush().and_then(|()| out.get_mut().try_finish()),
            Self::Zstd(out) => out.flush().and_then(|()| out.get_mut().do_finish()),
            Self::Parquet(out) => out.finish(),
        }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // After a rename it is gone already; what was not finished is of no use.
        let _ = fs::remove_file(&self.beside);
    }
}

fn beside(target: &Path) -> PathBuf {
    let mut beside = target.as_os_str().to_owned();
    beside.push(".part");
    beside.into()
}
