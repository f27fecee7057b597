//! What the reading of records tells of them, and what only the whole trace tells of a model call: whether it counts, for
//! whom it was made, what its energy cost.
//!
//! The analytics decide that over everything they have of a trace, and of calls that another trace tells too. They are
//! asked about the calls of several chunks at once: a question costs some milliseconds whatever it is about. Where they
//! cannot be asked, the records of one chunk decide, which are mostly those of one export.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::item::Selected;
use crate::analytics::{Analytics, KnownCall};
use crate::config::{Capture, DestinationConfig};
use crate::interpret::inherit::{Relative, inherited, overlay};
use crate::interpret::settle::{Member, settle};
use crate::interpret::{Interpreter, SENT_BEFORE, logs};
use crate::journal::{Cursor, Payload};
use crate::model::otlp::{InstrumentationScope, LogsData, Resource, TracesData};
use crate::model::{CostBasis, LocalState, Span, SpanId, SpanRef, TraceId, UnixNanos};

/// After they did not answer they are not asked for so long.
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

/// Reads the records of each of `selected`.
pub fn read_all(interpreter: &Interpreter, selected: &mut [Selected]) {
    for one in selected {
        one.known = Some(read(interpreter, one));
    }
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

/// Asks the analytics, as long as they answer.
pub struct WholeTraces {
    analytics: Analytics,
    /// Whether who a call is for may be taken from what is kept here: not by who gets less than that.
    attribution: bool,
    /// When they did not answer.
    failed: Mutex<Option<Instant>>,
}

impl WholeTraces {
    pub fn new(analytics: Analytics, config: &DestinationConfig) -> Self {
        let attribution = config.redact.is_empty() && config.content == Capture::Full;
        Self { analytics, attribution, failed: Mutex::default() }
    }

    /// How far the analytics are.
    pub fn loaded(&self) -> watch::Receiver<Cursor> {
        self.analytics.cursor()
    }

    /// Writes into the calls of `selected`, whose records were read, what their whole traces tell: of the chunks that are
    /// loaded.
    pub async fn complete(&self, selected: &mut [Selected]) {
        let loaded = *self.analytics.cursor().borrow();
        let calls: Vec<(SpanId, UnixNanos)> = known_spans(selected, loaded)
            .filter(|span| span.call.is_some())
            .map(|span| (span.span_id, span.start))
            .collect();
        if calls.is_empty() || self.is_without() {
            return;
        }
        match self.analytics.known_calls(&calls).await {
            Ok(calls) => self.write(calls, known_spans(selected, loaded)),
            Err(error) => {
                *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
                tracing::warn!(%error, "whether calls count is judged by what is sent at once: {error}");
            }
        }
    }

    fn is_without(&self) -> bool {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.is_some_and(|at| at.elapsed() < WITHOUT)
    }

    fn write<'s>(&self, calls: Vec<KnownCall>, spans: impl Iterator<Item = &'s mut Span>) {
        let moved: HashMap<SpanId, SpanRef> =
            calls.iter().filter(|call| call.moved).map(|call| (call.place.span_id, call.place)).collect();
        let by_place: HashMap<SpanRef, KnownCall> = calls.into_iter().map(|call| (call.place, call)).collect();
        for span in spans {
            let Some(call) = &mut span.call else { continue };
            let own = SpanRef { trace_id: span.trace_id, span_id: span.span_id };
            let told = by_place.get(&own).or_else(|| by_place.get(moved.get(&span.span_id)?));
            let Some(told) = told else { continue };
            if call.not_counted_because.as_deref() != Some(SENT_BEFORE) {
                call.counted = told.counted;
                call.not_counted_because.clone_from(&told.not_counted_because);
            }
            // Of a call at home the energy is known only afterwards.
            if let CostBasis::Local(local) = &mut call.cost.basis {
                call.cost.amount = told.amount;
                if let Some(reason) = told.reason.as_ref().filter(|_| told.amount.is_none()) {
                    local.state = LocalState::Without(reason.clone());
                }
            }
            if self.attribution {
                span.attribution.clone_from(&told.attribution);
            }
        }
    }
}

/// The spans that are known of the chunks up to `loaded`.
fn known_spans(selected: &mut [Selected], loaded: Cursor) -> impl Iterator<Item = &mut Span> {
    let chunks = selected.iter_mut().filter(move |one| one.cursor <= loaded);
    chunks.filter_map(|one| one.known.as_mut()).flatten().flatten()
}
