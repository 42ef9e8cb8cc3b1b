//! The program: `tickfold COMMAND`. Each command is one file of [`commands`].

mod cli;
mod commands;
mod exit;
mod runs;
mod summary;
mod table;

use std::io::{BufWriter, Write};
use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let mut out = BufWriter::new(std::io::stdout().lock());
    let result = cli.command.run(&cli.globals, &mut out);
    exit::finish(result.and_then(|()| Ok(out.flush()?)))
}
