//! Cuts requests into fragments of one trace each and joins fragments to chunks.
//!
//! An agent repeats its whole history in every call, so spans of one trace compress extremely well as neighbours.
//! Concatenating protobuf messages merges their repeated fields, so a chunk is simply its fragments one after another.

use std::collections::BTreeSet;

use prost::Message;

use super::Payload;
use crate::model::TraceId;
use crate::model::otlp::{
    InstrumentationScope, LogRecord, LogsData, MetricsData, Resource, ResourceLogs, ResourceSpans, ScopeLogs,
    ScopeSpans, Span, TracesData, metric,
};

/// Encoded records of one trace (or of none), at most about a chunk's size.
#[derive(Debug)]
pub(super) struct Fragment {
    pub trace: Option<TraceId>,
    pub items: u32,
    pub min_ns: u64,
    pub max_ns: u64,
    pub bytes: Vec<u8>,
}

/// A chunk before compression.
#[derive(Debug)]
pub(super) struct Unpacked {
    pub traces: BTreeSet<TraceId>,
    pub items: u32,
    pub min_ns: u64,
    pub max_ns: u64,
    pub body: Vec<u8>,
}

/// Cuts `payload` so that every fragment holds one trace and at most about `limit` bytes (a larger record stays whole).
pub(super) fn cut(payload: Payload, limit: usize) -> Vec<Fragment> {
    match payload {
        Payload::Traces(data) => cut_traces(data, limit),
        Payload::Logs(data) => cut_logs(data, limit),
        Payload::Metrics(data) => cut_metrics(data, limit),
    }
}

/// Joins fragments to chunks of about `limit` bytes, traces in order.
pub(super) fn join(mut fragments: Vec<Fragment>, limit: usize) -> Vec<Unpacked> {
    fragments.sort_by_key(|fragment| fragment.trace);
    let mut chunks: Vec<Unpacked> = Vec::new();
    for fragment in fragments {
        let fits = chunks.last().is_some_and(|chunk| chunk.body.len() + fragment.bytes.len() <= limit);
        if !fits {
            chunks.push(Unpacked { traces: BTreeSet::new(), items: 0, min_ns: u64::MAX, max_ns: 0, body: Vec::new() });
        }
        if let Some(chunk) = chunks.last_mut() {
            chunk.traces.extend(fragment.trace);
            chunk.items += fragment.items;
            chunk.min_ns = chunk.min_ns.min(fragment.min_ns);
            chunk.max_ns = chunk.max_ns.max(fragment.max_ns);
            if chunk.body.is_empty() {
                chunk.body = fragment.bytes;
            } else {
                chunk.body.extend_from_slice(&fragment.bytes);
            }
        }
    }
    chunks
}

/// What cutting needs to know of a span or a log record.
trait Item: Message {
    fn trace(&self) -> Option<TraceId>;
    fn times(&self) -> (u64, u64);
}

impl Item for Span {
    fn trace(&self) -> Option<TraceId> {
        TraceId::from_slice(&self.trace_id)
    }

    fn times(&self) -> (u64, u64) {
        (self.start_time_unix_nano, self.end_time_unix_nano)
    }
}

impl Item for LogRecord {
    fn trace(&self) -> Option<TraceId> {
        TraceId::from_slice(&self.trace_id)
    }

    fn times(&self) -> (u64, u64) {
        let time = if self.time_unix_nano == 0 { self.observed_time_unix_nano } else { self.time_unix_nano };
        (time, time)
    }
}

fn cut_traces(data: TracesData, limit: usize) -> Vec<Fragment> {
    let mut fragments = Vec::new();
    for group in data.resource_spans {
        let (resource, resource_schema, beside) = (group.resource, group.schema_url, group.unknown);
        for scoped in group.scope_spans {
            let (scope, schema, unknown) = (scoped.scope, scoped.schema_url, scoped.unknown);
            let wrap = |spans| TracesData {
                resource_spans: vec![ResourceSpans {
                    resource: resource.clone(),
                    scope_spans: vec![ScopeSpans {
                        scope: scope.clone(),
                        spans,
                        schema_url: schema.clone(),
                        unknown: unknown.clone(),
                    }],
                    schema_url: resource_schema.clone(),
                    unknown: beside.clone(),
                }],
            };
            cut_items(scoped.spans, header_len(resource.as_ref(), scope.as_ref()), limit, wrap, &mut fragments);
        }
    }
    fragments
}

fn cut_logs(data: LogsData, limit: usize) -> Vec<Fragment> {
    let mut fragments = Vec::new();
    for group in data.resource_logs {
        let (resource, resource_schema, beside) = (group.resource, group.schema_url, group.unknown);
        for scoped in group.scope_logs {
            let (scope, schema, unknown) = (scoped.scope, scoped.schema_url, scoped.unknown);
            let wrap = |log_records| LogsData {
                resource_logs: vec![ResourceLogs {
                    resource: resource.clone(),
                    scope_logs: vec![ScopeLogs {
                        scope: scope.clone(),
                        log_records,
                        schema_url: schema.clone(),
                        unknown: unknown.clone(),
                    }],
                    schema_url: resource_schema.clone(),
                    unknown: beside.clone(),
                }],
            };
            cut_items(scoped.log_records, header_len(resource.as_ref(), scope.as_ref()), limit, wrap, &mut fragments);
        }
    }
    fragments
}

/// Groups `items` by trace (order within a trace stays) and wraps each group, cut at `limit`, into a message.
fn cut_items<I: Item, M: Message>(
    mut items: Vec<I>,
    header: usize,
    limit: usize,
    wrap: impl Fn(Vec<I>) -> M,
    fragments: &mut Vec<Fragment>,
) {
    items.sort_by_key(Item::trace);
    let mut group: Vec<I> = Vec::new();
    let (mut trace, mut size) = (None, header);
    let mut flush = |group: &mut Vec<I>, trace: Option<TraceId>| {
        if group.is_empty() {
            return;
        }
        let min_ns = group.iter().map(|item| item.times().0).min().unwrap_or(0);
        let max_ns = group.iter().map(|item| item.times().1).max().unwrap_or(0);
        let count = group.len() as u32;
        let bytes = wrap(std::mem::take(group)).encode_to_vec();
        fragments.push(Fragment { trace, items: count, min_ns, max_ns, bytes });
    };
    for item in items {
        let len = item.encoded_len();
        if item.trace() != trace || size + len > limit {
            flush(&mut group, trace);
            trace = item.trace();
            size = header;
        }
        size += len;
        group.push(item);
    }
    flush(&mut group, trace);
}

fn header_len(resource: Option<&Resource>, scope: Option<&InstrumentationScope>) -> usize {
    resource.map_or(0, Message::encoded_len) + scope.map_or(0, Message::encoded_len)
}

/// Metrics belong to no trace; a fragment is one metric with its resource and scope.
fn cut_metrics(data: MetricsData, limit: usize) -> Vec<Fragment> {
    let mut fragments = Vec::new();
    for group in data.resource_metrics {
        let mut rest = group;
        let scopes = std::mem::take(&mut rest.scope_metrics);
        for mut scoped in scopes {
            let metrics = std::mem::take(&mut scoped.metrics);
            let header = header_len(rest.resource.as_ref(), scoped.scope.as_ref());
            let (mut part, mut size) = (Vec::new(), header);
            let mut flush = |part: &mut Vec<_>| {
                if part.is_empty() {
                    return;
                }
                let (min_ns, max_ns) = metric_times(part);
                let items = part.len() as u32;
                let mut scope = scoped.clone();
                scope.metrics = std::mem::take(part);
                let mut resource = rest.clone();
                resource.scope_metrics = vec![scope];
                let bytes = MetricsData { resource_metrics: vec![resource] }.encode_to_vec();
                fragments.push(Fragment { trace: None, items, min_ns, max_ns, bytes });
            };
            for metric in metrics {
                let len = metric.encoded_len();
                if size + len > limit {
                    flush(&mut part);
                    size = header;
                }
                size += len;
                part.push(metric);
            }
            flush(&mut part);
        }
    }
    fragments
}

fn metric_times(metrics: &[crate::model::otlp::Metric]) -> (u64, u64) {
    let mut times = Vec::new();
    for data in metrics.iter().filter_map(|metric| metric.data.as_ref()) {
        match data {
            metric::Data::Gauge(gauge) => times.extend(gauge.data_points.iter().map(|point| point.time_unix_nano)),
            metric::Data::Sum(sum) => times.extend(sum.data_points.iter().map(|point| point.time_unix_nano)),
            metric::Data::Histogram(histogram) => {
                times.extend(histogram.data_points.iter().map(|point| point.time_unix_nano));
            }
            metric::Data::ExponentialHistogram(histogram) => {
                times.extend(histogram.data_points.iter().map(|point| point.time_unix_nano));
            }
            metric::Data::Summary(summary) => {
                times.extend(summary.data_points.iter().map(|point| point.time_unix_nano))
            }
        }
    }
    (times.iter().min().copied().unwrap_or(0), times.iter().max().copied().unwrap_or(0))
}
