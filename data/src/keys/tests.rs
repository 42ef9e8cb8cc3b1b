use std::fs;
use std::path::{Path, PathBuf};

use super::*;

const SECRETS: [&str; 6] = [
    "demo-key-91827364",
    "demo-secret-55443322",
    "demo-pass-11223344",
    "live-key-66778899",
    "live-secret-00112233",
    "live-pass-778",
];
const PASSPHRASE: &str = "correct horse battery";

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.to_owned()).unwrap()
}

fn set(key: &str, secret: &str, passphrase: &str) -> KeySet {
    KeySet::new(key.to_owned(), secret.to_owned(), passphrase.to_owned()).unwrap()
}

/// Two sets in a folder of their own.
fn keystore() -> (tempfile::TempDir, Keystore) {
    let dir = tempfile::tempdir().unwrap();
    let keystore = Keystore::quick(dir.path().join("deep/er/keys.age"));
    let mut open = keystore.open(&passphrase(PASSPHRASE)).unwrap();
    open.put("okx-demo", set(SECRETS[0], SECRETS[1], SECRETS[2])).unwrap();
    open.put("okx-live", set(SECRETS[3], SECRETS[4], SECRETS[5])).unwrap();
    (dir, keystore)
}

/// What it says, whole and for developers, must not hold a secret.
fn safe(error: &KeysError) -> String {
    let text = format!("{error} {error:?}");
    for secret in SECRETS.iter().chain([&PASSPHRASE]) {
        assert!(!text.contains(secret), "{text}");
    }
    error.to_string()
}

fn load_from(keystore: &Keystore, name: Option<&str>, text: &str) -> Result<Credentials, KeysError> {
    from_keystore(keystore, name, || Ok(passphrase(text)))
}

fn signature(credentials: &Credentials) -> String {
    credentials.sign_login(1_704_876_947)
}

#[test]
fn what_was_kept_comes_back() {
    let (_dir, keystore) = keystore();
    for (name, at) in [("okx-demo", 0), ("okx-live", 3)] {
        let loaded = load_from(&keystore, Some(name), PASSPHRASE).unwrap();
        let [key, secret, pass] = [SECRETS[at], SECRETS[at + 1], SECRETS[at + 2]].map(str::to_owned);
        assert_eq!((loaded.key(), loaded.passphrase()), (key.as_str(), pass.as_str()));
        assert_eq!(signature(&loaded), signature(&Credentials::new(key, secret, pass)));
    }
    let error = load_from(&keystore, Some("okx"), PASSPHRASE).unwrap_err();
    assert!(safe(&error).ends_with("keys.age: there are okx-demo, okx-live"), "{error}");
    let error = load_from(&keystore, None, PASSPHRASE).unwrap_err();
    assert!(safe(&error).starts_with("which keys of ") && safe(&error).ends_with("? there are okx-demo, okx-live"), "{error}");

    let mut open = keystore.open(&passphrase(PASSPHRASE)).unwrap();
    assert!(matches!(open.remove("okx"), Err(KeysError::NoSet { .. })));
    open.remove("okx-live").unwrap();
    open.put("okx-demo", set("another-key", "another-secret", "another-pass")).unwrap();
    let loaded = load_from(&keystore, None, PASSPHRASE).unwrap();
    assert_eq!(loaded.key(), "another-key", "the only one needs no name");
    let left: Vec<_> = fs::read_dir(keystore.path().parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["keys.age"], "nothing lies beside it");
}

#[test]
fn a_wrong_passphrase_opens_nothing_and_changes_nothing() {
    let (_dir, keystore) = keystore();
    let before = fs::read(keystore.path()).unwrap();
    let error = load_from(&keystore, Some("okx-demo"), "wrong horse").unwrap_err();
    assert!(matches!(error, KeysError::WrongPassphrase { .. }), "{error:?}");
    assert!(safe(&error).starts_with("the passphrase does not open "), "{error}");
    assert_eq!(fs::read(keystore.path()).unwrap(), before);
}

#[test]
fn every_damage_is_an_error() {
    let (_dir, keystore) = keystore();
    let whole = fs::read(keystore.path()).unwrap();
    let tried = |bytes: &[u8]| {
        fs::write(keystore.path(), bytes).unwrap();
        let error = load_from(&keystore, Some("okx-demo"), PASSPHRASE).err()?;
        safe(&error);
        Some(error)
    };
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        let error = tried(&bytes).unwrap_or_else(|| panic!("byte {at} changed, and nobody saw"));
        assert!(matches!(error, KeysError::Damaged { .. } | KeysError::WrongPassphrase { .. }), "byte {at}: {error:?}");
    }
    for at in (0..whole.len()).step_by(9) {
        let error = tried(&whole[..at]).unwrap_or_else(|| panic!("cut at {at}, and nobody saw"));
        assert!(matches!(error, KeysError::Damaged { .. } | KeysError::WrongPassphrase { .. }), "cut at {at}: {error:?}");
    }
    // Encrypted well, but no list of keys: the parser's words would quote it.
    let mut recipient = age::scrypt::Recipient::new(passphrase(PASSPHRASE).secret());
    recipient.set_work_factor(2);
    for (plain, reason) in [
        (format!(r#"{{"version":1,"sets":"{}"}}"#, SECRETS[1]), "what it holds is not a list of keys"),
        (r#"{"version":2,"sets":{}}"#.to_owned(), "it was written by a newer version of this program"),
    ] {
        let error = tried(&age::encrypt(&recipient, plain.as_bytes()).unwrap()).unwrap();
        assert!(safe(&error).contains(reason), "{error}");
    }
    let error = tried(&vec![0; (1 << 20) + 1]).unwrap();
    assert!(safe(&error).contains("it is too large"), "{error}");
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let (dir, keystore) = keystore();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(keystore.path()), mode(&dir.path().join("deep"))), (0o600, 0o700));
    for open_mode in [0o644, 0o640, 0o604, 0o620] {
        fs::set_permissions(keystore.path(), fs::Permissions::from_mode(open_mode)).unwrap();
        let error = load_from(&keystore, Some("okx-demo"), PASSPHRASE).unwrap_err();
        let expected = format!("is open to other users (mode {open_mode:03o}): make it yours alone with `chmod 600 ");
        assert!(safe(&error).contains(&expected), "{error}");
    }
}

#[test]
fn what_another_program_wrote_meanwhile_is_not_lost() {
    let (_dir, keystore) = keystore();
    let mut slow = keystore.open(&passphrase(PASSPHRASE)).unwrap();
    keystore.open(&passphrase(PASSPHRASE)).unwrap().remove("okx-live").unwrap();
    let error = slow.put("third", set("k3", "s3", "p3")).unwrap_err();
    assert!(safe(&error).ends_with("was changed by another program meanwhile: nothing was written, try again"), "{error}");
    assert_eq!(keystore.open(&passphrase(PASSPHRASE)).unwrap().sets().map(|(name, _)| name).collect::<Vec<_>>(), ["okx-demo"]);
}

#[test]
fn the_environment_goes_first_and_is_all_or_nothing() {
    let env = |given: &'static [(&str, &str)]| {
        move |variable: &str| given.iter().find(|(name, _)| *name == variable).map(|(_, value)| OsString::from(value))
    };
    let whole =
        env(&[("TICKFOLD_OKX_KEY", SECRETS[0]), ("TICKFOLD_OKX_SECRET", SECRETS[1]), ("TICKFOLD_OKX_PASSPHRASE", SECRETS[2])]);
    assert_eq!(from_environment(&whole).unwrap().unwrap().key(), SECRETS[0]);
    assert!(from_environment(&env(&[("TICKFOLD_OKX_KEY", "")])).unwrap().is_none(), "an empty one is none");
    let error = from_environment(&env(&[("TICKFOLD_OKX_SECRET", SECRETS[1])])).unwrap_err();
    assert!(safe(&error).starts_with("TICKFOLD_OKX_SECRET is set, but TICKFOLD_OKX_KEY is not: "), "{error}");
    let spoilt = env(&[
        ("TICKFOLD_OKX_KEY", SECRETS[0]),
        ("TICKFOLD_OKX_SECRET", "demo-secret-55443322\n"),
        ("TICKFOLD_OKX_PASSPHRASE", "p"),
    ]);
    assert_eq!(safe(&from_environment(&spoilt).unwrap_err()), "the secret begins or ends with a blank");

    let path = |given| Keystore::path_of(&env(given));
    assert_eq!(path(&[("TICKFOLD_KEYS", "/k.age"), ("HOME", "/h")]), Some(PathBuf::from("/k.age")));
    let of_config = PathBuf::from("/c/tickfold/keys.age");
    assert_eq!(path(&[("XDG_CONFIG_HOME", "/c"), ("HOME", "/h")]), Some(of_config));
    assert_eq!(path(&[("HOME", "/h")]), Some(PathBuf::from("/h/.config/tickfold/keys.age")));
    assert_eq!(path(&[]), None);
}

#[test]
fn no_text_form_holds_a_secret() {
    let (_dir, keystore) = keystore();
    let open = keystore.open(&passphrase(PASSPHRASE)).unwrap();
    let sets: Vec<_> = open.sets().collect();
    let text = format!("{sets:?} {:?} {:?} {:?}", passphrase(PASSPHRASE), keystore, open.get("okx-demo").unwrap().credentials());
    for secret in SECRETS.iter().chain([&PASSPHRASE]) {
        assert!(!text.contains(secret), "{text}");
    }
    let shown: Vec<_> = open.sets().map(|(name, set)| (name, set.shown())).collect();
    assert_eq!(shown, [("okx-demo", "demo".to_owned()), ("okx-live", "live".to_owned())]);
    assert_eq!(set("abc", "s", "p").shown(), "a", "of a short key, half");
    // The file itself is encrypted.
    let file = fs::read(keystore.path()).unwrap();
    for secret in SECRETS {
        assert!(!file.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret} is in the file");
    }
}

#[test]
fn what_is_no_key_is_refused_without_showing_it() {
    for (key, secret, pass, expected) in [
        ("", "s", "p", "the key is empty"),
        ("k", " s", "p", "the secret begins or ends with a blank"),
        ("k", "s", "p\u{7}p", "the passphrase of the key has a control character in it"),
    ] {
        let error = KeysError::to_string(&KeySet::new(key.to_owned(), secret.to_owned(), pass.to_owned()).unwrap_err());
        assert_eq!(error, expected);
    }
    let (_dir, keystore) = keystore();
    let mut open = keystore.open(&passphrase(PASSPHRASE)).unwrap();
    for name in ["", "a b", "../x", "a/b", &"n".repeat(65)] {
        assert!(matches!(open.put(name, set("k", "s", "p")), Err(KeysError::Name)), "{name}");
    }
    assert!(matches!(Passphrase::new("\n".to_owned()), Err(KeysError::Field { .. })));
    let missing = Keystore::quick(keystore.path().with_file_name("none.age"));
    let error = from_keystore(&missing, None, || panic!("nothing to open")).unwrap_err();
    assert!(safe(&error).contains("make one with `tickfold keys set NAME`"), "{error}");
}

#[test]
fn a_passphrase_comes_from_the_first_line_of_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("passphrase");
    fs::write(&path, format!("{PASSPHRASE}\r\nnot this\n")).unwrap();
    assert!(Passphrase::from_file(&path).unwrap().is(&passphrase(PASSPHRASE)));
    for bad in [Vec::new(), vec![0xff, 0xfe], vec![b'x'; 5_000]] {
        fs::write(&path, bad).unwrap();
        assert!(matches!(Passphrase::from_file(&path), Err(KeysError::Field { .. })));
    }
    assert!(matches!(Passphrase::from_file(&dir.path().join("none")), Err(KeysError::Io { .. })));
}
