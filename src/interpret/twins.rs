//! The same call told by two instrumentations in two places that nothing links: one of the two counts.
//!
//! LangChain's and OpenAI's instrumentations of OpenInference, used together, put every call into two traces without a
//! common parent or id. What ties them is what they say: service, model, tokens, text and time. The rule is a relation
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
    /// Hash of project, service, model and token totals: twins have the same.
    pub key: u64,
    /// Hash of the service: only one with two tellers can have twins.
    pub service: u64,
    /// Hash of scope and dialect: who tells it. Twins have two tellers.
    pub teller: u64,
    pub start: UnixNanos,
    end: UnixNanos,
    output: Option<u64>,
    input: Option<u64>,
    /// Less is better.
    order: Order,
}

/// A usage with more parts, then one with a price, then the one that stands in a larger trace, then the one nearer to
/// the provider, then the outer.
type Order = (Reverse<u8>, Reverse<bool>, Reverse<bool>, Reverse<u8>, i64, Reverse<i64>, SpanRef);

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
            key: hash(&[project, &span.service, &model, &numbers]),
            service: hash(&[project, &span.service]),
            teller: hash(&[&span.scope, dialect]),
            start: span.start,
            end: span.end,
            // What failed has answered nothing, whatever stands in its place.
            output: if failed { None } else { text(&span.output_preview) },
            input: text(&span.input_preview),
            order: (
                Reverse(call.usage.map_or(0, parts)),
                Reverse(call.cost.amount.is_some()),
                Reverse(span.parent_span_id.is_some()),
                Reverse(voice.rank),
                span.start.0,
                Reverse(span.end.0),
                place,
            ),
        })
    }

    fn is_twin(&self, other: &Self) -> bool {
        self.teller != other.teller
            && self.place != other.place
            && self.start.0.abs_diff(other.start.0) <= APART.unsigned_abs()
            && self.start <= other.end
            && other.start <= self.end
            && self.says_the_same(other)
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
    let mut first = 0;
    for at in group {
        let call = &calls[*at];
        while calls[group[first]].start.0 < call.start.0.saturating_sub(APART) {
            first += 1;
        }
        let near = group[first..].iter().map(|other| &calls[*other]);
        let near = near.take_while(|other| other.start.0 <= call.start.0.saturating_add(APART));
        let nearest = near
            .filter(|other| call.is_twin(other))
            // Any better one is enough to stand back; which one is shown is the nearest.
            .min_by_key(|other| (other.order > call.order, other.distance(call), other.order));
        standings[*at] = nearest.map(|other| Standing { twin: other.place, counts: other.order > call.order });
    }
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
