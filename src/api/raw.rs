//! Traces as they are stored, in OTLP/JSON, and as files with a line for each: written as they are sent, one at a time.

use std::collections::{HashMap, VecDeque};

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::try_unfold;

use super::error::ApiError;
use super::query::{self, Query};
use super::trace_logs::read_logs;
use super::{ApiState, changes, endpoints, exports, search, trace_page};
use crate::analytics::{Filter, Order, PageKey};
use crate::interpret::pieces::Pieces;
use crate::journal::{Journal, Payload};
use crate::model::otlp::to_json::traces_to_json;
use crate::model::otlp::{ResourceSpans, ScopeSpans, Span, TracesData};
use crate::model::{Signal, SpanId, TraceId};

/// Traces that are looked up at once for a file.
const AT_ONCE: usize = 100;

/// Traces that are named one by one.
const MOST_NAMED: usize = 1_500;

pub(super) async fn otlp(
    State(state): State<ApiState>,
    Path(name): Path<String>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let query = Query::read(&uri, &endpoints::TRACE_OTLP, state.clock.now())?;
    let id = query::named_trace(&name)?;
    let wanted = query
        .one("span_id")
        .map(|text| {
            text.parse::<SpanId>().map_err(|error| {
                ApiError::bad_parameter(format!("span_id: {error}"), "copy it from the page of the trace")
            })
        })
        .transpose()?;
    let text = stored(&state, id, wanted).await?.ok_or_else(|| {
        let what =
            wanted.map_or_else(|| format!("there is no trace {id}"), |span| format!("trace {id} has no span {span}"));
        let hint = "its day may have been deleted by retention, or its client has not sent it yet";
        ApiError::not_found(what, hint).of_trace(&name)
    })?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}

/// The spans of a trace, or one of them, as OTLP/JSON; `None` when there are none.
async fn stored(state: &ApiState, id: TraceId, wanted: Option<SpanId>) -> Result<Option<String>, ApiError> {
    let ids = trace_page::whole(state, id).await;
    let homes = state.analytics.homes(ids[0]).await.unwrap_or_default();
    let journal = state.journal.clone();
    changes::blocking(move || {
        let data = spans_of(&journal, &ids, &homes, wanted)?;
        Ok((!data.resource_spans.is_empty()).then(|| traces_to_json(&data).to_string()))
    })
    .await
}

/// Of a span that was sent twice the last version, of one sent in pieces all of them together. Calls that log records
/// tell of are spans, too. What other traces tell of the same execution is in it, with the ids it came with.
fn spans_of(
    journal: &Journal,
    ids: &[TraceId],
    homes: &[crate::analytics::Home],
    wanted: Option<SpanId>,
) -> Result<TracesData, ApiError> {
    let chunks = trace_page::chunks_of(journal, ids)?;
    let told = read_logs(journal, ids, &chunks, homes)?.spans.into_iter().map(|(_, data)| data);
    let sent = chunks.iter().filter(|chunk| chunk.signal == Signal::Traces).filter_map(|chunk| match chunk.payload() {
        Ok(Payload::Traces(data)) => Some(data),
        // A damaged one the loader has named in the log.
        _ => None,
    });
    let (mut groups, mut pieces) = (Vec::new(), Pieces::default());
    for (at, mut data) in told.chain(sent).enumerate() {
        pieces.take(&mut data, at);
        groups.append(&mut data.resource_spans);
    }
    groups.extend(pieces.into_whole().flat_map(|whole| whole.data.resource_spans));
    let ours = |span: &Span| {
        let is_wanted = wanted.is_none_or(|wanted| span.span_id == wanted.0.as_slice());
        ids.iter().any(|id| span.trace_id == id.0.as_slice()) && is_wanted
    };
    let each = |groups: &mut Vec<ResourceSpans>, keep: &mut dyn FnMut(&Span) -> bool| {
        groups.retain_mut(|group| {
            group.scope_spans.retain_mut(|part: &mut ScopeSpans| {
                part.spans.retain(&mut *keep);
                !part.spans.is_empty()
            });
            !group.scope_spans.is_empty()
        });
    };
    let mut versions: HashMap<Bytes, u32> = HashMap::new();
    each(&mut groups, &mut |span| {
        let ours = ours(span);
        if ours {
            *versions.entry(span.span_id.clone()).or_default() += 1;
        }
        ours
    });
    each(&mut groups, &mut |span| {
        versions.get_mut(&span.span_id).is_some_and(|later| {
            *later -= 1;
            *later == 0
        })
    });
    Ok(TracesData { resource_spans: groups })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Otlp,
}

pub(super) async fn export(State(state): State<ApiState>, uri: Uri) -> Result<Response, ApiError> {
    let query = Query::read(&uri, &endpoints::TRACE_EXPORT, state.clock.now())?;
    let known = |name: &str| match name {
        "json" => Some(Format::Json),
        "otlp" => Some(Format::Otlp),
        _ => None,
    };
    let format = query.choice("format", known, &["json", "otlp"])?.unwrap_or(Format::Json);
    let named = named(&query)?;
    let mut filter = query.filter_in_time()?;
    let place = if named.is_empty() {
        search::narrow(&state, &query, &mut filter).await?;
        Place::First
    } else {
        Place::End
    };
    let lines = Lines { state, format, filter, place, waiting: named };
    let body = Body::from_stream(try_unfold(lines, async |mut lines| {
        let line = lines.next().await.map_err(exports::failed)?;
        Ok::<_, std::io::Error>(line.map(|line| (line, lines)))
    }));
    let mut response = body.into_response();
    let name = match format {
        Format::Json => "attachment; filename=\"tracemeter-traces.jsonl\"",
        Format::Otlp => "attachment; filename=\"tracemeter-traces.otlp.jsonl\"",
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(name));
    Ok(response)
}

/// `trace_id=a,b` or `trace_id=a&trace_id=b`, each once.
fn named(query: &Query) -> Result<VecDeque<TraceId>, ApiError> {
    let mut named = VecDeque::new();
    let lists = query.many("trace_id");
    for text in lists.iter().flat_map(|list| list.split(',')).map(str::trim).filter(|text| !text.is_empty()) {
        let id = query::trace_id("trace_id", text)?;
        if !named.contains(&id) {
            named.push_back(id);
        }
    }
    if named.len() > MOST_NAMED {
        let message = format!("trace_id names {} traces, more than {MOST_NAMED}", named.len());
        return Err(ApiError::bad_parameter(message, "narrow the list with filters and leave trace_id away"));
    }
    Ok(named)
}

/// Where the next page of traces begins.
enum Place {
    First,
    Behind(PageKey),
    End,
}

/// The lines of a file that are not written yet.
struct Lines {
    state: ApiState,
    format: Format,
    filter: Filter,
    place: Place,
    waiting: VecDeque<TraceId>,
}

impl Lines {
    /// The next line; `None` at the end. What was deleted meanwhile has none.
    async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        loop {
            while let Some(id) = self.waiting.pop_front() {
                if let Some(mut line) = self.line(id).await? {
                    line.push('\n');
                    return Ok(Some(line.into()));
                }
            }
            let after = match self.place {
                Place::First => None,
                Place::Behind(key) => Some(key),
                Place::End => return Ok(None),
            };
            let page = self.state.analytics.traces(&self.filter, Order::Newest, AT_ONCE, after).await?;
            self.waiting = page.items.iter().map(|trace| trace.trace_id).collect();
            self.place = page.next.map_or(Place::End, Place::Behind);
        }
    }

    async fn line(&self, id: TraceId) -> Result<Option<String>, ApiError> {
        match self.format {
            Format::Otlp => stored(&self.state, id, None).await,
            Format::Json => match trace_page::of(&self.state, id).await {
                Ok(page) => serde_json::to_string(&page).map(Some).map_err(|error| ApiError::internal(&error)),
                Err(error) if error.is_not_found() => Ok(None),
                Err(error) => Err(error),
            },
        }
    }
}
