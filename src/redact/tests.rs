//! No planted secret survives, and nothing else changes.

mod detectors;
mod fields;
mod policy;

use proptest::prelude::*;

use super::*;
use crate::config::KeyRule;
use crate::model::otlp::{
    AnyValue, ArrayValue, KeyValue, KeyValueList, LogRecord, LogsData, ResourceLogs, ResourceSpans, ScopeLogs,
    ScopeSpans, Span, SpanEvent, SpanStatus, TracesData, any_value::Value,
};

fn redactor(rules: &[(&str, KeyAction)]) -> Redactor {
    let rule =
        rules.iter().map(|(key, action)| KeyRule { key: (*key).into(), action: *action, length: None }).collect();
    Redactor::new(&RedactConfig { rule, ..RedactConfig::default() }, [7; 32]).expect("valid rules")
}

/// What stands in place of `text`.
fn redacted(redactor: &Redactor, text: &str) -> String {
    redactor.rewrite(text, 0, &mut Ledger::default()).unwrap_or_else(|| text.to_owned())
}

fn masked(text: &str) -> String {
    redacted(&redactor(&[]), text)
}

fn string(text: &str) -> AnyValue {
    AnyValue { value: Some(Value::StringValue(text.into())) }
}

fn pair(key: &str, value: AnyValue) -> KeyValue {
    KeyValue { key: key.into(), value: Some(value) }
}

/// One key of each kind, in the form its provider hands it out.
const KEYS: &[(&str, &str)] = &[
    ("openai-api-key", "sk-4f8GhT2kLmN9pQrStUvWxYz0T3BlbkFJaBcDeFgHiJkLmNoP"),
    ("openai-api-key", "sk-proj-Ab3_dEf-GhIjKlMnOpQrStUv0123456789T3BlbkFJzz"),
    ("openai-api-key", "sk-svcacct-Ab3_dEf-GhIjKlMnOpQrStUv0123"),
    ("openai-api-key", "sk-0123456789abcdef0123456789abcdef"),
    ("openai-api-key", "sk-aB3dE-fGhIjKlMn_pQrSt7"),
    ("anthropic-api-key", "sk-ant-api03-AbCd-EfGh_IjKlMnOpQrStUvWxYz0123456789AA"),
    ("openrouter-api-key", "sk-or-v1-0123456789abcdef0123456789abcdef0123456789abcdef"),
    ("langfuse-secret-key", "sk-lf-1b2c3d4e-5f60-4718-92a3-b4c5d6e7f809"),
    ("google-api-key", "AIzaSyA1bC2dE3fG4hI5jK6lM7nO8pQ9rS0tU1v"),
    ("aws-access-key-id", "AKIAIOSFODNN7EXAMPLE"),
    ("aws-access-key-id", "ASIAIOSFODNN7EXAMPLE"),
    ("github-token", "ghp_0123456789abcdefghijABCDEFGHIJ012345"),
    ("github-token", "github_pat_11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXyZ0123456789"),
    ("groq-api-key", "gsk_0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijkl"),
    ("xai-api-key", "xai-0123456789abcdefghijABCDEFGHIJ0123456789abcdefghij"),
    ("huggingface-token", "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH"),
    ("replicate-token", "r8_0123456789abcdefghijABCDEFGHIJ0123456"),
    ("perplexity-api-key", "pplx-0123456789abcdef0123456789abcdef0123456789abcdef"),
    ("stripe-api-key", "sk_live_0123456789abcdefABCDEFGH"),
    ("slack-token", "xoxb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx"),
];

#[test]
fn every_kind_of_key_is_masked_by_its_name() {
    for (name, key) in KEYS {
        assert_eq!(masked(key), format!("[redacted:{name}]"), "{key}");
        assert_eq!(masked(&format!("use '{key}', please")), format!("use '[redacted:{name}]', please"));
    }
}

#[test]
fn credentials_are_found_by_what_leads_to_them() {
    for (text, expected) in [
        ("Bearer abcdef0123456789abcdef", "Bearer [redacted:bearer-token]"),
        ("authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_1", "authorization: Bearer [redacted:jwt]"),
        ("{\"Authorization\":\"Basic dXNlcjpwYXNz\"}", "{\"Authorization\":\"Basic [redacted:authorization]\"}"),
        (
            r#"{\"Proxy-Authorization\": \"0123456789abcdef\"}"#,
            r#"{\"Proxy-Authorization\": \"[redacted:authorization]\"}"#,
        ),
        ("'authorization': 'Token 0123456789'", "'authorization': 'Token [redacted:authorization]'"),
        ("bearer sk-proj-abcdefghijklmnopqrst0123", "bearer [redacted:openai-api-key]"),
        (
            "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "AWS_SECRET_ACCESS_KEY=[redacted:aws-secret-access-key]",
        ),
        (
            r#"{"SecretAccessKey":"wJalrXUtnFEMI\/K7MDENG\/bPxRfiCYEXAMPLEKEY"}"#,
            r#"{"SecretAccessKey":"[redacted:aws-secret-access-key]"}"#,
        ),
    ] {
        assert_eq!(masked(text), expected);
    }
}

#[test]
fn words_are_no_secrets() {
    for text in [
        "",
        "task-sk-learn-pipelines-and-other-long-names-of-2024",
        "the risk-averse disk-0123456789abcdef0123456789abcdef",
        "scikit-learn, sk-learn and sk-",
        "Bearer authentication is described in RFC 6750",
        "authorization: required for administrators only",
        "Authorization is a header, Basic usage is simple",
        "hf_model_name_that_is_long_and_has_underscores_inside",
        "AKIA is a prefix; AKIAIOSFODNN7EXAMPLES is too long",
        "ghp_short gsk_short r8_short xai-short pplx-short AIzaShort",
        "sk-ant-short",
        "xoxb-words-only-here",
        "[redacted:openai-api-key] Bearer [redacted:bearer-token]",
        "ski-lift sk-123 gsk_abc",
    ] {
        assert_eq!(masked(text), text);
    }
}

#[test]
fn keys_behind_escapes_are_found() {
    let key = KEYS[1].1;
    for before in ["\\n", "\\\\n", "\\t", "\\u001b", "%20", "\n", "=", "ü", "key-", "\\\""] {
        assert_eq!(masked(&format!("{before}{key}\\n")), format!("{before}[redacted:openai-api-key]\\n"), "{before:?}");
    }
    assert_eq!(masked(&format!("a{key}")), format!("a{key}"), "in the middle of a word it is none");
    // One that is known by what stands in its middle begins behind the letter of the escape.
    let azure = "Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv1Wx2Yz3Ab4Cd5Ef6Gh7IJQQJ99BCACYeBjFXJ3w3AAABACOGa1b2";
    assert_eq!(masked(&format!("\\n{azure} ")), "\\n[redacted:azure-api-key] ");
}

#[test]
fn detectors_can_be_switched_off() {
    let config = RedactConfig { provider_api_keys: false, ..RedactConfig::default() };
    let redactor = Redactor::new(&config, [0; 32]).expect("valid");
    assert_eq!(redacted(&redactor, KEYS[0].1), KEYS[0].1);
}

#[test]
fn rules_act_on_attributes_wherever_they_are() {
    use KeyAction::{Drop, Hash, Keep, Mask};
    let redactor = redactor(&[("x.keep", Keep), ("*.email", Hash), ("x.secret", Mask), ("x.*", Drop)]);
    let secret = KEYS[0].1;
    let attributes = || {
        vec![
            pair("x.keep", string(secret)),
            pair("x.secret", AnyValue { value: Some(Value::IntValue(5)) }),
            pair("x.other", string("gone")),
            pair("user.email", string("a@example.org")),
            pair("plain", string("stays")),
        ]
    };
    let mut nested = attributes();
    nested.push(pair(
        "list",
        AnyValue {
            value: Some(Value::ArrayValue(ArrayValue {
                values: vec![AnyValue { value: Some(Value::KvlistValue(KeyValueList { values: attributes() })) }],
            })),
        },
    ));
    let span = Span {
        attributes: nested,
        events: vec![SpanEvent { attributes: attributes(), name: format!("use {secret}"), ..SpanEvent::default() }],
        status: Some(SpanStatus { message: format!("bad key {secret}"), code: 2 }),
        ..Span::default()
    };
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    let mut data = TracesData { resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }] };
    let report = redactor.apply(&mut data);
    assert_eq!(report, Report { masked: 5, dropped: 3, hashed: 3, truncated: 0 });
    let span = &data.resource_spans[0].scope_spans[0].spans[0];
    let texts: Vec<(&str, &Value)> = span.events[0]
        .attributes
        .iter()
        .filter_map(|pair| Some((pair.key.as_str(), pair.value.as_ref()?.value.as_ref()?)))
        .collect();
    let hash = blake3::keyed_hash(&[7; 32], b"a@example.org").to_hex();
    let text = |text: &str| Value::StringValue(text.into());
    assert_eq!(
        texts,
        [
            ("x.keep", &text(secret)),
            ("x.secret", &text("[redacted:x.secret]")),
            ("user.email", &text(&format!("[hash:{}]", &hash[..16]))),
            ("plain", &text("stays")),
        ]
    );
    assert_eq!(span.events[0].name, "use [redacted:openai-api-key]");
    assert_eq!(span.status.as_ref().map(|status| status.message.as_str()), Some("bad key [redacted:openai-api-key]"));
}

#[test]
fn credential_headers_are_masked_whole() {
    let header = |text: &str| AnyValue { value: Some(Value::ArrayValue(ArrayValue { values: vec![string(text)] })) };
    let attributes = vec![
        pair("http.request.header.authorization", header("Basic dXNlcjpwYXNz")),
        pair("http.request.header.x_api_key", header("plain-words-are-keys-too")),
        pair("http.request.header.accept", header("text/html")),
    ];
    let record = LogRecord { attributes, ..LogRecord::default() };
    let scope_logs = vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }];
    let mut data = LogsData { resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }] };
    assert_eq!(redactor(&[]).apply(&mut data).masked, 2);
    let left = &data.resource_logs[0].scope_logs[0].log_records[0].attributes;
    assert_eq!(left[0].value, Some(header("[redacted:credential-attribute]")));
    assert_eq!(left[1].value, Some(header("[redacted:credential-attribute]")));
    assert_eq!(left[2].value, Some(header("text/html")));
}

#[test]
fn rules_act_on_keys_inside_json_in_strings() {
    use KeyAction::{Drop, Hash, Keep, Mask};
    let redactor = redactor(&[("password", Mask), ("internal", Drop), ("mail", Hash), ("public", Keep)]);
    let hash = blake3::keyed_hash(&[7; 32], b"a@example.org").to_hex();
    let hash = &hash[..16];
    let key = KEYS[0].1;
    for (text, expected) in [
        (r#"{"Password": "x", "a": 1}"#.to_owned(), r#"{"Password": "[redacted:password]", "a": 1}"#.to_owned()),
        (r#"{"password":{"deep":["x","}"]},"a":1}"#.into(), r#"{"password":"[redacted:password]","a":1}"#.into()),
        (r#"[{"internal":1,"a":2},{"a":2,"internal":[1,2]}]"#.into(), r#"[{"a":2},{"a":2}]"#.into()),
        (r#"{"internal":1,"internal":2}"#.into(), "{}".into()),
        (r#"{"x":0,"internal":1,"internal":2,"y":3}"#.into(), r#"{"x":0,"y":3}"#.into()),
        (r#"{"mail":"a@example.org"}"#.into(), format!(r#"{{"mail":"[hash:{hash}]"}}"#)),
        (
            format!(r#"{{"public":"{key}","other":"{key}"}}"#),
            format!(r#"{{"public":"{key}","other":"[redacted:openai-api-key]"}}"#),
        ),
        (r#"{"args":"{\"password\":\"x\\n\"}"}"#.into(), r#"{"args":"{\"password\":\"[redacted:password]\"}"}"#.into()),
        (format!(r#"{{"args":"{{\"public\":\"{key}\"}}"}}"#), format!(r#"{{"args":"{{\"public\":\"{key}\"}}"}}"#)),
        (r#"{"a":"cut in the mid"#.into(), r#"{"a":"cut in the mid"#.into()),
        (r#"{"password":"cut in the mid"#.into(), r#"{"password":"[redacted:password]""#.into()),
        (r#"{"pass\u0077ord":true}"#.into(), r#"{"pass\u0077ord":"[redacted:password]"}"#.into()),
        ("password: x".into(), "password: x".into()),
    ] {
        assert_eq!(redacted(&redactor, &text), expected, "{text}");
    }
}

/// A secret as one of its kind: the prefix and as many random characters as it wants.
fn secret() -> impl Strategy<Value = String> {
    let tail = |pattern: &'static str| proptest::string::string_regex(pattern).expect("a pattern");
    let hex = tail("[0-9a-f]{30}[a-f][0-9]");
    let mixed = tail("[0-9A-Za-z]{18}[a-z][0-9][A-Z][0-9A-Za-z]{20}");
    prop_oneof![
        (prop_oneof![Just("sk-"), Just("sk-or-v1-"), Just("sk-lf-"), Just("pplx-"), Just("gsk_"), Just("xai-")], hex)
            .prop_map(|(prefix, tail)| format!("{prefix}{tail}")),
        (
            prop_oneof![
                Just("sk-proj-"),
                Just("sk-ant-api03-"),
                Just("AIza"),
                Just("ghp_"),
                Just("github_pat_"),
                Just("hf_"),
                Just("r8_")
            ],
            mixed
        )
            .prop_map(|(prefix, tail)| format!("{prefix}{tail}")),
        tail("AKIA[A-Z0-9]{16}"),
    ]
}

/// What can stand beside a secret: anything that does not end or begin with a character of a word.
fn surroundings() -> impl Strategy<Value = (String, String)> {
    (
        "(?s).{0,40}",
        prop_oneof![Just(" "), Just("\n"), Just("\""), Just("'"), Just(":"), Just("="), Just("é"), Just("(")],
        prop_oneof![Just(" "), Just("\n"), Just("\""), Just("'"), Just(","), Just("\\"), Just("é"), Just(")")],
        "(?s).{0,40}",
    )
        .prop_map(|(far_before, before, after, far_after)| (far_before + before, after.to_owned() + &far_after))
}

proptest! {
    #[test]
    fn no_planted_secret_survives(secret in secret(), around in surroundings(), wraps in 0..4_usize, ruled in any::<bool>()) {
        let redactor = redactor(if ruled { &[("unrelated", KeyAction::Mask)] } else { &[] });
        let mut text = format!("{}{secret}{}", around.0, around.1);
        for _ in 0..wraps {
            text = serde_json::json!({"k": text}).to_string();
        }
        let mut value = AnyValue { value: Some(Value::KvlistValue(KeyValueList { values: vec![pair("a", string(&text))] })) };
        for _ in 0..wraps {
            value = AnyValue { value: Some(Value::ArrayValue(ArrayValue { values: vec![value] })) };
        }
        let record = LogRecord { body: Some(value), attributes: vec![pair("b", string(&text))], severity_text: text, ..LogRecord::default() };
        let scope_logs = vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }];
        let mut data = LogsData { resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }] };
        let report = redactor.apply(&mut data);
        prop_assert!(!format!("{data:?}").contains(&secret), "{data:?}");
        prop_assert!(report.masked >= 3);
    }

    #[test]
    fn text_without_secrets_stays_byte_for_byte(text in "(?s).*", json in any::<bool>(), ruled in any::<bool>()) {
        let redactor = redactor(if ruled { &[("unrelated", KeyAction::Mask)] } else { &[] });
        let text = if json { serde_json::json!([{"k": text, "l": [text]}]).to_string() } else { text };
        prop_assert_eq!(redactor.rewrite(&text, 0, &mut Ledger::default()), None);
    }

    #[test]
    fn broken_json_never_panics(text in r#"[\[{"\\:,}\]ap\u00e9 ]{0,60}"#) {
        let redactor = redactor(&[("a*", KeyAction::Drop), ("p*", KeyAction::Mask), ("*", KeyAction::Hash)]);
        redactor.rewrite(&text, 0, &mut Ledger::default());
    }

    #[test]
    fn json_stays_json(keys in proptest::collection::vec("[a-c]", 0..6), action in 0..3_usize) {
        let action = [KeyAction::Drop, KeyAction::Mask, KeyAction::Hash][action];
        let redactor = redactor(&[("a", action), ("c", KeyAction::Drop)]);
        let members: Vec<String> = keys.iter().map(|key| format!(r#" "{key}" : {{"a":[1,"x"], "b":null}} "#)).collect();
        let text = format!("[{{{}}}]", members.join(","));
        let left = redacted(&redactor, &text);
        let parsed: Result<serde_json::Value, _> = serde_json::from_str(&left);
        prop_assert!(parsed.is_ok(), "{text} became {left}");
        prop_assert!(!left.contains("\"c\""));
    }
}
