//! The dead man's switch: the venue cancels all orders when it has not heard from us for a while.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use super::rest::{OkxError, Rest};

/// The venue takes one such request a second.
const EVERY: Duration = Duration::from_secs(1);

/// Keeps telling the venue that we are here. When it is dropped or stopped it calls the switch off; when the process dies,
/// nobody does, and the venue cancels all orders.
#[derive(Debug)]
pub struct DeadMansSwitch {
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<Result<(), OkxError>>>,
    state: watch::Receiver<SwitchState>,
}

/// Whether the switch is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SwitchState {
    /// When it was set last, by the venue's clock, Unix milliseconds.
    pub set_at_ms: Option<i64>,
    /// Why it could not be set the last time, if it could not.
    pub error: Option<OkxError>,
}

impl DeadMansSwitch {
    /// Sets the switch to `timeout_s` seconds (10 to 120), and again each second that `lives` says yes.
    pub fn keep_alive(rest: Arc<Rest>, timeout_s: u32, lives: impl FnMut() -> bool + Send + 'static) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (sender, state) = watch::channel(SwitchState::default());
        let task = tokio::spawn(keep(rest, timeout_s, lives, stopped, sender));
        Self { stop: Some(stop), task: Some(task), state }
    }

    /// Whether it is set, as far as is known.
    pub fn state(&self) -> SwitchState {
        self.state.borrow().clone()
    }

    /// Calls it off, and waits until the venue has done so.
    pub async fn stop(mut self) -> Result<(), OkxError> {
        drop(self.stop.take());
        let Some(task) = self.task.take() else { return Ok(()) };
        task.await.unwrap_or_else(|error| {
            Err(OkxError::NoAnswer { asked: "calling off the dead man's switch".to_owned(), reason: error.to_string() })
        })
    }
}

async fn keep(
    rest: Arc<Rest>,
    timeout_s: u32,
    mut lives: impl FnMut() -> bool + Send,
    mut stopped: oneshot::Receiver<()>,
    state: watch::Sender<SwitchState>,
) -> Result<(), OkxError> {
    loop {
        if lives() {
            // Never given up halfway: a request that is still on its way would set the switch after it was called off.
            match rest.cancel_all_after_once(timeout_s).await {
                Ok(_) => {
                    let _ = state.send(SwitchState { set_at_ms: Some(rest.clock().now_ms()), error: None });
                }
                Err(error) => state.send_modify(|state| state.error = Some(error)),
            }
        }
        tokio::select! {
            _ = &mut stopped => break,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
    rest.cancel_all_after(None).await.map(drop)
}
