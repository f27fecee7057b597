//! What the reading of records tells of them, and what only the whole trace tells of a model call: whether it counts, for
//! whom it was made, what its energy cost.
//!
//! The analytics decide that over everything they have of a trace. Where they cannot be asked, the records of one chunk
//! decide, which are mostly those of one export.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::item::Selected;
use crate::analytics::{Analytics, KnownCall};
use crate::config::{Capture, DestinationConfig};
use crate::interpret::inherit::{Relative, inherited, overlay};
use crate::interpret::settle::{Member, settle};
use crate::interpret::{Interpreter, logs};
use crate::journal::{Cursor, Payload};
use crate::model::otlp::{InstrumentationScope, LogsData, Resource, TracesData};
use crate::model::{CostBasis, LocalState, Span, SpanId, SpanRef, TraceId, UnixNanos};

/// How long the loader is waited for. It is seldom a second behind, and requests are turned away when it is ten.
const PATIENCE: Duration = Duration::from_secs(10);

/// After they were late or did not answer, nothing waits for them again for so long.
const WITHOUT: Duration = Duration::from_secs(60);

/// For each record of a payload, in order, the span it is or tells of.
pub type Known = Vec<Option<Span>>;

/// Reads the records of `selected` and judges calls by what is here.
pub fn read(interpreter: &Interpreter, selected: &Selected) -> Known {
    let mut known = match &selected.payload {
        Payload::Traces(data) => spans(interpreter, data),
        Payload::Logs(data) => told(interpreter, data, selected.received),
        Payload::Metrics(_) => Known::new(),
    };
    judge(&mut known);
    known
}

/// The interpreter leaves out spans without valid ids.
fn spans(interpreter: &Interpreter, data: &TracesData) -> Known {
    let mut read = interpreter.spans(data).into_iter();
    let raw = data.resource_spans.iter().flat_map(|group| &group.scope_spans).flat_map(|part| &part.spans);
    let is_valid = |span: &crate::model::otlp::Span| {
        TraceId::from_slice(&span.trace_id).is_some() && SpanId::from_slice(&span.span_id).is_some()
    };
    raw.map(|span| if is_valid(span) { read.next() } else { None }).collect()
}

/// Calls that log records tell of; most tell of none.
fn told(interpreter: &Interpreter, data: &LogsData, received: UnixNanos) -> Known {
    let (no_resource, no_scope) = (Resource::default(), InstrumentationScope::default());
    let mut known = Known::new();
    for group in &data.resource_logs {
        let resource = group.resource.as_ref();
        for part in &group.scope_logs {
            let scope = part.scope.as_ref();
            known.extend(part.log_records.iter().map(|raw| {
                let span = logs::span_of(raw, resource, scope, received)?;
                interpreter.span(resource.unwrap_or(&no_resource), scope.unwrap_or(&no_scope), &span)
            }));
        }
    }
    known
}

fn judge(known: &mut Known) {
    let mut traces: HashMap<TraceId, Vec<&mut Span>> = HashMap::new();
    let has_calls = known.iter().flatten().any(|span| span.call.is_some());
    for span in known.iter_mut().flatten().filter(|_| has_calls) {
        traces.entry(span.trace_id).or_default().push(span);
    }
    for mut spans in traces.into_values().filter(|spans| spans.iter().any(|span| span.call.is_some())) {
        let members: Vec<Member> = spans.iter().map(|span| Member::of(span)).collect();
        let relatives: Vec<Relative<'_>> = spans.iter().map(|span| Relative::of(span)).collect();
        let from_others = inherited(&relatives);
        for ((span, verdict), inherited) in spans.iter_mut().zip(settle(&members)).zip(from_others) {
            if let Some(call) = &mut span.call {
                call.counted = verdict.counted;
                call.not_counted_because = verdict.reason;
            }
            if let Some((values, mask)) = inherited {
                overlay(&mut span.attribution, values, mask);
            }
        }
    }
}

/// Asks the analytics, as long as they keep up.
pub struct WholeTraces {
    analytics: Analytics,
    /// Whether who a call is for may be taken from what is kept here: not by who gets less than that.
    attribution: bool,
    /// When the loader did not come in time.
    late: Mutex<Option<Instant>>,
    /// When they did not answer.
    failed: Mutex<Option<Instant>>,
}

impl WholeTraces {
    pub fn new(analytics: Analytics, config: &DestinationConfig) -> Self {
        let attribution = config.redact.is_empty() && config.content == Capture::Full;
        Self { analytics, attribution, late: Mutex::default(), failed: Mutex::default() }
    }

    /// Writes into the calls of `known`, records of the chunk at `cursor`, what their whole traces tell, once the loader
    /// has come that far.
    pub async fn complete(&self, cursor: Cursor, known: &mut Known) {
        let calls: Vec<(SpanId, UnixNanos)> =
            known.iter().flatten().filter(|span| span.call.is_some()).map(|span| (span.span_id, span.start)).collect();
        if calls.is_empty() || is_recent(&self.failed) || !self.comes_to(cursor).await {
            return;
        }
        match self.analytics.known_calls(&calls).await {
            Ok(calls) => self.write(calls, known),
            Err(error) => {
                note(&self.failed);
                tracing::warn!(%error, "whether calls count is judged by what is sent at once: {error}");
            }
        }
    }

    async fn comes_to(&self, cursor: Cursor) -> bool {
        let mut loaded = self.analytics.cursor();
        if *loaded.borrow() >= cursor {
            return true;
        }
        if is_recent(&self.late) {
            return false;
        }
        let came = tokio::time::timeout(PATIENCE, loaded.wait_for(|loaded| *loaded >= cursor)).await;
        let came = matches!(came, Ok(Ok(_)));
        if !came {
            note(&self.late);
            tracing::warn!("the analytics are behind: whether calls count is judged by what is sent at once");
        }
        came
    }

    fn write(&self, calls: Vec<KnownCall>, known: &mut Known) {
        let mut by_place: HashMap<SpanRef, KnownCall> = HashMap::with_capacity(calls.len());
        let mut moved: HashMap<SpanId, SpanRef> = HashMap::new();
        for call in calls {
            if call.moved {
                moved.insert(call.place.span_id, call.place);
            }
            by_place.insert(call.place, call);
        }
        for span in known.iter_mut().flatten() {
            let Some(call) = &mut span.call else { continue };
            let own = SpanRef { trace_id: span.trace_id, span_id: span.span_id };
            let place = if by_place.contains_key(&own) { Some(&own) } else { moved.get(&span.span_id) };
            let Some(told) = place.and_then(|place| by_place.remove(place)) else { continue };
            call.counted = told.counted;
            call.not_counted_because = told.not_counted_because;
            // Of a call at home the energy is known only afterwards.
            if let CostBasis::Local(local) = &mut call.cost.basis {
                call.cost.amount = told.amount;
                if let Some(reason) = told.reason.filter(|_| told.amount.is_none()) {
                    local.state = LocalState::Without(reason);
                }
            }
            if self.attribution {
                span.attribution = told.attribution;
            }
        }
    }
}

fn is_recent(moment: &Mutex<Option<Instant>>) -> bool {
    moment.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|at| at.elapsed() < WITHOUT)
}

fn note(moment: &Mutex<Option<Instant>>) {
    *moment.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
}
