//! What a client says over a WebSocket: login, subscribe, unsubscribe, orders.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::channel::{Channel, Gate, Refused, Subscription};
use super::channel_post::{Ending, Link, Session};
use super::faults::{FaultKind, Spot, meaning};
use super::limits::{SUBSCRIPTIONS, connections};
use super::market::Market;
use super::market_floor::{Floor, held, private};

/// The most subscriptions of one connection.
const MAX_SUBSCRIPTIONS: usize = 100;
/// The most connections that listen to the same private channel of one account.
const MAX_LISTENERS: usize = 30;
/// Channels that say how many connections listen to them.
const COUNTED: [&str; 4] = ["orders", "account", "positions", "balance_and_position"];

impl Floor {
    /// A new connection, unless it is one too many or the venue is down.
    pub fn open(&mut self, id: u64, gate: Gate, address: &str, link: Link) {
        let since_ms = self.post.since_start_ms();
        let budget = connections(self.limits.connections_per_second);
        let too_many = self.limits.enabled && !self.limiter.admit(budget, address, 1, since_ms);
        // As a client would see it that guesses: eight digits that no other connection has.
        let conn_id = format!("{:08x}", id.wrapping_mul(0x9e37_79b1).wrapping_add(0x0a4d_3ae5) & 0xffff_ffff);
        self.post.open(id, gate, conn_id, link);
        if too_many {
            self.post.end(id, Ending::Close(4008, "Too many connections from this address."));
        } else if self.post.faults.maintenance(since_ms).is_some() {
            self.post.end(id, Ending::Abort);
        }
    }

    /// A connection is gone.
    pub fn gone(&mut self, id: u64) {
        self.hub.forget(id);
        self.post.forget(id);
    }

    /// Something that a client sent.
    pub fn hear(&mut self, id: u64, text: &str) {
        let Ok(request) = serde_json::from_str::<Value>(text) else {
            return self.refuse(id, None, &Refused::new("60012", format!("Invalid request: {text}")));
        };
        let args = request.get("args").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        match request.get("op").and_then(Value::as_str) {
            Some("login") => self.login(id, &request, args),
            Some("subscribe") if !args.is_empty() => self.each(id, &request, args, Self::subscribe),
            Some("unsubscribe") if !args.is_empty() => self.each(id, &request, args, Self::unsubscribe),
            Some(op) if !matches!(op, "subscribe" | "unsubscribe") => self.operate(id, op, &request, args),
            _ => self.refuse(id, request.get("id"), &Refused::new("60012", format!("Invalid request: {text}"))),
        }
    }

    /// Now and then, accounts are pushed as a whole to those who listen and did not ask for changes alone.
    pub fn push_accounts(&mut self) {
        let mut due = Vec::new();
        for (id, session) in self.post.sessions() {
            let Some(caller) = &session.caller else { continue };
            let regular = session.subscriptions.iter().filter_map(|subscription| match subscription.channel {
                Channel::Private(channel) if subscription.is_regular() => Some((channel, subscription.clone())),
                _ => None,
            });
            due.extend(regular.map(|(channel, subscription)| (id, channel, subscription, caller.account)));
        }
        for (id, channel, subscription, account) in due {
            self.first_private_push(id, channel, &subscription, account);
        }
    }

    /// Before maintenance begins: a notice; then every connection ends, and the numbers of books begin anew.
    pub fn keep_maintenance(&mut self) {
        let is_down = self.post.faults.maintenance(self.post.since_start_ms()).is_some();
        if is_down && !self.is_down {
            self.markets.iter_mut().for_each(Market::reset_sequence);
            let status = self.status();
            let told =
                |session: &Session| session.subscriptions.iter().find(|s| s.channel == Channel::Status).map(|s| s.arg.clone());
            let listeners: Vec<(u64, Value)> = self.post.sessions().filter_map(|(id, s)| Some((id, told(s)?))).collect();
            for (id, arg) in listeners {
                self.post.push(id, "status", &json!({"arg": arg, "data": status}).to_string().into());
            }
            let sessions: Vec<(u64, String)> = self.post.sessions().map(|(id, s)| (id, s.conn_id.clone())).collect();
            for (id, conn_id) in sessions {
                let msg = "The connection will soon be closed for a service upgrade. Please reconnect.";
                let notice = json!({"event": "notice", "code": "64008", "msg": msg, "connId": conn_id});
                self.post.reply(id, notice.to_string(), Duration::ZERO);
                self.post.end(id, Ending::Close(1001, "service upgrade"));
            }
        }
        self.is_down = is_down;
    }

    fn login(&mut self, id: u64, request: &Value, args: &[Value]) {
        let now_ms = self.wall_ms();
        if !self.may_ask(id) {
            return self.refuse(id, request.get("id"), &Refused::new("60014", "Requests too frequent."));
        }
        let Some(session) = self.post.session(id) else { return };
        if session.caller.is_some() {
            return self.refuse(
                id,
                request.get("id"),
                &Refused::new("60031", "The WebSocket endpoint does not allow multiple or repeated logins."),
            );
        }
        let field = |name: &str| match args.first().and_then(|arg| arg.get(name)) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let known = self.keys.check_login(&field("apiKey"), &field("passphrase"), &field("timestamp"), &field("sign"), now_ms);
        match known {
            Ok(caller) => {
                session.caller = Some(caller);
                let event = json!({"event": "login", "code": "0", "msg": "", "connId": session.conn_id});
                self.answer(id, request.get("id"), event);
            }
            Err(denied) => {
                self.refuse(id, request.get("id"), &Refused::new(denied.code, denied.msg));
                self.post.end(id, Ending::Close(4001, "Login failed."));
            }
        }
    }

    fn each(
        &mut self,
        id: u64,
        request: &Value,
        args: &[Value],
        act: impl Fn(&mut Self, u64, Option<&Value>, &Value) -> Result<(), Refused>,
    ) {
        for arg in args {
            let result = if self.may_ask(id) {
                act(self, id, request.get("id"), arg)
            } else {
                Err(Refused::new("60014", "Requests too frequent."))
            };
            if let Err(refused) = result {
                self.refuse(id, request.get("id"), &refused);
            }
        }
    }

    fn subscribe(&mut self, id: u64, request: Option<&Value>, arg: &Value) -> Result<(), Refused> {
        let Some(session) = self.post.session(id) else { return Ok(()) };
        let caller = session.caller.clone();
        let subscription = Subscription::parse(session.gate, arg, &self.markets, || caller.is_some())?;
        let conn_id = session.conn_id.clone();
        if !session.subscriptions.contains(&subscription) {
            if session.subscriptions.len() >= MAX_SUBSCRIPTIONS {
                self.post.end(id, Ending::Close(4003, "Too many subscriptions."));
                return Ok(());
            }
            session.subscriptions.push(subscription.clone());
        }
        let event = json!({"event": "subscribe", "arg": arg, "connId": conn_id});
        match subscription.channel {
            Channel::Market(place, topic) => {
                self.answer(id, request, event);
                let now = self.now();
                let first = self.markets.get_mut(place).and_then(|market| self.hub.listen(market, place, topic, id, now));
                if let Some(first) = first {
                    self.post.push(id, topic.name(), &first);
                }
            }
            Channel::Instruments => {
                self.answer(id, request, event);
                let rows: Vec<Value> = match arg.get("instType").and_then(Value::as_str) {
                    None | Some("SPOT" | "ANY") => self.core.listings().iter().map(super::listed::Listed::row).collect(),
                    Some(_) => Vec::new(),
                };
                let push = json!({"arg": arg, "data": rows});
                self.post.push(id, "instruments", &push.to_string().into());
            }
            Channel::Status => {
                self.answer(id, request, event);
                let rows = self.status();
                if !rows.is_empty() {
                    self.post.push(id, "status", &json!({"arg": arg, "data": rows}).to_string().into());
                }
            }
            Channel::Private(channel) => {
                let Some(caller) = caller else { return Ok(()) };
                let listens = |s: &&Subscription| matches!(s.channel, Channel::Private(own) if own == channel);
                let own = self.post.sessions().filter(|(_, s)| s.caller.as_ref().is_some_and(|c| c.account == caller.account));
                let count = own.filter(|(_, session)| session.subscriptions.iter().any(|s| listens(&s))).count();
                if count > MAX_LISTENERS && COUNTED.contains(&channel) {
                    if let Some(session) = self.post.session(id) {
                        session.subscriptions.retain(|known| *known != subscription);
                    }
                    let event = json!({"event": "channel-conn-count-error", "channel": channel,
                        "connCount": MAX_LISTENERS.to_string(), "connId": conn_id});
                    self.answer(id, None, event);
                    return Ok(());
                }
                self.answer(id, request, event);
                if COUNTED.contains(&channel) {
                    let event = json!({"event": "channel-conn-count", "channel": channel,
                        "connCount": count.to_string(), "connId": conn_id});
                    self.answer(id, None, event);
                }
                self.first_private_push(id, channel, &subscription, caller.account);
            }
        }
        Ok(())
    }

    fn first_private_push(&mut self, id: u64, channel: &str, wanted: &Subscription, account: super::core::AccountId) {
        let rows = self.core.snapshot(account, channel);
        // A channel without a first push has no rows; positions begin with none as well, and say so.
        if rows.is_empty() && channel != "positions" {
            return;
        }
        let uid = self.uids.get(account.0).cloned().unwrap_or_default();
        let event_type = matches!(channel, "account" | "positions").then_some("snapshot");
        let mut push = private(&wanted.arg, &uid, event_type, &rows);
        if event_type.is_some() {
            push["curPage"] = json!(1);
            push["lastPage"] = json!(true);
        }
        self.post.push(id, channel, &push.to_string().into());
    }

    fn unsubscribe(&mut self, id: u64, request: Option<&Value>, arg: &Value) -> Result<(), Refused> {
        let Some(session) = self.post.session(id) else { return Ok(()) };
        let caller = session.caller.clone();
        let subscription = Subscription::parse(session.gate, arg, &self.markets, || caller.is_some())?;
        session.subscriptions.retain(|known| *known != subscription);
        let event = json!({"event": "unsubscribe", "arg": arg, "connId": session.conn_id});
        let still = session.subscriptions.iter().any(|known| known.channel == subscription.channel);
        if let Channel::Market(place, topic) = subscription.channel
            && !still
        {
            self.hub.leave(place, topic, id);
        }
        self.answer(id, request, event);
        Ok(())
    }

    /// An order operation.
    fn operate(&mut self, id: u64, op: &str, request: &Value, args: &[Value]) {
        let in_us = self.wall_ms() * 1_000;
        let Some(session) = self.post.session(id) else { return };
        let (caller, gate) = (session.caller.clone(), session.gate);
        let number = request.get("id");
        let Some(path) = path_of(op).filter(|_| gate == Gate::Private) else {
            return self.refuse(id, number, &Refused::new("60019", format!("Invalid op: {op}")));
        };
        let failed = |code: &str, msg: &str| {
            let mut reply = json!({"op": op, "code": code, "msg": msg, "data": [], "inTime": in_us.to_string()});
            reply["outTime"] = json!(in_us.to_string());
            reply
        };
        let Some(caller) = caller else { return self.answer(id, number, failed("60011", "Please log in")) };
        if args.is_empty() || number.is_none() {
            return self.answer(id, number, failed("60013", "Invalid args"));
        }
        if caller.lacks("POST", path).is_some() {
            return self.answer(id, number, failed("50120", "This API key doesn't have permission to use this function"));
        }
        let exp_time = request.get("expTime").and_then(Value::as_str);
        if let Some(code) = self.expired(exp_time) {
            return self.answer(id, number, failed(code, "The request has expired: expTime is past"));
        }
        if !self.admit(&caller, "POST", path, &Value::Array(args.to_vec())) {
            return self.answer(id, number, failed("60014", "Requests too frequent"));
        }
        let since_ms = self.post.since_start_ms();
        let spot = Spot { on: gate.as_str(), channel: None, path: Some(op) };
        if let Some(strike) = self.post.faults.strikes(FaultKind::Refuse, spot, since_ms) {
            let code = strike.code.unwrap_or_default();
            return self.answer(id, number, failed(&code, meaning(&code).1));
        }
        let Some(reply) = self.core.operate(self.at, caller.account, op, args) else {
            return self.answer(id, number, failed("60019", &format!("Invalid op: {op}")));
        };
        let silent = self.post.faults.strikes(FaultKind::NoReply, spot, since_ms).is_some();
        let late = self.post.faults.strikes(FaultKind::LateAck, spot, since_ms);
        let delay = self.post.faults.strikes(FaultKind::Delay, spot, since_ms).map_or(0, |strike| strike.ms);
        let mut body = reply.body();
        body["op"] = json!(op);
        body["inTime"] = json!(in_us.to_string());
        body["outTime"] = json!((self.wall_ms() * 1_000).to_string());
        if late.is_some() {
            self.deliver();
        }
        if !silent {
            self.answer_after(id, number, body, held(delay + late.map_or(0, |strike| strike.ms)));
        }
        self.deliver();
    }

    fn may_ask(&mut self, id: u64) -> bool {
        let now_ms = self.post.since_start_ms();
        !self.limits.enabled || self.limiter.admit(SUBSCRIPTIONS, &id.to_string(), 1, now_ms)
    }

    fn refuse(&mut self, id: u64, number: Option<&Value>, refused: &Refused) {
        let conn_id = self.post.session(id).map(|session| session.conn_id.clone()).unwrap_or_default();
        self.answer(id, number, json!({"event": "error", "code": refused.code, "msg": refused.msg, "connId": conn_id}));
    }

    fn answer(&mut self, id: u64, number: Option<&Value>, body: Value) {
        self.answer_after(id, number, body, Duration::ZERO);
    }

    /// An answer carries the number of the request.
    fn answer_after(&mut self, id: u64, number: Option<&Value>, body: Value, delay: Duration) {
        let mut answer = Map::new();
        if let Some(number) = number.filter(|number| !number.is_null()) {
            answer.insert("id".to_owned(), number.clone());
        }
        if let Value::Object(fields) = body {
            answer.extend(fields);
        }
        self.post.reply(id, Value::Object(answer).to_string(), delay);
    }
}

/// The REST path of the same operation: they share their budgets.
fn path_of(op: &str) -> Option<&'static str> {
    Some(match op {
        "order" => "trade/order",
        "batch-orders" => "trade/batch-orders",
        "cancel-order" => "trade/cancel-order",
        "batch-cancel-orders" => "trade/cancel-batch-orders",
        "amend-order" => "trade/amend-order",
        "batch-amend-orders" => "trade/amend-batch-orders",
        "mass-cancel" => "trade/mass-cancel",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use tokio::sync::{mpsc, watch};

    use super::super::http_call::RestRequest;
    use super::*;

    /// A venue, and the inbox of a connection that is open there.
    fn connected(gate: Gate) -> (Floor, mpsc::Receiver<axum::extract::ws::Utf8Bytes>, watch::Receiver<Option<Ending>>) {
        let mut floor = Floor::for_tests("");
        let (outbox, inbox) = mpsc::channel(1_000);
        let (ending, ended) = watch::channel(None);
        floor.open(1, gate, "127.0.0.1", Link { outbox, ending });
        (floor, inbox, ended)
    }

    fn next(inbox: &mut mpsc::Receiver<axum::extract::ws::Utf8Bytes>) -> Value {
        serde_json::from_str(inbox.try_recv().expect("something is said").as_str()).unwrap()
    }

    #[test]
    fn a_book_comes_anew_with_each_subscription_and_no_more_after_the_last() {
        let (mut floor, mut inbox, _ended) = connected(Gate::Public);
        let said = |op: &str| format!(r#"{{"op":"{op}","args":[{{"channel":"books","instId":"BTC-USDT"}}]}}"#);
        for _ in 0..2 {
            floor.hear(1, &said("subscribe"));
            assert_eq!(next(&mut inbox)["event"], "subscribe");
            assert_eq!(next(&mut inbox)["action"], "snapshot");
        }
        assert!(floor.hub.has_listeners());
        floor.hear(1, &said("unsubscribe"));
        assert_eq!(next(&mut inbox)["event"], "unsubscribe");
        assert!(!floor.hub.has_listeners() && inbox.try_recv().is_err());
    }

    #[test]
    fn too_many_subscriptions_are_refused() {
        let (mut floor, mut inbox, _ended) = connected(Gate::Public);
        let said = r#"{"op":"unsubscribe","args":[{"channel":"books","instId":"BTC-USDT"}]}"#;
        (0..480).for_each(|_| floor.hear(1, said));
        (0..480).for_each(|_| assert_eq!(next(&mut inbox)["event"], "unsubscribe"));
        floor.hear(1, said);
        assert_eq!(next(&mut inbox)["code"], "60014");
    }

    #[test]
    fn nothing_that_a_client_sends_stops_the_venue() {
        let seed = fastrand::u64(..);
        eprintln!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        let (mut floor, mut inbox, _ended) = connected(Gate::Private);
        let known = [
            r#"{"id":"1","op":"order","args":[{"instIdCode":10001,"tdMode":"cash","side":"buy","ordType":"limit","sz":"1","px":"2"}]}"#,
            r#"{"op":"login","args":[{"apiKey":"test-key","passphrase":"test-pass","timestamp":1,"sign":"x"}]}"#,
            r#"{"op":"subscribe","args":[{"channel":"orders","instType":"ANY"},{"channel":"tickers","instId":"BTC-USDT"}]}"#,
            r#"{"id":7,"op":"batch-amend-orders","expTime":"1","args":[{"instIdCode":"10001","ordId":"5","newSz":"-1"}]}"#,
        ];
        let pieces = ["\"", "{", "}", "[", "]", "null", "-", "1e999", "\\u0000", "args", "op", ":", ",", "9", "é"];
        for round in 0..4_000 {
            // Half of the time as somebody who has logged in.
            if round == 2_000 {
                let caller = super::super::auth::Caller {
                    account: super::super::core::AccountId(0),
                    permissions: vec![super::super::config::Permission::Trade],
                };
                floor.post.session(1).unwrap().caller = Some(caller);
            }
            let mut text = (*random.choice(known.iter()).unwrap()).to_owned();
            for _ in 0..random.usize(0..4) {
                let mut place = random.usize(0..=text.len());
                while !text.is_char_boundary(place) {
                    place -= 1;
                }
                if random.bool() {
                    text.insert_str(place, random.choice(pieces).unwrap());
                } else {
                    text.truncate(place);
                }
            }
            // A login that fails ends the connection.
            if !text.contains("login") {
                floor.hear(1, &text);
            }
            while inbox.try_recv().is_ok() {}
            let paths = ["market/candles", "market/books", "market/history-trades", "public/instruments", "trade/order", ""];
            let (path, value) = (random.choice(paths).unwrap(), random.choice(pieces).unwrap());
            let target =
                format!("/api/v5/{path}?instId=BTC-USDT&limit={value}&after={value}&bar=1{value}&sz={value}&type={value}");
            let request = RestRequest { method: "GET".to_owned(), target, body: text.into_bytes(), ..RestRequest::default() };
            let (reply, _) = floor.rest(&request);
            assert!(serde_json::from_str::<Value>(&reply.body).is_ok(), "seed {seed}: {request:?} {reply:?}");
        }
    }
}
