//! One connection: login, subscriptions, then frames, requests and pings until it ends.

use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use tokio::time::{Duration, Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::channels::{Channels, Refusal};
use super::frame::Look;
use super::requests::Waiting;
use super::task::{Stream, Task};
use super::{Command, Connection, DownReason, Event, FrameText};
use crate::okx::code::Remedy;
use crate::okx::limits::Budget;
use crate::okx::message::{LoginArg, Operation, PING};
use crate::okx::subscription::Subscription;

/// Frames taken in a row before anything else is looked at.
const FRAMES_IN_A_ROW: usize = 32;
/// How long requests that wait hold up a change of connection that the venue announced.
const FAREWELL: Duration = Duration::from_secs(5);
/// How often requests that were given up are forgotten.
const TIDY: Duration = Duration::from_secs(1);
/// The venue's close codes for a key that it does not take.
const LOGIN_FAILED: u16 = 4_001;
const KEY_GONE: u16 = 4_007;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    LoggingIn { due: Instant },
    Subscribing,
    Up,
}

/// One connection of a task.
pub(super) struct Session<'a> {
    task: &'a mut Task,
    stream: Stream,
    connection: Connection,
    phase: Phase,
    channels: Channels,
    waiting: Waiting,
    /// Logins and subscriptions that the venue still allows on this connection.
    asks_left: u32,
    heard: Instant,
    pinged: Option<Instant>,
    /// Until when it stays, and why it leaves.
    leaving: Option<(Instant, String)>,
}

impl<'a> Session<'a> {
    pub fn new(task: &'a mut Task, stream: Stream, connection: Connection) -> Self {
        Self {
            task,
            stream,
            connection,
            phase: Phase::Subscribing,
            channels: Channels::default(),
            waiting: Waiting::default(),
            asks_left: Budget::Subscribe.limit().0,
            heard: Instant::now(),
            pinged: None,
            leaving: None,
        }
    }

    /// Runs to the end, and says why it came.
    pub async fn run(mut self) -> DownReason {
        let reason = match self.begin().await {
            Ok(()) => self.turn().await,
            Err(reason) => reason,
        };
        // No order is thought to be on its way through a connection that is gone.
        self.task.up.store(false, Ordering::Release);
        self.waiting.fail(&reason.to_string());
        let _ = timeout(TIDY, self.stream.close(None)).await;
        reason
    }

    async fn begin(&mut self) -> Result<(), DownReason> {
        let Some(login) = &self.task.config.login else { return self.subscribe_all().await };
        let unix_s = self.task.clock.now_ms().div_euclid(1_000);
        let argument = LoginArg {
            api_key: login.key().into(),
            passphrase: login.passphrase().into(),
            timestamp: unix_s.to_string().into(),
            sign: login.sign_login(unix_s).into(),
        };
        let text = Operation { id: "", op: "login", args: &[argument], exp_time: None }.text();
        self.phase = Phase::LoggingIn { due: self.answer_due() };
        self.ask(text).await
    }

    async fn turn(&mut self) -> DownReason {
        loop {
            let wake = self.wake_at();
            let ended = tokio::select! {
                owned = self.task.outbox.progress() => if owned { Ok(()) } else { Err(DownReason::Stopped) },
                message = self.stream.next(), if !self.task.outbox.is_full() => self.received(message).await,
                command = self.task.commands.recv() => match command {
                    Some(command) => self.command(command).await,
                    None => Err(DownReason::Stopped),
                },
                () = sleep_until(wake) => self.woken().await,
            };
            if let Err(reason) = ended {
                return reason;
            }
        }
    }

    /// Takes a message, and those that are there already.
    async fn received(&mut self, mut message: Option<Result<Message, Error>>) -> Result<(), DownReason> {
        self.heard = Instant::now();
        self.pinged = None;
        for more in (0..FRAMES_IN_A_ROW).rev() {
            match message {
                Some(Ok(Message::Text(text))) => self.text(text).await?,
                Some(Ok(Message::Close(frame))) => return Err(self.closed(frame.map(|frame| (frame.code.into(), frame.reason)))),
                Some(Ok(_)) => {}
                Some(Err(Error::ConnectionClosed)) | None => return Err(self.closed(None)),
                Some(Err(error)) => return Err(DownReason::Broken(error.to_string())),
            }
            // What is taken must be handled, so none is taken that may not be.
            if more == 0 || self.task.outbox.is_full() {
                break;
            }
            match self.stream.next().now_or_never() {
                Some(next) => message = next,
                None => break,
            }
        }
        Ok(())
    }

    fn closed(&self, frame: Option<(u16, FrameText)>) -> DownReason {
        let Some((code, words)) = frame else { return DownReason::Broken("closed without a word".to_owned()) };
        let logging_in = matches!(self.phase, Phase::LoggingIn { .. });
        if (code == LOGIN_FAILED && logging_in) || code == KEY_GONE {
            return DownReason::LoginRefused { code: code.to_string(), message: self.without_keys(&words) };
        }
        DownReason::Closed { code, words: self.without_keys(&words) }
    }

    async fn text(&mut self, text: FrameText) -> Result<(), DownReason> {
        match Look::at(&text) {
            Look::Pong => {}
            Look::Other => self.hand_on(text),
            Look::Reply { id, code } => {
                if let Err(unheard) = self.waiting.answer(&id, text) {
                    self.hand_on(unheard);
                }
                if Remedy::of(&code) == Remedy::LogIn {
                    return Err(DownReason::Noticed(code));
                }
            }
            Look::LoggedIn => self.subscribe_all().await?,
            Look::Subscribed(arg) => {
                self.channels.subscribed(&arg);
                self.up_when_settled();
            }
            Look::Unsubscribed(arg) => {
                if let Some(again) = self.channels.unsubscribed(&arg) {
                    self.subscribe(&[again]).await?;
                }
                self.up_when_settled();
            }
            Look::Notice { code } => {
                self.hand_on(text);
                if Remedy::of(&code) == Remedy::Reconnect && self.leaving.is_none() {
                    self.task.up.store(false, Ordering::Release);
                    self.leaving = Some((Instant::now() + FAREWELL, code));
                }
            }
            Look::Refused { id, code, message } => self.refused(id.as_deref(), code, message, text).await?,
        }
        Ok(())
    }

    async fn refused(&mut self, id: Option<&str>, code: String, message: String, text: FrameText) -> Result<(), DownReason> {
        if matches!(self.phase, Phase::LoggingIn { .. }) {
            return Err(self.login_refused(code, &message));
        }
        let text = match id.map(|id| self.waiting.answer(id, text.clone())) {
            Some(Ok(())) => return Ok(()),
            _ => text,
        };
        let remedy = Remedy::of(&code);
        match self.channels.refused(id) {
            Refusal::Renewal(subscription) => self.subscribe(&[subscription]).await?,
            Refusal::One(_) | Refusal::OneOf(_) if remedy == Remedy::BackOff => {
                return Err(DownReason::SubscribedTooOften { code, message });
            }
            _ if remedy == Remedy::Reconnect || (remedy == Remedy::LogIn && self.task.config.login.is_some()) => {
                self.hand_on(text);
                return Err(DownReason::Noticed(code));
            }
            Refusal::One(subscription) => {
                self.task.wanted.retain(|wanted| !wanted.is(&subscription));
                let subscription = Box::new(subscription);
                self.task.outbox.push(Event::Unserved { connection: self.connection, subscription, code, message });
            }
            Refusal::OneOf(subscriptions) => {
                for subscription in subscriptions {
                    self.subscribe(&[subscription]).await?;
                }
            }
            Refusal::Nothing => self.hand_on(text),
        }
        self.up_when_settled();
        Ok(())
    }

    fn login_refused(&self, code: String, message: &str) -> DownReason {
        let message = self.without_keys(message);
        match Remedy::of(&code) {
            Remedy::ResyncClock => {
                self.task.clock.want_measurement();
                DownReason::LoginPostponed { code, message }
            }
            Remedy::Stop | Remedy::Bug => DownReason::LoginRefused { code, message },
            _ => DownReason::LoginPostponed { code, message },
        }
    }

    /// The venue's words, unless they repeat what only the login may hold.
    fn without_keys(&self, words: &str) -> String {
        let login = self.task.config.login.as_ref();
        let repeats = login.is_some_and(|login| words.contains(login.key()) || words.contains(login.passphrase()));
        if repeats || words.contains("sign\"") { "(withheld: it repeats the login)".to_owned() } else { words.to_owned() }
    }

    async fn command(&mut self, command: Command) -> Result<(), DownReason> {
        let listening = !matches!(self.phase, Phase::LoggingIn { .. });
        match command {
            Command::Request(request) if self.phase != Phase::Up || self.leaving.is_some() => {
                request.not_sent("the connection is not up");
                Ok(())
            }
            Command::Request(request) => match self.waiting.begin(request) {
                Some(text) => self.send(text).await,
                None => Ok(()),
            },
            Command::Subscribe(subscription) => {
                self.task.want(subscription.clone());
                if listening { self.subscribe(&[subscription]).await } else { Ok(()) }
            }
            Command::Unsubscribe(subscription) => {
                self.task.wanted.retain(|wanted| !wanted.is(&subscription));
                let due = self.answer_due();
                let text = listening.then(|| self.channels.unsubscribe(&subscription, due));
                self.ask_if(text).await
            }
            Command::Resubscribe(subscription) => {
                self.task.want(subscription.clone());
                let due = self.answer_due();
                let text = if listening { self.channels.renew(&subscription, due) } else { None };
                self.ask_if(text).await
            }
            Command::Reconnect => Err(DownReason::Renewed),
        }
    }

    async fn subscribe_all(&mut self) -> Result<(), DownReason> {
        self.phase = Phase::Subscribing;
        let wanted = self.task.wanted.clone();
        self.subscribe(&wanted).await?;
        self.up_when_settled();
        Ok(())
    }

    async fn subscribe(&mut self, subscriptions: &[Subscription]) -> Result<(), DownReason> {
        let due = self.answer_due();
        for text in self.channels.subscribe(subscriptions, due) {
            self.ask(text).await?;
        }
        Ok(())
    }

    fn up_when_settled(&mut self) {
        if self.phase == Phase::Subscribing && self.channels.is_settled() {
            self.phase = Phase::Up;
            self.task.up.store(true, Ordering::Release);
            self.task.outbox.push(Event::Up { connection: self.connection });
        }
    }

    fn hand_on(&mut self, text: FrameText) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let received_ns = i64::try_from(now.as_nanos()).unwrap_or(i64::MAX);
        self.task.outbox.push(Event::Frame { connection: self.connection, received_ns, text });
    }

    async fn ask_if(&mut self, text: Option<String>) -> Result<(), DownReason> {
        match text {
            Some(text) => self.ask(text).await,
            None => Ok(()),
        }
    }

    /// Sends what counts against the connection's own limit. Out of that, a new connection has a new one.
    async fn ask(&mut self, text: String) -> Result<(), DownReason> {
        self.asks_left = self.asks_left.checked_sub(1).ok_or(DownReason::Renewed)?;
        self.send(text).await
    }

    async fn send(&mut self, text: String) -> Result<(), DownReason> {
        match timeout(self.task.config.timings.answer, self.stream.send(Message::text(text))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(DownReason::Broken(error.to_string())),
            Err(_) => Err(DownReason::Broken("nothing can be sent".to_owned())),
        }
    }

    fn answer_due(&self) -> Instant {
        Instant::now() + self.task.config.timings.answer
    }

    fn wake_at(&self) -> Instant {
        if self.task.outbox.is_full() {
            return Instant::now() + TIDY;
        }
        let timings = &self.task.config.timings;
        let mut wake = self.pinged.map_or(self.heard + timings.quiet, |pinged| pinged + timings.pong);
        if let Phase::LoggingIn { due } = self.phase {
            wake = wake.min(due);
        }
        if let Some((due, _)) = self.channels.due() {
            wake = wake.min(due);
        }
        if let Some((until, _)) = &self.leaving {
            wake = if self.waiting.is_empty() { Instant::now() } else { wake.min(*until) };
        }
        if self.waiting.is_empty() { wake } else { wake.min(Instant::now() + TIDY) }
    }

    async fn woken(&mut self) -> Result<(), DownReason> {
        let (now, timings) = (Instant::now(), self.task.config.timings);
        self.waiting.tidy();
        if let Some((until, code)) = &self.leaving
            && (self.waiting.is_empty() || *until <= now)
        {
            return Err(DownReason::Noticed(code.clone()));
        }
        // What is not read cannot be missed: the owner is behind, not the venue.
        if self.task.outbox.is_full() {
            self.heard = now;
            self.pinged = None;
            return Ok(());
        }
        if matches!(self.phase, Phase::LoggingIn { due } if due <= now) {
            return Err(DownReason::LoginUnanswered);
        }
        if let Some((due, channel)) = self.channels.due()
            && due <= now
        {
            return Err(DownReason::SubscriptionUnanswered(channel.to_owned()));
        }
        match self.pinged {
            Some(pinged) if pinged + timings.pong <= now => Err(DownReason::Silent),
            None if self.heard + timings.quiet <= now => {
                self.pinged = Some(now);
                self.send(PING.to_owned()).await
            }
            _ => Ok(()),
        }
    }
}
