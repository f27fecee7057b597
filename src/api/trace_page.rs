//! The page of one trace: read from the journal and interpreted on the spot, so it works however far the
//! loader is behind, and content is stored once.

use std::collections::HashMap;
use std::sync::Arc;

use super::error::ApiError;
use super::trace_logs::{Logs, read_logs};
use super::types::{self, JsonMap, TraceDetail};
use super::{ApiState, changes, convert, executions, media};
use crate::analytics::{Home, Twin, summarise};
use crate::config::LinksConfig;
use crate::interpret::executions::nodes_above;
use crate::interpret::inherit::{Relative, inherited, overlay};
use crate::interpret::pieces::Pieces;
use crate::interpret::settle::{Member, TOLD_BY_SPAN, settle};
use crate::interpret::{DROPPED, Explanation, Interpreter, complete_tools};
use crate::journal::{Chunk, Journal, Payload};
use crate::model::media::Reference;
use crate::model::{
    Content, Cost, CostBasis, Signal, Span, SpanId, SpanKind, TraceId, UnixNanos, langfuse_media, otlp, value,
};

/// A span with everything the page shows of it.
struct Found {
    span: Span,
    content: Content,
    attributes: JsonMap,
    events: Vec<types::SpanEvent>,
    links: Vec<types::SpanLink>,
    scope_version: String,
    resource: u32,
    execution: Option<types::Execution>,
}

/// The spans of one trace, each in its last version.
struct Collector<'a> {
    ids: &'a [TraceId],
    interpreter: &'a Interpreter,
    links: &'a LinksConfig,
    project: Arc<str>,
    found: Vec<Found>,
    places: HashMap<SpanId, usize>,
    resources: Vec<types::Resource>,
    logs: &'a Logs,
    twins: &'a [Twin],
    /// The span whose price is to be explained, and what explains it.
    explained: Option<(SpanId, Option<Explanation>)>,
    /// What calls on machines at home cost: other traces have a part in that.
    local: HashMap<SpanId, Cost>,
}

/// The page of trace `id`, with all that other traces and files have to do with it.
pub(super) async fn of(state: &ApiState, id: TraceId) -> Result<TraceDetail, ApiError> {
    // Without it the page still shows everything that carries the trace id.
    let whole = whole(state, id).await;
    let id = whole[0];
    let homes = state.analytics.homes(id).await.unwrap_or_default();
    let twins = state.analytics.twins(id).await.unwrap_or_default();
    let by_time = state.interpreter.local().go_by_time();
    let local = if by_time { state.analytics.local_costs(id).await.unwrap_or_default() } else { HashMap::new() };
    let state = state.clone();
    let read = move || {
        let mut page = read(Sources::of(&state), &whole, &homes, (&twins, local))?;
        page.pinned = state.registry.is_pinned(id).map_err(|error| ApiError::internal(&error))?;
        media::mark_dropped(&mut page, &state.media);
        Ok(page)
    };
    changes::blocking(read).await
}

/// What a page is made of.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    journal: &'a Journal,
    interpreter: &'a Interpreter,
    links: &'a LinksConfig,
}

impl<'a> Sources<'a> {
    pub(super) fn of(state: &'a ApiState) -> Self {
        Self { journal: &state.journal, interpreter: &state.interpreter, links: &state.config.links }
    }
}

/// The trace that has what is known of `id`, first, and those that are part of it.
pub(super) async fn whole(state: &ApiState, id: TraceId) -> Vec<TraceId> {
    state.analytics.whole(id).await.unwrap_or_else(|_| vec![id])
}

/// The page of the first of `ids` with the others in it; `homes` is where records stand that belong to it without carrying its id, and then what cannot
/// be read off the trace either: the twins that its calls have in others, and what those on machines at home cost.
/// Blocks on the disk.
fn read(
    sources: Sources<'_>,
    ids: &[TraceId],
    homes: &[Home],
    (twins, local): (&[Twin], HashMap<SpanId, Cost>),
) -> Result<TraceDetail, ApiError> {
    collect(sources, ids, homes, (twins, local), None).map(|(page, _)| page)
}

/// One span of a trace, and what its price was made from. Blocks on the disk.
pub(super) fn explain(
    sources: Sources<'_>,
    ids: &[TraceId],
    wanted: SpanId,
    homes: &[Home],
    (twins, local): (&[Twin], HashMap<SpanId, Cost>),
) -> Result<(types::Span, Explanation), ApiError> {
    let (page, told) = collect(sources, ids, homes, (twins, local), Some(wanted))?;
    let name = wanted.to_string();
    let span = page.spans.into_iter().find(|span| span.span_id == name);
    span.zip(told).ok_or_else(|| {
        let message = format!("trace {} has no model call {wanted}", ids[0]);
        ApiError::not_found(message, "copy the span id from the trace's page")
    })
}

fn collect(
    sources: Sources<'_>,
    ids: &[TraceId],
    homes: &[Home],
    (twins, local): (&[Twin], HashMap<SpanId, Cost>),
    wanted: Option<SpanId>,
) -> Result<(TraceDetail, Option<Explanation>), ApiError> {
    let Sources { journal, interpreter, links } = sources;
    let (id, chunks) = (ids[0], chunks_of(journal, ids)?);
    let logs = read_logs(journal, ids, &chunks, homes)?;
    let mut collector = Collector {
        ids,
        interpreter,
        links,
        project: "default".into(),
        found: Vec::new(),
        places: HashMap::new(),
        resources: Vec::new(),
        logs: &logs,
        twins,
        explained: wanted.map(|wanted| (wanted, None)),
        local,
    };
    for (project, data) in &logs.spans {
        collector.take(project, data);
    }
    let mut pieces = Pieces::default();
    for (at, chunk) in chunks.iter().enumerate().filter(|(_, chunk)| chunk.signal == Signal::Traces) {
        // A damaged one the loader has named in the log.
        let Ok(Payload::Traces(mut data)) = chunk.payload() else { continue };
        pieces.take(&mut data, at);
        collector.take(&chunk.project, &data);
    }
    for whole in pieces.into_whole() {
        collector.take(&chunks[whole.from].project, &whole.data);
    }
    let told = collector.explained.take().and_then(|(_, told)| told);
    let page = collector.finish().ok_or_else(|| {
        ApiError::not_found(
            format!("there is no trace {id}"),
            "its days may have been deleted by retention, or its client has not sent it yet",
        )
    })?;
    Ok((page, told))
}

/// Every chunk with something of `ids`, oldest first, each once.
pub(super) fn chunks_of(journal: &Journal, ids: &[TraceId]) -> Result<Vec<Chunk>, ApiError> {
    let mut chunks = Vec::new();
    for id in ids {
        chunks.append(&mut journal.trace(*id)?);
    }
    chunks.sort_by_key(|chunk| chunk.cursor);
    chunks.dedup_by_key(|chunk| chunk.cursor);
    Ok(chunks)
}

impl Collector<'_> {
    fn take(&mut self, project: &str, data: &otlp::TracesData) {
        self.project = project.into();
        let (no_resource, no_scope) = (otlp::Resource::default(), otlp::InstrumentationScope::default());
        for group in &data.resource_spans {
            let resource = group.resource.as_ref().unwrap_or(&no_resource);
            let ids = self.ids;
            let ours = |one: &&otlp::Span| ids.iter().any(|id| one.trace_id == id.0.as_slice());
            if !group.scope_spans.iter().flat_map(|part| &part.spans).any(|one| ours(&one)) {
                continue;
            }
            let number = self.resource_number(resource);
            for part in &group.scope_spans {
                let scope = part.scope.as_ref().unwrap_or(&no_scope);
                for one in part.spans.iter().filter(ours) {
                    let with_files = with_files(one, &self.logs.files);
                    self.take_span(resource, scope, with_files.as_ref().unwrap_or(one), number);
                }
            }
        }
    }

    fn resource_number(&mut self, resource: &otlp::Resource) -> u32 {
        let resource = types::Resource { attributes: JsonMap(value::attributes_to_json(&resource.attributes)) };
        let known = self.resources.iter().position(|known| *known == resource);
        let at = known.unwrap_or_else(|| {
            self.resources.push(resource);
            self.resources.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    fn take_span(
        &mut self,
        resource: &otlp::Resource,
        scope: &otlp::InstrumentationScope,
        one: &otlp::Span,
        resource_number: u32,
    ) {
        let Some(mut span) = self.interpreter.span(resource, scope, one) else { return };
        span.trace_id = self.ids[0];
        let id = span.span_id;
        if let Some((wanted, told)) = &mut self.explained
            && *wanted == id
        {
            *told = self.interpreter.explain(resource, scope, one);
        }
        let completed = self.logs.told.complete(one);
        let found = Found {
            execution: executions::of(one, &span, self.links),
            content: self.interpreter.content(resource, scope, completed.as_ref().unwrap_or(one), &span),
            span,
            attributes: JsonMap(value::attributes_to_json(&one.attributes)),
            events: one.events.iter().map(event).collect(),
            links: one.links.iter().filter_map(link).collect(),
            scope_version: scope.version.clone(),
            resource: resource_number,
        };
        match self.places.get(&id) {
            Some(at) => self.found[*at] = found,
            None => {
                self.places.insert(id, self.found.len());
                self.found.push(found);
            }
        }
    }

    /// Gives calls what the rest of the trace tells of whose they are.
    fn bequeath(&mut self) {
        let relatives: Vec<Relative<'_>> = self.found.iter().map(|found| Relative::of(&found.span)).collect();
        let inherited = inherited(&relatives);
        for (found, inherited) in self.found.iter_mut().zip(inherited) {
            if let Some((values, mask)) = inherited {
                overlay(&mut found.span.attribution, values, mask);
            }
        }
    }

    /// Hangs what n8n's nodes and LangFlow's components ran below them.
    fn place_runs(&mut self) {
        let above = nodes_above(&self.found.iter().map(|found| &found.span).collect::<Vec<_>>());
        for (found, node) in self.found.iter_mut().zip(above).filter(|(_, node)| node.is_some()) {
            found.span.parent_span_id = node;
        }
    }

    fn finish(mut self) -> Option<TraceDetail> {
        self.place_runs();
        let members: Vec<Member> = self.found.iter().map(|found| Member::of(&found.span)).collect();
        for (found, verdict) in self.found.iter_mut().zip(settle(&members)) {
            if let Some(call) = &mut found.span.call {
                call.counted = verdict.counted;
                call.not_counted_because = verdict.reason;
                let twin = self.twins.iter().find(|twin| twin.span_id == found.span.span_id);
                if let Some(twin) = twin.filter(|_| call.counted) {
                    call.counted = twin.counted;
                    call.not_counted_because.clone_from(&twin.reason);
                    call.twin = Some(twin.twin);
                }
                if matches!(call.cost.basis, CostBasis::Local(_))
                    && let Some(cost) = self.local.remove(&found.span.span_id)
                {
                    call.cost = cost;
                }
            }
        }
        self.bequeath();
        stretch(&mut self.found);
        complete_tools(&mut self.found.iter_mut().map(|found| &mut found.content).collect::<Vec<_>>());
        let spans: Vec<&Span> = self.found.iter().map(|found| &found.span).collect();
        let summary = summarise(&self.project, &spans)?;
        let dropped = self.found.iter().find_map(|found| found.attributes.0.get(DROPPED));
        let content_dropped = dropped.and_then(|why| why.as_str()).map(str::to_owned);
        self.found.retain(|found| !repeats(&found.span));
        self.found.sort_by_key(|found| (found.span.start, found.span.span_id));
        let executions = self.found.iter_mut().filter_map(|found| found.execution.take()).collect();
        Some(TraceDetail {
            summary: convert::trace(summary),
            spans: self.found.into_iter().map(shown).collect(),
            resources: self.resources,
            executions,
            pinned: false,
            content_dropped,
            log_count: self.logs.count,
            logs: self.logs.items.clone(),
            scores: self.logs.scores.iter().cloned().map(convert::score).collect(),
        })
    }
}

/// What stands for a trace of Langfuse's API is told as a moment, and lasts as long as what is in it.
fn stretch(found: &mut [Found]) {
    let last = found.iter().map(|one| one.span.end).max().unwrap_or_default();
    let is_trace = |one: &&mut Found| {
        one.attributes.0.get("langfuse.observation.type").is_some_and(|kind| kind == "trace")
            && one.span.parent_span_id.is_none()
    };
    found.iter_mut().filter(is_trace).for_each(|one| one.span.end = last);
}

/// `one` with references to the files that were uploaded beside it; `None` when there are none.
fn with_files(one: &otlp::Span, files: &HashMap<String, Reference>) -> Option<otlp::Span> {
    if files.is_empty() {
        return None;
    }
    let mut span = None;
    for (at, pair) in one.attributes.iter().enumerate() {
        if let Some(otlp::any_value::Value::StringValue(text)) =
            pair.value.as_ref().and_then(|value| value.value.as_ref())
            && let Some(text) = langfuse_media::resolved(text, files)
        {
            let value = otlp::AnyValue { value: Some(otlp::any_value::Value::StringValue(text)) };
            span.get_or_insert_with(|| one.clone()).attributes[at].value = Some(value);
        }
    }
    span
}

/// Whether a log record tells what its span tells: its content is shown there.
fn repeats(span: &Span) -> bool {
    span.call.as_ref().is_some_and(|call| call.not_counted_because.as_deref() == Some(TOLD_BY_SPAN))
}

fn shown(found: Found) -> types::Span {
    let (span, mut content) = (found.span, found.content);
    types::Span {
        span_id: span.span_id.to_string(),
        parent_span_id: span.parent_span_id.map(|id| id.to_string()),
        kind: span.kind.as_str().into(),
        start_time: convert::time(span.start),
        duration_ms: convert::ms(span.duration_ns()),
        name: span.name,
        service: span.service,
        scope: span.scope,
        scope_version: found.scope_version,
        dialect: span.dialect.into(),
        status: span.status.as_str().into(),
        status_message: span.status_message,
        error_type: span.error_type,
        attribution: convert::attribution(span.attribution),
        attributes: found.attributes,
        resource: found.resource,
        events: found.events,
        links: found.links,
        tool: tool(span.kind, span.tool_name, &mut content),
        retrieval: content
            .retrieval
            .take()
            .map(|retrieval| types::Retrieval { query: retrieval.query, documents: retrieval.documents }),
        input: content.input.take(),
        output: content.output.take(),
        call: span.call.map(|call| convert::call_detail(call, &mut content)),
    }
}

/// Tools run without content still have a name.
fn tool(kind: SpanKind, name: Option<String>, content: &mut Content) -> Option<types::Tool> {
    match content.tool.take() {
        Some(tool) => Some(types::Tool {
            name: tool.name.or(name),
            call_id: tool.call_id,
            arguments: tool.arguments,
            result: tool.result,
        }),
        None if kind == SpanKind::Tool => Some(types::Tool { name, call_id: None, arguments: None, result: None }),
        None => None,
    }
}

fn event(event: &otlp::SpanEvent) -> types::SpanEvent {
    types::SpanEvent {
        time: convert::time(UnixNanos::from_otlp(event.time_unix_nano)),
        name: event.name.clone(),
        attributes: JsonMap(value::attributes_to_json(&event.attributes)),
    }
}

/// A link with an invalid id leads nowhere and is left out.
fn link(link: &otlp::SpanLink) -> Option<types::SpanLink> {
    Some(types::SpanLink {
        trace_id: TraceId::from_slice(&link.trace_id)?.to_string(),
        span_id: SpanId::from_slice(&link.span_id)?.to_string(),
        attributes: JsonMap(value::attributes_to_json(&link.attributes)),
    })
}
