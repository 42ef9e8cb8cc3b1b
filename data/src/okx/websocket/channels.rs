//! The subscriptions of one connection: what was asked, what was answered, what is to be asked anew. No sockets here.

use tokio::time::Instant;

use crate::okx::message::Operation;
use crate::okx::subscription::Subscription;

/// Subscriptions in one frame at most: far below the venue's 64 KB.
const MAX_ARGUMENTS: usize = 32;

/// What of a connection's subscriptions waits for an answer.
#[derive(Debug, Default)]
pub(super) struct Channels {
    asked: Vec<Asked>,
    /// Unsubscribed to be subscribed again.
    renewing: Vec<Subscription>,
    next_id: u64,
}

#[derive(Debug)]
struct Asked {
    id: String,
    op: Op,
    /// Those not answered yet.
    open: Vec<Subscription>,
    due: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Subscribe,
    Unsubscribe,
}

/// What a refusal is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Of this one.
    One(Subscription),
    /// Of one among these: each is to be asked for by itself.
    OneOf(Vec<Subscription>),
    /// Of an unsubscription that makes way for a new subscription: go on to that.
    Renewal(Subscription),
    /// Of nothing that was asked here.
    Nothing,
}

impl Channels {
    /// The frames that ask for all of these, several in each.
    pub fn subscribe(&mut self, subscriptions: &[Subscription], due: Instant) -> Vec<String> {
        subscriptions.chunks(MAX_ARGUMENTS).map(|chunk| self.ask(Op::Subscribe, chunk, due)).collect()
    }

    /// The frame that ends one.
    pub fn unsubscribe(&mut self, subscription: &Subscription, due: Instant) -> String {
        self.ask(Op::Unsubscribe, std::slice::from_ref(subscription), due)
    }

    /// The frame that begins to end one and ask for it again: the venue then sends a fresh snapshot.
    pub fn renew(&mut self, subscription: &Subscription, due: Instant) -> Option<String> {
        if self.renewing.iter().any(|renewing| renewing.is(subscription)) {
            return None;
        }
        self.renewing.push(subscription.clone());
        Some(self.unsubscribe(subscription, due))
    }

    fn ask(&mut self, op: Op, subscriptions: &[Subscription], due: Instant) -> String {
        self.next_id += 1;
        let id = format!("s{}", self.next_id);
        let name = match op {
            Op::Subscribe => "subscribe",
            Op::Unsubscribe => "unsubscribe",
        };
        let text = Operation { id: &id, op: name, args: subscriptions, exp_time: None }.text();
        self.asked.push(Asked { id, op, open: subscriptions.to_vec(), due });
        text
    }

    /// The venue serves it.
    pub fn subscribed(&mut self, arg: &Subscription) {
        self.answered(Op::Subscribe, arg);
    }

    /// The venue ended it. Gives it back if it is to be asked for again.
    pub fn unsubscribed(&mut self, arg: &Subscription) -> Option<Subscription> {
        self.answered(Op::Unsubscribe, arg);
        let at = self.renewing.iter().position(|renewing| renewing.is(arg))?;
        Some(self.renewing.swap_remove(at))
    }

    fn answered(&mut self, op: Op, arg: &Subscription) {
        for asked in self.asked.iter_mut().filter(|asked| asked.op == op) {
            asked.open.retain(|open| !open.is(arg));
        }
        self.asked.retain(|asked| !asked.open.is_empty());
    }

    /// The venue refused something. Without an id it can only be about the one frame that is not answered.
    pub fn refused(&mut self, id: Option<&str>) -> Refusal {
        let at = match id {
            Some(id) => self.asked.iter().position(|asked| asked.id == id),
            None => (self.asked.len() == 1).then_some(0),
        };
        let Some(asked) = at.map(|at| self.asked.remove(at)) else { return Refusal::Nothing };
        let mut open = asked.open;
        match (asked.op, open.len()) {
            (Op::Subscribe, 1) => Refusal::One(open.remove(0)),
            (Op::Subscribe, _) => Refusal::OneOf(open),
            (Op::Unsubscribe, _) => {
                let renewed = open.first().and_then(|ended| self.renewing.iter().position(|renewing| renewing.is(ended)));
                renewed.map_or(Refusal::Nothing, |at| Refusal::Renewal(self.renewing.swap_remove(at)))
            }
        }
    }

    /// Whether everything was answered.
    pub fn is_settled(&self) -> bool {
        self.asked.is_empty()
    }

    /// When the oldest question is overdue, and what it asked.
    pub fn due(&self) -> Option<(Instant, &str)> {
        let oldest = self.asked.iter().min_by_key(|asked| asked.due)?;
        Some((oldest.due, oldest.open.first().map_or("", |open| open.channel.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn books(inst_id: &str) -> Subscription {
        Subscription::of("books", inst_id)
    }

    #[test]
    fn each_argument_is_answered_by_itself() {
        let (mut channels, due) = (Channels::default(), Instant::now());
        let frames = channels.subscribe(&[books("A-B"), books("C-D")], due);
        let expected = concat!(
            r#"{"id":"s1","op":"subscribe","args":"#,
            r#"[{"channel":"books","instId":"A-B"},{"channel":"books","instId":"C-D"}]}"#
        );
        assert_eq!(frames, [expected]);
        channels.subscribed(&books("C-D"));
        assert!(!channels.is_settled());
        assert_eq!(channels.due(), Some((due, "books")));
        channels.subscribed(&books("A-B"));
        assert!(channels.is_settled() && channels.due().is_none());
        let many: Vec<_> = (0..70).map(|number| books(&format!("A{number}-B"))).collect();
        assert_eq!(channels.subscribe(&many, due).len(), 3);
    }

    #[test]
    fn a_refusal_of_several_is_asked_one_by_one() {
        let (mut channels, due) = (Channels::default(), Instant::now());
        channels.subscribe(&[books("A-B"), books("C-D"), books("E-F")], due);
        channels.subscribed(&books("A-B"));
        assert_eq!(channels.refused(Some("other")), Refusal::Nothing);
        assert_eq!(channels.refused(Some("s1")), Refusal::OneOf(vec![books("C-D"), books("E-F")]));
        channels.subscribe(&[books("C-D")], due);
        assert_eq!(channels.refused(None), Refusal::One(books("C-D")));
        assert!(channels.is_settled());
    }

    #[test]
    fn a_renewal_subscribes_once_the_venue_has_ended_it() {
        let (mut channels, due) = (Channels::default(), Instant::now());
        let frame = channels.renew(&books("A-B"), due).unwrap();
        assert_eq!(frame, r#"{"id":"s1","op":"unsubscribe","args":[{"channel":"books","instId":"A-B"}]}"#);
        assert_eq!(channels.renew(&books("A-B"), due), None, "once is enough");
        assert_eq!(channels.unsubscribed(&books("A-B")), Some(books("A-B")));
        assert_eq!(channels.unsubscribed(&books("A-B")), None);
        channels.renew(&books("A-B"), due);
        assert_eq!(channels.refused(Some("s2")), Refusal::Renewal(books("A-B")), "it was not subscribed: then it will be");
        assert!(channels.is_settled());
    }
}
