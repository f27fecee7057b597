use prost::Message as _;

use super::*;
use crate::model::otlp::{RetryDelay, RpcDetail};

fn ended_with(code: Code, message: &str, after: Option<u64>) -> Option<Ended> {
    let after = after.map(Duration::from_secs);
    Some(Ended { code, message: message.into(), after, wants_backoff: after.is_some() })
}

#[test]
fn every_code_has_its_meaning() {
    let done = |answer: &Answer| match answer {
        Answer::Delivered => "delivered",
        Answer::Later { delivered: 0, after: None, .. } => "later",
        Answer::Later { delivered: 0, after: Some(_), .. } => "later, then",
        Answer::BadWithin(_) => "bad within",
        Answer::TooLarge(_) => "too large",
        Answer::Hold(_) => "hold",
        _ => "something else",
    };
    for (code, message, after, expected) in [
        (Code::Ok, "", None, "delivered"),
        (Code::Cancelled, "", None, "later"),
        (Code::Unknown, "", None, "later"),
        (Code::InvalidArgument, "", None, "bad within"),
        (Code::InvalidArgument, "", Some(1), "bad within"),
        (Code::DeadlineExceeded, "", None, "later"),
        (Code::NotFound, "", None, "hold"),
        (Code::AlreadyExists, "", None, "hold"),
        (Code::PermissionDenied, "", Some(1), "hold"),
        (Code::Unauthenticated, "", None, "hold"),
        (Code::ResourceExhausted, "", Some(7), "later, then"),
        (Code::ResourceExhausted, "message larger than max", Some(7), "later, then"),
        (Code::ResourceExhausted, "grpc: received message larger than max (5 vs. 4)", None, "too large"),
        (Code::ResourceExhausted, "The request is too large", None, "too large"),
        (Code::ResourceExhausted, "spans per day used up", None, "hold"),
        (Code::FailedPrecondition, "", None, "hold"),
        (Code::Aborted, "", None, "later"),
        (Code::OutOfRange, "", None, "later"),
        (Code::Unimplemented, "", None, "hold"),
        (Code::Internal, "", None, "later"),
        (Code::Unavailable, "", None, "later"),
        (Code::Unavailable, "", Some(3), "later, then"),
        (Code::DataLoss, "", None, "later"),
    ] {
        let answer = answer(ended_with(code, message, after), Bytes::new());
        assert_eq!(done(&answer), expected, "{code:?} {message:?} {after:?}: {answer:?}");
    }
    assert_eq!(done(&answer(None, Bytes::new())), "later");
}

fn headers(list: &[(&'static str, String)]) -> HeaderMap {
    list.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().expect("a value"))).collect()
}

#[test]
fn the_status_stands_behind_or_before_the_body() {
    let told = [("grpc-status", "14".to_owned()), ("grpc-message", "zu viel: %e2%82%AC 5 %".to_owned())];
    let expected =
        Some(Ended { code: Code::Unavailable, message: "zu viel: € 5 %".into(), after: None, wants_backoff: false });
    assert_eq!(ended(&HeaderMap::new(), &headers(&told)), expected);
    assert_eq!(ended(&headers(&told), &HeaderMap::new()), expected);
    assert_eq!(ended(&HeaderMap::new(), &HeaderMap::new()), None);
}

#[test]
fn details_say_when_to_come_back() {
    let info = RetryInfo { retry_delay: Some(RetryDelay { seconds: 2, nanos: 500_000_000 }) };
    let detail =
        RpcDetail { type_url: "type.googleapis.com/google.rpc.RetryInfo".into(), value: info.encode_to_vec().into() };
    let status = RpcStatus { code: 8, message: String::new(), details: vec![detail] };
    let plain = base64::engine::general_purpose::STANDARD.encode(status.encode_to_vec());
    for text in [plain.trim_end_matches('=').to_owned(), plain] {
        let trailers = headers(&[("grpc-status", "8".into()), ("grpc-status-details-bin", text)]);
        let ended = ended(&HeaderMap::new(), &trailers).expect("a status");
        assert_eq!((ended.after, ended.wants_backoff), (Some(Duration::from_millis(2500)), true));
    }
    // Nonsense of a server is no reason to panic.
    let trailers = headers(&[("grpc-status", "x".into()), ("grpc-status-details-bin", "%%%".into())]);
    assert_eq!(ended(&HeaderMap::new(), &trailers).map(|ended| ended.code), Some(Code::Unknown));
}

#[test]
fn answers_are_read_and_nonsense_is_not() {
    let partial = crate::model::otlp::ExportPartialSuccess { rejected: 2, error_message: "old".into() };
    let message = ExportResponse { partial_success: Some(partial) };
    let whole = frame(false, &message.encode_to_vec());
    assert_eq!(response(whole.clone()), Some(message));
    let answered = answer(ended_with(Code::Ok, "", None), whole.clone());
    assert!(matches!(answered, Answer::DeliveredWithout { records: 2, .. }), "{answered:?}");
    for bad in [whole.slice(..9), whole.slice(..3), frame(true, b"x"), Bytes::new()] {
        assert_eq!(response(bad), None);
    }
}

#[test]
fn methods_have_their_addresses() {
    let url = |base: &str| url_of(&base.parse().expect("a URL"), Signal::Logs).to_string();
    assert_eq!(url("http://h:4317"), "http://h:4317/opentelemetry.proto.collector.logs.v1.LogsService/Export");
    assert_eq!(url("https://h/x/"), "https://h/x/opentelemetry.proto.collector.logs.v1.LogsService/Export");
}
