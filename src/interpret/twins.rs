//! The same call told by two instrumentations in two places that nothing links: one of the two counts.
//!
//! LangChain's and OpenAI's instrumentations of OpenInference, used together, put every call into two traces without a
//! common parent or id. What ties them is what they say: service, model, tokens, text and time. An application and the
//! gateway it calls through (LiteLLM) are two services; what ties them is the id of the response. The rule is a relation
//! between pairs, so verdicts are a function of the set of calls known, whatever order they came in: a call stands
//! back behind any better telling of it. "Better" is one order over all calls, so the best of them always counts.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::normalise::Teller;
use super::settle::Voice;
use crate::model::time::NANOS_PER_SECOND;
use crate::model::{Span, SpanRef, Status, TokenUsage, UnixNanos};

/// Two tellings of one call start at most so far apart: the outer one prepares the request first.
pub const APART: i64 = 10 * NANOS_PER_SECOND;

/// What one call says that another telling of it would say too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub place: SpanRef,
    /// Hash of project, model and token totals: twins have the same.
    pub key: u64,
    /// Hash of the project.
    pub project: u64,
    /// Hash of project and service.
    pub service: u64,
    /// Hash of service, scope and dialect: who tells it. Twins have two tellers.
    pub teller: u64,
    /// Whether it is told by a gateway, which answers calls of other services.
    pub gateway: bool,
    pub start: UnixNanos,
    end: UnixNanos,
    /// Hash of the response id.
    response: Option<u64>,
    output: Option<u64>,
    input: Option<u64>,
    /// Less is better.
    order: Order,
}

/// A usage with more parts, then the one that stands in a larger trace, then the one nearer to the provider, then the
/// outer. Not the cost, which may come later.
type Order = (Reverse<u8>, Reverse<bool>, Reverse<u8>, i64, Reverse<i64>, SpanRef);

/// How a call stands among its tellings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The telling that counts instead, or one that does not count because of this.
    pub twin: SpanRef,
    pub counts: bool,
}

impl Told {
    /// `None` when nothing can be said: no model call of a span, or one that neither told tokens nor failed. `dialect` and
    /// everything in `span` but its verdict are used.
    pub fn of(project: &str, span: &Span, dialect: &str) -> Option<Self> {
        let call = span.call.as_ref()?;
        let voice = Voice::of(dialect);
        let failed = span.status == Status::Error;
        if voice.teller != Teller::Span || call.usage.is_none() && !failed {
            return None;
        }
        let model = call.model().map(family)?;
        let totals = call.usage.map(|usage| [usage.input_total(), usage.output_total()]);
        let numbers = totals.map(|totals| format!("{totals:?}")).unwrap_or_default();
        let text = |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(digest);
        let place = SpanRef { trace_id: span.trace_id, span_id: span.span_id };
        Some(Self {
            place,
            key: hash(&[project, &model, &numbers]),
            project: hash(&[project]),
            service: hash(&[project, &span.service]),
            teller: hash(&[&span.service, &span.scope, dialect]),
            gateway: voice.gateway,
            response: call.response_id.as_deref().map(digest),
            start: span.start,
            end: span.end,
            // What failed has answered nothing, whatever stands in its place.
            output: if failed { None } else { text(&span.output_preview) },
            input: text(&span.input_preview),
            order: (
                Reverse(call.usage.map_or(0, parts)),
                Reverse(span.parent_span_id.is_some()),
                Reverse(voice.rank),
                span.start.0,
                Reverse(span.end.0),
                place,
            ),
        })
    }

    /// Whether a telling by another service can be known: both must name the response.
    pub fn names_response(&self) -> bool {
        self.response.is_some()
    }

    fn is_twin(&self, other: &Self) -> bool {
        self.teller != other.teller
            && self.start.0.abs_diff(other.start.0) <= APART.unsigned_abs()
            && (self.is_same_response(other) || self.service == other.service && self.is_same_moment(other))
    }

    /// Clocks of two machines differ, so only the id tells.
    fn is_same_response(&self, other: &Self) -> bool {
        let same = self.response.is_some() && self.response == other.response;
        same && (self.service == other.service || self.gateway || other.gateway)
    }

    fn is_same_moment(&self, other: &Self) -> bool {
        self.start <= other.end && other.start <= self.end && self.says_the_same(other)
    }

    /// Where no text can be compared, one must enclose the other.
    fn says_the_same(&self, other: &Self) -> bool {
        let same = |left: Option<u64>, right: Option<u64>| Some(left? == right?);
        let compared = [same(self.output, other.output), same(self.input, other.input)];
        match compared {
            [None, None] => self.encloses(other) || other.encloses(self),
            _ => compared.contains(&Some(true)),
        }
    }

    fn encloses(&self, other: &Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    fn distance(&self, other: &Self) -> u64 {
        self.start.0.abs_diff(other.start.0).saturating_add(self.end.0.abs_diff(other.end.0))
    }
}

/// How each of `calls` stands, in their order; `None` for one that nobody else tells. All of them must count in their own
/// traces, and of those with one key none may be missing that starts within [`APART`].
pub fn stand(calls: &[Told]) -> Vec<Option<Standing>> {
    let mut groups: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, call) in calls.iter().enumerate() {
        groups.entry(call.key).or_default().push(at);
    }
    let mut standings = vec![None; calls.len()];
    for mut group in groups.into_values() {
        let alone = group.iter().all(|at| calls[*at].teller == calls[group[0]].teller);
        if !alone {
            group.sort_unstable_by_key(|at| (calls[*at].start, calls[*at].place));
            stand_in(&group, calls, &mut standings);
        }
    }
    standings
}

/// `group` has one key and is sorted by start.
fn stand_in(group: &[usize], calls: &[Told], standings: &mut [Option<Standing>]) {
    let mut best: HashMap<usize, usize> = HashMap::new();
    let mut meet = |at: usize, other: usize| {
        // Any better one is enough to stand back; which one is shown is the nearest.
        let rank = |candidate: usize| {
            let (call, candidate) = (&calls[at], &calls[candidate]);
            (candidate.order > call.order, candidate.distance(call), candidate.order)
        };
        let known = best.entry(at).or_insert(other);
        *known = if rank(other) < rank(*known) { other } else { *known };
    };
    for (left, right) in pairs(group, calls) {
        if calls[left].is_twin(&calls[right]) {
            meet(left, right);
            meet(right, left);
        }
    }
    for (at, other) in best {
        standings[at] = Some(Standing { twin: calls[other].place, counts: calls[other].order > calls[at].order });
    }
}

/// Pairs of `group` that may be twins: calls at the same time, of which there are few however many have the same key, and
/// those that name the same response.
fn pairs(group: &[usize], calls: &[Told]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (at, left) in group.iter().enumerate() {
        let latest = calls[*left].end.0.min(calls[*left].start.0.saturating_add(APART));
        let meanwhile = group[at + 1..].iter().take_while(|right| calls[**right].start.0 <= latest);
        pairs.extend(meanwhile.map(|right| (*left, *right)));
    }
    let mut same: HashMap<u64, Vec<usize>> = HashMap::new();
    for at in group {
        if let Some(response) = calls[*at].response {
            let known = same.entry(response).or_default();
            pairs.extend(known.iter().map(|other| (*other, *at)));
            known.push(*at);
        }
    }
    pairs
}

/// Figures that only a part of the instrumentations tell.
fn parts(usage: TokenUsage) -> u8 {
    let figures = [usage.cache_read, usage.cache_write_5m, usage.cache_write_1h, usage.reasoning, usage.audio_input];
    figures.iter().filter(|figure| **figure > 0).count() as u8
}

/// The name of a model without its maker and date: one instrumentation tells what was asked for, another what answered.
fn family(model: &str) -> String {
    let name = model.rsplit('/').next().unwrap_or(model).to_ascii_lowercase();
    let words: Vec<&str> = name.split(['-', '@']).collect();
    let is_number = |word: &&str, digits: usize| word.len() == digits && word.bytes().all(|byte| byte.is_ascii_digit());
    let kept = match words.as_slice() {
        [rest @ .., year, month, day] if is_number(year, 4) && is_number(month, 2) && is_number(day, 2) => rest,
        [rest @ .., date] if is_number(date, 8) => rest,
        [rest @ .., "latest"] => rest,
        all => all,
    };
    kept.join("-")
}

fn digest(text: &str) -> u64 {
    hash(&[text])
}

fn hash(parts: &[&str]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(first)
}

#[cfg(test)]
mod tests;
