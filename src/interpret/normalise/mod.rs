//! From OTLP spans of any dialect to our words.
//!
//! A dialect is one file in `dialects/` that says how to recognise it, how its token figures are meant and where
//! its messages stand, and one line in the list of them. Everything else (kind, model, attribution, ...) is
//! one precedence list for all: the attribute names of the dialects do not contradict each other.

pub mod attribution;
pub mod charges;
pub mod content;
mod dialects;
pub mod kind;
pub mod messages;
pub mod model_name;
pub mod outcome;
pub mod parameters;
pub mod retrieval;
pub mod timing;
pub mod tokens;
pub mod tool;

use std::borrow::Cow;

use self::dialects::{OF_LOGS, OF_SPANS};
use self::messages::Place;
use self::tokens::Reported;
use super::attributes::Attributes;
use crate::model::otlp::{InstrumentationScope, Span};
use crate::model::{SpanKind, TokenUsage};

/// A span with what belongs to it, as the readers see it.
pub struct RawSpan<'a> {
    pub attributes: Attributes<'a>,
    pub resource: &'a Attributes<'a>,
    pub scope: &'a str,
    pub span: &'a Span,
}

impl<'a> RawSpan<'a> {
    pub fn new(resource: &'a Attributes<'a>, scope: &'a InstrumentationScope, span: &'a Span) -> Self {
        Self { attributes: Attributes::new(&span.attributes), resource, scope: &scope.name, span }
    }

    /// A number that may stand on the span or on its resource.
    pub fn anywhere_float(&self, key: &str) -> Option<f64> {
        self.attributes.float(key).or_else(|| self.resource.float(key))
    }
}

/// Who tells of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Teller {
    #[default]
    Span,
    /// A log record of a client that counts by its log records.
    Log,
    /// A log record that repeats a span.
    Echo,
}

/// How one kind of client speaks.
pub struct Dialect {
    /// Stored with every span: never rename.
    pub name: &'static str,
    /// Whether this span is written in it. Asked for every span, so cheap: scope and presence of keys.
    pub spoken: fn(&RawSpan<'_>) -> bool,
    /// Where the general list of kinds would be wrong.
    pub kind: fn(&RawSpan<'_>) -> Option<SpanKind>,
    /// What to call the span where its own name says nothing.
    pub title: for<'a> fn(&RawSpan<'a>) -> Option<Cow<'a, str>>,
    /// The tool that a span runs, where no attribute tells.
    pub tool_name: for<'a> fn(&RawSpan<'a>) -> Option<Cow<'a, str>>,
    /// Who is asked, where no attribute tells.
    pub provider: fn(&RawSpan<'_>) -> Option<String>,
    /// The token figures of a model call; `None` when it told none.
    pub usage: fn(&RawSpan<'_>) -> Option<Reported>,
    /// A shape that never counts, and why.
    pub never_counts: fn(&RawSpan<'_>) -> Option<&'static str>,
    /// The provider's id of the answer where `gen_ai.response.id` does not tell it.
    pub response_id: fn(&RawSpan<'_>) -> Option<String>,
    pub input: &'static [Place],
    pub output: &'static [Place],
    /// How near to the provider its tellers stand, see [`crate::interpret::settle::Voice`].
    pub rank: u8,
    /// Whether it is written in spans or in log records.
    pub teller: Teller,
    /// A client that tells the same call by a span and by a log record; else empty.
    pub client: &'static str,
    /// Whether span and record of that client name the same response id.
    pub tied: bool,
    /// Whether it answers calls of other services, which may tell them too.
    pub gateway: bool,
    /// Whether it is a model's server: what its caller tells of a call counts.
    pub serves: bool,
    /// The dialect whose calls it repeats in sum; else empty.
    pub sums_up: &'static str,
    /// The session where no attribute of that name tells it.
    pub session: fn(&RawSpan<'_>) -> Option<String>,
    /// Whether what stands in the place of a session is none.
    pub is_no_session: fn(&RawSpan<'_>, &str) -> bool,
    /// Whether it gives every run a `gen_ai.conversation.id` of its own, a UUID, which is then no session.
    pub runs_are_conversations: bool,
    /// Shown on a call without messages: what to switch on at the client.
    pub content_switch: &'static str,
}

impl Dialect {
    /// What most dialects do; each file changes what it does otherwise.
    const DEFAULT: Self = Self {
        name: "",
        spoken: |_| false,
        kind: |_| None,
        title: |_| None,
        tool_name: |_| None,
        provider: |_| None,
        usage: |_| None,
        never_counts: |_| None,
        response_id: |_| None,
        input: &[],
        output: &[],
        rank: 2,
        teller: Teller::Span,
        client: "",
        tied: false,
        gateway: false,
        serves: false,
        sums_up: "",
        session: |_| None,
        is_no_session: |_, _| false,
        runs_are_conversations: false,
        content_switch: "the client sends no prompts and answers: switch content capture on in its instrumentation",
    };
}

/// The dialect of a span; `None` for spans that are about no model.
pub fn recognise(raw: &RawSpan<'_>) -> Option<&'static Dialect> {
    if raw.span.flags & super::logs::FROM_LOG != 0 {
        return OF_LOGS.iter().copied().find(|dialect| (dialect.spoken)(raw));
    }
    OF_SPANS.iter().copied().find(|dialect| (dialect.spoken)(raw))
}

/// Every dialect there is.
pub fn all() -> impl Iterator<Item = &'static Dialect> {
    OF_SPANS.iter().chain(OF_LOGS).copied()
}

/// The dialect that rows name.
pub fn by_name(name: &str) -> Option<&'static Dialect> {
    all().find(|dialect| dialect.name == name)
}

/// Buckets of a model call: as its dialect tells them, else as any other does (a renamed scope, a proxy in between).
pub fn usage(raw: &RawSpan<'_>, dialect: &Dialect) -> Option<TokenUsage> {
    reported(raw, dialect).and_then(|(_, reported)| reported.buckets())
}

/// The token figures of a model call, and the name of the dialect that told them.
pub fn reported(raw: &RawSpan<'_>, dialect: &Dialect) -> Option<(&'static str, Reported)> {
    in_order(dialect).find_map(|dialect| Some((dialect.name, (dialect.usage)(raw)?)))
}

/// Places of input messages, the dialect's own first.
pub fn inputs(dialect: &'static Dialect) -> impl Iterator<Item = Place> {
    in_order(dialect).flat_map(|dialect| dialect.input.iter().copied())
}

/// Places of output messages, the dialect's own first.
pub fn outputs(dialect: &'static Dialect) -> impl Iterator<Item = Place> {
    in_order(dialect).flat_map(|dialect| dialect.output.iter().copied())
}

fn in_order(first: &Dialect) -> impl Iterator<Item = &Dialect> {
    let name = first.name;
    std::iter::once(first).chain(OF_SPANS.iter().copied().filter(move |dialect| dialect.name != name))
}

/// The name of the service; where the SDK was left at `unknown_service`, of the application, scope or SDK.
pub fn service(resource: &Attributes<'_>, scope: &str) -> String {
    let told = resource.text("service.name").unwrap_or_default();
    if !told.is_empty() && !told.starts_with("unknown_service") {
        return told.into_owned();
    }
    let substitute = resource.text("gen_ai.application_name");
    let scope = Some(Cow::Borrowed(scope)).filter(|scope| !scope.is_empty());
    let sdk = || resource.text("telemetry.sdk.name");
    match substitute.or(scope).or_else(sdk) {
        Some(name) => name.into_owned(),
        None if told.is_empty() => "unknown_service".to_owned(),
        None => told.into_owned(),
    }
}
