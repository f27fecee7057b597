//! What only the whole trace tells of a model call: whether it counts, for whom it was made, what its energy cost.
//!
//! The analytics decide that over everything they have of a trace. Where they cannot be asked, the records of one chunk
//! decide, which are mostly those of one export.

use std::collections::HashMap;

use crate::interpret::inherit::{Relative, inherited, overlay};
use crate::interpret::settle::{Member, settle};
use crate::model::{Attribution, Cost, CostBasis, LocalState, NanoUsd, Span, SpanId, SpanRef, TraceId};

/// What is known of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallFacts {
    pub counted: bool,
    pub not_counted_because: Option<String>,
    /// Its own and what it has from others.
    pub attribution: Attribution,
    pub amount: Option<NanoUsd>,
    /// Why there is no amount.
    pub reason: Option<String>,
}

/// What the analytics know of calls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    by_place: HashMap<SpanRef, CallFacts>,
    /// Of calls told by an event without a trace, which are moved to the trace of their span.
    moved: HashMap<SpanId, CallFacts>,
}

impl Facts {
    /// `moved`: it may stand in another trace than its record told.
    pub fn add(&mut self, place: SpanRef, moved: bool, facts: CallFacts) {
        if moved {
            self.moved.insert(place.span_id, facts.clone());
        }
        self.by_place.insert(place, facts);
    }

    /// Writes what is known into calls among `spans`.
    pub fn write(&self, spans: &mut [Span]) {
        for span in spans.iter_mut() {
            let Some(call) = &mut span.call else { continue };
            let place = SpanRef { trace_id: span.trace_id, span_id: span.span_id };
            let Some(facts) = self.by_place.get(&place).or_else(|| self.moved.get(&span.span_id)) else { continue };
            call.counted = facts.counted;
            call.not_counted_because.clone_from(&facts.not_counted_because);
            span.attribution = facts.attribution.clone();
            charge(&mut call.cost, facts);
        }
    }
}

/// Of a call at home the energy is known only afterwards.
fn charge(cost: &mut Cost, facts: &CallFacts) {
    if let CostBasis::Local(local) = &mut cost.basis {
        cost.amount = facts.amount;
        if let Some(reason) = facts.reason.as_ref().filter(|_| facts.amount.is_none()) {
            local.state = LocalState::Without(reason.clone());
        }
    }
}

/// Judges calls by the records that are here.
pub fn judge(spans: &mut [Span]) {
    if !spans.iter().any(|span| span.call.is_some()) {
        return;
    }
    let mut traces: HashMap<TraceId, Vec<usize>> = HashMap::new();
    for (at, span) in spans.iter().enumerate() {
        traces.entry(span.trace_id).or_default().push(at);
    }
    for places in traces.into_values() {
        if !places.iter().any(|at| spans[*at].call.is_some()) {
            continue;
        }
        let members: Vec<Member> = places.iter().map(|at| Member::of(&spans[*at])).collect();
        let relatives: Vec<Relative<'_>> = places.iter().map(|at| Relative::of(&spans[*at])).collect();
        let from_others = inherited(&relatives);
        for ((at, verdict), inherited) in places.into_iter().zip(settle(&members)).zip(from_others) {
            let span = &mut spans[at];
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
