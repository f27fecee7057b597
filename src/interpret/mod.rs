//! Interpretation: OTLP spans become our records, with a cost on every model call and reasons for both.
//!
//! Pure: no I/O, no clock, no async. What is stored elsewhere (analytics rows, forwarded events) is a function of
//! the journal and of this, so a better reading reaches old data by interpreting it again.

mod address;
mod attributes;
mod complete;
pub mod components;
mod cost;
pub mod executions;
mod explain;
pub mod inherit;
pub mod local;
pub mod logs;
mod normalise;
mod offer;
pub mod pieces;
pub mod price;
mod python;
mod remedy;
pub mod scores;
pub mod settle;
mod subject;
mod thin;
pub mod twins;
mod verdict;

use std::sync::{Arc, PoisonError, RwLock};

pub use address::is_private;
pub use complete::complete_tools;
pub use explain::{Explanation, Fact};
pub use normalise::model_name::provider_at;
pub use offer::Offer;
pub use remedy::Remedy;
pub use subject::Subject;
pub use thin::DROPPED;
pub use verdict::{is_bad_verdict, is_judged_bad};

use self::attributes::Attributes;
use self::normalise::{Dialect, RawSpan, attribution, charges, content, kind, model_name, outcome, timing, tool};
use self::price::Book;
use crate::config::{AttributionConfig, CostConfig, LocalRule};
use crate::model::otlp::{self, InstrumentationScope, Resource, TracesData};
use crate::model::piece;
use crate::model::{Call, Content, Cost, Span, SpanId, SpanKind, TraceId, UnixNanos};

/// Why a call that is marked by [`piece::UPDATE`] is not counted.
pub const SENT_BEFORE: &str = "an earlier version of it was sent";

/// Reads spans of any dialect. Cheap to share behind an `Arc`; making the first parses the price tables (milliseconds).
pub struct Interpreter {
    attribution: attribution::Sources,
    cost: CostConfig,
    /// Replaced as a whole when prices change; a reader holds the one it began with.
    book: RwLock<Arc<Book>>,
    local: local::Rules,
}

impl Interpreter {
    /// With the price tables that come with the program.
    pub fn new(attribution: &AttributionConfig, cost: &CostConfig) -> Self {
        Self {
            attribution: attribution::Sources::new(attribution),
            cost: cost.clone(),
            book: RwLock::new(Arc::new(Book::embedded())),
            local: local::Rules::default(),
        }
    }

    /// With rules for models that run at home.
    #[must_use]
    pub fn with_local(self, rules: &[LocalRule]) -> Self {
        let rules: Vec<LocalRule> = rules.iter().map(|rule| rule.in_usd(self.cost.rate)).collect();
        Self { local: local::Rules::new(&rules), ..self }
    }

    /// The rules for models that run at home.
    pub fn local(&self) -> &local::Rules {
        &self.local
    }

    /// The prices by which calls are priced now.
    pub fn book(&self) -> Arc<Book> {
        // Nothing can panic while it is held, so a poisoned lock holds a whole book too.
        Arc::clone(&self.book.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn cost_config(&self) -> &CostConfig {
        &self.cost
    }

    /// Calls read from now on are priced by `book`.
    pub fn set_book(&self, book: Arc<Book>) {
        *self.book.write().unwrap_or_else(PoisonError::into_inner) = book;
    }

    /// The names of all dialects, as spans have them.
    pub fn dialects() -> impl Iterator<Item = &'static str> {
        normalise::all().map(|dialect| dialect.name)
    }

    /// Every span with valid ids, normalised and priced, in the order of the message. `counted` holds what one span
    /// alone can tell; [`settle::settle`] decides over a whole trace.
    pub fn spans(&self, data: &TracesData) -> Vec<Span> {
        let no_resource = Resource::default();
        let no_scope = InstrumentationScope::default();
        let mut spans = Vec::new();
        for group in &data.resource_spans {
            let resource = Attributes::new(&group.resource.as_ref().unwrap_or(&no_resource).attributes);
            for scoped in &group.scope_spans {
                let scope = scoped.scope.as_ref().unwrap_or(&no_scope);
                spans.extend(scoped.spans.iter().filter_map(|span| self.read(&RawSpan::new(&resource, scope, span))));
            }
        }
        spans
    }

    /// One span; `None` when its trace or span id is not valid.
    pub fn span(&self, resource: &Resource, scope: &InstrumentationScope, span: &otlp::Span) -> Option<Span> {
        let resource = Attributes::new(&resource.attributes);
        self.read(&RawSpan::new(&resource, scope, span))
    }

    /// What records of this resource and scope are said to be of: its `service.name`, or the best substitute.
    pub fn service(resource: Option<&Resource>, scope: Option<&InstrumentationScope>) -> String {
        let resource = resource.map(|resource| Attributes::new(&resource.attributes)).unwrap_or_default();
        normalise::service(&resource, scope.map_or("", |scope| &scope.name))
    }

    /// What went through a span; `known` is the same span as [`Self::span`] returns it.
    pub fn content(
        &self,
        resource: &Resource,
        scope: &InstrumentationScope,
        span: &otlp::Span,
        known: &Span,
    ) -> Content {
        let resource = Attributes::new(&resource.attributes);
        let raw = RawSpan::new(&resource, scope, span);
        content::read(&raw, normalise::recognise(&raw), known)
    }

    fn read(&self, raw: &RawSpan<'_>) -> Option<Span> {
        let trace_id = TraceId::from_slice(&raw.span.trace_id)?;
        let span_id = SpanId::from_slice(&raw.span.span_id)?;
        let dialect = normalise::recognise(raw);
        let kind = match dialect {
            Some(dialect) => (dialect.kind)(raw).or_else(|| kind::told(raw)).unwrap_or_else(|| kind::plain(raw)),
            None => kind::named(raw).filter(|kind| !kind.is_model_call()).unwrap_or_else(|| kind::plain(raw)),
        };
        let outcome = outcome::read(raw);
        let service = normalise::service(raw.resource, raw.scope);
        let failed = outcome.status == crate::model::Status::Error;
        let (input_preview, output_preview) =
            dialect.map(|dialect| content::previews(raw, dialect, kind)).unwrap_or_default();
        let call =
            dialect.filter(|_| kind.is_model_call()).map(|dialect| self.call(raw, dialect, kind, failed, &service));
        Some(Span {
            trace_id,
            span_id,
            parent_span_id: SpanId::from_slice(&raw.span.parent_span_id),
            name: dialect.and_then(|dialect| (dialect.title)(raw)).map_or_else(|| raw.span.name.clone(), Into::into),
            kind,
            service,
            scope: raw.scope.to_owned(),
            dialect: dialect.map_or("", |dialect| dialect.name),
            start: UnixNanos::from_otlp(raw.span.start_time_unix_nano),
            end: timing::end(raw),
            status: outcome.status,
            status_message: outcome.message,
            error_type: outcome.error_type,
            attribution: self.attribution.read(raw, dialect, kind),
            execution: dialect.and_then(|dialect| executions::told(raw, dialect.name)),
            call,
            tool_name: tool::name(raw, dialect, kind),
            input_preview,
            output_preview,
        })
    }

    fn call(&self, raw: &RawSpan<'_>, dialect: &Dialect, kind: SpanKind, failed: bool, service: &str) -> Call {
        let request_model = model_name::request(raw);
        let response_model = model_name::response(raw);
        let model = response_model.as_deref().or(request_model.as_deref());
        let provider = model_name::provider(raw, model).or_else(|| (dialect.provider)(raw));
        let usage = normalise::usage(raw, dialect);
        let streaming = timing::streaming(raw);
        let own = raw.attributes.has(piece::UPDATE).then_some(SENT_BEFORE).or_else(|| (dialect.never_counts)(raw));
        let response_id =
            raw.attributes.text("gen_ai.response.id").map(Into::into).or_else(|| (dialect.response_id)(raw));
        let response_id = response_id.filter(|id: &String| outcome::is_unique(id));
        let server = model_name::server(raw);
        let asked = cost::Asked {
            provider: provider.as_deref(),
            model,
            server: server.as_deref(),
            service,
            usage: usage.as_ref(),
            searches: charges::web_searches(raw),
            tier: charges::service_tier(raw),
            time: UnixNanos::from_otlp(raw.span.start_time_unix_nano),
            failed,
        };
        let cost: Cost = cost::decide(
            &self.book(),
            &self.local,
            self.cost.preference(service, dialect.name),
            &asked,
            outcome::reported_cost(raw),
        );
        Call {
            operation: model_name::operation(raw, kind),
            time_to_first_token_ns: timing::time_to_first_token(raw, streaming),
            finish_reasons: outcome::finish_reasons(raw),
            provider,
            request_model,
            response_model,
            response_id,
            streaming,
            usage,
            cost,
            counted: own.is_none(),
            not_counted_because: own.map(str::to_owned),
            twin: None,
        }
    }
}

#[cfg(test)]
mod tests;
