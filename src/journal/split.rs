//! Parts a payload into the records that stay and those that go.

use super::Payload;
use crate::model::TraceId;
use crate::model::otlp::{KeyValue, LogsData, Metric, MetricsData, TracesData, metric};

/// What is known of a span, a log record or a data point when it is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    pub trace: Option<TraceId>,
    pub resource: &'a [KeyValue],
    pub attributes: &'a [KeyValue],
}

impl Payload {
    /// Every record, with what tells whose it is.
    pub fn each(&self, look: &mut dyn FnMut(Record<'_>)) {
        let mut copy = self.clone();
        part(&mut copy, &mut |record| {
            look(record);
            true
        });
    }

    /// What stays and what goes, as `goes` says; `None` when nothing goes.
    pub fn split(&self, goes: &dyn Fn(Record<'_>) -> bool) -> Option<(Self, Self)> {
        let mut any = false;
        let mut kept = self.clone();
        part(&mut kept, &mut |record| {
            let stays = !goes(record);
            any |= !stays;
            stays
        });
        any.then(|| {
            let mut gone = self.clone();
            part(&mut gone, &mut |record| goes(record));
            (kept, gone)
        })
    }
}

fn part(payload: &mut Payload, stays: &mut dyn FnMut(Record<'_>) -> bool) {
    match payload {
        Payload::Traces(data) => part_traces(data, stays),
        Payload::Logs(data) => part_logs(data, stays),
        Payload::Metrics(data) => part_metrics(data, stays),
    }
}

fn part_traces(data: &mut TracesData, stays: &mut dyn FnMut(Record<'_>) -> bool) {
    for group in &mut data.resource_spans {
        let resource = group.resource.as_ref().map_or(&[][..], |resource| &resource.attributes);
        for scope in &mut group.scope_spans {
            scope.spans.retain(|span| {
                let trace = TraceId::from_slice(&span.trace_id);
                stays(Record { trace, resource, attributes: &span.attributes })
            });
        }
        group.scope_spans.retain(|scope| !scope.spans.is_empty());
    }
    data.resource_spans.retain(|group| !group.scope_spans.is_empty());
}

fn part_logs(data: &mut LogsData, stays: &mut dyn FnMut(Record<'_>) -> bool) {
    for group in &mut data.resource_logs {
        let resource = group.resource.as_ref().map_or(&[][..], |resource| &resource.attributes);
        for scope in &mut group.scope_logs {
            scope.log_records.retain(|record| {
                let trace = TraceId::from_slice(&record.trace_id);
                stays(Record { trace, resource, attributes: &record.attributes })
            });
        }
        group.scope_logs.retain(|scope| !scope.log_records.is_empty());
    }
    data.resource_logs.retain(|group| !group.scope_logs.is_empty());
}

fn part_metrics(data: &mut MetricsData, stays: &mut dyn FnMut(Record<'_>) -> bool) {
    for group in &mut data.resource_metrics {
        let resource = group.resource.as_ref().map_or(&[][..], |resource| &resource.attributes);
        for scope in &mut group.scope_metrics {
            scope.metrics.retain_mut(|metric| part_metric(metric, resource, stays));
        }
        group.scope_metrics.retain(|scope| !scope.metrics.is_empty());
    }
    data.resource_metrics.retain(|group| !group.scope_metrics.is_empty());
}

/// Whether anything of the metric stays; one without data points does.
fn part_metric(metric: &mut Metric, resource: &[KeyValue], stays: &mut dyn FnMut(Record<'_>) -> bool) -> bool {
    macro_rules! part_points {
        ($points:expr) => {{
            let empty = $points.is_empty();
            $points.retain(|point| stays(Record { trace: None, resource, attributes: &point.attributes }));
            empty || !$points.is_empty()
        }};
    }
    match &mut metric.data {
        Some(metric::Data::Gauge(gauge)) => part_points!(gauge.data_points),
        Some(metric::Data::Sum(sum)) => part_points!(sum.data_points),
        Some(metric::Data::Histogram(histogram)) => part_points!(histogram.data_points),
        Some(metric::Data::ExponentialHistogram(histogram)) => part_points!(histogram.data_points),
        Some(metric::Data::Summary(summary)) => part_points!(summary.data_points),
        None => true,
    }
}
