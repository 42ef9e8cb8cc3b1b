//! `tickfold keys`: the encrypted keystore.

use std::io::{self, BufRead as _, IsTerminal as _, Write};

use clap::{Args, Subcommand};
use data::keys::{KeySet, KeysError, Keystore, OpenKeystore, Passphrase};
use serde_json::json;

use crate::cli::Globals;
use crate::exit::{Exit, Failure};

/// Keep keys to venues in an encrypted file
///
/// The file is `$TICKFOLD_KEYS`, else `tickfold/keys.age` in `$XDG_CONFIG_HOME` or `~/.config`. It is encrypted with a passphrase,
/// as `age -p` does. Keys in `TICKFOLD_OKX_KEY`, `TICKFOLD_OKX_SECRET` and `TICKFOLD_OKX_PASSPHRASE` go before it.
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold keys set okx-demo                 asks for key, secret and passphrase, unseen
  pass show okx | tickfold keys set okx-demo --passphrase-fd 3 3< passphrase.txt
                                             a line each from stdin
  tickfold keys list                         names, and the first characters of each key
  tickfold keys remove okx-demo

A key that may withdraw is never needed: make one that may read and trade.")]
pub struct KeysCommand {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    unlock: Unlock,
}

#[derive(Subcommand)]
enum Action {
    /// Keep a set of keys under a name; the one that had it is replaced
    Set {
        /// Such as okx-demo
        name: String,
    },
    /// List names and the first 4 characters of each key
    List,
    /// Remove a set of keys
    Remove {
        /// Such as okx-demo
        name: String,
    },
}

/// Where the passphrase of the keystore comes from.
#[derive(Args)]
pub struct Unlock {
    /// Read the keystore's passphrase from this open file instead of asking; so does `$TICKFOLD_PASSPHRASE_FILE`, from a file
    #[arg(long, value_name = "N", global = true)]
    passphrase_fd: Option<u32>,
}

impl Unlock {
    /// From the open file, else from the file of the environment, else by asking.
    pub fn passphrase(&self) -> Result<Passphrase, KeysError> {
        match self.given()? {
            Some(passphrase) => Ok(passphrase),
            None => Passphrase::new(ask("Passphrase of the keystore: ")?),
        }
    }

    /// For a keystore that is made: asked for twice.
    fn new_passphrase(&self) -> Result<Passphrase, Failure> {
        if let Some(passphrase) = self.given()? {
            return Ok(passphrase);
        }
        let passphrase = Passphrase::new(ask("Passphrase for the new keystore: ")?)?;
        if passphrase.is(&Passphrase::new(ask("The same again: ")?)?) {
            return Ok(passphrase);
        }
        Err(Failure::new(Exit::Usage, "the two passphrases differ: nothing was written"))
    }

    fn given(&self) -> Result<Option<Passphrase>, KeysError> {
        if let Some(number) = self.passphrase_fd {
            return Passphrase::from_descriptor(number).map(Some);
        }
        match Passphrase::from_environment() {
            Err(KeysError::NoPassphrase) => Ok(None),
            given => given.map(Some),
        }
    }
}

impl From<KeysError> for Failure {
    fn from(error: KeysError) -> Self {
        let exit = match error {
            KeysError::Io { .. } | KeysError::Changed { .. } => Exit::Failed,
            _ => Exit::Usage,
        };
        Self::new(exit, error.to_string())
    }
}

impl KeysCommand {
    /// Does it; what it says has no secret in it.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let keystore = Keystore::locate()?;
        match &self.action {
            Action::Set { name } => self.set(&keystore, name, globals, out),
            Action::List => self.list(&keystore, globals, out),
            Action::Remove { name } => {
                self.open(&keystore)?.remove(name)?;
                done("removed", name, &keystore, globals, out)
            }
        }
    }

    fn set(&self, keystore: &Keystore, name: &str, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        if self.unlock.passphrase_fd == Some(0) {
            return Err(Failure::new(
                Exit::Usage,
                "the keys come from file 0 (stdin): give the passphrase from another, such as 3",
            ));
        }
        KeySet::check_name(name)?;
        // The passphrase first: when it is wrong, nothing was typed for nothing.
        let passphrase = if keystore.exists() { self.unlock.passphrase()? } else { self.unlock.new_passphrase()? };
        let mut open = keystore.open(&passphrase)?;
        open.put(name, key_set()?)?;
        done("kept", name, keystore, globals, out)
    }

    fn list(&self, keystore: &Keystore, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let open = self.open(keystore)?;
        if globals.json {
            let sets: Vec<_> = open.sets().map(|(name, set)| json!({ "name": name, "key_begins": set.shown() })).collect();
            writeln!(out, "{:#}", json!({ "keystore": keystore.path(), "sets": sets }))?;
            return Ok(());
        }
        let width = open.sets().map(|(name, _)| name.len()).max().unwrap_or_default();
        for (name, set) in open.sets() {
            writeln!(out, "{name:width$}  {}…", set.shown())?;
        }
        if width == 0 {
            eprintln!("note: there are no keys in {}", keystore.path().display());
        }
        Ok(())
    }

    fn open(&self, keystore: &Keystore) -> Result<OpenKeystore, Failure> {
        if !keystore.exists() {
            return Err(KeysError::Missing { path: keystore.path().to_owned() }.into());
        }
        Ok(keystore.open(&self.unlock.passphrase()?)?)
    }
}

fn done(done: &str, name: &str, keystore: &Keystore, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
    if globals.json {
        writeln!(out, "{:#}", json!({ "keystore": keystore.path(), done: name }))?;
    } else {
        writeln!(out, "{done} {name} in {}", keystore.path().display())?;
    }
    Ok(())
}

/// Asked for in a terminal, else a line each from stdin.
fn key_set() -> Result<KeySet, Failure> {
    if io::stdin().is_terminal() {
        return Ok(KeySet::new(ask("API key: ")?, ask("Secret: ")?, ask("Passphrase of the key: ")?)?);
    }
    let mut lines = io::stdin().lock().lines();
    let mut line = |field: &str| match lines.next() {
        Some(Ok(line)) => Ok(line),
        // Its reason could only say what is no text.
        Some(Err(_)) => Err(Failure::new(Exit::Usage, format!("cannot read the {field} from stdin: it is no text"))),
        None => Err(Failure::new(
            Exit::Usage,
            format!("stdin ends before the {field}: it takes key, secret and passphrase, a line each"),
        )),
    };
    Ok(KeySet::new(line("key")?, line("secret")?, line("passphrase")?)?)
}

fn ask(prompt: &str) -> Result<String, KeysError> {
    rpassword::prompt_password(prompt).map_err(|_| KeysError::NoPassphrase)
}
