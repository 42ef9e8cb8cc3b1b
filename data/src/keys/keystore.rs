//! The file of keys: several named sets, encrypted as one.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::iter::once;
use std::path::{Path, PathBuf};

use age::{DecryptError, Decryptor};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{KeySet, KeysError, Passphrase};

/// scrypt's cost, as a power of two: about a second and 256 MiB for each try of a passphrase.
const WORK_FACTOR: u8 = 18;
/// A file that asks for more than this, 1 GiB of memory, is none of ours.
const MAX_WORK_FACTOR: u8 = 20;
/// The largest file, in bytes: hundreds of sets.
const MAX_LEN: usize = 1 << 20;
const VERSION: u32 = 1;

/// Where keys are kept.
#[derive(Clone, Debug)]
pub struct Keystore {
    path: PathBuf,
    work_factor: u8,
}

/// A keystore that a passphrase has opened.
pub struct OpenKeystore {
    keystore: Keystore,
    passphrase: Passphrase,
    /// The file as it was read; nothing where there was none.
    encrypted: Option<Vec<u8>>,
    sets: BTreeMap<String, KeySet>,
}

/// What is encrypted.
#[derive(Serialize, Deserialize)]
struct Document<S> {
    version: u32,
    sets: S,
}

impl Keystore {
    /// At a path.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), work_factor: WORK_FACTOR }
    }

    /// Where the environment says: `$TICKFOLD_KEYS`, else `tickfold/keys.age` in `$XDG_CONFIG_HOME` or `~/.config`.
    pub fn locate() -> Result<Self, KeysError> {
        located(&|variable| std::env::var_os(variable)).map(Self::at).ok_or(KeysError::Nowhere)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is a file.
    pub fn exists(&self) -> bool {
        // One that cannot be looked at is there; opening it says what is wrong.
        self.path.try_exists().unwrap_or(true)
    }

    /// Opens it; an empty one where there is no file yet.
    pub fn open(&self, passphrase: &Passphrase) -> Result<OpenKeystore, KeysError> {
        let encrypted = self.read()?;
        let sets = match &encrypted {
            Some(encrypted) => self.decrypt(encrypted, passphrase)?,
            None => BTreeMap::new(),
        };
        Ok(OpenKeystore { keystore: self.clone(), passphrase: passphrase.clone(), encrypted, sets })
    }

    fn read(&self) -> Result<Option<Vec<u8>>, KeysError> {
        let failed = |source| self.failed("read", source);
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() {
            return Err(self.damaged("it is not a file"));
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = metadata.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(KeysError::Exposed { path: self.path.clone(), mode });
            }
        }
        let mut encrypted = Vec::new();
        file.take(MAX_LEN as u64 + 1).read_to_end(&mut encrypted).map_err(failed)?;
        if encrypted.len() > MAX_LEN { Err(self.damaged("it is too large")) } else { Ok(Some(encrypted)) }
    }

    fn decrypt(&self, encrypted: &[u8], passphrase: &Passphrase) -> Result<BTreeMap<String, KeySet>, KeysError> {
        let mut identity = age::scrypt::Identity::new(passphrase.secret());
        identity.set_max_work_factor(MAX_WORK_FACTOR);
        let decryptor = Decryptor::new_buffered(encrypted).map_err(|error| self.refused(&error))?;
        let mut reader = decryptor.decrypt(once(&identity as _)).map_err(|error| self.refused(&error))?;
        // Room for all of it at once, so that no copy stays behind when it grows.
        let mut plain = Zeroizing::new(Vec::with_capacity(encrypted.len()));
        reader.read_to_end(&mut plain).map_err(|_| self.damaged("its content was changed or cut"))?;
        // The parser's own words could quote a secret.
        let document: Document<BTreeMap<String, KeySet>> =
            serde_json::from_slice(&plain).map_err(|_| self.damaged("what it holds is not a list of keys"))?;
        if document.version != VERSION {
            return Err(self.damaged("it was written by a newer version of this program"));
        }
        Ok(document.sets)
    }

    fn refused(&self, error: &DecryptError) -> KeysError {
        match error {
            DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed | DecryptError::NoMatchingKeys => {
                KeysError::WrongPassphrase { path: self.path.clone() }
            }
            DecryptError::ExcessiveWork { .. } => self.damaged("it asks for too much work"),
            DecryptError::InvalidMac => self.damaged("its header was changed"),
            _ => self.damaged("it has no header of an encrypted file"),
        }
    }

    fn damaged(&self, reason: &'static str) -> KeysError {
        KeysError::Damaged { path: self.path.clone(), reason }
    }

    fn failed(&self, doing: &'static str, source: io::Error) -> KeysError {
        KeysError::Io { doing, path: self.path.clone(), source }
    }
}

impl OpenKeystore {
    /// The sets by their names, in order.
    pub fn sets(&self) -> impl Iterator<Item = (&str, &KeySet)> {
        self.sets.iter().map(|(name, set)| (name.as_str(), set))
    }

    /// The set of this name.
    pub fn get(&self, name: &str) -> Result<&KeySet, KeysError> {
        self.sets.get(name).ok_or_else(|| self.no_set(name))
    }

    /// The only set.
    pub fn only(&self) -> Result<&KeySet, KeysError> {
        match self.sets.len() {
            1 => Ok(&self.sets[&self.names()[0]]),
            _ => Err(KeysError::Unnamed { path: self.keystore.path.clone(), known_names: self.names() }),
        }
    }

    /// Keeps a set, durably. The one that had its name, if there was one, is gone.
    pub fn put(&mut self, name: &str, set: KeySet) -> Result<(), KeysError> {
        KeySet::check_name(name)?;
        self.sets.insert(name.to_owned(), set);
        self.save()
    }

    /// Removes a set, durably.
    pub fn remove(&mut self, name: &str) -> Result<(), KeysError> {
        match self.sets.remove(name) {
            Some(_) => self.save(),
            None => Err(self.no_set(name)),
        }
    }

    fn names(&self) -> Vec<String> {
        self.sets.keys().cloned().collect()
    }

    fn no_set(&self, name: &str) -> KeysError {
        // What is no name may be a secret that was typed in the wrong place.
        if KeySet::check_name(name).is_err() {
            return KeysError::Name;
        }
        KeysError::NoSet { name: name.to_owned(), path: self.keystore.path.clone(), known_names: self.names() }
    }

    fn save(&mut self) -> Result<(), KeysError> {
        let keystore = &self.keystore;
        let mut recipient = age::scrypt::Recipient::new(self.passphrase.secret());
        recipient.set_work_factor(keystore.work_factor);
        // Room for all of it at once, as above.
        let mut plain = Zeroizing::new(Vec::with_capacity(MAX_LEN));
        serde_json::to_writer(&mut *plain, &Document { version: VERSION, sets: &self.sets })
            .map_err(|error| keystore.failed("encrypt", error.into()))?;
        let encrypted =
            age::encrypt(&recipient, &plain).map_err(|_| keystore.failed("encrypt", io::Error::other("age failed")))?;
        if encrypted.len() > MAX_LEN {
            return Err(keystore.failed("write", io::Error::from(ErrorKind::FileTooLarge)));
        }
        if keystore.read()? != self.encrypted {
            return Err(KeysError::Changed { path: keystore.path.clone() });
        }
        keystore.replace(&encrypted).map_err(|error| keystore.failed("write", error))?;
        self.encrypted = Some(encrypted);
        Ok(())
    }
}

impl Keystore {
    /// Writes it beside and renames it: at any moment there is the old one or the new one, whole.
    fn replace(&self, encrypted: &[u8]) -> io::Result<()> {
        let dir = self.path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        create_dir(dir)?;
        let mut beside = self.path.as_os_str().to_owned();
        beside.push(format!(".{}.tmp", std::process::id()));
        let beside = PathBuf::from(beside);
        let written = write_new(&beside, encrypted).and_then(|()| fs::rename(&beside, &self.path));
        if written.is_err() {
            // It is of no use, and if it cannot be removed, the first error says why.
            let _ = fs::remove_file(&beside);
        }
        written?;
        if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
    }
}

fn create_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.recursive(true).create(dir)
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    // What a process of the same number left behind when it was killed.
    let _ = fs::remove_file(path);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn located(env: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let folder = |variable: &str| env(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    folder("TICKFOLD_KEYS").or_else(|| {
        let config = folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")))?;
        Some(config.join("tickfold").join("keys.age"))
    })
}

#[cfg(test)]
impl Keystore {
    /// One that takes milliseconds instead of a second.
    pub(super) fn quick(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), work_factor: 2 }
    }

    pub(super) fn path_of(env: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
        located(env)
    }
}
