//! Counted once: which of a trace's model calls own usage and cost.
//!
//! Instrumentations stack (framework over SDK over proxy) and each layer repeats the figures of the one below.
//! The verdicts are a function of the set of spans known so far, whatever order they came in; when a late
//! span arrives, asking again corrects them. Within one trace span ids must be unique.
//!
//! 1. Only model calls own usage; a span that says of itself that it is none (a wrapper's shape, an answer
//!    from a cache) never counts.
//! 2. A call that encloses another call with usage is a wrapper of it. So is a call without usage that encloses
//!    any call.
//! 3. A call without usage inside one with usage is already counted there.
//! 4. Of calls with the same response id one counts: with usage rather than without, then the one nearer to
//!    the provider, then the smaller span id.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::normalise;
use crate::model::{Span, SpanId, SpanKind};

const NESTED: &str = "repeats the usage of a nested call";
const ENCLOSES: &str = "encloses the call itself";
const ENCLOSED: &str = "its usage is told by the enclosing call";
const NO_CALL: &str = "is no model call";

/// What counting needs to know of one span; plain enough to be kept in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub span_id: SpanId,
    pub parent: Option<SpanId>,
    pub kind: SpanKind,
    pub has_usage: bool,
    pub response_id: Option<String>,
    /// How near to the provider the teller is, see [`rank`]: of two tellers of one response the higher counts.
    pub rank: u8,
    /// Why this span never counts, where it says so itself.
    pub own: Option<String>,
}

impl Member {
    /// From a span as the interpreter returns it, before any verdict was written into it.
    pub fn of(span: &Span) -> Self {
        let call = span.call.as_ref();
        Self {
            span_id: span.span_id,
            parent: span.parent_span_id,
            kind: span.kind,
            has_usage: call.is_some_and(|call| call.usage.is_some()),
            response_id: call.and_then(|call| call.response_id.clone()),
            rank: rank(span.dialect),
            own: call.filter(|call| !call.counted).and_then(|call| call.not_counted_because.clone()),
        }
    }

    fn may_count(&self) -> bool {
        self.kind.is_model_call() && self.own.is_none()
    }
}

/// Whether a call enters totals, and if not, why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub counted: bool,
    pub reason: Option<String>,
}

impl Verdict {
    fn no(reason: impl Into<String>) -> Self {
        Self { counted: false, reason: Some(reason.into()) }
    }
}

/// How near to the provider the spans of a dialect stand: the provider's own SDK above instrumentations,
/// those above frameworks and gateways. Anthropic's SDK counts a stream right where an instrumentation
/// around it is one off.
pub fn rank(dialect: &str) -> u8 {
    normalise::by_name(dialect).map_or(0, |dialect| dialect.rank)
}

/// One verdict per member, in their order.
pub fn settle(members: &[Member]) -> Vec<Verdict> {
    let family = Family::of(members);
    let mut verdicts: Vec<Verdict> = (0..members.len()).map(|index| family.verdict(index)).collect();
    drop_repeated_responses(members, &mut verdicts);
    verdicts
}

/// Who encloses whom, and what is known of the enclosed.
struct Family<'m> {
    members: &'m [Member],
    index: HashMap<SpanId, usize>,
    /// Encloses a call with usage.
    over_usage: Vec<bool>,
    /// Encloses a call.
    over_call: Vec<bool>,
}

impl<'m> Family<'m> {
    fn of(members: &'m [Member]) -> Self {
        let index = members.iter().enumerate().map(|(at, member)| (member.span_id, at)).collect();
        let none = vec![false; members.len()];
        let mut family = Self { members, index, over_usage: none.clone(), over_call: none };
        for (at, _) in members.iter().enumerate().filter(|(_, member)| member.may_count()) {
            family.mark_ancestors(at);
        }
        family
    }

    fn parent(&self, at: usize) -> Option<usize> {
        self.index.get(&self.members[at].parent?).copied().filter(|parent| *parent != at)
    }

    /// Every span is marked at most twice, so all walks together are linear, and a ring of parents ends.
    fn mark_ancestors(&mut self, from: usize) {
        let usage = self.members[from].has_usage;
        let mut at = from;
        while let Some(parent) = self.parent(at) {
            if parent == from || self.over_call[parent] && (!usage || self.over_usage[parent]) {
                break;
            }
            self.over_call[parent] = true;
            self.over_usage[parent] |= usage;
            at = parent;
        }
    }

    fn verdict(&self, at: usize) -> Verdict {
        let member = &self.members[at];
        if let Some(own) = &member.own {
            return Verdict::no(own.as_str());
        }
        if !member.kind.is_model_call() {
            return Verdict::no(NO_CALL);
        }
        if self.over_usage[at] {
            return Verdict::no(NESTED);
        }
        if !member.has_usage && self.over_call[at] {
            return Verdict::no(ENCLOSES);
        }
        if !member.has_usage && self.is_told_above(at) {
            return Verdict::no(ENCLOSED);
        }
        Verdict { counted: true, reason: None }
    }

    fn is_told_above(&self, from: usize) -> bool {
        let ancestors = std::iter::successors(self.parent(from), |at| self.parent(*at)).take(self.members.len());
        let mut told = ancestors.map(|at| (&self.members[at], self.over_usage[at]));
        told.any(|(member, over_usage)| member.may_count() && member.has_usage && !over_usage)
    }
}

fn drop_repeated_responses(members: &[Member], verdicts: &mut [Verdict]) {
    let mut best: HashMap<&str, usize> = HashMap::new();
    let order = |at: usize| (Reverse(members[at].has_usage), Reverse(members[at].rank), members[at].span_id);
    let counted: Vec<usize> = (0..members.len()).filter(|at| verdicts[*at].counted).collect();
    for at in &counted {
        if let Some(id) = &members[*at].response_id {
            best.entry(id).and_modify(|old| *old = if order(*at) < order(*old) { *at } else { *old }).or_insert(*at);
        }
    }
    for at in counted {
        let chosen = members[at].response_id.as_deref().and_then(|id| best.get(id));
        if let Some(chosen) = chosen.filter(|chosen| **chosen != at) {
            verdicts[at] = Verdict::no(format!("same response id as span {}", members[*chosen].span_id));
        }
    }
}

#[cfg(test)]
mod tests;
