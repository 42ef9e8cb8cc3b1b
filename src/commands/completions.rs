//! `tickfold completions`: for the shell.

use std::io::Write;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::exit::Failure;

/// Print completions for a shell
#[derive(Args)]
#[command(after_help = "Examples:\n  tickfold completions bash > ~/.local/share/bash-completion/completions/tickfold\n  \
                        tickfold completions zsh > ~/.zfunc/_tickfold\n  \
                        tickfold completions fish > ~/.config/fish/completions/tickfold.fish")]
pub struct Completions {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    /// Writes the script.
    pub fn run(&self, out: &mut dyn Write) -> Result<(), Failure> {
        // Through memory, as the generator panics when a write fails.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "tickfold", &mut script);
        Ok(out.write_all(&script)?)
    }
}
