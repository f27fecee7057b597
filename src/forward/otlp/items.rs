//! Records as encoded `TracesData`, `LogsData` and `MetricsData`. Such messages one behind the other are one such
//! message, so a request is the bodies of its items and nothing is decoded to send it.

use std::sync::Arc;

use bytes::{BufMut as _, Bytes, BytesMut};
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};

use crate::forward::inline::{Inline, growth};
use crate::forward::shorten::shorten;
use crate::forward::{Fault, Item, Selected};
use crate::journal::Payload;
use crate::model::otlp::{
    LogRecord, Metric, MetricsData, ResourceLogs, ResourceMetrics, ResourceSpans, ScopeLogs, ScopeMetrics, ScopeSpans,
    Span, metric,
};
use crate::model::{Signal, SpanId, TraceId};

/// Bytes of records after which an item ends. What an item repeats, resource and scope, is then of no weight, and a
/// refusal is narrowed down in few steps.
const ITEM_BYTES: usize = 64 << 10;

/// In each of the three messages: the groups of the whole, the scopes of a group, the records of a scope.
const GROUPS: u32 = 1;
const SCOPES: u32 = 2;
const RECORDS: u32 = 2;

/// Neighbouring records of the same resource and scope, as far as they fit, are one item. `inline`: whether images and
/// sounds are put back.
pub(super) fn pack(selected: &Selected, inline: bool) -> Vec<Item> {
    pack_payload(&selected.payload, &selected.ordinals, inline)
}

/// See [`crate::forward::Kind::smaller`]: halves of its records, of one metric halves of its points, of one record the
/// same with references to images and sounds, then with texts shortened.
pub(super) fn smaller(item: &Item, fault: Fault) -> Vec<Item> {
    let Some(mut payload) = decode(item) else { return Vec::new() };
    let parts = match halves(&payload) {
        Some((first, second)) => vec![first, second],
        None if fault == Fault::TooLarge && item.grows > 0 => return vec![Item { grows: 0, ..item.clone() }],
        None if fault == Fault::TooLarge && shorten(&mut payload, item.body.len() / 2) > 0 => vec![payload],
        None => Vec::new(),
    };
    let mut ordinal = item.ordinal;
    let mut items = Vec::new();
    for part in parts {
        let ordinals: Vec<u32> = (ordinal..).take(part.items() as usize).collect();
        // Halves of one metric are both of the same record.
        if item.records > 1 {
            ordinal += part.items();
        }
        items.extend(pack_payload(&part, &ordinals, item.grows > 0));
    }
    items.iter_mut().for_each(|part| part.index = item.index);
    items
}

/// The signal whose items these are; all of a request are of one group.
pub(super) fn signal_of(item: &Item) -> Option<Signal> {
    Signal::ALL.into_iter().find(|signal| signal.as_str() == &*item.group)
}

/// The body of one request.
pub(super) fn join(items: &[Item], inline: Option<&Inline>) -> Bytes {
    let body = |item: &Item| inline.and_then(|inline| filled(item, inline)).unwrap_or_else(|| item.body.clone());
    match items {
        [only] => body(only),
        _ => {
            let mut all = BytesMut::with_capacity(items.iter().map(Item::size).sum());
            items.iter().for_each(|item| all.extend_from_slice(&body(item)));
            all.freeze()
        }
    }
}

/// The body of an item that grows.
fn filled(item: &Item, inline: &Inline) -> Option<Bytes> {
    let mut payload = if item.grows > 0 { decode(item)? } else { return None };
    inline.fill(&mut payload);
    let plain = payload.encode();
    if payload.has_unknown() { payload.restored(&plain).ok() } else { Some(plain.into()) }
}

fn decode(item: &Item) -> Option<Payload> {
    let mut payload = Payload::decode(signal_of(item)?, item.body.clone()).ok()?;
    payload.keep_unknown(&item.body);
    Some(payload)
}

fn pack_payload(payload: &Payload, ordinals: &[u32], inline: bool) -> Vec<Item> {
    let mut packer = Packer {
        group: payload.signal().as_str().into(),
        ordinals: ordinals.iter(),
        carries: payload.has_unknown().then_some(payload),
        inline,
        items: Vec::new(),
    };
    match payload {
        Payload::Traces(data) => {
            for group in &data.resource_spans {
                let head = group.clone_head().encode_to_vec();
                for scope in &group.scope_spans {
                    packer.records(&head, &scope.clone_head().encode_to_vec(), &scope.spans, span_of);
                }
            }
        }
        Payload::Logs(data) => {
            for group in &data.resource_logs {
                let head = group.clone_head().encode_to_vec();
                for scope in &group.scope_logs {
                    packer.records(&head, &scope.clone_head().encode_to_vec(), &scope.log_records, span_of_log);
                }
            }
        }
        Payload::Metrics(data) => {
            for group in &data.resource_metrics {
                let head = group.clone_head().encode_to_vec();
                for scope in &group.scope_metrics {
                    packer.records(&head, &scope.clone_head().encode_to_vec(), &scope.metrics, |_| None);
                }
            }
        }
    }
    packer.items
}

/// A group or scope without what is in it.
trait Head {
    fn clone_head(&self) -> Self;
}

macro_rules! heads {
    ($($message:ident { $($field:ident),* } without $list:ident,)*) => {
        $(impl Head for $message {
            fn clone_head(&self) -> Self {
                Self { $($field: self.$field.clone(),)* $list: Vec::new() }
            }
        })*
    };
}

heads! {
    ResourceSpans { resource, schema_url, unknown } without scope_spans,
    ScopeSpans { scope, schema_url, unknown } without spans,
    ResourceLogs { resource, schema_url, unknown } without scope_logs,
    ScopeLogs { scope, schema_url, unknown } without log_records,
    ResourceMetrics { resource, schema_url, unknown } without scope_metrics,
    ScopeMetrics { scope, schema_url, unknown } without metrics,
}

fn span_of(span: &Span) -> Option<(TraceId, SpanId)> {
    Some((TraceId::from_slice(&span.trace_id)?, SpanId::from_slice(&span.span_id)?))
}

fn span_of_log(record: &LogRecord) -> Option<(TraceId, SpanId)> {
    Some((TraceId::from_slice(&record.trace_id)?, SpanId::from_slice(&record.span_id)?))
}

struct Packer<'a> {
    group: Arc<str>,
    /// Of the records that are still to come.
    ordinals: std::slice::Iter<'a, u32>,
    /// Set when there are unknown fields to be put back.
    carries: Option<&'a Payload>,
    /// Whether images and sounds are put back.
    inline: bool,
    items: Vec<Item>,
}

/// Records that will be one item.
struct Run {
    first: u32,
    count: u32,
    records: BytesMut,
    /// By so much they grow when they are sent.
    grows: usize,
    span: Option<(TraceId, SpanId)>,
}

impl Packer<'_> {
    /// All records of one scope; `group` and `scope` are those messages without their lists.
    fn records<R: Message>(
        &mut self,
        group: &[u8],
        scope: &[u8],
        records: &[R],
        span_of: fn(&R) -> Option<(TraceId, SpanId)>,
    ) {
        let mut run: Option<Run> = None;
        let mut encoded = BytesMut::new();
        for record in records {
            // As many as records; one more would only lose its place, not itself.
            let ordinal = self.ordinals.next().copied().unwrap_or(u32::MAX);
            encoded.clear();
            prost::encoding::message::encode(RECORDS, record, &mut encoded);
            let grows = if self.inline { growth(&encoded) } else { 0 };
            // An item says which records are in it by the first and how many, so there may be no gap.
            let goes_on = run.as_ref().is_some_and(|run| {
                let length = run.records.len() + run.grows + encoded.len() + grows;
                run.first.checked_add(run.count) == Some(ordinal) && length <= ITEM_BYTES
            });
            if !goes_on {
                run.take().into_iter().for_each(|done| self.push(group, scope, done));
            }
            let run = run.get_or_insert_with(|| Run {
                first: ordinal,
                count: 0,
                records: BytesMut::with_capacity(encoded.len()),
                grows: 0,
                span: None,
            });
            run.count += 1;
            run.span = if run.count == 1 { span_of(record) } else { None };
            run.grows += grows;
            run.records.put_slice(&encoded);
        }
        run.into_iter().for_each(|done| self.push(group, scope, done));
    }

    fn push(&mut self, group: &[u8], scope: &[u8], run: Run) {
        let scope_length = scope.len() + run.records.len();
        let mut inner = BytesMut::with_capacity(group.len() + scope_length + 16);
        inner.put_slice(group);
        delimited(SCOPES, scope_length, &mut inner);
        inner.put_slice(scope);
        inner.put_slice(&run.records);
        let mut body = BytesMut::with_capacity(inner.len() + 8);
        delimited(GROUPS, inner.len(), &mut body);
        body.put_slice(&inner);
        let plain = body.freeze();
        // It was encoded a moment ago, so it can be read.
        let restored = self.carries.and_then(|payload| payload.restored(&plain).ok());
        self.items.push(Item {
            index: u32::try_from(self.items.len()).unwrap_or(u32::MAX),
            ordinal: run.first,
            records: run.count,
            group: Arc::clone(&self.group),
            body: restored.unwrap_or(plain),
            grows: run.grows,
            span: run.span,
        });
    }
}

fn delimited(field: u32, length: usize, into: &mut BytesMut) {
    encode_key(field, WireType::LengthDelimited, into);
    encode_varint(length as u64, into);
}

/// Both halves of what is in an item; `None` when it is a single record that has no parts.
fn halves(payload: &Payload) -> Option<(Payload, Payload)> {
    let half = match payload.items() {
        0 => return None,
        1 => return half_metrics(payload),
        records => records / 2,
    };
    let part = |first: bool| {
        let mut place = 0;
        let mut part = payload.clone();
        part.retain(|_, _| {
            place += 1;
            (place <= half) == first
        });
        part
    };
    Some((part(true), part(false)))
}

/// One metric with half of its data points each.
fn half_metrics(payload: &Payload) -> Option<(Payload, Payload)> {
    let Payload::Metrics(data) = payload else { return None };
    let (mut first, mut second) = (data.clone(), data.clone());
    let points = only_metric(&mut first).map(|metric| keep_points(metric, 0, usize::MAX))?;
    if points < 2 {
        return None;
    }
    only_metric(&mut first).map(|metric| keep_points(metric, 0, points / 2))?;
    only_metric(&mut second).map(|metric| keep_points(metric, points / 2, usize::MAX))?;
    Some((Payload::Metrics(first), Payload::Metrics(second)))
}

fn only_metric(data: &mut MetricsData) -> Option<&mut Metric> {
    let scopes = data.resource_metrics.iter_mut().flat_map(|group| &mut group.scope_metrics);
    scopes.flat_map(|scope| &mut scope.metrics).next()
}

/// Keeps the points from `from` to before `to`; answers how many are left.
fn keep_points(metric: &mut Metric, from: usize, to: usize) -> usize {
    macro_rules! keep {
        ($of:expr) => {{
            let points = &mut $of.data_points;
            points.truncate(to);
            points.drain(..from.min(points.len()));
            points.len()
        }};
    }
    match &mut metric.data {
        Some(metric::Data::Gauge(gauge)) => keep!(gauge),
        Some(metric::Data::Sum(sum)) => keep!(sum),
        Some(metric::Data::Histogram(histogram)) => keep!(histogram),
        Some(metric::Data::ExponentialHistogram(histogram)) => keep!(histogram),
        Some(metric::Data::Summary(summary)) => keep!(summary),
        None => 0,
    }
}

#[cfg(test)]
mod tests;
