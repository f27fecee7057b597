//! What of a chunk goes, how many each record stands for, and how that is written on it.

use std::collections::BTreeMap;

use crate::journal::{Cursor, Payload};
use crate::model::otlp::{AnyValue, KeyValue, any_value};
use crate::model::{Day, TraceId};

/// How likely it was that a span or log record goes; absent where it was certain.
const RATIO: &str = "sampling.ratio";

/// The record was left out at first, and others were sent that stand for it: it counts for nothing in totals.
const LATE: &str = "sampling.late";

/// How many records one stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Weight {
    /// Itself and those like it that were left out: as many as the ratio, which is above 0 and at most 1, goes into 1.
    Ratio(f64),
    /// None, because others stand for it already.
    Late,
}

impl Weight {
    /// Only for itself.
    pub const ONE: Self = Self::Ratio(1.0);
}

/// Which records of one chunk go.
#[derive(Debug, Clone, PartialEq)]
pub struct Keep {
    traces: BTreeMap<TraceId, Weight>,
    /// What is not named goes whole.
    rest: bool,
    /// Records that belong to no trace go.
    others: bool,
}

/// What of a chunk goes: of the one that was judged, or of an earlier one whose trace is kept only now.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    pub cursor: Cursor,
    pub keep: Keep,
}

impl Keep {
    /// Everything, each record for itself.
    pub fn all() -> Self {
        Self { traces: BTreeMap::new(), rest: true, others: true }
    }

    /// What belongs to no trace.
    pub fn others() -> Self {
        Self { traces: BTreeMap::new(), rest: false, others: true }
    }

    /// Nothing so far.
    pub fn nothing() -> Self {
        Self { traces: BTreeMap::new(), rest: false, others: false }
    }

    pub fn add(&mut self, trace: TraceId, weight: Weight) {
        self.traces.insert(trace, weight);
    }

    /// How a record of `trace` goes; `None` when it does not.
    pub fn weight(&self, trace: Option<TraceId>) -> Option<Weight> {
        match trace {
            Some(trace) => self.traces.get(&trace).copied().or(self.rest.then_some(Weight::ONE)),
            None => self.others.then_some(Weight::ONE),
        }
    }

    /// Whether a record of `trace` goes.
    pub fn goes(&self, trace: Option<TraceId>) -> bool {
        self.weight(trace).is_some()
    }

    /// Writes on every span and log record of `payload` how many it stands for. Metrics are sums already.
    pub fn mark(&self, payload: &mut Payload) {
        if self.traces.is_empty() {
            return;
        }
        match payload {
            Payload::Traces(data) => {
                let scopes = data.resource_spans.iter_mut().flat_map(|group| &mut group.scope_spans);
                for span in scopes.flat_map(|scope| &mut scope.spans) {
                    self.mark_record(&span.trace_id, &mut span.attributes);
                }
            }
            Payload::Logs(data) => {
                let scopes = data.resource_logs.iter_mut().flat_map(|group| &mut group.scope_logs);
                for record in scopes.flat_map(|scope| &mut scope.log_records) {
                    self.mark_record(&record.trace_id, &mut record.attributes);
                }
            }
            Payload::Metrics(_) => {}
        }
    }

    fn mark_record(&self, trace: &[u8], attributes: &mut Vec<KeyValue>) {
        if let Some(weight) = self.weight(TraceId::from_slice(trace)) {
            mark(attributes, weight);
        }
    }
}

/// A record that was sampled before it came here has its ratio: ids decide everywhere alike, so the smaller one holds.
fn mark(attributes: &mut Vec<KeyValue>, weight: Weight) {
    let any = |value| Some(AnyValue { value: Some(value) });
    match weight {
        Weight::Ratio(ratio) if ratio < 1.0 => {
            let known = attributes.iter_mut().find(|pair| pair.key == RATIO);
            match known {
                Some(pair) => {
                    if !number(pair).is_some_and(|known| known <= ratio) {
                        pair.value = any(any_value::Value::DoubleValue(ratio));
                    }
                }
                None => {
                    let value = any(any_value::Value::DoubleValue(ratio));
                    attributes.push(KeyValue { key: RATIO.into(), value });
                }
            }
        }
        Weight::Ratio(_) => {}
        Weight::Late => {
            attributes.retain(|pair| pair.key != LATE);
            let value = any(any_value::Value::BoolValue(true));
            attributes.push(KeyValue { key: LATE.into(), value });
        }
    }
}

fn number(pair: &KeyValue) -> Option<f64> {
    match pair.value.as_ref()?.value.as_ref()? {
        any_value::Value::DoubleValue(number) => Some(*number),
        any_value::Value::IntValue(number) => Some(*number as f64),
        _ => None,
    }
    .filter(|ratio| *ratio > 0.0)
}

impl Share {
    /// As it is stored: for each share day, chunk, whether others go, number of traces, then id and ratio (0: late) of
    /// each; all little-endian.
    pub(super) fn encode(shares: &[Self]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for Self { cursor, keep } in shares {
            bytes.extend_from_slice(&cursor.day.0.to_le_bytes());
            bytes.extend_from_slice(&cursor.chunk.to_le_bytes());
            bytes.push(u8::from(keep.others));
            bytes.extend_from_slice(&u32::try_from(keep.traces.len()).unwrap_or(u32::MAX).to_le_bytes());
            for (trace, weight) in &keep.traces {
                bytes.extend_from_slice(trace.as_bytes());
                let ratio = if let Weight::Ratio(ratio) = weight { *ratio } else { 0.0 };
                bytes.extend_from_slice(&ratio.to_le_bytes());
            }
        }
        bytes
    }

    /// What [`Self::encode`] made; `None` for anything else.
    pub(super) fn decode(bytes: &[u8]) -> Option<Vec<Self>> {
        let mut rest = bytes;
        let mut shares = Vec::new();
        while !rest.is_empty() {
            let cursor =
                Cursor { day: Day(i32::from_le_bytes(take(&mut rest)?)), chunk: i64::from_le_bytes(take(&mut rest)?) };
            let [others] = take(&mut rest)?;
            let count = u32::from_le_bytes(take(&mut rest)?);
            let mut keep = Keep { others: others != 0, ..Keep::nothing() };
            for _ in 0..count {
                let trace = TraceId(take(&mut rest)?);
                let ratio = f64::from_le_bytes(take(&mut rest)?);
                keep.add(trace, if ratio > 0.0 { Weight::Ratio(ratio) } else { Weight::Late });
            }
            shares.push(Self { cursor, keep });
        }
        Some(shares)
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::otlp::{
        LogRecord, LogsData, ResourceLogs, ResourceSpans, ScopeLogs, ScopeSpans, Span, TracesData,
    };

    fn span(trace: u8, attributes: Vec<KeyValue>) -> Span {
        Span { trace_id: vec![trace; 16].into(), attributes, ..Span::default() }
    }

    fn ratio(value: f64) -> KeyValue {
        let value = Some(AnyValue { value: Some(any_value::Value::DoubleValue(value)) });
        KeyValue { key: RATIO.into(), value }
    }

    fn told(payload: &Payload) -> Vec<Vec<(&str, Option<f64>)>> {
        let Payload::Traces(data) = payload else { panic!("spans") };
        let all = data.resource_spans.iter().flat_map(|group| &group.scope_spans).flat_map(|scope| &scope.spans);
        all.map(|span| span.attributes.iter().map(|pair| (pair.key.as_str(), number(pair))).collect()).collect()
    }

    #[test]
    fn each_record_is_told_how_many_it_stands_for() {
        let spans = vec![
            span(1, vec![]),
            span(2, vec![]),
            span(3, vec![ratio(0.05)]),
            span(1, vec![ratio(0.5)]),
            span(4, vec![]),
        ];
        let scope = ScopeSpans { spans, ..ScopeSpans::default() };
        let group = ResourceSpans { scope_spans: vec![scope], ..ResourceSpans::default() };
        let mut payload = Payload::Traces(TracesData { resource_spans: vec![group] });
        let mut keep = Keep::nothing();
        keep.add(TraceId([1; 16]), Weight::Ratio(0.1));
        keep.add(TraceId([2; 16]), Weight::ONE);
        keep.add(TraceId([3; 16]), Weight::Ratio(0.1));
        keep.add(TraceId([4; 16]), Weight::Late);
        keep.mark(&mut payload);
        let of = |ratio| vec![(RATIO, Some(ratio))];
        // What another sampler wrote holds where it is smaller.
        assert_eq!(told(&payload), [of(0.1), vec![], of(0.05), of(0.1), vec![(LATE, None)]]);
        assert!(keep.goes(Some(TraceId([4; 16]))) && !keep.goes(Some(TraceId([5; 16]))));
    }

    #[test]
    fn records_without_a_trace_go_with_the_chunk_that_is_judged_alone() {
        assert!(Keep::others().goes(None) && !Keep::nothing().goes(None));
        let record = LogRecord { trace_id: vec![7; 16].into(), ..LogRecord::default() };
        let scope = ScopeLogs { log_records: vec![record, LogRecord::default()], ..ScopeLogs::default() };
        let group = ResourceLogs { scope_logs: vec![scope], ..ResourceLogs::default() };
        let mut payload = Payload::Logs(LogsData { resource_logs: vec![group] });
        let mut keep = Keep::others();
        keep.add(TraceId([7; 16]), Weight::Ratio(0.5));
        keep.mark(&mut payload);
        let Payload::Logs(data) = &payload else { panic!("logs") };
        let records = &data.resource_logs[0].scope_logs[0].log_records;
        assert_eq!((records[0].attributes.len(), records[1].attributes.len()), (1, 0));
    }

    #[test]
    fn a_verdict_is_read_as_it_was_stored() {
        let mut keep = Keep::others();
        keep.add(TraceId([1; 16]), Weight::Ratio(0.25));
        keep.add(TraceId([2; 16]), Weight::Late);
        let at = |chunk| Cursor { day: Day(20_000), chunk };
        let shares = vec![Share { cursor: at(3), keep: Keep::nothing() }, Share { cursor: at(70_000), keep }];
        let bytes = Share::encode(&shares);
        assert_eq!(Share::decode(&bytes), Some(shares));
        assert_eq!(Share::decode(&bytes[1..]), None);
    }
}
