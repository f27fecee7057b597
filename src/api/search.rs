//! Full-text search: the list of matches, and `search=` beside the other filters of traces and calls.

use std::collections::{HashMap, HashSet};

use axum::Json;
use axum::extract::State;
use axum::http::Uri;

use super::error::ApiError;
use super::query::{self, Query};
use super::{ApiState, changes, convert, endpoints, types};
use crate::analytics::{Dimension, Filter, Order, Page, PageKey, TraceSummary};
use crate::model::time::NANOS_PER_SECOND;
use crate::model::{TraceId, UnixNanos};
use crate::search::{Found, Hit, Place, Query as Words, Question, Traces};

const LIST: &str = "search";
/// Matches that are held against the other filters at once.
const BATCH: usize = 500;
/// Matches looked at for one page: where few pass the other filters, the page is short and its cursor goes on.
const MOST_EXAMINED: usize = 5_000;
/// Traces that `search=` narrows a list to. More make the question to the analytics slow.
const MOST_TRACES: usize = 5_000;
/// Traces looked at first for the newest page of a list: mostly enough, and several times faster.
const SOME_TRACES: usize = 300;
/// First and last moment of a trace.
pub(super) type Span = (UnixNanos, UnixNanos);
/// A match may start so long after its trace.
const LONGEST_TRACE: i64 = 24 * 3600 * NANOS_PER_SECOND;

pub(super) async fn search(State(state): State<ApiState>, uri: Uri) -> Result<Json<types::SearchList>, ApiError> {
    let query = Query::read(&uri, &endpoints::SEARCH, state.clock.now())?;
    let words = words(&query, "q")?.ok_or_else(|| {
        ApiError::bad_parameter("q is missing", "say what to search for: q=hotel, q=\"weekly plan\", q=error:timeout")
    })?;
    let after = query.after(LIST)?.map(|key| Place { key: key.key, id: key.id, sub: key.sub });
    let question = Question {
        query: words.clone(),
        since: query.time("since")?,
        until: query.time("until")?,
        after,
        limit: query.limit()?,
    };
    // Times are those of the match; all other filters are those of the list of traces.
    let filter = Filter { text: None, ..query.filter()? };
    let (found, next) = matches(&state, question, filter).await?;
    let hits = state.search.show(found, words).await?;
    let stats =
        tokio::task::spawn_blocking(move || state.search.stats().map(|stats| (stats, state.journal.committed())));
    let behind = stats
        .await
        .ok()
        .flatten()
        .is_some_and(|(stats, head)| stats.pending_days > 0 || stats.indexed < *head.borrow());
    Ok(Json(types::SearchList {
        items: hits.into_iter().map(item).collect(),
        next_cursor: next.map(|place| query::cursor(LIST, PageKey { key: place.key, id: place.id, sub: place.sub })),
        indexing: behind,
    }))
}

/// A page of matches whose traces pass `filter`, and where the next one goes on.
async fn matches(
    state: &ApiState,
    mut question: Question,
    filter: Filter,
) -> Result<(Vec<Found>, Option<Place>), ApiError> {
    let limit = question.limit;
    let filtered = filter != Filter::default();
    let services = services_alone(&filter);
    let mut kept: Vec<Found> = Vec::new();
    let mut examined = 0;
    loop {
        question.limit = if filtered { BATCH } else { limit + 1 };
        let found = state.search.find(question.clone()).await?;
        let all = found.len() < question.limit;
        examined += found.len();
        question.after = found.last().map(|found| found.place).or(question.after);
        if filtered {
            let ids: HashSet<TraceId> = found.iter().filter_map(|found| found.trace_id).collect();
            let united = state.analytics.united(ids.iter().copied().collect()).await?;
            let home = |id: TraceId| united.get(&id).copied().unwrap_or(id);
            let filter = Filter { traces: Some(ids.into_iter().map(home).collect()), ..filter.clone() };
            let passing = state.analytics.matching_traces(&filter).await?;
            let alone = match &services {
                Some(services) => records_of(state, &question.query, &found, services).await?,
                None => HashSet::new(),
            };
            let passes = |found: &Found| match found.trace_id {
                Some(id) => passing.contains(&home(id)),
                None => alone.contains(&found.place),
            };
            kept.extend(found.into_iter().filter(passes));
        } else {
            kept.extend(found);
        }
        if kept.len() > limit {
            kept.truncate(limit);
            let next = kept.last().map(|found| found.place);
            return Ok((kept, next));
        }
        if all {
            return Ok((kept, None));
        }
        if examined >= MOST_EXAMINED {
            return Ok((kept, question.after));
        }
    }
}

/// The services asked for when nothing else is: all that a log record without a trace has of the filters.
fn services_alone(filter: &Filter) -> Option<Vec<String>> {
    let [(Dimension::Service, services)] = filter.any_of.as_slice() else { return None };
    let alone = Filter { any_of: filter.any_of.clone(), ..Filter::default() };
    (*filter == alone).then(|| services.clone())
}

/// Which of `found` are log records without a trace that one of `services` wrote.
async fn records_of(
    state: &ApiState,
    query: &Words,
    found: &[Found],
    services: &[String],
) -> Result<HashSet<Place>, ApiError> {
    let records: Vec<Found> = found.iter().filter(|found| found.trace_id.is_none()).copied().collect();
    if records.is_empty() {
        return Ok(HashSet::new());
    }
    let hits = state.search.show(records, query.clone()).await?;
    Ok(hits.into_iter().filter(|hit| services.contains(&hit.service)).map(|hit| hit.place).collect())
}

/// What `search=` has found in each of `items`, the newest match of each; asked for by `snippets=true`.
pub(super) async fn found_in(
    state: &ApiState,
    query: &Query,
    items: &mut [types::TraceItem],
    page: &[Span],
) -> Result<(), ApiError> {
    let Some(words) = words(query, "search")?.filter(|_| !items.is_empty()) else { return Ok(()) };
    if query.flag("snippets")? != Some(true) {
        return Ok(());
    }
    let mut question = Question {
        query: words.clone(),
        // The index knows starts a little less exactly.
        since: page.iter().map(|span| span.0.saturating_add(-NANOS_PER_SECOND)).min(),
        until: page.iter().map(|span| span.1.saturating_add(NANOS_PER_SECOND)).max(),
        after: None,
        limit: BATCH,
    };
    let wanted: HashSet<&str> = items.iter().map(|item| item.trace_id.as_str()).collect();
    let mut newest: HashMap<String, Found> = HashMap::new();
    let mut examined = 0;
    while newest.len() < wanted.len() && examined < MOST_EXAMINED {
        let found = state.search.find(question.clone()).await?;
        examined += found.len();
        question.after = found.last().map(|found| found.place);
        let last = found.len() < BATCH;
        for one in found {
            let id = one.trace_id.map(|id| id.to_string()).filter(|id| wanted.contains(id.as_str()));
            if let Some(id) = id {
                newest.entry(id).or_insert(one);
            }
        }
        if last {
            break;
        }
    }
    let hits = state.search.show(newest.into_values().collect(), words).await?;
    let mut hits: HashMap<String, types::SearchItem> =
        hits.into_iter().map(item).filter_map(|hit| Some((hit.trace_id.clone()?, hit))).collect();
    for item in items {
        item.found = hits.remove(&item.trace_id);
    }
    Ok(())
}

/// A page of traces, with `search=` among the filters; true when it matches in more traces than are looked at.
pub(super) async fn traces(
    state: &ApiState,
    query: &Query,
    order: Order,
) -> Result<(Page<TraceSummary>, bool), ApiError> {
    let (filter, limit, after) = (query.filter_in_time()?, query.limit()?, query.after(order.as_str())?);
    // Traces left out started before the newest matches; a page that does not reach back so far is the right one.
    let fewest = if order == Order::Newest && after.is_none() { SOME_TRACES } else { MOST_TRACES };
    for most in [fewest, MOST_TRACES] {
        let mut filter = filter.clone();
        let found = narrow_to(state, query, &mut filter, most).await?;
        let page = state.analytics.traces(&filter, order, limit, after).await?;
        let Some(found) = found.filter(|found| found.truncated) else { return Ok((page, false)) };
        let reached = page.items.len() == limit && page.items.last().is_some_and(|last| last.start >= found.reaches);
        if most == MOST_TRACES || reached {
            return Ok((page, most == MOST_TRACES));
        }
    }
    Err(ApiError::internal(&"a list of traces was not asked for"))
}

/// Narrows `filter` to traces in which `search=` matches.
pub(super) async fn narrow(state: &ApiState, query: &Query, filter: &mut Filter) -> Result<(), ApiError> {
    narrow_to(state, query, filter, MOST_TRACES).await.map(|_| ())
}

async fn narrow_to(
    state: &ApiState,
    query: &Query,
    filter: &mut Filter,
    most: usize,
) -> Result<Option<Traces>, ApiError> {
    let pins = pins(state, query).await?;
    let Some(words) = words(query, "search")? else {
        filter.traces = pins.map(|pins| pins.into_iter().collect());
        return Ok(None);
    };
    let until = filter.until.map(|until| until.saturating_add(LONGEST_TRACE));
    let mut traces = state.search.traces(words, filter.since, until, most).await?;
    // Of a trace that is part of another, that one.
    let united = state.analytics.united(traces.ids.clone()).await?;
    if !united.is_empty() {
        let mut known = HashSet::new();
        traces.ids.iter_mut().for_each(|id| *id = united.get(id).copied().unwrap_or(*id));
        traces.ids.retain(|id| known.insert(*id));
    }
    if let Some(pins) = pins {
        traces.ids.retain(|id| pins.contains(id));
    }
    filter.traces = Some(traces.ids.clone());
    Ok(Some(traces))
}

/// The pinned traces, when only these are asked for.
async fn pins(state: &ApiState, query: &Query) -> Result<Option<HashSet<TraceId>>, ApiError> {
    let only = query.choice("pinned", |text| (text == "true").then_some(()), &["true"])?;
    if only.is_none() {
        return Ok(None);
    }
    let registry = state.registry.clone();
    changes::blocking(move || registry.pins().map_err(|error| ApiError::internal(&error))).await.map(Some)
}

fn words(query: &Query, name: &str) -> Result<Option<Words>, ApiError> {
    query
        .one(name)
        .map(|text| {
            Words::parse(text).map_err(|bad| ApiError::bad_parameter(format!("{name}: {}", bad.message), bad.hint))
        })
        .transpose()
}

fn item(hit: Hit) -> types::SearchItem {
    types::SearchItem {
        trace_id: hit.trace_id.map(|id| id.to_string()),
        span_id: hit.span_id.map(|id| id.to_string()),
        start_time: convert::time(hit.start),
        name: hit.name,
        service: hit.service,
        kind: hit.kind.into(),
        model: hit.model,
        field: hit.snippet.as_ref().map(|snippet| snippet.field.as_str().into()),
        snippet: hit.snippet.map(|snippet| types::Snippet {
            text: snippet.text,
            hits: snippet.hits.into_iter().map(|(start, end)| types::SnippetHit { start, end }).collect(),
        }),
    }
}
