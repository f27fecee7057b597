//! Measurements in Splunk's multiple-metric format: one event per set of dimensions and time, with a `metric_name:...` for
//! each number. Histograms and summaries have the names the OpenTelemetry collector's exporter gives them.

use std::collections::HashMap;

use super::envelope::{About, Frame, Head, first_time, time};
use super::fields::Fields;
use super::json;
use super::pack::Packed;
use crate::forward::{Item, Selected};
use crate::interpret::Interpreter;
use crate::model::otlp::{
    AggregationTemporality, ExponentialBuckets, ExponentialHistogramDataPoint, HistogramDataPoint, KeyValue, Metric,
    MetricsData, NumberDataPoint, Resource, SummaryDataPoint, metric, number_data_point,
};

/// Of the flags of a point: there is no measurement.
const NO_VALUE: u32 = 1;

pub fn write(frame: &Frame, selected: &Selected, data: &MetricsData, packed: &mut Packed) {
    let mut at = 0;
    for group in &data.resource_metrics {
        let resource = group.resource.as_ref();
        for part in &group.scope_metrics {
            let service = Interpreter::service(resource, part.scope.as_ref());
            let head = frame.head(About { resource, service: &service, project: &selected.project });
            let scope = part.scope.as_ref().map_or("", |scope| &scope.name);
            let mut set = Set { resource, service: &service, scope, selected, ..Set::new(selected) };
            for one in &part.metrics {
                set.metric(one, at);
                at += 1;
            }
            set.finish(&head, packed);
        }
    }
}

/// The events of one scope.
struct Set<'a> {
    resource: Option<&'a Resource>,
    service: &'a str,
    scope: &'a str,
    selected: &'a Selected,
    events: Vec<Event>,
    /// The event for a time and dimensions.
    places: HashMap<Vec<u8>, usize>,
}

struct Event {
    /// `"time":..,"event":"metric","fields":{dimensions`
    key: Vec<u8>,
    measures: Vec<u8>,
    names: Vec<String>,
    first: usize,
    last: usize,
    records: u32,
}

/// What all kinds of points have.
struct Point<'a> {
    at: usize,
    name: &'a str,
    unit: &'a str,
    kind: &'static str,
    temporality: Option<&'static str>,
    time: u64,
    attributes: &'a [KeyValue],
}

impl<'a> Set<'a> {
    fn new(selected: &'a Selected) -> Self {
        Self { resource: None, service: "", scope: "", selected, events: Vec::new(), places: HashMap::new() }
    }

    fn metric(&mut self, one: &'a Metric, at: usize) {
        let point = |kind, temporality| Point {
            at,
            name: &one.name,
            unit: &one.unit,
            kind,
            temporality,
            time: 0,
            attributes: &[],
        };
        match &one.data {
            Some(metric::Data::Gauge(gauge)) => {
                gauge.data_points.iter().for_each(|number| self.number(number, point("Gauge", None)));
            }
            Some(metric::Data::Sum(sum)) => {
                let temporality = temporality(sum.aggregation_temporality);
                sum.data_points.iter().for_each(|number| self.number(number, point("Sum", temporality)));
            }
            Some(metric::Data::Histogram(histogram)) => {
                let temporality = temporality(histogram.aggregation_temporality);
                histogram.data_points.iter().for_each(|one| self.histogram(one, point("Histogram", temporality)));
            }
            Some(metric::Data::ExponentialHistogram(histogram)) => {
                let temporality = temporality(histogram.aggregation_temporality);
                let points = histogram.data_points.iter();
                points.for_each(|one| self.exponential(one, point("ExponentialHistogram", temporality)));
            }
            Some(metric::Data::Summary(summary)) => {
                summary.data_points.iter().for_each(|one| self.summary(one, point("Summary", None)));
            }
            None => {}
        }
    }

    fn number(&mut self, number: &'a NumberDataPoint, point: Point<'a>) {
        let value = match number.value {
            Some(number_data_point::Value::AsDouble(double)) => double_text(double),
            Some(number_data_point::Value::AsInt(int)) => Some(int.to_string()),
            None => None,
        };
        if let Some(value) = value.filter(|_| number.flags & NO_VALUE == 0) {
            let point = Point { time: number.time_unix_nano, attributes: &number.attributes, ..point };
            self.add(&point, point.name.to_owned(), value, None);
        }
    }

    fn histogram(&mut self, one: &'a HistogramDataPoint, point: Point<'a>) {
        if one.flags & NO_VALUE != 0 {
            return;
        }
        let point = Point { time: one.time_unix_nano, attributes: &one.attributes, ..point };
        self.totals(&point, one.count, one.sum, [one.min, one.max]);
        let mut below = 0_u64;
        for (place, count) in one.bucket_counts.iter().enumerate() {
            below = below.saturating_add(*count);
            let bound = one.explicit_bounds.get(place).map_or_else(|| "+Inf".to_owned(), ToString::to_string);
            self.add(&point, format!("{}_bucket", point.name), below.to_string(), Some(("le", bound)));
        }
    }

    fn exponential(&mut self, one: &'a ExponentialHistogramDataPoint, point: Point<'a>) {
        if one.flags & NO_VALUE != 0 {
            return;
        }
        let point = Point { time: one.time_unix_nano, attributes: &one.attributes, ..point };
        self.totals(&point, one.count, one.sum, [one.min, one.max]);
        let mut below = 0_u64;
        for (bound, count) in bounds(one).into_iter().filter(|(_, count)| *count > 0) {
            below = below.saturating_add(count);
            let name = format!("{}_bucket", point.name);
            self.add(&point, name, below.to_string(), Some(("le", bound.to_string())));
        }
        self.add(&point, format!("{}_bucket", point.name), one.count.to_string(), Some(("le", "+Inf".into())));
    }

    fn summary(&mut self, one: &'a SummaryDataPoint, point: Point<'a>) {
        if one.flags & NO_VALUE != 0 {
            return;
        }
        let point = Point { time: one.time_unix_nano, attributes: &one.attributes, ..point };
        self.totals(&point, one.count, Some(one.sum), [None, None]);
        for pair in &one.quantile_values {
            if let Some(value) = double_text(pair.value) {
                let quantile = pair.quantile.to_string();
                self.add(&point, format!("{}_{quantile}", point.name), value, Some(("qt", quantile)));
            }
        }
    }

    fn totals(&mut self, point: &Point<'a>, count: u64, sum: Option<f64>, [min, max]: [Option<f64>; 2]) {
        self.add(point, format!("{}_count", point.name), count.to_string(), None);
        for (ending, value) in [("sum", sum), ("min", min), ("max", max)] {
            if let Some(value) = value.and_then(double_text) {
                self.add(point, format!("{}_{ending}", point.name), value, None);
            }
        }
    }

    /// Adds one number, to the event of its time and dimensions where there is one.
    fn add(&mut self, point: &Point<'a>, name: String, value: String, more: Option<(&'static str, String)>) {
        let name = metric_name(&name);
        let key = self.key(point, more);
        let known = self.places.get(&key).copied().filter(|at| !self.events[*at].names.contains(&name));
        let at = known.unwrap_or_else(|| {
            let (first, last) = (point.at, point.at);
            self.places.insert(key.clone(), self.events.len());
            self.events.push(Event { key, measures: Vec::new(), names: Vec::new(), first, last, records: 1 });
            self.events.len() - 1
        });
        let event = &mut self.events[at];
        if event.last != point.at {
            event.last = point.at;
            event.records += 1;
        }
        event.measures.push(b',');
        json::string(&mut event.measures, &format!("metric_name:{name}"));
        event.measures.push(b':');
        event.measures.extend_from_slice(value.as_bytes());
        event.names.push(name);
    }

    fn key(&self, point: &Point<'a>, more: Option<(&'static str, String)>) -> Vec<u8> {
        let mut fields = Fields::default();
        fields.attributes(self.resource.map(|resource| resource.attributes.as_slice()).unwrap_or_default());
        fields.attributes(point.attributes);
        fields.text("metric_type", point.kind);
        fields.text("unit", point.unit);
        fields.text("temporality", point.temporality.unwrap_or_default());
        fields.text("service", self.service);
        fields.text("otel.scope.name", self.scope);
        fields.text("project", self.selected.project.as_str());
        if let Some((name, text)) = more {
            fields.text(name, text);
        }
        let mut key = b"{".to_vec();
        time(&mut key, first_time([point.time], self.selected.received));
        json::key(&mut key, "event");
        key.extend_from_slice(b"\"metric\",\"fields\":{");
        fields.write_texts(&mut key);
        // The brace in front is the head's.
        key.remove(0);
        key
    }

    fn finish(self, head: &Head, packed: &mut Packed) {
        for event in self.events {
            let out = packed.begin(head);
            json::comma(out);
            out.extend_from_slice(&event.key);
            out.extend_from_slice(&event.measures);
            out.extend_from_slice(b"}}");
            packed.end(head, event.first, event.records, None);
        }
    }
}

fn temporality(number: i32) -> Option<&'static str> {
    match AggregationTemporality::try_from(number).ok()? {
        AggregationTemporality::Delta => Some("delta"),
        AggregationTemporality::Cumulative => Some("cumulative"),
        AggregationTemporality::Unspecified => None,
    }
}

/// Splunk keeps no NaN and no infinity.
fn double_text(number: f64) -> Option<String> {
    number.is_finite().then(|| {
        let mut out = Vec::new();
        json::double(&mut out, number);
        String::from_utf8_lossy(&out).into_owned()
    })
}

/// Splunk: `[A-Za-z.:][A-Za-z0-9_.:]*`.
fn metric_name(name: &str) -> String {
    let first = |c: char| c.is_ascii_alphabetic() || c == '.' || c == ':';
    let plain = |c: char| if first(c) || c.is_ascii_digit() { c } else { '_' };
    let name: String = name.chars().map(plain).collect();
    if name.starts_with(first) { name } else { format!("x{name}") }
}

/// Upper bounds of the buckets with their counts, ascending. Bucket `i` holds what is above base^i and at most base^(i+1),
/// with base = 2^(2^-scale).
fn bounds(one: &ExponentialHistogramDataPoint) -> Vec<(f64, u64)> {
    let power = |index: i64| (index as f64 * (-f64::from(one.scale)).exp2()).exp2();
    let of = |buckets: &Option<ExponentialBuckets>| {
        let buckets = buckets.clone().unwrap_or_default();
        (i64::from(buckets.offset)..).zip(buckets.bucket_counts).collect::<Vec<_>>()
    };
    let negative = of(&one.negative).into_iter().rev().map(|(index, count)| (-power(index), count));
    let zero = std::iter::once((one.zero_threshold, one.zero_count));
    let positive = of(&one.positive).into_iter().map(|(index, count)| (power(index + 1), count));
    negative.chain(zero).chain(positive).filter(|(bound, _)| bound.is_finite()).collect()
}

/// Each number of a refused event by itself, with the same dimensions; nothing where there is only one.
pub fn one_by_one(item: &Item) -> Vec<Item> {
    let Ok(serde_json::Value::Object(event)) = serde_json::from_slice(&item.body) else { return Vec::new() };
    let is_number = |name: &String| name.starts_with("metric_name:");
    let Some(serde_json::Value::Object(fields)) = event.get("fields") else { return Vec::new() };
    let numbers: Vec<&String> = fields.keys().filter(|name| is_number(name)).collect();
    if numbers.len() < 2 || event.get("event").is_none_or(|event| event != "metric") {
        return Vec::new();
    }
    let alone = |kept: &String| {
        let mut one = event.clone();
        if let Some(fields) = one.get_mut("fields").and_then(serde_json::Value::as_object_mut) {
            fields.retain(|name, _| !is_number(name) || name == kept);
        }
        let body = serde_json::to_vec(&one).ok()?;
        Some(Item { body: body.into(), ..item.clone() })
    };
    numbers.into_iter().filter_map(alone).collect()
}
