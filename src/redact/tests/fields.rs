//! A secret in any one field of any signal goes: the fields are read from the description of the protocol, so that a
//! new one cannot be forgotten.

use std::collections::HashMap;

use super::*;
use crate::model::otlp::wire::put_delimited;
use crate::model::otlp::{LogsData, MetricsData};

const PROTOCOL: &str = include_str!("../../../proto/otlp.proto");
const SECRET: &str = "sk-proj-Ab3dEfGhIjKlMnOpQrStUv0123456789";
/// As long as the secret, which takes its place field by field.
const PLACE: &str = "in this place there stands a harmless 1.";

/// Values hold values: so deep they are made here.
const DEEPEST: usize = 9;

struct Field {
    kind: String,
    name: String,
    number: u32,
    /// Of several of which one is set.
    in_oneof: bool,
}

/// The fields of each message.
fn messages() -> HashMap<String, Vec<Field>> {
    let mut messages: HashMap<String, Vec<Field>> = HashMap::new();
    let (mut message, mut in_oneof) = (String::new(), false);
    for line in PROTOCOL.lines().map(|line| line.split("//").next().unwrap_or_default().trim()) {
        let words: Vec<&str> = line.trim_end_matches(';').split_whitespace().collect();
        match words.as_slice() {
            ["message", name, "{"] => message = (*name).to_owned(),
            ["enum", ..] => message.clear(),
            ["oneof", ..] => in_oneof = true,
            ["}"] => in_oneof = false,
            [.., kind, name, "=", number] if !message.is_empty() => {
                let number = number.parse().expect("a field number");
                let field = Field { kind: (*kind).into(), name: (*name).into(), number, in_oneof };
                messages.entry(message.clone()).or_default().push(field);
            }
            _ => {}
        }
    }
    messages
}

/// Messages of a kind that together have a text in every field that can hold one.
fn filled(kind: &str, messages: &HashMap<String, Vec<Field>>, depth: usize) -> Vec<Vec<u8>> {
    let (mut always, mut one_of) = (Vec::new(), Vec::new());
    for field in &messages[kind] {
        // Ids are bytes of a fixed length, no text; `Unknown` is ours and has tests of its own.
        let texts: Vec<Vec<u8>> = match field.kind.as_str() {
            "string" => vec![PLACE.as_bytes().to_vec()],
            "bytes" if !field.name.ends_with("_id") => vec![PLACE.as_bytes().to_vec()],
            "Unknown" => continue,
            other if messages.contains_key(other) && depth < DEEPEST => filled(other, messages, depth + 1),
            _ => continue,
        };
        let into = if field.in_oneof { &mut one_of } else { &mut always };
        into.push(texts.into_iter().map(|text| (field.number, text)).collect::<Vec<_>>());
    }
    let choices: Vec<(u32, Vec<u8>)> = one_of.into_iter().flatten().collect();
    let rounds = always.iter().map(Vec::len).chain([choices.len()]).max().unwrap_or(0);
    let message = |round: usize| {
        let mut bytes = Vec::new();
        for (number, text) in always.iter().filter_map(|texts| texts.get(round % texts.len().max(1))) {
            put_delimited(*number, text, &mut bytes);
        }
        if let Some((number, text)) = choices.get(round % choices.len().max(1)) {
            put_delimited(*number, text, &mut bytes);
        }
        bytes
    };
    (0..rounds).map(message).collect()
}

/// How many places a secret was tried in.
fn tried<T: Redactable + prost::Message + Default + std::fmt::Debug>(kind: &str) -> usize {
    let redactor = redactor(&[]);
    let messages = messages();
    let mut places = 0;
    for bytes in filled(kind, &messages, 0) {
        let ats: Vec<usize> = bytes
            .windows(PLACE.len())
            .enumerate()
            .filter_map(|(at, window)| (window == PLACE.as_bytes()).then_some(at))
            .collect();
        for at in ats {
            let mut planted = bytes.clone();
            planted[at..at + SECRET.len()].copy_from_slice(SECRET.as_bytes());
            let mut data = T::decode(planted.as_slice()).expect("as the protocol says");
            redactor.apply(&mut data);
            let left = data.encode_to_vec();
            let survives = left.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
            assert!(!survives, "{kind}: a secret at byte {at} survives in {data:?}");
            places += 1;
        }
    }
    places
}

#[test]
fn a_secret_in_any_field_of_any_signal_goes() {
    let places =
        [tried::<TracesData>("TracesData"), tried::<LogsData>("LogsData"), tried::<MetricsData>("MetricsData")];
    // Fewer would mean that the description was not understood.
    assert!(places.iter().all(|places| *places > 50), "{places:?}");
}
