use proptest::prelude::*;

use super::*;
use crate::config::{KeyAction, KeyRule, RedactConfig};
use crate::model::otlp::wire::put_delimited;
use crate::model::otlp::{UnknownPart, UnknownStep};
use crate::redact::Report;

const KEY: &str = "sk-ant-api03-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0";

fn redactor(rules: &[(&str, KeyAction)]) -> Redactor {
    let rule =
        rules.iter().map(|(key, action)| KeyRule { key: (*key).into(), action: *action, length: None }).collect();
    Redactor::new(&RedactConfig { rule, ..RedactConfig::default() }, [7; 32]).expect("valid")
}

fn redacted(redactor: &Redactor, fields: &[u8]) -> (Vec<u8>, Report) {
    let mut ledger = Ledger::default();
    let path = vec![UnknownStep { field: 9, index: 0, key: KEY.into() }];
    let mut unknown = Unknown { parts: vec![UnknownPart { path, fields: fields.to_vec().into() }] };
    redact(redactor, &mut unknown, &mut ledger);
    assert!(!unknown.parts[0].path[0].key.contains("sk-ant"), "the key of an attribute is a text too");
    (unknown.parts[0].fields.to_vec(), ledger.report)
}

fn delimited(number: u32, value: &[u8]) -> Vec<u8> {
    let mut field = Vec::new();
    put_delimited(number, value, &mut field);
    field
}

/// Every text or message in it, at any depth that makes sense.
fn parts(bytes: &[u8]) -> Vec<Vec<u8>> {
    let Ok(fields) = wire::fields(bytes).collect::<Result<Vec<_>, _>>() else { return Vec::new() };
    fields.iter().filter(|field| field.is_delimited).map(|field| field.value.to_vec()).collect()
}

#[test]
fn a_secret_is_masked_and_the_message_stays_a_message() {
    let inner = [delimited(1, b"name"), delimited(4, format!("use {KEY} now").as_bytes()), vec![0x28, 1]].concat();
    let outer = [vec![0x08, 7], delimited(900, &inner), delimited(901, b"plain")].concat();
    let (left, report) = redacted(&redactor(&[]), &outer);
    assert_eq!(report.masked, 2);
    let [inner, plain] = &parts(&left)[..] else { panic!("{left:?}") };
    assert_eq!(plain, b"plain");
    assert_eq!(parts(inner), [b"name".to_vec(), b"use [redacted:anthropic-api-key] now".to_vec()]);
    assert!(left.starts_with(&[0x08, 7]) && inner.ends_with(&[0x28, 1]));
}

#[test]
fn what_has_no_secret_stays_byte_for_byte() {
    let fields =
        [delimited(900, b"just text"), delimited(901, &[0xff, 0, 1]), vec![0x09, 1, 2, 3, 4, 5, 6, 7, 8]].concat();
    assert_eq!(redacted(&redactor(&[("unrelated", KeyAction::Mask)]), &fields).0, fields);
}

#[test]
fn rules_by_key_hold_for_what_looks_like_an_attribute() {
    let pair = |key: &[u8]| [delimited(1, key), delimited(2, &delimited(1, b"hunter2"))].concat();
    let fields = [delimited(900, &pair(b"password")), delimited(900, &pair(b"public"))].concat();
    let rules = redactor(&[("password", KeyAction::Mask), ("public", KeyAction::Keep)]);
    let (left, report) = redacted(&rules, &fields);
    assert_eq!(parts(&left), [Vec::new(), pair(b"public")]);
    assert_eq!(report.dropped, 1);
    let header = delimited(900, &pair(b"http.request.header.authorization"));
    assert_eq!(parts(&redacted(&redactor(&[]), &header).0), [Vec::<u8>::new()]);
}

proptest! {
    #[test]
    fn no_planted_secret_survives(
        before in proptest::collection::vec(any::<u8>(), 0..40),
        after in proptest::collection::vec(any::<u8>(), 0..40),
        separator in prop_oneof![Just(b' '), Just(b'"'), Just(0), Just(0xff), Just(b'\n')],
        wraps in proptest::collection::vec(1..5000_u32, 0..6),
    ) {
        let mut fields = [&before[..], &[separator], KEY.as_bytes(), &[separator], &after].concat();
        fields = delimited(900, &fields);
        for number in wraps {
            fields = [delimited(number, &fields), delimited(number, &before)].concat();
        }
        let (left, _) = redacted(&redactor(&[]), &fields);
        prop_assert!(!left.windows(KEY.len()).any(|part| part == KEY.as_bytes()), "{left:?}");
        prop_assert!(wire::fields(&left).all(|field| field.is_ok()) , "{left:?}");
    }

    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        redacted(&redactor(&[("*", KeyAction::Hash)]), &bytes);
    }
}
