//! Every recorded payload is read, and means what it says. A file that no rule knows is a failure, so that new ones are
//! really tried.

use std::path::Path;

use data::okx::message::{
    AmendAlgo, AmendOrder, CancelAlgo, CancelAllAfterRequest, CancelOrder, ClientFrame, PlaceAlgo, PlaceOrder,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::payloads::{files, folder, values};
use super::shapes::{self, Tally};

#[test]
fn every_recorded_payload_is_read() {
    let Some(folder) = folder() else { return };
    let (mut total, mut failures) = (Tally::default(), Vec::new());
    let files = files(&folder);
    assert!(!files.is_empty(), "{} holds no payload", folder.display());
    for path in &files {
        match file(path) {
            Ok(tally) if tally.messages == 0 => failures.push(format!("{}: nothing in it", path.display())),
            Ok(tally) => total.add(tally),
            Err(error) => failures.push(format!("{}: {}", path.display(), error.chars().take(600).collect::<String>())),
        }
    }
    println!("{} files: {} messages, {} events", files.len(), total.messages, total.events);
    assert!(failures.is_empty(), "{} of {} files:\n{}", failures.len(), files.len(), failures.join("\n"));
}

fn file(path: &Path) -> Result<Tally, String> {
    let mut tally = Tally::default();
    for value in values(path) {
        tally.add(any(&value)?);
    }
    Ok(tally)
}

/// Decides by content.
fn any(value: &Value) -> Result<Tally, String> {
    let has = |field: &str| value.get(field).is_some();
    let one = || Tally { messages: 1, events: 0 };
    if let Some(list) = value.as_array().filter(|list| list.iter().all(Value::is_object)) {
        return list.iter().try_fold(Tally::default(), |mut tally, value| {
            tally.add(any(value)?);
            Ok(tally)
        });
    }
    if let Some((path, reply)) = value.get("path").and_then(Value::as_str).zip(value.get("response")) {
        return shapes::reply_of(path, reply);
    }
    if let Some(payload) = ["payload", "httpResponse", "response"].iter().find_map(|field| value.get(*field)) {
        return if is_table(payload) { Ok(one()) } else { any(payload) };
    }
    if let Some(frame) = value.get("frame") {
        let text = frame.as_str().map_or_else(|| frame.to_string(), str::to_owned);
        let is_client = value["dir"] == "client" || value["kind"] == "ws_in";
        return if is_client { client_frame(&text).map(|()| one()) } else { shapes::frame(&text) };
    }
    if value["kind"] == "ws_open" || has("sign") && has("secret") {
        return Ok(one());
    }
    if let Some(body) = value.get("body") {
        let path = value.get("path").or_else(|| value.get("raw")).and_then(Value::as_str).unwrap_or_default();
        let parsed = body.as_str().filter(|text| !text.is_empty()).map(serde_json::from_str).transpose();
        let body = parsed.map_err(|error| error.to_string())?.unwrap_or_else(|| body.clone());
        return if body == "" { Ok(one()) } else { request(path, &body).map(|()| one()) };
    }
    if has("event") || has("op") || has("arg") {
        return if has("args") { client_frame(&value.to_string()).map(|()| one()) } else { shapes::frame(&value.to_string()) };
    }
    if has("code") && has("data") { shapes::reply(value) } else { shapes::item(value) }
}

/// A table of somebody's own, such as the meaning of numbers: no payload.
fn is_table(payload: &Value) -> bool {
    payload.as_object().is_some_and(|table| table.keys().all(|key| key.parse::<i64>().is_ok()))
}

fn client_frame(text: &str) -> Result<(), String> {
    match ClientFrame::parse(text).map_err(|error| format!("{error}: {text}"))? {
        ClientFrame::Other(head) => Err(format!("no rule knows {head:?} of {text}")),
        ClientFrame::Login(args) if args.is_empty() => Err(format!("a login of nobody: {text}")),
        _ => Ok(()),
    }
}

/// What clients send reads as our requests, and is written again as it was but for what says nothing.
fn request(path: &str, body: &Value) -> Result<(), String> {
    match path.trim_start_matches("/api/v5/") {
        "trade/order" => again::<PlaceOrder>(body),
        "trade/batch-orders" => again::<Vec<PlaceOrder>>(body),
        "trade/amend-order" => again::<AmendOrder>(body),
        "trade/amend-batch-orders" => again::<Vec<AmendOrder>>(body),
        "trade/cancel-order" => again::<CancelOrder>(body),
        "trade/cancel-batch-orders" => again::<Vec<CancelOrder>>(body),
        "trade/order-algo" => again::<PlaceAlgo>(body),
        "trade/amend-algos" => again::<AmendAlgo>(body),
        "trade/cancel-algos" | "trade/cancel-advance-algos" => again::<Vec<CancelAlgo>>(body),
        "trade/cancel-all-after" => again::<CancelAllAfterRequest>(body),
        _ => Err(format!("no rule knows a request to {path}: {body}")),
    }
}

fn again<T: Serialize + DeserializeOwned>(body: &Value) -> Result<(), String> {
    let request: T = serde_json::from_str(&body.to_string()).map_err(|error| format!("{error}: {body}"))?;
    let (written, sent) = (serde_json::to_value(&request).unwrap(), without_nothing(body.clone()));
    if written == sent { Ok(()) } else { Err(format!("{sent} was written again as {written}")) }
}

fn without_nothing(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.retain(|_, field| *field != Value::Null && field != "");
            fields.values_mut().for_each(|field| *field = without_nothing(field.take()));
        }
        Value::Array(list) => list.iter_mut().for_each(|item| *item = without_nothing(item.take())),
        _ => {}
    }
    value
}
