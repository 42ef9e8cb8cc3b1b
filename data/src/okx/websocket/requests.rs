//! Requests over a socket that wait for their replies. Who waits is told in the end, whatever happens.

use std::collections::HashMap;

use tokio::sync::oneshot;

use super::event::FrameText;
use crate::okx::rest::OkxError;

/// Requests that wait on one connection at most.
const MAX_WAITING: usize = 1_024;

/// An order request over a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderOp {
    /// Place one order.
    Place,
    /// Place several.
    PlaceBatch,
    /// Amend one order.
    Amend,
    /// Amend several.
    AmendBatch,
    /// Cancel one order.
    Cancel,
    /// Cancel several.
    CancelBatch,
}

impl OrderOp {
    /// The venue's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Place => "order",
            Self::PlaceBatch => "batch-orders",
            Self::Amend => "amend-order",
            Self::AmendBatch => "batch-amend-orders",
            Self::Cancel => "cancel-order",
            Self::CancelBatch => "batch-cancel-orders",
        }
    }
}

/// A request, and who waits for its reply.
#[derive(Debug)]
pub(super) struct Request {
    pub op: OrderOp,
    /// A JSON array.
    pub args: String,
    pub exp_time_ms: Option<i64>,
    pub reply: oneshot::Sender<Result<FrameText, OkxError>>,
}

impl Request {
    /// Tells that it never left.
    pub fn not_sent(self, reason: &str) {
        let asked = format!("WebSocket {}", self.op.word());
        let _ = self.reply.send(Err(OkxError::NotSent { asked, reason: reason.to_owned() }));
    }
}

/// Who waits for which reply.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    waiting: HashMap<String, (OrderOp, oneshot::Sender<Result<FrameText, OkxError>>)>,
    next_id: u64,
}

impl Waiting {
    /// The frame to send; from now on its reply is waited for. `None` if nobody wants it any more, or too many wait.
    pub fn begin(&mut self, request: Request) -> Option<String> {
        // Who gave up has decided on what was not answered; sending it now would make that wrong.
        if request.reply.is_closed() {
            return None;
        }
        if self.waiting.len() >= MAX_WAITING {
            request.not_sent("too many requests wait for a reply");
            return None;
        }
        self.next_id += 1;
        let (id, op, args) = (format!("r{}", self.next_id), request.op.word(), request.args);
        let expires = request.exp_time_ms.map_or_else(String::new, |ms| format!(r#","expTime":"{ms}""#));
        self.waiting.insert(id.clone(), (request.op, request.reply));
        Some(format!(r#"{{"id":"{id}","op":"{op}","args":{args}{expires}}}"#))
    }

    /// Hands a reply to who waits for it. Gives it back when nobody does.
    pub fn answer(&mut self, id: &str, text: FrameText) -> Result<(), FrameText> {
        let (_, reply) = self.waiting.remove(id).ok_or_else(|| text.clone())?;
        reply.send(Ok(text)).map_err(Result::unwrap_or_default)
    }

    /// The connection is gone: the venue may have carried out each of them.
    pub fn fail(&mut self, reason: &str) {
        for (_, (op, reply)) in self.waiting.drain() {
            let asked = format!("WebSocket {}", op.word());
            let _ = reply.send(Err(OkxError::NoAnswer { asked, reason: reason.to_owned() }));
        }
    }

    /// Forgets those that gave up.
    pub fn tidy(&mut self) {
        self.waiting.retain(|_, (_, reply)| !reply.is_closed());
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(args: &str) -> (Request, oneshot::Receiver<Result<FrameText, OkxError>>) {
        let (reply, receiver) = oneshot::channel();
        (Request { op: OrderOp::Place, args: args.to_owned(), exp_time_ms: Some(5), reply }, receiver)
    }

    #[test]
    fn replies_find_who_waits() {
        let mut waiting = Waiting::default();
        let (first, mut first_reply) = request("[1]");
        let (second, mut second_reply) = request("[2]");
        assert_eq!(waiting.begin(first).unwrap(), r#"{"id":"r1","op":"order","args":[1],"expTime":"5"}"#);
        assert!(waiting.begin(second).unwrap().contains(r#""id":"r2""#));
        assert_eq!(waiting.answer("r2", "two".into()), Ok(()));
        assert_eq!(waiting.answer("r2", "again".into()), Err("again".into()));
        assert_eq!(second_reply.try_recv().unwrap().unwrap(), "two");
        waiting.fail("it broke");
        assert!(first_reply.try_recv().unwrap().unwrap_err().outcome_unknown());
        assert!(waiting.is_empty());
    }

    #[test]
    fn who_gave_up_is_not_sent_for() {
        let mut waiting = Waiting::default();
        let (given_up, receiver) = request("[1]");
        drop(receiver);
        assert_eq!(waiting.begin(given_up), None);
        let (late, receiver) = request("[1]");
        waiting.begin(late).unwrap();
        drop(receiver);
        assert_eq!(waiting.answer("r1", "late".into()), Err("late".into()), "its reply goes to the owner");
    }

    #[test]
    fn too_many_are_told_at_once() {
        let mut waiting = Waiting::default();
        let mut receivers = Vec::new();
        for _ in 0..MAX_WAITING {
            let (request, receiver) = request("[]");
            assert!(waiting.begin(request).is_some());
            receivers.push(receiver);
        }
        let (request, mut receiver) = request("[]");
        assert_eq!(waiting.begin(request), None);
        assert!(!receiver.try_recv().unwrap().unwrap_err().outcome_unknown(), "it never left");
    }
}
