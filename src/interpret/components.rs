//! What runs in LangFlow's components belongs below them.
//!
//! LangFlow's tracers tell flow and components; the instrumentation of LangChain tells model calls and agents, and knows
//! of neither: Traceloop's are beside the flow, Phoenix' in a trace that [`super::executions`] joins. Which component made
//! a call only the time tells. Source: requests of LangFlow 1.13.0.

use std::collections::{HashMap, HashSet};

use super::executions::gap;
use crate::model::time::NANOS_PER_SECOND;
use crate::model::{Span, SpanId};

/// The dialect of flows and components.
pub const DIALECT: &str = "langflow";

/// A component's span starts after the first call in it, by less than a millisecond on an idle machine.
const EARLY: i64 = NANOS_PER_SECOND / 10;

/// Spans looked at above another: nobody nests deeper, and a trace may claim to.
const HIGHEST: usize = 100;

/// For each of the spans of one trace, the component that it hangs below: `None` for all that nothing needs to be said of.
/// A function of the set of spans; those that it has moved before come out the same.
pub fn above(spans: &[&Span]) -> Vec<Option<SpanId>> {
    let by_id: HashMap<SpanId, &Span> = spans.iter().map(|span| (span.span_id, *span)).collect();
    let parent = |span: &Span| span.parent_span_id.and_then(|id| by_id.get(&id).copied());
    let told: Vec<&Span> = spans.iter().filter(|span| span.dialect == DIALECT).copied().collect();
    // Whoever called the flow stays above it.
    let callers: HashSet<SpanId> = told
        .iter()
        .flat_map(|span| std::iter::successors(parent(span), |above| parent(above)).take(HIGHEST))
        .map(|span| span.span_id)
        .collect();
    let of = |span: &&Span| {
        let is_outermost = parent(span).is_none_or(|above| above.dialect == DIALECT);
        if span.dialect == DIALECT || !is_outermost || callers.contains(&span.span_id) {
            return None;
        }
        // Of those at work then the one that began last: the inner of two, and of two at a time a guess.
        let order = |holder: &&&Span| {
            let apart = gap((holder.start, holder.end), (span.start, span.start));
            (apart, std::cmp::Reverse(holder.start), holder.span_id)
        };
        let is_near = |holder: &&Span| order(&holder).0 <= EARLY;
        let is_component = |holder: &&Span| holder.attribution.node.is_some();
        let component = told.iter().filter(|holder| is_component(holder) && is_near(holder)).min_by_key(order);
        let flow = || told.iter().filter(|holder| !is_component(holder) && is_near(holder)).min_by_key(order);
        component.or_else(flow).map(|holder| holder.span_id)
    };
    spans.iter().map(of).collect()
}

#[cfg(test)]
mod tests;
