//! The system's way of saying that a run is to end.

use std::io;

use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;

use super::gateway::Fact;

/// Turns SIGINT and SIGTERM into [`Fact::Stop`]. The second one ends the process at once.
pub fn stop(runtime: &Handle, facts: Sender<Fact>) -> io::Result<JoinHandle<()>> {
    let _entered = runtime.enter();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(runtime.spawn(async move {
        let mut asked = false;
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if asked {
                std::process::exit(130);
            }
            asked = true;
            eprintln!("stopping; once more to stop at once");
            if facts.send(Fact::Stop).await.is_err() {
                return;
            }
        }
    }))
}
