//! What the collector answers, and what it does before.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::envelope::{Problem, check, objects};
use super::{Fault, Known, State, TOKEN};

/// An answer before it is written.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub kind: &'static str,
    pub body: String,
    pub after: Option<u64>,
    pub cookie: Option<String>,
}

impl Answer {
    pub fn json(status: u16, body: &Value) -> Self {
        Self { status, kind: "application/json; charset=UTF-8", body: body.to_string(), after: None, cookie: None }
    }

    pub fn code(status: u16, code: i64, number: Option<usize>) -> Self {
        let mut body = json!({"text": text_of(code), "code": code});
        if let Some(number) = number {
            body["invalid-event-number"] = json!(number);
        }
        Self::json(status, &body)
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut head = format!(
            "HTTP/1.1 {} Status\r\ncontent-type: {}\r\ncontent-length: {}\r\n",
            self.status,
            self.kind,
            self.body.len()
        );
        if let Some(after) = self.after {
            head.push_str(&format!("retry-after: {after}\r\n"));
        }
        if let Some(cookie) = &self.cookie {
            head.push_str(&format!("set-cookie: {cookie}; Path=/\r\n"));
        }
        format!("{head}\r\n{}", self.body).into_bytes()
    }
}

/// What Splunk and proxies answer where no code is theirs.
pub fn page(status: u16) -> Answer {
    let body = format!("<!doctype html><html><head><title>{status}</title></head><body>{status}</body></html>");
    Answer { status, kind: "text/html; charset=UTF-8", body, after: None, cookie: None }
}

fn text_of(code: i64) -> &'static str {
    match code {
        0 => "Success",
        1 => "Token disabled",
        2 => "Token is required",
        3 => "Invalid authorization",
        4 => "Invalid token",
        6 => "Invalid data format",
        7 => "Incorrect index",
        8 => "Internal server error",
        9 => "Server is busy",
        10 => "Data channel is missing",
        12 => "Event field is required",
        13 => "Event field cannot be blank",
        14 => "ACK is disabled",
        15 => "Error in handling indexed fields",
        17 => "HEC is healthy",
        18..=20 => "HEC is unhealthy",
        23 => "Server is shutting down",
        24 | 25 => "Approaching capacity",
        26 | 27 => "At capacity",
        _ => "Error",
    }
}

impl State {
    /// What is wrong with who asks.
    pub fn refuse_client(&mut self, headers: &HashMap<String, String>) -> Option<Answer> {
        match headers.get("authorization").map(String::as_str) {
            None => return Some(Answer::code(401, 2, None)),
            Some(text) => match text.strip_prefix("Splunk ") {
                None => return Some(Answer::code(401, 3, None)),
                Some(token) if token != TOKEN => return Some(Answer::code(403, 4, None)),
                Some(_) => {}
            },
        }
        let channel = headers.get("x-splunk-request-channel").map_or("", String::as_str);
        if self.settings.acks && channel.is_empty() {
            return Some(Answer::code(400, 10, None));
        }
        if !channel.is_empty() && !is_guid(channel) {
            return Some(Answer::code(400, 11, None));
        }
        None
    }

    /// Indexes the events of `body`, at most `most` of them; `excused`: sending them again will be nobody's fault.
    /// How many, and what is to be answered.
    pub fn index(&mut self, body: &[u8], most: Option<usize>, excused: bool) -> (usize, Answer) {
        let mut count = 0;
        for (at, object) in objects(body).into_iter().enumerate() {
            if most.is_some_and(|most| count >= most) {
                break;
            }
            let event = match object.map_err(|()| Problem::Code(6)).and_then(|object| {
                check(&object, &self.settings.indexes, &mut self.violations)?;
                Ok(object)
            }) {
                Ok(event) => event,
                // Names the object after the bad one.
                Err(Problem::Code(7)) => return (count, Answer::code(400, 7, Some(at + 1))),
                Err(Problem::Code(code)) => return (count, Answer::code(400, code, Some(at))),
                // Says yes, and drops this one and all behind it.
                Err(Problem::Lost(why)) => {
                    self.violations.push(format!("events are lost in silence: {why}"));
                    return (count, Answer::code(200, 0, None));
                }
            };
            self.keep(event, excused);
            count += 1;
        }
        if count == 0 && most.is_none() {
            return (0, Answer::code(400, 5, None));
        }
        if let Some(seen) = self.seen.last_mut() {
            seen.events = count;
        }
        (count, Answer::code(200, 0, None))
    }

    fn keep(&mut self, event: Value, excused: bool) {
        let key = json!([event["event"], event["fields"], event["time"]]).to_string();
        let waits = self.awaited.clone();
        match self.known.get_mut(&key) {
            Some(known) => {
                if !known.excused && known.waits.is_none() {
                    self.violations.push(format!("sent again without need: {key}"));
                }
                known.excused |= excused;
                known.waits = waits;
            }
            None => {
                self.known.insert(key, Known { excused, waits });
            }
        }
        self.indexed.push(event);
    }

    /// Takes events; with acknowledgement the answer carries an id.
    pub fn accept(&mut self, headers: &HashMap<String, String>, body: &[u8], fault: &Fault, late: bool) -> Answer {
        let lost = self.settings.acks && matches!(fault, Fault::AckLost { .. });
        let name = headers.get("x-splunk-request-channel").cloned().unwrap_or_default();
        self.awaited = self.settings.acks.then(|| {
            let next = self.channels.get(&name).map_or(0, |channel| channel.next);
            (name.clone(), next)
        });
        let mut answer = if lost && *fault == (Fault::AckLost { indexed: false }) {
            Answer::code(200, 0, None)
        } else {
            self.index(body, None, late).1
        };
        self.awaited = None;
        answer.cookie.clone_from(&self.settings.cookie);
        if answer.status != 200 {
            return answer;
        }
        let code = if let Fault::Approaching(code) = fault { *code } else { 0 };
        let mut said = json!({"text": text_of(code), "code": code});
        if self.settings.acks {
            let channel = self.channels.entry(name).or_default();
            let asked = match fault {
                Fault::AckLate(times) => Some(*times),
                Fault::AckLost { .. } => None,
                _ => Some(0),
            };
            channel.open.insert(channel.next, asked);
            said["ackId"] = json!(channel.next);
            channel.next += 1;
        }
        Answer { body: said.to_string(), ..answer }
    }

    pub fn ask_acks(&mut self, headers: &HashMap<String, String>, body: &[u8]) -> Answer {
        if let Some(refused) = self.refuse_client(headers) {
            return refused;
        }
        if self.settings.acks_disabled || !self.settings.acks {
            return Answer::code(400, 14, None);
        }
        let asked: Value = serde_json::from_slice(body).unwrap_or_default();
        let ids: Vec<u64> = asked["acks"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
        let name = headers.get("x-splunk-request-channel").cloned().unwrap_or_default();
        // Another indexer knows nothing of the channel.
        let here = self.settings.cookie.as_ref().is_none_or(|cookie| headers.get("cookie") == Some(cookie));
        let channel = self.channels.entry(name.clone()).or_default();
        let mut acks = serde_json::Map::new();
        for id in ids {
            let done = match channel.open.get_mut(&id).filter(|_| here) {
                Some(Some(0)) => true,
                Some(Some(times)) => {
                    *times -= 1;
                    false
                }
                _ => false,
            };
            if done {
                // Forgotten once it was said.
                channel.open.remove(&id);
                let said = (name.clone(), id);
                self.known.values_mut().filter(|known| known.waits.as_ref() == Some(&said)).for_each(|known| {
                    known.waits = None;
                });
            }
            acks.insert(id.to_string(), json!(done));
        }
        Answer::json(200, &json!({"acks": acks}))
    }
}

fn is_guid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}
