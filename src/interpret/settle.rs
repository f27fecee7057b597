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
//! 5. A log record that repeats a call whose span is there never counts. Of a client that tells its calls by log
//!    records the records count, and its spans only repeat them: Claude Code's where a record is in the same trace,
//!    those of Codex and Gemini CLI always, whose records of streams are in no trace.
//! 6. The span of a model's server (vLLM) does not count below the call of its caller, nor one that sums up a whole
//!    message (Dify) or stands for a model (n8n) beside the calls that it sums up.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use super::normalise::{self, Teller};
use crate::model::{Span, SpanId, SpanKind};

const NESTED: &str = "repeats the usage of a nested call";
const ENCLOSES: &str = "encloses the call itself";
const ENCLOSED: &str = "its usage is told by the enclosing call";
const TOLD_BY_CALLER: &str = "its caller tells it";
const SUMS_UP: &str = "sums up calls that are told one by one";
const NO_CALL: &str = "is no model call";
/// Of a span; its log record counts.
pub const TOLD_BY_LOG: &str = "its log record tells it";
/// Of a log record; its span counts.
pub const TOLD_BY_SPAN: &str = "its span tells it";

/// What counting needs to know of one span; plain enough to be kept in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub span_id: SpanId,
    pub parent: Option<SpanId>,
    pub kind: SpanKind,
    pub has_usage: bool,
    pub response_id: Option<String>,
    pub voice: Voice,
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
            voice: Voice::of(span.dialect),
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

/// The name of a dialect as spans have it; empty for one that is not known.
pub fn dialect_name(name: &str) -> &'static str {
    normalise::by_name(name).map_or("", |dialect| dialect.name)
}

/// What the dialect of a teller says about its weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Voice {
    /// How near to the provider: of two tellers of one response the higher counts. The provider's own SDK stands above
    /// instrumentations, those above frameworks and gateways. Anthropic's SDK counts a stream right where an
    /// instrumentation around it is one off. Log records that know the cost stand above all.
    pub rank: u8,
    pub teller: Teller,
    /// Not empty where spans and log records of one client tell the same calls.
    pub client: &'static str,
    /// Whether both name the same response id.
    pub tied: bool,
    /// Whether it answers calls of other services, which tell them too.
    pub gateway: bool,
    /// A model server that only repeats what its caller above tells.
    pub serves: bool,
    /// The dialect whose calls it sums up, in the same trace; else empty.
    pub sums_up: &'static str,
    /// Its own.
    pub dialect: &'static str,
}

impl Voice {
    pub fn of(dialect: &str) -> Self {
        match normalise::by_name(dialect) {
            Some(dialect) => Self {
                rank: dialect.rank,
                teller: dialect.teller,
                client: dialect.client,
                tied: dialect.tied,
                gateway: dialect.gateway,
                serves: dialect.serves,
                sums_up: dialect.sums_up,
                dialect: dialect.name,
            },
            None => Self::default(),
        }
    }
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
    /// Why a teller stands back behind another of the same call.
    behind: Vec<Option<&'static str>>,
    /// Encloses a call with usage.
    over_usage: Vec<bool>,
    /// Encloses a call.
    over_call: Vec<bool>,
}

impl<'m> Family<'m> {
    fn of(members: &'m [Member]) -> Self {
        let index = members.iter().enumerate().map(|(at, member)| (member.span_id, at)).collect();
        let none = vec![false; members.len()];
        let behind = vec![None; members.len()];
        let mut family = Self { members, index, behind, over_usage: none.clone(), over_call: none };
        if members.iter().any(|member| member.voice.teller != Teller::Span) {
            family.behind = family.standing_back();
        }
        if members.iter().any(|member| member.voice.serves || !member.voice.sums_up.is_empty()) {
            family.behind = family.serving();
        }
        for at in 0..members.len() {
            if family.may_count(at) {
                family.mark_ancestors(at);
            }
        }
        family
    }

    fn may_count(&self, at: usize) -> bool {
        self.behind[at].is_none() && self.members[at].may_count()
    }

    /// Rule 5.
    fn standing_back(&self) -> Vec<Option<&'static str>> {
        let calls = || self.members.iter().filter(|member| member.may_count());
        // Who has usage stands back only behind one who has it too.
        let told: HashSet<(&str, bool)> = calls()
            .filter(|member| member.voice.teller != Teller::Echo)
            .filter_map(|member| Some((member.response_id.as_deref()?, member.has_usage)))
            .collect();
        let logs = || calls().filter(|member| member.voice.teller == Teller::Log);
        let clients: HashSet<(&str, bool)> = logs().map(|member| (member.voice.client, member.has_usage)).collect();
        let logged: HashSet<(&str, &str)> = logs()
            .filter(|member| member.has_usage)
            .filter_map(|member| Some((member.voice.client, member.response_id.as_deref()?)))
            .collect();
        let has = |set: &HashSet<(&str, bool)>, name: &str, usage: bool| {
            set.contains(&(name, true)) || !usage && set.contains(&(name, false))
        };
        let verdict = |(at, member): (usize, &Member)| {
            let response = member.response_id.as_deref();
            match member.voice.teller {
                Teller::Echo => {
                    let span = self.parent(at).map(|parent| &self.members[parent]);
                    let of_span = span.is_some_and(|span| {
                        span.may_count() && span.voice.teller != Teller::Echo && (span.has_usage || !member.has_usage)
                    });
                    (of_span || response.is_some_and(|id| has(&told, id, member.has_usage))).then_some(TOLD_BY_SPAN)
                }
                Teller::Span if !member.voice.client.is_empty() => {
                    let client = member.voice.client;
                    let back = match response.filter(|_| member.voice.tied && member.has_usage) {
                        // One whose own record is missing although others came is not told yet.
                        Some(id) => logged.contains(&(client, id)),
                        None => has(&clients, client, member.has_usage),
                    };
                    back.then_some(TOLD_BY_LOG)
                }
                _ => None,
            }
        };
        self.members.iter().enumerate().map(verdict).collect()
    }

    /// Rule 6.
    fn serving(&self) -> Vec<Option<&'static str>> {
        // Who stands back behind nobody: somebody must count.
        let stands = |voice: &Voice| voice.teller == Teller::Span && voice.client.is_empty() && !voice.serves;
        let parts = || self.members.iter().filter(|part| stands(&part.voice) && part.may_count());
        // Who has usage stands back only behind one who has it too.
        let has_parts =
            |name: &str, usage: bool| parts().any(|part| part.voice.dialect == name && (part.has_usage || !usage));
        let verdict = |(at, member): (usize, &Member)| {
            // A log record of a client is what its spans stand back behind, so it stands back behind none of them.
            let serves = member.voice.serves && member.voice.teller == Teller::Span;
            if serves && self.callers(at).any(|caller| caller.may_count() && caller.has_usage) {
                return Some(TOLD_BY_CALLER);
            }
            if !member.voice.sums_up.is_empty() && has_parts(member.voice.sums_up, member.has_usage) {
                return Some(SUMS_UP);
            }
            self.behind[at]
        };
        self.members.iter().enumerate().map(verdict).collect()
    }

    /// Whoever is above and neither a server itself nor an echo, which stands back behind what it repeats.
    fn callers(&self, from: usize) -> impl Iterator<Item = &Member> {
        let above = std::iter::successors(self.parent(from), |at| self.parent(*at)).take(self.members.len());
        above.map(|at| &self.members[at]).filter(|caller| !caller.voice.serves && caller.voice.teller != Teller::Echo)
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
        if let Some(reason) = self.behind[at] {
            return Verdict::no(reason);
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
        let mut above = ancestors;
        above.any(|at| self.may_count(at) && self.members[at].has_usage && !self.over_usage[at])
    }
}

fn drop_repeated_responses(members: &[Member], verdicts: &mut [Verdict]) {
    let mut best: HashMap<&str, usize> = HashMap::new();
    let order = |at: usize| (Reverse(members[at].has_usage), Reverse(members[at].voice.rank), members[at].span_id);
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
