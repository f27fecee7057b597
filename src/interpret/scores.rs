//! The scores of a trace, as its log records tell them: see [`crate::model::score`].
//!
//! A function of the set of records: of two with the same id the later holds, whatever their order of arrival, and a
//! deletion takes back what came before it.

use std::borrow::Cow;

use super::attributes::Attributes;
use super::logs::event_name;
use crate::model::otlp::{LogRecord, LogsData};
use crate::model::score::{DELETED, EVENT, ID};
use crate::model::{SpanId, TraceId, UnixNanos};

/// What somebody, a program or a model thinks of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// What its client calls it, where it has a name for it.
    pub id: Option<String>,
    pub name: String,
    pub value: Option<f64>,
    pub label: Option<String>,
    pub comment: Option<String>,
    /// `NUMERIC`, `BOOLEAN`, `CATEGORICAL` and so on, as its client says.
    pub data_type: Option<String>,
    /// Of which span, where it is not of the whole trace.
    pub span_id: Option<SpanId>,
    pub time: UnixNanos,
    /// When it came, by which the later of two is known.
    seen: UnixNanos,
}

/// The scores of one trace while its records are read.
#[derive(Debug, Default)]
pub struct Scores {
    found: Vec<Score>,
}

impl Scores {
    /// Adds those of `trace` in `data`, which arrived at `received`.
    pub fn take(&mut self, data: &LogsData, trace: TraceId, received: UnixNanos) {
        let records = records(data).filter(|record| record.trace_id == trace.0.as_slice());
        self.found.extend(records.filter(|record| event_name(record) == EVENT).map(|record| read(record, received)));
    }

    /// What each is called that has a name, once: deletions are looked up by it.
    pub fn ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.found.iter().filter_map(|score| score.id.clone()).collect();
        ids.sort();
        ids.dedup();
        ids
    }

    /// Takes back what `data` says is deleted and was there before.
    pub fn delete(&mut self, data: &LogsData, received: UnixNanos) {
        for record in records(data).filter(|record| event_name(record) == DELETED) {
            let attributes = Attributes::new(&record.attributes);
            let (id, seen) = (attributes.text(ID), seen(record, received));
            self.found.retain(|score| score.id.is_none() || score.id.as_deref() != id.as_deref() || score.seen > seen);
        }
    }

    /// Those that hold, in the order of their time.
    pub fn finish(mut self) -> Vec<Score> {
        self.found.sort_by(|one, other| (one.seen, one.time, &one.name).cmp(&(other.seen, other.time, &other.name)));
        let later = |at: usize, score: &Score| {
            score.id.is_some() && self.found[at + 1..].iter().any(|other| other.id == score.id)
        };
        let mut kept: Vec<Score> = Vec::new();
        for (at, score) in self.found.iter().enumerate() {
            // What has no id and came twice, word for word, was sent twice.
            if !later(at, score) && !kept.iter().any(|known| known.id.is_none() && known == score) {
                kept.push(score.clone());
            }
        }
        kept.sort_by(|one, other| (one.time, &one.name, &one.id).cmp(&(other.time, &other.name, &other.id)));
        kept
    }
}

fn records(data: &LogsData) -> impl Iterator<Item = &LogRecord> {
    data.resource_logs.iter().flat_map(|group| &group.scope_logs).flat_map(|part| &part.log_records)
}

fn seen(record: &LogRecord, received: UnixNanos) -> UnixNanos {
    match record.observed_time_unix_nano {
        0 => received,
        nanos => UnixNanos::from_otlp(nanos),
    }
}

fn read(record: &LogRecord, received: UnixNanos) -> Score {
    let attributes = Attributes::new(&record.attributes);
    let text = |key| attributes.text(key).map(Cow::into_owned);
    let seen = seen(record, received);
    Score {
        id: text(ID),
        name: text("gen_ai.evaluation.name").unwrap_or_default(),
        value: attributes.float("gen_ai.evaluation.score.value"),
        label: text("gen_ai.evaluation.score.label"),
        comment: text("gen_ai.evaluation.explanation"),
        data_type: text("langfuse.score.data_type"),
        span_id: SpanId::from_slice(&record.span_id),
        time: if record.time_unix_nano == 0 { seen } else { UnixNanos::from_otlp(record.time_unix_nano) },
        seen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::otlp::{AnyValue, KeyValue, ResourceLogs, ScopeLogs, any_value};

    const TRACE: TraceId = TraceId([7; 16]);

    fn record(event: &str, id: Option<&str>, value: f64, seen: u64) -> LogsData {
        let pair = |key: &str, value| KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }) };
        let mut attributes = vec![
            pair("gen_ai.evaluation.name", any_value::Value::StringValue("n".into())),
            pair("gen_ai.evaluation.score.value", any_value::Value::DoubleValue(value)),
        ];
        attributes.extend(id.map(|id| pair(ID, any_value::Value::StringValue(id.into()))));
        let log = LogRecord {
            trace_id: TRACE.0.to_vec().into(),
            time_unix_nano: 5,
            observed_time_unix_nano: seen,
            event_name: event.into(),
            attributes,
            ..LogRecord::default()
        };
        let scope_logs = vec![ScopeLogs { log_records: vec![log], ..ScopeLogs::default() }];
        LogsData { resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }] }
    }

    fn values(records: &[LogsData], deletions: &[LogsData]) -> Vec<Option<f64>> {
        let mut scores = Scores::default();
        records.iter().for_each(|data| scores.take(data, TRACE, UnixNanos(9)));
        deletions.iter().for_each(|data| scores.delete(data, UnixNanos(9)));
        scores.finish().into_iter().map(|score| score.value).collect()
    }

    #[test]
    fn the_later_of_an_id_holds_in_any_order() {
        let (first, second) = (record(EVENT, Some("a"), 0.0, 10), record(EVENT, Some("a"), 1.0, 20));
        assert_eq!(values(&[first.clone(), second.clone()], &[]), [Some(1.0)]);
        assert_eq!(values(&[second, first], &[]), [Some(1.0)]);
        let nameless = [record(EVENT, None, 0.0, 10), record(EVENT, None, 1.0, 10), record(EVENT, None, 1.0, 10)];
        assert_eq!(values(&nameless, &[]), [Some(0.0), Some(1.0)]);
        assert_eq!(values(&[record("other", None, 0.0, 10)], &[]), []);
    }

    #[test]
    fn a_deletion_takes_back_what_was_before_it() {
        let scores = [record(EVENT, Some("a"), 0.0, 10), record(EVENT, Some("b"), 1.0, 10)];
        assert_eq!(values(&scores, &[record(DELETED, Some("a"), 0.0, 15)]), [Some(1.0)]);
        let again = [scores[0].clone(), record(EVENT, Some("a"), 0.5, 20)];
        assert_eq!(values(&again, &[record(DELETED, Some("a"), 0.0, 15)]), [Some(0.5)]);
    }
}
