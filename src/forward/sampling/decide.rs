//! Why a trace is kept whatever the ratio is. A function of what is known of it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::analytics::{Novelty, TraceFacts};
use crate::config::SamplingConfig;
use crate::interpret::{is_bad_verdict, is_judged_bad};
use crate::journal::Payload;
use crate::model::otlp::{LogRecord, Span};
use crate::model::{NanoUsd, Pattern, TraceId, UnixNanos, value};

/// From OTLP's severity `ERROR` on.
const ERROR_SEVERITY: i32 = 17;

/// Quantiles are means of steps of 2 %: what is above one by more is in a higher step for sure.
const STEP: f64 = 1.0203;

/// Why a trace goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    ToolError,
    Error,
    Slow,
    Expensive,
    Disliked,
    NewModel,
    NewPrompt,
    /// Its session, user or service is listed.
    Listed,
    Pinned,
    /// The analytics could not say what it is like.
    Undecided,
    /// Healthy, and one of the part that goes.
    Ratio,
}

impl Reason {
    pub const ALL: [Self; 11] = [
        Self::ToolError,
        Self::Error,
        Self::Slow,
        Self::Expensive,
        Self::Disliked,
        Self::NewModel,
        Self::NewPrompt,
        Self::Listed,
        Self::Pinned,
        Self::Undecided,
        Self::Ratio,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::ToolError => "tool_error",
            Self::Error => "error",
            Self::Slow => "slow",
            Self::Expensive => "expensive",
            Self::Disliked => "disliked",
            Self::NewModel => "new_model",
            Self::NewPrompt => "new_prompt",
            Self::Listed => "listed",
            Self::Pinned => "pinned",
            Self::Undecided => "undecided",
            Self::Ratio => "ratio",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// What the records of a chunk say of one trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub trace: TraceId,
    /// Spans or log records.
    pub records: u64,
    /// Of the records here.
    pub first: UnixNanos,
    pub last: UnixNanos,
    disliked: bool,
    failed: bool,
}

/// The traces that have records in `payload`, which was received at `received`.
pub fn heads(payload: &Payload, received: UnixNanos) -> Vec<Head> {
    let mut heads: BTreeMap<TraceId, Head> = BTreeMap::new();
    let mut add = |id: &[u8], time: u64, disliked: bool, failed: bool| {
        let Some(trace) = TraceId::from_slice(id) else { return };
        let time = if time == 0 { received } else { UnixNanos::from_otlp(time) };
        let head = Head { trace, records: 0, first: time, last: time, disliked: false, failed: false };
        let head = heads.entry(trace).or_insert(head);
        head.records += 1;
        head.first = head.first.min(time);
        head.last = head.last.max(time);
        head.disliked |= disliked;
        head.failed |= failed;
    };
    match payload {
        Payload::Traces(data) => {
            for scope in data.resource_spans.iter().flat_map(|group| &group.scope_spans) {
                let each = |span: &Span| add(&span.trace_id, span.start_time_unix_nano, is_judged_bad(span), false);
                scope.spans.iter().for_each(each);
            }
        }
        Payload::Logs(data) => {
            for scope in data.resource_logs.iter().flat_map(|group| &group.scope_logs) {
                for record in &scope.log_records {
                    let time = [record.time_unix_nano, record.observed_time_unix_nano];
                    let time = time.into_iter().find(|time| *time != 0).unwrap_or_default();
                    let failed = record.severity_number >= ERROR_SEVERITY;
                    add(&record.trace_id, time, is_verdict(record) && is_bad(record), failed);
                }
            }
        }
        Payload::Metrics(_) => {}
    }
    heads.into_values().collect()
}

/// Log records that say how good something was.
fn is_verdict(record: &LogRecord) -> bool {
    let named = || {
        let pair = record.attributes.iter().find(|pair| pair.key == "event.name")?;
        value::to_json(pair.value.as_ref()?).as_str().map(str::to_owned)
    };
    let told = |name: &str| ["gen_ai.evaluation.result", "feedback_survey", "user_feedback"].contains(&name);
    told(&record.event_name) || record.event_name.is_empty() && named().is_some_and(|name| told(&name))
}

fn is_bad(record: &LogRecord) -> bool {
    let texts = record.attributes.iter().filter_map(|pair| {
        let text = match value::to_json(pair.value.as_ref()?) {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Some((pair.key.as_str(), text))
    });
    is_bad_verdict(texts)
}

/// What is known of a trace when it is judged.
pub struct Known<'k> {
    pub head: &'k Head,
    /// `None` when the analytics have no such trace: one of log records alone.
    pub facts: Option<&'k TraceFacts>,
    pub pinned: bool,
    /// Nanoseconds that 95 % of the calls of a model did not exceed.
    pub usual: &'k dyn Fn(&Option<String>, &str) -> Option<i64>,
    /// Whether a model or prompt was there before the hour in which the trace began.
    pub is_new: &'k dyn Fn(&Novelty) -> bool,
}

/// What makes a trace noteworthy for one destination.
#[derive(Debug)]
pub struct Rules {
    config: SamplingConfig,
    sessions: Vec<Pattern>,
    users: Vec<Pattern>,
    services: Vec<Pattern>,
}

impl Rules {
    pub fn new(config: &SamplingConfig) -> Self {
        let patterns = |texts: &[String]| texts.iter().map(|text| Pattern::new(text)).collect();
        Self {
            sessions: patterns(&config.sessions),
            users: patterns(&config.users),
            services: patterns(&config.services),
            config: config.clone(),
        }
    }

    /// Why the trace is kept; `None` when it is healthy. Of several reasons the first of [`Reason::ALL`].
    pub fn decide(&self, known: &Known<'_>) -> Option<Reason> {
        let config = &self.config;
        let Known { head, facts, .. } = known;
        let has = |look: &dyn Fn(&TraceFacts) -> bool| facts.is_some_and(look);
        let slow_ns = i64::try_from(config.slow_ms.saturating_mul(1_000_000)).unwrap_or(i64::MAX);
        let expensive = NanoUsd((config.expensive_usd * 1e9) as i64);
        let rules: [(Reason, &dyn Fn() -> bool); 9] = [
            (Reason::ToolError, &|| config.tool_errors && has(&|facts| facts.tool_failed)),
            (Reason::Error, &|| config.errors && (head.failed || has(&|facts| facts.failed))),
            (Reason::Slow, &|| {
                config.slow_ms > 0 && has(&|facts| facts.duration_ns >= slow_ns)
                    || config.slow_for_model && has(&|facts| is_slow_for_model(facts, known.usual))
            }),
            (Reason::Expensive, &|| {
                config.expensive_usd > 0.0 && has(&|facts| facts.cost.is_some_and(|cost| cost >= expensive))
            }),
            (Reason::Disliked, &|| config.disliked && head.disliked),
            (Reason::NewModel, &|| has(&|facts| models(facts).any(|what| (known.is_new)(&what)))),
            (Reason::NewPrompt, &|| has(&|facts| prompts(facts).any(|what| (known.is_new)(&what)))),
            (Reason::Listed, &|| has(&|facts| self.is_listed(facts))),
            (Reason::Pinned, &|| known.pinned),
        ];
        rules.into_iter().find(|(_, holds)| holds()).map(|(reason, _)| reason)
    }

    fn is_listed(&self, facts: &TraceFacts) -> bool {
        let fits = |patterns: &[Pattern], name: Option<&str>| {
            name.is_some_and(|name| patterns.iter().any(|pattern| pattern.fits(name)))
        };
        facts.parts.iter().any(|part| {
            fits(&self.sessions, part.session.as_deref())
                || fits(&self.users, part.user.as_deref())
                || fits(&self.services, Some(&part.service))
        })
    }
}

fn is_slow_for_model(facts: &TraceFacts, usual: &dyn Fn(&Option<String>, &str) -> Option<i64>) -> bool {
    facts.parts.iter().any(|part| {
        let limit = part.model.as_deref().and_then(|model| usual(&part.provider, model));
        part.longest_call_ns.zip(limit).is_some_and(|(longest, limit)| longest as f64 > limit as f64 * STEP)
    })
}

/// The models of a trace.
pub fn models(facts: &TraceFacts) -> impl Iterator<Item = Novelty> {
    facts.parts.iter().filter_map(|part| {
        let model = part.model.clone()?;
        Some(Novelty::Model { provider: part.provider.clone(), model })
    })
}

/// The prompts of a trace, with their versions.
pub fn prompts(facts: &TraceFacts) -> impl Iterator<Item = Novelty> {
    facts.parts.iter().filter_map(|part| {
        let (name, version) = (part.prompt_name.clone(), part.prompt_version.clone());
        (name.is_some() || version.is_some()).then_some(Novelty::Prompt { name, version })
    })
}

#[cfg(test)]
mod tests;
