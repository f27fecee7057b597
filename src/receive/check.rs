//! Takes single items out of a request that OTLP calls invalid, and keeps their neighbours.

use crate::journal::Payload;
use crate::model::otlp::{LogRecord, LogsData, MetricsData, Span, TracesData, metric};
use crate::model::{SpanId, TraceId};

/// What was found in a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Checked {
    /// Spans, log records or data points that stay.
    pub accepted: u64,
    pub rejected: u64,
    /// Place and fault of the first item that does not stay.
    pub first_fault: Option<String>,
}

/// Removes spans without valid ids and log records with ids of a wrong length. Metrics all stay.
pub(super) fn check(payload: &mut Payload) -> Checked {
    let mut checked = Checked::default();
    match payload {
        Payload::Traces(data) => check_traces(data, &mut checked),
        Payload::Logs(data) => check_logs(data, &mut checked),
        Payload::Metrics(data) => checked.accepted = data_points(data),
    }
    checked
}

fn check_traces(data: &mut TracesData, checked: &mut Checked) {
    for (r, resource) in data.resource_spans.iter_mut().enumerate() {
        for (s, scope) in resource.scope_spans.iter_mut().enumerate() {
            let place = |i| format!("resourceSpans[{r}].scopeSpans[{s}].spans[{i}]");
            checked.keep_valid(&mut scope.spans, span_fault, place);
        }
        resource.scope_spans.retain(|scope| !scope.spans.is_empty());
    }
    data.resource_spans.retain(|resource| !resource.scope_spans.is_empty());
}

fn check_logs(data: &mut LogsData, checked: &mut Checked) {
    for (r, resource) in data.resource_logs.iter_mut().enumerate() {
        for (s, scope) in resource.scope_logs.iter_mut().enumerate() {
            let place = |i| format!("resourceLogs[{r}].scopeLogs[{s}].logRecords[{i}]");
            checked.keep_valid(&mut scope.log_records, log_fault, place);
        }
        resource.scope_logs.retain(|scope| !scope.log_records.is_empty());
    }
    data.resource_logs.retain(|resource| !resource.scope_logs.is_empty());
}

impl Checked {
    fn keep_valid<T>(
        &mut self,
        items: &mut Vec<T>,
        fault_of: fn(&T) -> Option<String>,
        place: impl Fn(usize) -> String,
    ) {
        let mut index = 0;
        items.retain(|item| {
            let fault = fault_of(item);
            match &fault {
                None => self.accepted += 1,
                Some(fault) => {
                    self.rejected += 1;
                    self.first_fault.get_or_insert_with(|| format!("{}.{fault}", place(index)));
                }
            }
            index += 1;
            fault.is_none()
        });
    }
}

fn span_fault(span: &Span) -> Option<String> {
    if TraceId::from_slice(&span.trace_id).is_none() {
        return Some(id_fault("traceId", &span.trace_id, 16, "and not all zero"));
    }
    if SpanId::from_slice(&span.span_id).is_none() {
        return Some(id_fault("spanId", &span.span_id, 8, "and not all zero"));
    }
    None
}

/// Log records need not belong to a trace: no id and a zero id say so.
fn log_fault(record: &LogRecord) -> Option<String> {
    if !matches!(record.trace_id.len(), 0 | 16) {
        return Some(id_fault("traceId", &record.trace_id, 16, "or absent"));
    }
    if !matches!(record.span_id.len(), 0 | 8) {
        return Some(id_fault("spanId", &record.span_id, 8, "or absent"));
    }
    None
}

fn id_fault(name: &str, id: &[u8], length: usize, also: &str) -> String {
    let got = match id.len() {
        0 => "it is missing".to_owned(),
        n if n == length => "all are zero".to_owned(),
        n => format!("got {n} bytes"),
    };
    format!("{name} must be {length} bytes ({} hex digits) {also}: {got}", 2 * length)
}

fn data_points(data: &MetricsData) -> u64 {
    let metrics = data.resource_metrics.iter().flat_map(|group| &group.scope_metrics).flat_map(|scope| &scope.metrics);
    let points = metrics.map(|metric| match &metric.data {
        Some(metric::Data::Gauge(gauge)) => gauge.data_points.len(),
        Some(metric::Data::Sum(sum)) => sum.data_points.len(),
        Some(metric::Data::Histogram(histogram)) => histogram.data_points.len(),
        Some(metric::Data::ExponentialHistogram(histogram)) => histogram.data_points.len(),
        Some(metric::Data::Summary(summary)) => summary.data_points.len(),
        None => 0,
    });
    points.sum::<usize>() as u64
}
