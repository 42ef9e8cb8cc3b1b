//! The program: `tickfold COMMAND`. Each command is one file of [`commands`].

mod cli;
mod commands;
mod exit;
#[cfg_attr(not(test), expect(dead_code, reason = "the commands that write and read runs come next, each uses a part"))]
mod runs;

use std::io::{BufWriter, Write};
use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let mut out = BufWriter::new(std::io::stdout().lock());
    let result = cli.command.run(&cli.globals, &mut out);
    exit::finish(result.and_then(|()| Ok(out.flush()?)))
}
