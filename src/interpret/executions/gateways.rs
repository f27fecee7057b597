//! What a gateway tells of a model call belongs below the run of the node that asked it: both name the response.

use std::collections::HashMap;

use super::RUNS;
use crate::interpret::settle::Voice;
use crate::model::{Span, SpanId};

/// Spans looked at above another: gateways nest two deep.
const HIGHEST: usize = 100;

/// Puts what gateways tell below the runs that they answered; what says itself where it belongs stays there. A function of
/// the set of spans; those that it has moved before come out the same.
pub(super) fn place(spans: &[&Span], above: &mut [Option<SpanId>]) {
    let mut runs: HashMap<&str, &Span> = HashMap::new();
    for run in spans.iter().filter(|span| span.dialect == RUNS) {
        if let Some(id) = response(run) {
            let known = runs.entry(id).or_insert(run);
            *known = if (run.start, run.span_id) < (known.start, known.span_id) { run } else { known };
        }
    }
    if runs.is_empty() {
        return;
    }
    let by_id: HashMap<SpanId, usize> = spans.iter().enumerate().map(|(at, span)| (span.span_id, at)).collect();
    let is_gateway = |at: usize| Voice::of(spans[at].dialect).gateway;
    for call in (0..spans.len()).filter(|at| is_gateway(*at)) {
        let Some(run) = response(spans[call]).and_then(|id| runs.get(id).copied()) else { continue };
        let parent = |at: usize| spans[at].parent_span_id.and_then(|id| by_id.get(&id).copied());
        // Up to the outermost span of the gateway, and who is above that.
        let mut top = call;
        for _ in 0..HIGHEST {
            match parent(top).filter(|up| is_gateway(*up)) {
                Some(up) => top = up,
                None => break,
            }
        }
        let stands_alone = parent(top).is_none_or(|up| spans[up].span_id == run.span_id);
        if stands_alone {
            above[top] = Some(run.span_id);
        }
    }
}

fn response(span: &Span) -> Option<&str> {
    span.call.as_ref()?.response_id.as_deref()
}
