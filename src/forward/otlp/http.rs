//! OTLP/HTTP with protobuf, as collectors, Langfuse, Phoenix, Tempo and Jaeger take it.

use bytes::Bytes;
use prost::Message as _;
use reqwest::Url;

use super::taken;
use crate::forward::Answer;
use crate::forward::post::{Reply, Way};
use crate::model::Signal;
use crate::model::otlp::{ExportPartialSuccess, ExportResponse, RpcStatus};

const PROTOBUF: &str = "application/x-protobuf";

/// One request and what became of it.
pub(super) async fn post(way: &Way, url: &Url, signal: Signal, body: Bytes) -> Answer {
    match way.post(url, PROTOBUF, body).await {
        Ok(reply) => answer(signal, &reply),
        Err(answer) => answer,
    }
}

/// `<base>/v1/traces`; a base that ends in the path of a signal stands for the one that has it without.
pub(super) fn url_of(base: &Url, signal: Signal) -> Url {
    let mut url = base.clone();
    let path = base.path().trim_end_matches('/');
    let above = Signal::ALL.into_iter().find_map(|other| path.strip_suffix(&format!("/v1/{other}")));
    url.set_path(&format!("{}/v1/{signal}", above.unwrap_or(path)));
    url
}

/// What an answer means.
fn answer(signal: Signal, reply: &Reply) -> Answer {
    if reply.is_success() { taken(partial_success(signal, reply)) } else { reply.failure(&said(reply)) }
}

/// The words of a refusal: those in a `google.rpc.Status`, else the text itself.
fn said(reply: &Reply) -> String {
    if is_protobuf(reply)
        && let Ok(status) = RpcStatus::decode(reply.body.clone())
    {
        return status.message;
    }
    String::from_utf8_lossy(&reply.body).into_owned()
}

/// Backends that answer JSON to protobuf, or nothing at all, are common enough.
fn partial_success(signal: Signal, reply: &Reply) -> Option<ExportPartialSuccess> {
    if is_protobuf(reply) {
        return ExportResponse::decode(reply.body.clone()).ok()?.partial_success;
    }
    let json: serde_json::Value = serde_json::from_slice(&reply.body).ok()?;
    let partial = json.get("partialSuccess").or_else(|| json.get("partial_success"))?;
    let key = match signal {
        Signal::Traces => ["rejectedSpans", "rejected_spans"],
        Signal::Logs => ["rejectedLogRecords", "rejected_log_records"],
        Signal::Metrics => ["rejectedDataPoints", "rejected_data_points"],
    };
    let count = key.into_iter().find_map(|key| partial.get(key));
    let text = ["errorMessage", "error_message"].into_iter().find_map(|key| partial.get(key)?.as_str());
    Some(ExportPartialSuccess {
        // 64-bit numbers are text in JSON, but not everybody knows.
        rejected: count.and_then(|count| count.as_i64().or_else(|| count.as_str()?.parse().ok())).unwrap_or_default(),
        error_message: text.unwrap_or_default().to_owned(),
    })
}

fn is_protobuf(reply: &Reply) -> bool {
    let content_type = reply.headers.get(http::header::CONTENT_TYPE).map(|value| value.as_bytes()).unwrap_or_default();
    content_type.starts_with(b"application/x-protobuf") || content_type.starts_with(b"application/protobuf")
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};

    use super::*;

    fn reply(status: u16, content_type: &str, body: impl Into<Bytes>) -> Reply {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::CONTENT_TYPE, content_type.parse().expect("a type"));
        Reply { status: StatusCode::from_u16(status).expect("a status"), headers, body: body.into() }
    }

    #[test]
    fn signals_have_their_addresses() {
        for (base, traces, logs) in [
            ("http://h:4318", "http://h:4318/v1/traces", "http://h:4318/v1/logs"),
            ("http://h:4318/", "http://h:4318/v1/traces", "http://h:4318/v1/logs"),
            (
                "https://cloud.langfuse.com/api/public/otel",
                "https://cloud.langfuse.com/api/public/otel/v1/traces",
                "https://cloud.langfuse.com/api/public/otel/v1/logs",
            ),
            ("http://h/x/v1/traces", "http://h/x/v1/traces", "http://h/x/v1/logs"),
            ("http://h/v1/logs/?tenant=a", "http://h/v1/traces?tenant=a", "http://h/v1/logs?tenant=a"),
        ] {
            let base: Url = base.parse().expect("a URL");
            assert_eq!(url_of(&base, Signal::Traces).as_str(), traces);
            assert_eq!(url_of(&base, Signal::Logs).as_str(), logs);
        }
    }

    #[test]
    fn success_may_be_partial() {
        let some = ExportResponse {
            partial_success: Some(ExportPartialSuccess { rejected: 3, error_message: "too old".into() }),
        };
        let full = ExportResponse::default().encode_to_vec();
        let found =
            |reply: &Reply| partial_success(Signal::Logs, reply).map(|part| (part.rejected, part.error_message));
        assert_eq!(found(&reply(200, PROTOBUF, some.encode_to_vec())), Some((3, "too old".into())));
        assert_eq!(found(&reply(200, PROTOBUF, full)), None);
        let json = r#"{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"too old"}}"#;
        assert_eq!(found(&reply(200, "application/json", json)), Some((3, "too old".into())));
        let json = r#"{"partial_success":{"rejected_log_records":4}}"#;
        assert_eq!(found(&reply(200, "application/json; charset=utf-8", json)), Some((4, String::new())));
        let answered = answer(Signal::Logs, &reply(200, PROTOBUF, some.encode_to_vec()));
        let Answer::DeliveredWithout { records: 3, why } = answered else { panic!("{answered:?}") };
        assert_eq!(why.response, "too old");
        for nothing in ["{}", "", "OK", "[]", "null"] {
            let reply = reply(200, "application/json", nothing);
            assert_eq!((found(&reply), answer(Signal::Logs, &reply)), (None, Answer::Delivered), "{nothing}");
        }
    }

    #[test]
    fn refusals_are_quoted_in_words() {
        let status = RpcStatus { code: 3, message: "no name".into(), details: Vec::new() };
        for reply in [reply(400, PROTOBUF, status.encode_to_vec()), reply(400, "text/plain", "no name")] {
            let Answer::BadWithin(why) = answer(Signal::Traces, &reply) else { panic!("{reply:?}") };
            assert_eq!(why.response, "no name");
        }
    }
}
