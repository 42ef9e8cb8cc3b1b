//! How a person speaks to a run that goes on: a socket in its folder, a line a command.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::event::{Command, Input};
use engine::order::OrderId;
use engine::time::Timestamp;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, unix::OwnedReadHalf, unix::OwnedWriteHalf};
use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;

use super::gateway::Fact;

const SOCKET: &str = "control";
/// No command is longer.
const MAX_LINE: u64 = 256;
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// What a person can ask of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Something that the engine decides on; it is in the log.
    Engine(Command),
    /// To end, as the configuration says.
    Stop,
}

/// Nobody listens, or the answer is no.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// No process runs it.
    #[error("{} is not running: {source}", folder.display())]
    NotRunning {
        /// The run's folder.
        folder: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The run did not take it.
    #[error("the run says: {0}")]
    Refused(String),
}

impl Order {
    /// Reads a command: `halt`, `resume`, `flatten`, `stop`, or `cancel` and an order's number.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let order = match words.next()? {
            "halt" => Self::Engine(Command::Halt),
            "resume" => Self::Engine(Command::Resume),
            "flatten" => Self::Engine(Command::Flatten),
            "stop" => Self::Stop,
            "cancel" => Self::Engine(Command::Cancel(OrderId(words.next()?.trim_start_matches('#').parse().ok()?))),
            _ => return None,
        };
        words.next().is_none().then_some(order)
    }
}

/// Sends a command to the run in `folder`.
pub fn send(folder: &Path, line: &str) -> Result<(), ControlError> {
    let not_running = |source| ControlError::NotRunning { folder: folder.to_owned(), source };
    let mut stream = UnixStream::connect(folder.join(SOCKET)).map_err(not_running)?;
    stream.set_read_timeout(Some(ANSWER_WITHIN)).map_err(not_running)?;
    writeln!(stream, "{line}").map_err(not_running)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).map_err(not_running)?;
    match answer.trim() {
        "ok" => Ok(()),
        "" => Err(ControlError::Refused("nothing".to_owned())),
        other => Err(ControlError::Refused(other.to_owned())),
    }
}

/// Listens in `folder` until the task is aborted. `wall` says what time a command came.
pub fn listen(
    runtime: &Handle,
    folder: &Path,
    facts: Sender<Fact>,
    wall: Box<dyn Fn() -> Timestamp + Send + Sync>,
) -> io::Result<JoinHandle<()>> {
    let _entered = runtime.enter();
    let path = folder.join(SOCKET);
    // What a process left that did not end in order. The run's lock is ours, so nobody listens there.
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    Ok(runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (from, mut to) = stream.into_split();
            let served = tokio::time::timeout(ANSWER_WITHIN, serve(from, &mut to, &facts, &*wall)).await;
            if matches!(served, Ok(Err(_))) {
                return;
            }
        }
    }))
}

/// Takes away what [`listen`] left in `folder`. One that stays does no harm: nobody listens there.
pub fn forget(folder: &Path) {
    let _ = std::fs::remove_file(folder.join(SOCKET));
}

/// The run is over.
struct Over;

async fn serve(
    from: OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    facts: &Sender<Fact>,
    wall: &(dyn Fn() -> Timestamp + Send + Sync),
) -> Result<(), Over> {
    let mut line = String::new();
    let read = tokio::io::BufReader::new(tokio::io::AsyncReadExt::take(from, MAX_LINE)).read_line(&mut line).await;
    let fact = match read.ok().and_then(|_| Order::parse(&line)) {
        Some(Order::Engine(command)) => {
            Fact::Input { received_at: wall(), venue_at: None, input: Input::Operator(Box::new(command)) }
        }
        Some(Order::Stop) => Fact::Stop,
        None => {
            let _ = to.write_all(b"unknown command: halt, resume, flatten, cancel ORDER or stop\n").await;
            return Ok(());
        }
    };
    facts.send(fact).await.map_err(|_| Over)?;
    // Whoever asked may have gone.
    let _ = to.write_all(b"ok\n").await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_words() {
        assert_eq!(Order::parse("halt\n"), Some(Order::Engine(Command::Halt)));
        assert_eq!(Order::parse(" cancel  #12 "), Some(Order::Engine(Command::Cancel(OrderId(12)))));
        assert_eq!(Order::parse("stop"), Some(Order::Stop));
        for line in ["", "cancel", "cancel x", "halt now", "HALT", "cancel 1 2"] {
            assert_eq!(Order::parse(line), None, "{line:?}");
        }
    }

    #[test]
    fn a_run_takes_commands_while_it_listens() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(send(folder.path(), "halt"), Err(ControlError::NotRunning { .. })));
        let (facts, mut facts_in) = tokio::sync::mpsc::channel(4);
        let task = listen(runtime.handle(), folder.path(), facts, Box::new(|| Timestamp(7))).unwrap();
        send(folder.path(), "flatten").unwrap();
        let fact = facts_in.blocking_recv().unwrap();
        assert!(
            matches!(fact, Fact::Input { received_at: Timestamp(7), input: Input::Operator(ref command), .. } if **command == Command::Flatten)
        );
        let refused = send(folder.path(), "sell everything").unwrap_err().to_string();
        assert_eq!(refused, "the run says: unknown command: halt, resume, flatten, cancel ORDER or stop");
        task.abort();
    }
}
