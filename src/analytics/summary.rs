//! What a list says about a trace, from its spans. Pure: the order in which spans arrived does not matter.

use std::sync::Arc;

use super::filter::{Dimension, Held, tag};
use crate::interpret::settle::{TOLD_BY_LOG, TOLD_BY_SPAN};
use crate::model::{Attribution, NanoUsd, Span, SpanId, SpanKind, Status, TokenUsage, TraceId, UnixNanos};

/// One trace. Sums are over counted calls.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceSummary {
    pub project: Arc<str>,
    pub trace_id: TraceId,
    pub start: UnixNanos,
    /// From the first start to the last end.
    pub duration_ns: i64,
    /// Start of the span that started last.
    pub last_start: UnixNanos,
    /// Of the root span, or of the earliest while the root has not arrived; so are kind and service.
    pub name: String,
    pub kind: SpanKind,
    pub service: String,
    pub services: Vec<String>,
    /// [`Status::Error`] when any span failed, else the root span's.
    pub status: Status,
    pub span_count: u64,
    pub call_count: u64,
    pub error_count: u64,
    /// In order of first use.
    pub models: Vec<String>,
    pub providers: Vec<String>,
    pub usage: TokenUsage,
    /// `None` when no counted call has an amount.
    pub cost: Option<NanoUsd>,
    pub unpriced_calls: u64,
    /// The root span's, where it tells; else that of the earliest span that does.
    pub attribution: Attribution,
    pub input_preview: Option<String>,
    pub output_preview: Option<String>,
    /// `dimension=value` for values that other spans of the trace have. Empty when read for a list.
    pub(super) more: Vec<String>,
}

/// Dimensions that a span has at most one of.
const SINGLE: [Dimension; 11] = [
    Dimension::Feature,
    Dimension::Team,
    Dimension::User,
    Dimension::Session,
    Dimension::Environment,
    Dimension::Workflow,
    Dimension::Node,
    Dimension::Agent,
    Dimension::PromptName,
    Dimension::PromptVersion,
    Dimension::Operation,
];

/// Summary of `spans`, which must be of one trace; `None` when there are none. Verdicts on counting must be in them.
pub fn summarise(project: &Arc<str>, spans: &[&Span]) -> Option<TraceSummary> {
    // What repeats a span is none of its own.
    let mut ordered: Vec<&Span> = spans.iter().copied().filter(|span| !is_told(span, TOLD_BY_SPAN)).collect();
    ordered.sort_unstable_by_key(|span| (span.start, span.span_id));
    let root = root_of(&ordered)?;
    let first = ordered.first()?;
    let end = ordered.iter().map(|span| span.end).max().unwrap_or(first.end);
    let failed = ordered.iter().filter(|span| span.status == Status::Error && !is_told(span, TOLD_BY_LOG)).count();
    let calls: Vec<&Span> =
        ordered.iter().copied().filter(|span| span.call.as_ref().is_some_and(|call| call.counted)).collect();
    let counted = || calls.iter().filter_map(|span| span.call.as_ref());
    let mut usage = TokenUsage::default();
    counted().filter_map(|call| call.usage).for_each(|more| add(&mut usage, &more));
    let from_root = std::iter::once(root).chain(ordered.iter().copied());
    let attribution = attribution_of(from_root.clone());
    let previewed =
        if root.input_preview.is_some() || root.output_preview.is_some() { Some(root) } else { calls.first().copied() };
    let by_event =
        || spans.iter().filter(|span| is_told(span, TOLD_BY_SPAN)).min_by_key(|span| (span.start, span.span_id));
    let previewed = previewed
        .filter(|span| span.input_preview.is_some() || span.output_preview.is_some())
        .or_else(|| by_event().copied());
    Some(TraceSummary {
        project: Arc::clone(project),
        trace_id: root.trace_id,
        start: first.start,
        duration_ns: end.since(first.start),
        last_start: ordered.last().map_or(first.start, |span| span.start),
        name: root.name.clone(),
        kind: root.kind,
        service: root.service.clone(),
        services: distinct(from_root.map(|span| Some(span.service.as_str()))),
        status: if failed > 0 { Status::Error } else { root.status },
        span_count: ordered.len() as u64,
        call_count: calls.len() as u64,
        error_count: failed as u64,
        models: distinct(counted().map(|call| call.model())),
        providers: distinct(counted().map(|call| call.provider.as_deref())),
        usage,
        cost: counted()
            .filter_map(|call| call.cost.amount)
            .reduce(|sum, amount| NanoUsd(sum.0.saturating_add(amount.0))),
        unpriced_calls: calls.iter().filter(|span| is_unpriced(span)).count() as u64,
        more: more_of(&ordered, &attribution),
        attribution,
        input_preview: previewed.and_then(|span| span.input_preview.clone()),
        output_preview: previewed.and_then(|span| span.output_preview.clone()),
    })
}

/// Whether another teller of the same call counts, for `reason`.
fn is_told(span: &Span, reason: &str) -> bool {
    span.call.as_ref().is_some_and(|call| !call.counted && call.not_counted_because.as_deref() == Some(reason))
}

/// Whether the call was billed but has no amount: providers charge nothing for one that failed before it used a token.
/// The view `counted_call` says the same in SQL.
fn is_unpriced(span: &Span) -> bool {
    span.call
        .as_ref()
        .is_some_and(|call| call.cost.amount.is_none() && !(span.status == Status::Error && call.usage.is_none()))
}

/// Best first: a span without parent, then one whose parent is missing, then any; of equals the earliest.
fn root_of<'s>(ordered: &[&'s Span]) -> Option<&'s Span> {
    let parentless = ordered.iter().find(|span| span.parent_span_id.is_none());
    let root = parentless.or_else(|| {
        let ids: std::collections::HashSet<SpanId> = ordered.iter().map(|span| span.span_id).collect();
        ordered.iter().find(|span| span.parent_span_id.is_some_and(|parent| !ids.contains(&parent)))
    });
    root.or(ordered.first()).copied()
}

fn attribution_of<'s>(spans: impl Iterator<Item = &'s Span>) -> Attribution {
    let mut sum = Attribution::default();
    for span in spans {
        let by = &span.attribution;
        let fields = [
            (&mut sum.environment, &by.environment),
            (&mut sum.feature, &by.feature),
            (&mut sum.team, &by.team),
            (&mut sum.prompt_name, &by.prompt_name),
            (&mut sum.prompt_version, &by.prompt_version),
            (&mut sum.session, &by.session),
            (&mut sum.user, &by.user),
            (&mut sum.workflow, &by.workflow),
            (&mut sum.node, &by.node),
            (&mut sum.agent, &by.agent),
        ];
        for (known, told) in fields {
            if known.is_none() {
                known.clone_from(told);
            }
        }
        for tag in &by.tags {
            if !sum.tags.contains(tag) {
                sum.tags.push(tag.clone());
            }
        }
    }
    sum
}

fn value_of(span: &Span, dimension: Dimension) -> Option<&str> {
    let by = &span.attribution;
    match dimension {
        Dimension::Operation => span.call.as_ref().map(|call| call.operation.as_str()),
        _ => in_attribution(by, dimension),
    }
}

fn in_attribution(by: &Attribution, dimension: Dimension) -> Option<&str> {
    match dimension {
        Dimension::Feature => by.feature.as_deref(),
        Dimension::Team => by.team.as_deref(),
        Dimension::User => by.user.as_deref(),
        Dimension::Session => by.session.as_deref(),
        Dimension::Environment => by.environment.as_deref(),
        Dimension::Workflow => by.workflow.as_deref(),
        Dimension::Node => by.node.as_deref(),
        Dimension::Agent => by.agent.as_deref(),
        Dimension::PromptName => by.prompt_name.as_deref(),
        Dimension::PromptVersion => by.prompt_version.as_deref(),
        Dimension::Model
        | Dimension::Provider
        | Dimension::Service
        | Dimension::Operation
        | Dimension::Project
        | Dimension::Tag => None,
    }
}

/// Values that filters must find although no column of the trace shows them.
fn more_of(ordered: &[&Span], shown: &Attribution) -> Vec<String> {
    let mut more = Vec::new();
    for dimension in SINGLE {
        let column = match dimension.in_trace() {
            Held::Column(_) => in_attribution(shown, dimension),
            Held::List(_) | Held::More => None,
        };
        let values = distinct(ordered.iter().map(|span| value_of(span, dimension)));
        more.extend(values.iter().filter(|value| Some(value.as_str()) != column).map(|value| tag(dimension, value)));
    }
    more
}

/// More values than this are looked for in a set: a trace may have thousands of users, but nearly all have one.
const FEW: usize = 8;

/// In order of first occurrence.
fn distinct<'s>(values: impl Iterator<Item = Option<&'s str>>) -> Vec<String> {
    let mut found: Vec<&str> = Vec::new();
    let mut set: std::collections::HashSet<&str> = std::collections::HashSet::new();
    for value in values.flatten() {
        let known = if found.len() <= FEW { found.contains(&value) } else { set.contains(value) };
        if known {
            continue;
        }
        found.push(value);
        if found.len() > FEW {
            set.extend(&found[set.len()..]);
        }
    }
    found.into_iter().map(str::to_owned).collect()
}

/// Client figures may be absurd; sums stay at the largest value instead of wrapping.
pub(super) fn add(sum: &mut TokenUsage, more: &TokenUsage) {
    let pairs = [
        (&mut sum.input, more.input),
        (&mut sum.cache_read, more.cache_read),
        (&mut sum.cache_write_5m, more.cache_write_5m),
        (&mut sum.cache_write_1h, more.cache_write_1h),
        (&mut sum.output, more.output),
        (&mut sum.reasoning, more.reasoning),
        (&mut sum.audio_input, more.audio_input),
        (&mut sum.audio_output, more.audio_output),
        (&mut sum.image_input, more.image_input),
        (&mut sum.image_output, more.image_output),
    ];
    for (total, count) in pairs {
        *total = total.saturating_add(count);
    }
}

#[cfg(test)]
mod tests;
