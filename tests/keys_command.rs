//! `tickfold keys`, through the program itself: what is kept comes back, and no secret is ever shown.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const SECRETS: [&str; 3] = ["1a2b3c4d-demo-key", "DEADBEEF-demo-secret", "demo-pass-phrase"];
const PASSPHRASE: &str = "correct horse battery staple";

/// Exit code, stdout and stderr, in which no secret may be.
fn run(dir: &Path, args: &[&str], passphrase_file: &str, stdin: &str) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickfold"));
    command.current_dir(dir).args(args).env_clear();
    command.env("TICKFOLD_KEYS", "kept/keys.age").env("TICKFOLD_PASSPHRASE_FILE", passphrase_file);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    // A program that wants nothing from stdin may be gone already.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    let (text, error) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    for secret in SECRETS.iter().chain([&PASSPHRASE]) {
        assert!(!text.contains(secret) && !error.contains(secret), "{args:?} shows {secret}: {text}{error}");
    }
    (output.status.code(), text, error)
}

#[test]
fn a_set_is_kept_listed_and_removed() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("right"), format!("{PASSPHRASE}\n")).unwrap();
    fs::write(dir.join("wrong"), "wrong horse\n").unwrap();
    let lines = SECRETS.join("\n") + "\n";

    let (code, _, error) = run(dir, &["keys", "list"], "right", "");
    assert_eq!(code, Some(2));
    assert!(error.starts_with("error: there is no keystore at kept/keys.age: make one with `tickfold keys set NAME`"), "{error}");

    let kept = run(dir, &["keys", "set", "okx-demo"], "right", &lines);
    assert_eq!(kept, (Some(0), "kept okx-demo in kept/keys.age\n".to_owned(), String::new()));
    let listed = run(dir, &["keys", "list"], "right", "");
    assert_eq!(listed, (Some(0), "okx-demo  1a2b…\n".to_owned(), String::new()));
    let (code, _, error) = run(dir, &["keys", "list"], "wrong", "");
    assert_eq!(code, Some(2));
    assert!(error.starts_with("error: the passphrase does not open kept/keys.age: "), "{error}");
    // The passphrase from an open file; it goes before the one of the environment.
    #[cfg(unix)]
    {
        let given = ["keys", "list", "--json", "--passphrase-fd", "3"];
        let program = env!("CARGO_BIN_EXE_tickfold");
        let shell = format!("exec '{program}' {} 3< right", given.join(" "));
        let output = Command::new("sh")
            .args(["-c", &shell])
            .current_dir(dir)
            .env("TICKFOLD_KEYS", "kept/keys.age")
            .env("TICKFOLD_PASSPHRASE_FILE", "wrong")
            .output()
            .unwrap();
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
        let expected = serde_json::json!({ "keystore": "kept/keys.age", "sets": [{ "name": "okx-demo", "key_begins": "1a2b" }] });
        assert_eq!(document, expected);
    }
    let removed = run(dir, &["keys", "remove", "okx-demo"], "right", "");
    assert_eq!(removed, (Some(0), "removed okx-demo in kept/keys.age\n".to_owned(), String::new()));
}

#[test]
fn what_is_wrong_is_said_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("right"), PASSPHRASE).unwrap();
    fs::write(dir.join("empty"), "\n").unwrap();
    let lines = SECRETS.join("\n");
    for (args, file, stdin, expected) in [
        (
            &["keys", "set", "okx-demo"][..],
            "right",
            &lines[..30],
            "stdin ends before the passphrase: it takes key, secret and passphrase",
        ),
        (&["keys", "set", "okx-demo"], "right", "a\n\nc\n", "error: the secret is empty"),
        (&["keys", "set", "okx demo"], "right", &lines, "error: a set is named with letters, digits, `-`, `_` and `.`"),
        (&["keys", "set", "okx-demo"], "empty", &lines, "error: the passphrase of the keystore is empty"),
        (&["keys", "set", "okx-demo"], "none", &lines, "error: cannot read the passphrase from none: No such file"),
        (&["keys", "set", "okx-demo", "--passphrase-fd", "0"], "right", &lines, "error: the keys come from file 0 (stdin)"),
        (
            &["keys", "set", "okx-demo", "--passphrase-fd", "77"],
            "right",
            &lines,
            "error: cannot read the passphrase from /dev/fd/77",
        ),
        // Nobody can be asked here.
        (&["keys", "set", "okx-demo", "the-secret"], "right", &lines, "unexpected argument"),
    ] {
        let (code, text, error) = run(dir, args, file, stdin);
        assert!(matches!(code, Some(1 | 2)) && text.is_empty(), "{args:?}: {code:?} {text}");
        assert!(error.contains(expected), "{args:?}: {error}");
        assert!(!dir.join("kept").exists(), "{args:?} wrote something");
    }
    // No program has written this.
    fs::create_dir(dir.join("kept")).unwrap();
    fs::write(dir.join("kept/keys.age"), "[keys]\nkey = 1\n").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(dir.join("kept/keys.age"), fs::Permissions::from_mode(0o644)).unwrap();
        let (code, _, error) = run(dir, &["keys", "list"], "right", "");
        assert_eq!(code, Some(2));
        assert!(
            error.contains("is open to other users (mode 644): make it yours alone with `chmod 600 kept/keys.age`"),
            "{error}"
        );
        fs::set_permissions(dir.join("kept/keys.age"), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let (code, _, error) = run(dir, &["keys", "set", "okx-demo"], "right", &lines);
    assert_eq!(code, Some(2));
    assert!(
        error.starts_with("error: kept/keys.age is no keystore, or damaged (it has no header of an encrypted file)"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(dir.join("kept/keys.age")).unwrap(), "[keys]\nkey = 1\n");
}
