//! The process killed in the middle of a run, at any moment: what is on disk opens, is the beginning of the run, and
//! holds all that was said to be durable.

#[path = "acceptance/chance.rs"]
mod chance;
#[path = "acceptance/market.rs"]
mod market;
#[path = "acceptance/program.rs"]
mod program;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use data::log::{Disk, LogError, Reader, Recovery};
use market::{Dice, trades};
use program::{answer, tickfold};

const COMMAND: [&str; 5] = ["backtest", "--data", "made.csv", "--instrument", "BTC-USDT"];

/// HEAD is brought up to date once a second.
const FIRST_ANCHOR: Duration = Duration::from_millis(1_050);

/// However slow the machine is, a round waits no longer than this after its earliest moment.
const LONGEST_WAIT: Duration = Duration::from_millis(700);

/// A run that nothing disturbed.
struct Undisturbed {
    dir: tempfile::TempDir,
    run: PathBuf,
    count: u64,
    digest: String,
    took: Duration,
}

impl Undisturbed {
    fn new(count: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("made.csv"), trades(11, count)).unwrap();
        let mut took = Duration::MAX;
        for _ in 0..2 {
            let started = Instant::now();
            answer(dir.path(), &COMMAND);
            took = took.min(started.elapsed());
        }
        // Out of the way of `last`.
        let run = dir.path().join("undisturbed");
        fs::rename(newest(dir.path()).unwrap(), &run).unwrap();
        fs::remove_dir_all(dir.path().join("runs")).unwrap();
        let (mut reader, recovery) = open(&run).unwrap();
        while reader.next_block().unwrap().is_some() {}
        let digest = reader.digest().unwrap().to_string();
        Self { dir, run, count: recovery.count, digest, took }
    }

    /// Begins the same run again and kills it after some time; `false` when it had already ended.
    fn kill_after(&self, time: Duration) -> bool {
        let mut command = tickfold(self.dir.path(), &COMMAND);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(time);
        let ended = child.try_wait().unwrap().is_some();
        // SIGKILL: nothing of the program runs after it.
        child.kill().unwrap();
        child.wait().unwrap();
        !ended
    }

    /// Fails unless a killed run is the beginning of this one, with all that HEAD says. Gives what was found.
    fn assert_begins_with(&self, run: &Path) -> Recovery {
        let (mut reader, recovery) = open(run).unwrap();
        assert!(recovery.anchored <= recovery.count, "{recovery:?}");
        let mut read = 0;
        while let Some(block) = reader.next_block().unwrap() {
            read += block.len() as u64;
        }
        assert_eq!(read, recovery.count);
        let expected = open(&self.run).unwrap().0.digest_at(read).unwrap();
        assert_eq!(reader.digest(), expected, "the first {read} records are others");

        let output = tickfold(self.dir.path(), &["verify", run.to_str().unwrap()]).output().unwrap();
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if read == 0 {
            assert_eq!(output.status.code(), Some(6), "{stderr}");
            assert!(
                stderr.ends_with(": the log has no records: its run was stopped before the first were written\n"),
                "{stderr}"
            );
            assert_eq!(stderr.starts_with("note: "), recovery.torn.is_some(), "{stderr}");
            return recovery;
        }
        assert_eq!(output.status.code(), Some(0), "{stderr}");
        assert!(stdout.starts_with(&format!("ok: {read} records, ")), "{stdout}");
        let mut notes = Vec::new();
        if let Some(torn) = &recovery.torn {
            notes.push(format!("note: {} ends in {} bytes of a write that did not arrive whole", torn.file, torn.bytes));
        }
        if !recovery.sealed {
            notes.push("note: the log is open: its run was stopped, or goes on; ".to_owned());
        }
        assert_eq!(stderr.lines().count(), notes.len(), "{stderr}");
        for (line, note) in stderr.lines().zip(&notes) {
            assert!(line.starts_with(note), "{stderr}");
        }
        recovery
    }
}

fn open(run: &Path) -> Result<(Reader, Recovery), LogError> {
    Reader::open(Arc::new(Disk::open(run).unwrap()))
}

/// The newest run's folder, when a run was begun at all.
fn newest(dir: &Path) -> Option<PathBuf> {
    let entries = match fs::read_dir(dir.join("runs")) {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        entries => entries.unwrap(),
    };
    entries.map(|entry| entry.unwrap().path()).max()
}

fn verify(dir: &Path, run: &str) -> (Option<i32>, String) {
    let output = tickfold(dir, &["verify", run]).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// What killed runs left.
#[derive(Debug, Default)]
struct Remains {
    killed: u64,
    with_records: u64,
    with_anchored_records: u64,
    with_torn_tails: u64,
}

/// Kills the run again and again, after `least` or later, and looks at what is left.
fn kill_again_and_again(undisturbed: &Undisturbed, rounds: u64, least: Duration) -> Remains {
    let dir = undisturbed.dir.path();
    let seed = chance::seed();
    let mut dice = Dice(seed);
    let spread = undisturbed.took.saturating_sub(least).min(LONGEST_WAIT);
    let spread = u64::try_from(spread.as_micros()).unwrap();
    let mut remains = Remains::default();
    for round in 0..rounds {
        let after = least + Duration::from_micros(dice.below(spread));
        let in_time = undisturbed.kill_after(after);
        remains.killed += u64::from(in_time);
        eprintln!("seed {seed}, round {round}: killed after {after:?}");
        let Some(run) = newest(dir) else { continue };
        if let Err(LogError::NoLog) = open(&run) {
            // Killed before the log began: that is what is said, and no more.
            let (exit, stderr) = verify(dir, "last");
            assert_eq!(exit, Some(6));
            assert!(stderr.starts_with("error: there is no log here: HEAD is missing"), "{stderr}");
        } else {
            let recovery = undisturbed.assert_begins_with(&run);
            assert!(!recovery.sealed || recovery.count == undisturbed.count, "{recovery:?}");
            assert!(recovery.sealed || in_time, "it ended by itself, and is not sealed: {recovery:?}");
            remains.with_records += u64::from(recovery.count > 0);
            remains.with_anchored_records += u64::from(!recovery.sealed && recovery.anchored > 0);
            remains.with_torn_tails += u64::from(recovery.torn.is_some());
            if !recovery.sealed && recovery.count > 0 && round % 5 == 0 {
                cut_the_end(undisturbed, &run, &recovery, &mut dice);
            }
        }
        fs::remove_dir_all(run).unwrap();
    }
    eprintln!("{remains:?}");
    // Another one, in the same place, knows nothing of those.
    assert_eq!(answer(dir, &COMMAND)["digest"], undisturbed.digest);
    let (exit, stderr) = verify(dir, "last");
    assert_eq!((exit, stderr.as_str()), (Some(0), ""));
    remains
}

#[test]
fn killed_at_any_moment_a_run_leaves_its_beginning() {
    let remains = kill_again_and_again(&Undisturbed::new(200_000), 40, Duration::ZERO);
    assert!(remains.killed >= 15 && remains.with_records >= 5, "{remains:?}: nothing was tried");
}

/// Longer than the time between two anchors, so that something was acknowledged.
#[test]
fn killed_late_a_run_keeps_what_was_acknowledged() {
    let undisturbed = Undisturbed::new(1_000_000);
    let long_enough = undisturbed.took > FIRST_ANCHOR + Duration::from_millis(500);
    let least = if long_enough { FIRST_ANCHOR } else { Duration::ZERO };
    let remains = kill_again_and_again(&undisturbed, 10, least);
    if long_enough {
        assert!(remains.with_anchored_records > 0, "{remains:?}: nothing was tried");
    } else {
        eprintln!("this machine is too fast: the whole run took {:?}, and nothing was anchored before", undisturbed.took);
    }
}

/// The last write of a killed run may have arrived in part: that is cut and reported. What HEAD knows must be there.
fn cut_the_end(undisturbed: &Undisturbed, run: &Path, recovery: &Recovery, dice: &mut Dice) {
    let last = fs::read_dir(run).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some()).max();
    let last = last.expect("a segment, as there are records");
    let whole = fs::read(&last).unwrap();
    let bytes = whole.len() as u64;
    for _ in 0..4 {
        let kept = bytes - 1 - dice.below(bytes.min(30_000));
        fs::write(&last, &whole[..usize::try_from(kept).unwrap()]).unwrap();
        match open(run) {
            Ok(_) => {
                let after = undisturbed.assert_begins_with(run);
                assert!((recovery.anchored..=recovery.count).contains(&after.count), "{after:?} of {recovery:?}");
            }
            Err(LogError::Damaged { seqs, .. }) => assert!(seqs.start < recovery.anchored, "{seqs:?} of {recovery:?}"),
            Err(LogError::Shorter { have, .. }) => assert!(have < recovery.anchored, "{have} of {recovery:?}"),
            Err(other) => panic!("{other}"),
        }
    }
    fs::write(&last, whole).unwrap();
}

#[test]
fn a_run_that_had_not_begun_is_said_to_be_none() {
    let dir = tempfile::tempdir().unwrap();
    let (exit, stderr) = verify(dir.path(), "last");
    let expected = "error: there is no run in runs: `tickfold backtest` makes one, --runs names another folder\n";
    assert_eq!((exit, stderr.as_str()), (Some(2), expected));

    // Killed between making the folder and HEAD.
    let run = dir.path().join("runs/20240101-000000-0000");
    fs::create_dir_all(run.join("blobs")).unwrap();
    let expected =
        "error: there is no log here: HEAD is missing; check the path, or use `log salvage` if segment files are left\n";
    for command in ["verify", "report"] {
        let output = tickfold(dir.path(), &[command, "last"]).output().unwrap();
        assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(6), expected));
    }
    fs::remove_dir(run.join("blobs")).unwrap();
    assert_eq!(verify(dir.path(), "last"), (Some(6), expected.to_owned()));

    // The next run neither minds nor touches it.
    answer(dir.path(), &["backtest"]);
    assert_eq!(verify(dir.path(), "last"), (Some(0), String::new()));
    assert_eq!(fs::read_dir(run).unwrap().count(), 0);
}
