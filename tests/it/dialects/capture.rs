//! Reads `tests/data/otlp/<client>/`: the requests of a client and the truth about its calls.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::PathBuf;

use prost::Message as _;
use serde_json::Value;
use tracemeter::interpret::logs;
use tracemeter::model::UnixNanos;
use tracemeter::model::otlp::{LogsData, TracesData, json};

/// The trace requests of a client in the order they were sent, and what its log records tell as spans.
pub struct Capture {
    pub traces: Vec<TracesData>,
}

fn folder(client: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/otlp").join(client)
}

fn read_json(path: PathBuf) -> Value {
    let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

impl Capture {
    pub fn load(client: &str) -> Self {
        let as_spans = |request| match request {
            Request::Traces(data) => Some(data),
            Request::Logs(data) => Some(logs::spans(&data, UnixNanos(1))),
            Request::Metrics(_) => None,
        };
        let traces: Vec<TracesData> = requests(client).into_iter().filter_map(as_spans).collect();
        assert!(!traces.is_empty(), "{client} has trace requests");
        Self { traces }
    }

    /// Last span first.
    pub fn reverse(&mut self) {
        self.traces.reverse();
        for data in &mut self.traces {
            data.resource_spans.reverse();
            for resource in &mut data.resource_spans {
                resource.scope_spans.reverse();
                resource.scope_spans.iter_mut().for_each(|scope| scope.spans.reverse());
            }
        }
    }
}

/// A request as it was sent, decoded.
pub enum Request {
    Traces(TracesData),
    Logs(LogsData),
    /// As sent: `/v1/metrics` takes it whole.
    Metrics(Vec<u8>),
}

/// The OTLP requests of a client in the order they were sent.
pub fn requests(client: &str) -> Vec<Request> {
    let mut names: Vec<String> = fs::read_dir(folder(client))
        .expect("the folder of the client")
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().strip_suffix(".meta.json")?.to_owned()))
        .collect();
    names.sort();
    names.iter().filter_map(|name| decoded(client, name)).collect()
}

/// `None` for requests that are about other things than telemetry, and for probes.
fn decoded(client: &str, name: &str) -> Option<Request> {
    let meta = read_json(folder(client).join(format!("{name}.meta.json")));
    let path = meta["path"].as_str().unwrap_or_default();
    let is = |path_end: &str, service: &str| path.ends_with(path_end) || path.contains(service);
    if meta["method"] == "HEAD" {
        return None;
    }
    let mut body = fs::read(folder(client).join(format!("{name}.body"))).expect("the body of the request");
    if meta["content_encoding"] == "gzip" {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(body.as_slice()).read_to_end(&mut plain).expect("gzip");
        body = plain;
    }
    let is_json = meta["content_type"].as_str().is_some_and(|kind| kind.contains("json"));
    if is("/v1/logs", "LogsService/Export") {
        assert!(!is_json, "{client} {name}: log records are protobuf so far");
        Some(Request::Logs(LogsData::decode(body.as_slice()).expect("OTLP")))
    } else if is("/v1/traces", "TraceService/Export") {
        let data = if is_json { json::from_slice(&body).ok() } else { TracesData::decode(body.as_slice()).ok() };
        Some(Request::Traces(data.expect("OTLP")))
    } else if is("/v1/metrics", "MetricsService/Export") {
        Some(Request::Metrics(body))
    } else {
        None
    }
}

/// What the provider answered.
pub struct Truth {
    calls: Vec<Value>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub input_uncached: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    pub output_total: u64,
    pub reasoning: u64,
}

impl Truth {
    pub fn load(client: &str) -> Self {
        let expected = read_json(folder(client).join("expected.json"));
        let calls = expected["calls"].as_array().expect("a list of calls").clone();
        Self { calls: calls.into_iter().filter(|call| call["billable"] == true).collect() }
    }

    /// Sorted, each once. `call`: there is no span at all.
    pub fn not_sent(&self) -> Vec<String> {
        let mut found = BTreeSet::new();
        for call in &self.calls {
            let kind = call["kind"].as_str().unwrap_or("?");
            found.extend(hidden(call).into_iter().map(|figure| format!("{kind}: {figure}")));
            if call["visible_on_wire"] == false {
                found.insert(format!("{kind}: call"));
            }
        }
        found.into_iter().collect()
    }

    /// The totals of what was sent: a cache that is not told stays in the input figure.
    pub fn visible_totals(&self) -> Totals {
        let mut totals = Totals::default();
        for call in self.visible() {
            let hidden = hidden(call);
            let figure = |name: &str| call[name].as_u64().unwrap_or(0);
            if hidden.contains(&"input_uncached") {
                continue;
            }
            totals.input_uncached += figure("input_uncached");
            if hidden.contains(&"cache_read") {
                totals.input_uncached += figure("cache_read");
            } else {
                totals.cache_read += figure("cache_read");
            }
            totals.cache_write += figure("cache_write");
            totals.output_total += figure("output_total");
            totals.reasoning += if hidden.contains(&"reasoning") { 0 } else { figure("reasoning") };
        }
        totals
    }

    pub fn visible_calls(&self) -> usize {
        self.visible().count()
    }

    fn visible(&self) -> impl Iterator<Item = &Value> {
        self.calls.iter().filter(|call| call["visible_on_wire"] != false)
    }
}

fn hidden(call: &Value) -> Vec<&str> {
    call["not_recoverable_from_wire"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}
