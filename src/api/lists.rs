//! Lists that are paged: traces, calls, and the values filters offer.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::{IntoResponse as _, Response};

use super::error::ApiError;
use super::exports::{self, Format};
use super::query::{self, Query};
use super::{ApiState, convert, endpoints, search, trace_page, types};
use crate::analytics::{UserOrder, ValueQuestion};

type Answer<T> = Result<Json<T>, ApiError>;

pub(super) async fn traces(State(state): State<ApiState>, uri: Uri) -> Answer<types::TraceList> {
    let query = Query::read(&uri, &endpoints::TRACES, state.clock.now())?;
    let order = query.order()?;
    let (page, truncated) = search::traces(&state, &query, order).await?;
    let spans: Vec<search::Span> =
        page.items.iter().map(|item| (item.start, item.start.saturating_add(item.duration_ns))).collect();
    let mut items: Vec<_> = page.items.into_iter().map(convert::trace).collect();
    search::found_in(&state, &query, &mut items, &spans).await?;
    Ok(Json(types::TraceList {
        items,
        next_cursor: page.next.map(|key| query::cursor(order.as_str(), key)),
        truncated,
    }))
}

pub(super) async fn trace(
    State(state): State<ApiState>,
    Path(name): Path<String>,
    uri: Uri,
) -> Answer<types::TraceDetail> {
    Query::read(&uri, &endpoints::TRACE, state.clock.now())?;
    let id = query::named_trace(&name)?;
    trace_page::of(&state, id).await.map(Json).map_err(|error| error.of_trace(&name))
}

pub(super) async fn calls(State(state): State<ApiState>, uri: Uri) -> Result<Response, ApiError> {
    let query = Query::read(&uri, &endpoints::CALLS, state.clock.now())?;
    let format = Format::read(&query)?;
    let order = query.order()?;
    let after = query.after(order.as_str())?;
    let mut filter = query.filter_in_time()?;
    filter.counted = query.flag("counted")?;
    filter.trace = match query.trace_id()? {
        Some(id) => Some(trace_page::whole(&state, id).await[0]),
        None => None,
    };
    search::narrow(&state, &query, &mut filter).await?;
    if let Some(format) = format {
        return exports::calls(&state, format, filter).await;
    }
    let page = state.analytics.calls(&filter, order, query.limit()?, after).await?;
    let list = types::CallList {
        items: page.items.into_iter().filter_map(convert::call_item).collect(),
        next_cursor: page.next.map(|key| query::cursor(order.as_str(), key)),
    };
    Ok(Json(list).into_response())
}

pub(super) async fn sessions(State(state): State<ApiState>, uri: Uri) -> Answer<types::SessionList> {
    let query = Query::read(&uri, &endpoints::SESSIONS, state.clock.now())?;
    let order = query.order()?;
    let list = format!("sessions by {}", order.as_str());
    let page = state.analytics.sessions(&query.filter_in_time()?, order, query.limit()?, query.after(&list)?).await?;
    Ok(Json(types::SessionList {
        items: page.items.into_iter().map(convert::session).collect(),
        next_cursor: page.next.map(|key| query::cursor(&list, key)),
    }))
}

pub(super) async fn users(State(state): State<ApiState>, uri: Uri) -> Answer<types::UserList> {
    let query = Query::read(&uri, &endpoints::USERS, state.clock.now())?;
    let order = query.choice("order", UserOrder::from_name, &UserOrder::ALL.map(UserOrder::as_str))?;
    let order = order.unwrap_or(UserOrder::Newest);
    let list = format!("users by {}", order.as_str());
    let page = state.analytics.users(&query.filter_in_time()?, order, query.limit()?, query.after(&list)?).await?;
    Ok(Json(types::UserList {
        items: page.items.into_iter().map(convert::user).collect(),
        next_cursor: page.next.map(|key| query::cursor(&list, key)),
    }))
}

pub(super) async fn values(State(state): State<ApiState>, uri: Uri) -> Answer<types::ValueList> {
    let query = Query::read(&uri, &endpoints::VALUES, state.clock.now())?;
    let dimension = query.dimension("field")?.ok_or_else(|| {
        ApiError::bad_parameter("field is missing", "say which: field=model, field=feature, field=user, ...")
    })?;
    let filter = crate::analytics::Filter {
        since: query.time("since")?,
        until: query.time("until")?,
        ..crate::analytics::Filter::default()
    };
    let contains = query.one("q").unwrap_or_default().to_owned();
    let question = ValueQuestion { dimension, filter, contains, limit: query.limit()? };
    let values = state.analytics.values(&question).await?;
    Ok(Json(types::ValueList {
        items: values.into_iter().map(|(value, count)| types::ValueCount { value, count }).collect(),
        next_cursor: None,
    }))
}
