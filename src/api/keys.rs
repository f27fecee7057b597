//! `/api/v1/keys`: ingest keys and API tokens. A key itself is told once, by the answer that makes it.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::Uri;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;

use super::account::read;
use super::error::ApiError;
use super::query::Query;
use super::types::{KeyItem, KeyList, MadeKey};
use super::{ApiState, changes, changing, convert, endpoints};
use crate::model::{Grant, Signal};
use crate::registry::keys::DEFAULT_PROJECT;
use crate::registry::{Key, NewKey};

pub(super) fn routes() -> Router<ApiState> {
    Router::new()
        .route(endpoints::KEYS.path, get(list).merge(changing(post(make))))
        .route(endpoints::KEY, changing(delete(revoke)))
        .route(endpoints::ROTATE, changing(post(rotate)))
}

async fn list(State(state): State<ApiState>, uri: Uri) -> Result<Json<KeyList>, ApiError> {
    Query::read(&uri, &endpoints::KEYS, state.clock.now())?;
    Ok(Json(all(&state)))
}

fn all(state: &ApiState) -> KeyList {
    let receive = &state.config.receive;
    KeyList {
        items: state.access.keys().into_iter().map(item).collect(),
        next_cursor: None,
        asked_for: state.access.asks_for_key(receive.allow_without_key, state.addresses.http.ip()),
        allowed_without: receive.allow_without_key,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    name: String,
    #[serde(default)]
    signals: Option<Vec<Signal>>,
    #[serde(default)]
    scope: Option<Scope>,
    #[serde(default)]
    project: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Scope {
    Read,
    Admin,
}

async fn make(State(state): State<ApiState>, body: Bytes) -> Result<Json<MadeKey>, ApiError> {
    let wanted: Wanted = read(&body, "name, and signals (traces, logs, metrics) or scope (read, admin)")?;
    let grant = match (wanted.scope, wanted.signals) {
        (Some(_), Some(_)) => {
            return Err(ApiError::bad_body("signals are for ingest keys, scope for tokens", "send one of them"));
        }
        (Some(Scope::Read), None) => Grant::Read,
        (Some(Scope::Admin), None) => Grant::Admin,
        (None, signals) => Grant::Send(signals.unwrap_or_else(|| Signal::ALL.to_vec())),
    };
    let project = wanted.project.filter(|project| !project.is_empty()).unwrap_or_else(|| DEFAULT_PROJECT.into());
    let wanted = NewKey { name: wanted.name.trim().to_owned(), grant, project };
    let access = state.access.clone();
    let (key, secret) = changes::blocking(move || Ok(access.make_key(&wanted)?)).await?;
    tracing::info!(name = key.name, "the key {:?} was made", key.name);
    Ok(Json(MadeKey { key: item(key), secret }))
}

async fn rotate(State(state): State<ApiState>, Path(id): Path<String>, uri: Uri) -> Result<Json<MadeKey>, ApiError> {
    let now = state.clock.now();
    let query = Query::read(&uri, &endpoints::ROTATE_WITH, now)?;
    // Written like a time in the past: 1h.
    let keep = query.time("keep")?.map_or(0, |ago| now.since(ago).max(0));
    let (access, number) = (state.access.clone(), number(&id)?);
    let keep = Duration::from_nanos(u64::try_from(keep).unwrap_or_default());
    let rotated = changes::blocking(move || Ok(access.rotate_key(number, keep)?)).await?;
    let (key, secret) = rotated.ok_or_else(|| missing(&id))?;
    tracing::info!(name = key.name, "the key {:?} was rotated", key.name);
    Ok(Json(MadeKey { key: item(key), secret }))
}

async fn revoke(State(state): State<ApiState>, Path(id): Path<String>) -> Result<Json<KeyList>, ApiError> {
    let (access, number) = (state.access.clone(), number(&id)?);
    let revoked = changes::blocking(move || Ok(access.revoke_key(number)?)).await?;
    if !revoked {
        return Err(missing(&id));
    }
    tracing::info!(id = number, "the key {number} was revoked");
    Ok(Json(all(&state)))
}

fn number(id: &str) -> Result<i64, ApiError> {
    id.parse().map_err(|_| missing(id))
}

fn missing(id: &str) -> ApiError {
    ApiError::not_found(format!("there is no key {id}, or it is revoked"), "/api/v1/keys lists those there are")
}

fn item(key: Key) -> KeyItem {
    let signals = key.grant.signals().unwrap_or_default().iter().map(|signal| signal.as_str().to_owned()).collect();
    KeyItem {
        id: key.id,
        kind: if key.grant.signals().is_some() { "ingest" } else { "api" }.into(),
        signals,
        scope: key.grant.signals().is_none().then(|| key.grant.to_text()),
        name: key.name,
        project: key.project,
        hint: key.hint,
        made_at: convert::time(key.made),
        last_used_at: key.used.map(convert::time),
        rotated_at: key.rotated.map(convert::time),
        old_until: key.old.map(|(_, until)| convert::time(until)),
        revoked_at: key.revoked.map(convert::time),
    }
}
