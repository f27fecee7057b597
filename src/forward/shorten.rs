//! Cuts the longest texts of records that are too large for a destination, and says so in their place: of OTLP records,
//! and of JSON made of them.
//!
//! What is kept here stays whole; only what is sent is shorter.

use bytes::Bytes;
use serde_json::Value;

use crate::journal::Payload;
use crate::model::otlp::{AnyValue, Exemplar, KeyValue, LogRecord, Metric, Span, any_value, metric};

/// No text is cut below this many bytes: what is shorter is a name or an id, and nothing without it.
const SHORTEST: usize = 64;

/// Cuts texts and bytes of attributes, bodies and messages, longest first, until `payload` takes at most `most` bytes
/// as protobuf, or nothing long is left. Answers how many were cut; 0 means that nothing has changed.
///
/// A text that was cut ends with `[shortened: N of M bytes left out]`.
pub fn shorten(payload: &mut Payload, most: usize) -> usize {
    let size = payload.encoded_len();
    if size <= most {
        return 0;
    }
    let mut lengths = Vec::new();
    each(payload, &mut |part| lengths.push(part.len()));
    let Some(longest) = cap(&mut lengths, size - most) else { return 0 };
    let mut cut = 0;
    each(payload, &mut |mut part| cut += usize::from(part.cut(longest)));
    cut
}

/// The same with a JSON value and its length as text.
pub fn shorten_json(json: &mut Value, most: usize) -> usize {
    let size = json.to_string().len();
    if size <= most {
        return 0;
    }
    let mut lengths = Vec::new();
    each_text(json, &mut |part| lengths.push(part.len()));
    let Some(longest) = cap(&mut lengths, size - most) else { return 0 };
    let mut cut = 0;
    each_text(json, &mut |mut part| cut += usize::from(part.cut(longest)));
    cut
}

/// A JSON text in at most `most` bytes, its longest texts cut; `None` when that does not make it small enough.
pub fn json_to_fit(json: &[u8], most: usize) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(json).ok()?;
    let mut target = most;
    while shorten_json(&mut value, target) > 0 {
        let shorter = serde_json::to_vec(&value).ok()?;
        if shorter.len() <= most {
            return Some(shorter);
        }
        // Escapes make texts longer than they are.
        target /= 2;
    }
    None
}

fn each_text(json: &mut Value, visit: &mut dyn FnMut(Part<'_>)) {
    match json {
        Value::String(text) => visit(Part::Text(text)),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, visit)),
        Value::Object(members) => members.values_mut().for_each(|member| each_text(member, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The length that, imposed on all, takes at least `excess` bytes away; else the shortest allowed. `None` when nothing
/// is long enough to be cut.
fn cap(lengths: &mut [usize], excess: usize) -> Option<usize> {
    lengths.sort_unstable_by(|left, right| right.cmp(left));
    if lengths.first().is_none_or(|longest| cut_length(*longest, SHORTEST).is_none()) {
        return None;
    }
    let mut sum = 0;
    for (index, length) in lengths.iter().enumerate() {
        sum += length;
        let taken = index + 1;
        // The first `taken` texts share what is left of them; a level below the next text would have to cut that too.
        let level = sum.saturating_sub(excess) / taken;
        if sum > excess && lengths.get(taken).is_none_or(|next| level >= *next) {
            return Some(level.max(SHORTEST));
        }
    }
    Some(SHORTEST)
}

/// A text or bytes that may be cut.
enum Part<'a> {
    Text(&'a mut String),
    Bytes(&'a mut Bytes),
}

impl Part<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }

    /// Answers whether it was longer than `most` and is now at most as long as that.
    fn cut(&mut self, most: usize) -> bool {
        let Some(keep) = cut_length(self.len(), most) else { return false };
        match self {
            Self::Text(text) => {
                // One that was cut before has one marker again, with its first length.
                let (kept, whole) = marked(text).unwrap_or((text.len(), text.len()));
                let Some(keep) = most.checked_sub(marker(whole, whole).len()) else { return false };
                let keep = (0..=keep.min(kept)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
                text.truncate(keep);
                text.push_str(&marker(whole - keep, whole));
            }
            Self::Bytes(bytes) => bytes.truncate(keep),
        }
        true
    }
}

/// How much of `whole` bytes stays beside the marker; `None` when it fits already, or the marker would not.
fn cut_length(whole: usize, most: usize) -> Option<usize> {
    if whole <= most { None } else { most.checked_sub(marker(whole, whole).len()) }
}

const BEFORE: &str = "[shortened: ";
const AFTER: &str = " bytes left out]";

fn marker(left_out: usize, whole: usize) -> String {
    format!("{BEFORE}{left_out} of {whole}{AFTER}")
}

/// Of a text that was cut: how much of it is left, and how long it was.
fn marked(text: &str) -> Option<(usize, usize)> {
    let (kept, mark) = text.strip_suffix(AFTER)?.rsplit_once(BEFORE)?;
    let (_, whole) = mark.split_once(" of ")?;
    Some((kept.len(), whole.parse().ok()?))
}

fn each(payload: &mut Payload, visit: &mut dyn FnMut(Part<'_>)) {
    match payload {
        Payload::Traces(data) => {
            let scopes = data.resource_spans.iter_mut().flat_map(|group| &mut group.scope_spans);
            scopes.flat_map(|scope| &mut scope.spans).for_each(|one| span(one, visit));
        }
        Payload::Logs(data) => {
            let scopes = data.resource_logs.iter_mut().flat_map(|group| &mut group.scope_logs);
            scopes.flat_map(|scope| &mut scope.log_records).for_each(|one| log_record(one, visit));
        }
        Payload::Metrics(data) => {
            let scopes = data.resource_metrics.iter_mut().flat_map(|group| &mut group.scope_metrics);
            scopes.flat_map(|scope| &mut scope.metrics).for_each(|one| metric(one, visit));
        }
    }
}

fn span(span: &mut Span, visit: &mut dyn FnMut(Part<'_>)) {
    attributes(&mut span.attributes, visit);
    span.events.iter_mut().for_each(|event| attributes(&mut event.attributes, visit));
    span.links.iter_mut().for_each(|link| attributes(&mut link.attributes, visit));
    if let Some(status) = &mut span.status {
        visit(Part::Text(&mut status.message));
    }
}

fn log_record(record: &mut LogRecord, visit: &mut dyn FnMut(Part<'_>)) {
    attributes(&mut record.attributes, visit);
    if let Some(body) = &mut record.body {
        value(body, visit);
    }
}

fn metric(metric: &mut Metric, visit: &mut dyn FnMut(Part<'_>)) {
    visit(Part::Text(&mut metric.description));
    attributes(&mut metric.metadata, visit);
    let mut point = |list: &mut Vec<KeyValue>, exemplars: &mut [Exemplar]| {
        attributes(list, visit);
        exemplars.iter_mut().for_each(|exemplar| attributes(&mut exemplar.filtered_attributes, visit));
    };
    match &mut metric.data {
        Some(metric::Data::Gauge(gauge)) => {
            gauge.data_points.iter_mut().for_each(|one| point(&mut one.attributes, &mut one.exemplars));
        }
        Some(metric::Data::Sum(sum)) => {
            sum.data_points.iter_mut().for_each(|one| point(&mut one.attributes, &mut one.exemplars));
        }
        Some(metric::Data::Histogram(histogram)) => {
            histogram.data_points.iter_mut().for_each(|one| point(&mut one.attributes, &mut one.exemplars));
        }
        Some(metric::Data::ExponentialHistogram(histogram)) => {
            histogram.data_points.iter_mut().for_each(|one| point(&mut one.attributes, &mut one.exemplars));
        }
        Some(metric::Data::Summary(summary)) => {
            summary.data_points.iter_mut().for_each(|one| point(&mut one.attributes, &mut []));
        }
        None => {}
    }
}

fn attributes(list: &mut [KeyValue], visit: &mut dyn FnMut(Part<'_>)) {
    list.iter_mut().filter_map(|pair| pair.value.as_mut()).for_each(|one| value(one, visit));
}

fn value(value: &mut AnyValue, visit: &mut dyn FnMut(Part<'_>)) {
    match &mut value.value {
        Some(any_value::Value::StringValue(text)) => visit(Part::Text(text)),
        Some(any_value::Value::BytesValue(bytes)) => visit(Part::Bytes(bytes)),
        Some(any_value::Value::ArrayValue(list)) => list.values.iter_mut().for_each(|item| self::value(item, visit)),
        Some(any_value::Value::KvlistValue(list)) => attributes(&mut list.values, visit),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::model::otlp::{ResourceSpans, ScopeSpans, TracesData};

    fn text(key: &str, text: String) -> KeyValue {
        KeyValue { key: key.into(), value: Some(AnyValue { value: Some(any_value::Value::StringValue(text)) }) }
    }

    fn with(attributes: Vec<KeyValue>) -> Payload {
        let span = Span { trace_id: vec![1; 16].into(), span_id: vec![2; 8].into(), attributes, ..Span::default() };
        let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
        Payload::Traces(TracesData { resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }] })
    }

    fn texts(payload: &mut Payload) -> Vec<String> {
        let mut texts = Vec::new();
        each(payload, &mut |part| match part {
            Part::Text(text) => texts.push(text.clone()),
            Part::Bytes(bytes) => texts.push(format!("{} bytes", bytes.len())),
        });
        texts
    }

    #[test]
    fn the_longest_are_cut_first_and_say_so() {
        let mut payload = with(vec![
            text("prompt", "ü".repeat(50_000)),
            text("model", "gpt-4o".into()),
            text("answer", "x".repeat(2_000)),
        ]);
        assert_eq!(shorten(&mut payload, 10_000), 1);
        assert!((9_900..=10_000).contains(&payload.encoded_len()), "{}", payload.encoded_len());
        let texts = texts(&mut payload);
        assert!(texts[0].starts_with("üüü") && texts[0].ends_with(" of 100000 bytes left out]"), "{}", texts[0]);
        assert_eq!((texts[1].as_str(), texts[2].len()), ("gpt-4o", 2_000));
    }

    #[test]
    fn equals_are_cut_equally_and_as_far_as_it_goes() {
        let mut payload = with((0..50).map(|n| text(&n.to_string(), "x".repeat(1_000))).collect());
        assert_eq!(shorten(&mut payload, 20_000), 50);
        let size = payload.encoded_len();
        assert!((18_000..=20_000).contains(&size), "{size}");
        assert_eq!(shorten(&mut payload, 1), 50, "as short as it gets");
        assert!(payload.encoded_len() < 6_000);
        let end = payload.clone();
        assert_eq!(shorten(&mut payload, 1), 0, "nothing long is left");
        assert_eq!(payload, end);
    }

    #[test]
    fn what_fits_stays() {
        let mut payload = with(vec![text("prompt", "x".repeat(5_000))]);
        let (whole, size) = (payload.clone(), payload.encoded_len());
        assert_eq!(shorten(&mut payload, size), 0);
        assert_eq!(payload, whole);
        assert_eq!(shorten(&mut payload, size - 1), 1);
        assert!(payload.encoded_len() < size);
        let before = payload.encoded_len();
        assert_eq!(shorten(&mut payload, before / 2), 1);
        assert!(payload.encoded_len() <= before / 2);
        let text = texts(&mut payload).remove(0);
        assert!(text.ends_with(" of 5000 bytes left out]"), "the first length: {text}");
        assert_eq!(text.matches("[shortened: ").count(), 1);
    }

    #[test]
    fn texts_in_json_are_cut_alike() {
        let mut json =
            serde_json::json!({"name": "chat", "list": [{"text": "x".repeat(9_000)}, 7], "id": "y".repeat(900)});
        assert_eq!(shorten_json(&mut json, 5_000), 1);
        assert!((4_900..=5_000).contains(&json.to_string().len()));
        assert!(json["list"][0]["text"].as_str().is_some_and(|text| text.ends_with("left out]")));
        assert_eq!(shorten_json(&mut json, 5_000), 0);
    }

    #[test]
    fn escapes_count_and_many_small_texts_cannot_be_cut() {
        let json = serde_json::to_vec(&serde_json::json!({"time": 1.5, "event": "\u{1}".repeat(3_000)})).expect("JSON");
        let shorter = json_to_fit(&json, 6_000).expect("can be cut");
        assert!(shorter.len() <= 6_000 && json.len() > 18_000);
        assert_eq!(serde_json::from_slice::<Value>(&shorter).expect("JSON")["time"], 1.5);
        let many: Vec<String> = (0..1000).map(|n| format!("text number {n}")).collect();
        assert_eq!(json_to_fit(&serde_json::to_vec(&many).expect("JSON"), 5_000), None);
    }

    #[test]
    fn bytes_and_nested_values_are_cut_too() {
        let bytes = AnyValue { value: Some(any_value::Value::BytesValue(vec![0xff; 9_000].into())) };
        let list = any_value::Value::ArrayValue(crate::model::otlp::ArrayValue { values: vec![bytes] });
        let mut payload = with(vec![KeyValue { key: "k".into(), value: Some(AnyValue { value: Some(list) }) }]);
        assert_eq!(shorten(&mut payload, 4_000), 1);
        assert!(payload.encoded_len() <= 4_000);
        let Payload::Traces(data) = &payload else { unreachable!("it was traces") };
        assert_eq!(TracesData::decode(&data.encode_to_vec()[..]).as_ref(), Ok(data));
    }
}
