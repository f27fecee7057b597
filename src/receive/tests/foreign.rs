//! Requests of other protocols: the same limits, changes and promises as OTLP has.

use std::io::Write as _;

use super::*;
use crate::config::{ListenerConfig, ResourceAction};
use crate::model::otlp::{AnyValue, KeyValue, LogRecord, LogsData, Resource, ResourceLogs, ScopeLogs, any_value};
use crate::receive::foreign::Converted;

fn with_secret(text: &str) -> KeyValue {
    KeyValue {
        key: "note".into(),
        value: Some(AnyValue { value: Some(any_value::Value::StringValue(text.to_owned())) }),
    }
}

/// A span and a log record that hold what was sent.
fn both(body: &Bytes) -> Result<Converted<usize>, Refusal> {
    let text = std::str::from_utf8(body)
        .map_err(|error| Refusal::Malformed { field: Some("x".into()), message: error.to_string() })?;
    let mut data = one_span();
    data.resource_spans[0].scope_spans[0].spans[0].attributes = vec![with_secret(text)];
    data.resource_spans[0].resource = Some(Resource::default());
    let record = LogRecord { attributes: vec![with_secret(text)], ..LogRecord::default() };
    let scope_logs = vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }];
    let logs = LogsData { resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }] };
    Ok(Converted::new(vec![Payload::Traces(data), Payload::Logs(logs)], text.len()))
}

impl Bench {
    async fn send_foreign(
        &self,
        door: &Arc<Door>,
        target: &str,
        encoding: &str,
        body: &[u8],
    ) -> Result<usize, Refusal> {
        let shared = Arc::clone(&self.receiver.shared);
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_ENCODING, encoding.parse().expect("a header"));
        let client = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let mut body = Body::from(body.to_vec());
        let incoming = shared.incoming(client, Protocol::Langfuse, target.into(), &headers, &mut body).await?;
        shared.take_foreign(Arc::clone(door), incoming, both).await
    }

    /// What lies in the journal, signal by signal.
    pub(super) fn stored(&self) -> Vec<Payload> {
        let chunks = self.journal.reader().next(crate::journal::Cursor::default(), usize::MAX).expect("readable");
        chunks.iter().map(|chunk| chunk.payload().expect("a payload")).collect()
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body).expect("memory");
    encoder.finish().expect("memory")
}

#[tokio::test]
async fn records_are_changed_redacted_and_durable_before_the_answer() {
    let set = ResourceAction::Set { key: "site".into(), value: "home".into() };
    let bench = Bench::new(ReceiveConfig { resource: vec![set], ..ReceiveConfig::default() });
    let secret = "the key is sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD";
    let door = Arc::new(bench.receiver.http.clone());
    let answer = bench.send_foreign(&door, "", "gzip", &gzip(secret.as_bytes())).await.expect("taken");
    assert_eq!(answer, secret.len());
    let stored = bench.stored();
    let signals: Vec<Signal> = stored.iter().map(Payload::signal).collect();
    assert_eq!(signals, [Signal::Traces, Signal::Logs]);
    let shown = format!("{stored:?}");
    assert!(!shown.contains("abcdefghijklmnop"), "{shown}");
    assert_eq!(shown.matches("StringValue(\"home\")").count(), 2, "{shown}");
    let seen = bench.receiver.shared.arrivals.since(UnixNanos(0)).arrivals;
    let ways: Vec<_> = seen.iter().map(|arrival| (arrival.way.protocol, arrival.way.signal)).collect();
    assert!(ways.contains(&("langfuse", "traces")) && ways.contains(&("langfuse", "logs")), "{ways:?}");
}

#[tokio::test]
async fn what_comes_again_is_stored_once_and_its_target_tells_it_apart() {
    let bench = Bench::new(ReceiveConfig::default());
    let door = Arc::new(bench.receiver.http.clone());
    for (target, chunks) in [("/runs/1", 1), ("/runs/1", 1), ("/runs/2", 2)] {
        bench.send_foreign(&door, target, "identity", b"the same").await.expect("taken");
        let spans = bench.stored().into_iter().filter(|payload| payload.signal() == Signal::Traces);
        assert_eq!(spans.map(|payload| payload.items()).sum::<u32>(), chunks, "{target}");
    }
}

#[tokio::test]
async fn limits_hold_and_nothing_of_a_refused_request_is_stored() {
    let listener = ListenerConfig {
        listen: "127.0.0.1:0".parse().expect("an address"),
        signals: vec![Signal::Traces],
        resource: Vec::new(),
    };
    let config = ReceiveConfig { max_request_bytes: 1000, listener: vec![listener], ..ReceiveConfig::default() };
    let bench = Bench::new(config);
    let (door, narrow) = (Arc::new(bench.receiver.http.clone()), Arc::new(bench.receiver.further[0].clone()));
    let long = vec![b'x'; 1001];
    let too_large = |refusal: Result<usize, Refusal>| matches!(refusal, Err(Refusal::TooLarge { .. }));
    assert!(too_large(bench.send_foreign(&door, "", "identity", &long).await));
    assert!(too_large(bench.send_foreign(&door, "", "gzip", &gzip(&long)).await));
    let unknown = bench.send_foreign(&door, "", "br", b"x").await;
    assert!(matches!(unknown, Err(Refusal::Encoding { .. })), "{unknown:?}");
    let malformed = bench.send_foreign(&door, "", "identity", b"\xff").await;
    assert!(matches!(malformed, Err(Refusal::Malformed { .. })), "{malformed:?}");
    let other = bench.send_foreign(&narrow, "", "identity", b"x").await;
    assert!(matches!(other, Err(Refusal::OtherPort { signal: Signal::Logs, .. })), "{other:?}");
    assert_eq!(bench.stored(), []);
    assert_eq!(bench.send_foreign(&door, "", "identity", &long[..1000]).await.expect("fits"), 1000);
}
