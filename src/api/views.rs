//! Saved views: listed, saved, removed.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::Uri;
use serde::Deserialize;

use super::error::ApiError;
use super::query::Query;
use super::types::{self, ViewList};
use super::{ApiState, changes, convert, endpoints};
use crate::registry::View;

/// Views of one installation, and characters of each part: far more than a menu can show.
const MOST: usize = 500;
const MOST_NAME: usize = 100;
const MOST_QUERY: usize = 8_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    page: String,
    name: String,
    query: String,
}

pub(super) async fn list(State(state): State<ApiState>, uri: Uri) -> Result<Json<ViewList>, ApiError> {
    let query = Query::read(&uri, &endpoints::VIEWS, state.clock.now())?;
    views(state, query.one("page").map(str::to_owned)).await
}

pub(super) async fn save(State(state): State<ApiState>, uri: Uri, body: Bytes) -> Result<Json<ViewList>, ApiError> {
    Query::read(&uri, &endpoints::TRACE, state.clock.now())?;
    let view = read(&body, &state)?;
    let (registry, page) = (state.registry.clone(), view.page.clone());
    let save = move || {
        let known = registry.views(None).map_err(|error| ApiError::internal(&error))?;
        let is_new = known.iter().all(|one| (&one.page, &one.name) != (&view.page, &view.name));
        if is_new && known.len() >= MOST {
            return Err(ApiError::bad_body(format!("there are {MOST} saved views"), "remove one first"));
        }
        registry.save_view(&view).map_err(|error| ApiError::internal(&error))
    };
    changes::blocking(save).await?;
    views(state, Some(page)).await
}

pub(super) async fn remove(State(state): State<ApiState>, uri: Uri) -> Result<Json<ViewList>, ApiError> {
    let query = Query::read(&uri, &endpoints::VIEW, state.clock.now())?;
    let wanted = |name: &str| {
        let missing = || ApiError::bad_parameter(format!("{name} is missing"), "give page and name of the view");
        query.one(name).map(str::to_owned).ok_or_else(missing)
    };
    let (page, name) = (wanted("page")?, wanted("name")?);
    let registry = state.registry.clone();
    let remove = {
        let page = page.clone();
        move || {
            let removed = registry.remove_view(&page, &name).map_err(|error| ApiError::internal(&error))?;
            let missing = || {
                ApiError::not_found(
                    format!("there is no view {name:?} of the page {page:?}"),
                    "/api/v1/views lists those there are",
                )
            };
            removed.then_some(()).ok_or_else(missing)
        }
    };
    changes::blocking(remove).await?;
    views(state, Some(page)).await
}

async fn views(state: ApiState, page: Option<String>) -> Result<Json<ViewList>, ApiError> {
    let read = move || state.registry.views(page.as_deref()).map_err(|error| ApiError::internal(&error));
    let found = changes::blocking(read).await?;
    let items = found.into_iter().map(|view| types::View {
        page: view.page,
        name: view.name,
        query: view.query,
        saved_at: convert::time(view.saved),
    });
    Ok(Json(ViewList { items: items.collect(), next_cursor: None }))
}

fn read(body: &[u8], state: &ApiState) -> Result<View, ApiError> {
    let example = "send JSON such as {\"page\": \"traces\", \"name\": \"slow\", \"query\": \"min_duration_ms=5000\"}";
    let saved: Saved = serde_json::from_slice(body)
        .map_err(|error| ApiError::bad_body(format!("the body is no view: {error}"), example))?;
    let name = saved.name.trim();
    let query = saved.query.trim_start_matches('?');
    for (what, text, most) in
        [("page", saved.page.as_str(), 40), ("name", name, MOST_NAME), ("query", query, MOST_QUERY)]
    {
        if text.chars().count() > most || (text.is_empty() && what != "query") {
            return Err(ApiError::bad_body(format!("{what} must have 1 to {most} characters"), example));
        }
        if text.chars().any(char::is_control) {
            return Err(ApiError::bad_body(format!("{what} has a control character"), example));
        }
    }
    if !saved.page.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') {
        return Err(ApiError::bad_body("page must be a name in lower case", example));
    }
    Ok(View { page: saved.page, name: name.to_owned(), query: query.to_owned(), saved: state.clock.now() })
}
