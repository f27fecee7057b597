//! `/api/v1/account`: signing in and out, the one-time link, the password, and who else is signed in.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Extension, State};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::ApiError;
use super::query::Query;
use super::types::{self, Account, LoginItem, LoginList};
use super::{ApiState, changes, changing, convert, endpoints, guard};
use crate::access::{By, Caller, May, Visitor};

/// Who asks, as the guard has found; nobody where nothing stands there.
type Who = Option<Extension<Visitor>>;

pub(super) fn routes() -> Router<ApiState> {
    Router::new()
        .route(endpoints::ACCOUNT.path, get(account))
        .route(endpoints::LOGIN, changing(post(sign_in).delete(sign_out)))
        .route(endpoints::SETUP, changing(post(set_up)))
        .route(endpoints::PASSWORD, changing(put(set_password)))
        .route(endpoints::LOGINS.path, get(logins).merge(changing(axum::routing::delete(end_logins))))
}

async fn account(State(state): State<ApiState>, who: Who, uri: Uri) -> Result<Json<Account>, ApiError> {
    Query::read(&uri, &endpoints::ACCOUNT, state.clock.now())?;
    Ok(Json(told(&state, who.as_ref().map(|Extension(visitor)| visitor))))
}

fn told(state: &ApiState, visitor: Option<&Visitor>) -> Account {
    let may = |may| if may == May::Everything { "everything" } else { "read" };
    Account {
        login_wanted: state.access.asks_for_login(),
        set_up: state.access.has_admin(),
        signed_in: visitor.is_some_and(|visitor| visitor.by != By::Open),
        name: visitor.filter(|visitor| visitor.by != By::Open).map(|visitor| visitor.name.clone()),
        by: visitor.map(|visitor| visitor.by.as_str().to_owned()),
        may: visitor.map(|visitor| may(visitor.may).to_owned()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    name: String,
    password: String,
}

async fn sign_in(
    State(state): State<ApiState>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let login: Login = read(&body, "name and password")?;
    let caller = caller(headers, peer);
    let cookie = state.access.hashing(move |access| access.sign_in(&caller, &login.name, &login.password)).await?;
    with_cookie(&state, &cookie)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetUp {
    token: String,
    name: String,
    password: String,
}

async fn set_up(
    State(state): State<ApiState>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let wanted: SetUp = read(&body, "token, name and password")?;
    let caller = caller(headers, peer);
    let work =
        move |access: &crate::access::Access| access.set_up(&caller, &wanted.token, &wanted.name, &wanted.password);
    let cookie = state.access.hashing(work).await?;
    with_cookie(&state, &cookie)
}

/// Who has just signed in gets the cookie, and is told who that is by a question of its own.
fn with_cookie(state: &ApiState, cookie: &str) -> Result<Response, ApiError> {
    let mut headers = HeaderMap::new();
    let value = cookie.split(';').next().unwrap_or_default();
    headers.insert(header::COOKIE, HeaderValue::try_from(value).map_err(|error| ApiError::internal(&error))?);
    let visitor = state.access.visitor(&headers, std::net::Ipv4Addr::UNSPECIFIED.into());
    answered(told(state, visitor.as_ref()), cookie)
}

fn answered(account: Account, cookie: &str) -> Result<Response, ApiError> {
    let cookie = HeaderValue::try_from(cookie).map_err(|error| ApiError::internal(&error))?;
    let mut response = Json(account).into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

async fn sign_out(State(state): State<ApiState>, who: Who) -> Result<Response, ApiError> {
    let Some(Extension(Visitor { by: By::Login(login), .. })) = who else {
        return Err(ApiError::bad_body("no browser is signed in with this request", "there is nothing to sign out"));
    };
    let access = state.access.clone();
    let cookie = changes::blocking(move || Ok(access.sign_out(login)?)).await?;
    let nobody = state.access.visitor(&HeaderMap::new(), std::net::Ipv4Addr::UNSPECIFIED.into());
    answered(told(&state, nobody.as_ref()), &cookie)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    current: String,
    new: String,
}

async fn set_password(
    State(state): State<ApiState>,
    peer: ConnectInfo<SocketAddr>,
    who: Who,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Account>, ApiError> {
    let Extension(visitor) = who.ok_or_else(guard::sign_in_first)?;
    let (change, caller, by): (Change, _, _) = (read(&body, "current and new")?, caller(headers, peer), visitor.by);
    let changed = state.access.hashing(move |access| access.change_password(&caller, by, &change.current, &change.new));
    changed.await?;
    Ok(Json(told(&state, Some(&visitor))))
}

async fn logins(State(state): State<ApiState>, who: Who, uri: Uri) -> Result<Json<LoginList>, ApiError> {
    Query::read(&uri, &endpoints::LOGINS, state.clock.now())?;
    Ok(Json(list(&state, who.as_ref().map(|Extension(visitor)| visitor.by))))
}

async fn end_logins(State(state): State<ApiState>, who: Who) -> Result<Json<LoginList>, ApiError> {
    let Extension(Visitor { by, .. }) = who.ok_or_else(guard::sign_in_first)?;
    let access = state.access.clone();
    changes::blocking(move || Ok(access.end_other_logins(by)?)).await?;
    Ok(Json(list(&state, Some(by))))
}

fn list(state: &ApiState, by: Option<By>) -> LoginList {
    let items = state.access.logins().into_iter().map(|login| LoginItem {
        since: convert::time(login.made),
        last_seen: convert::time(login.seen),
        this_one: by == Some(By::Login(login.hash)),
        browser: login.browser,
        address: login.address,
    });
    types::LoginList { items: items.collect(), next_cursor: None }
}

fn caller(headers: HeaderMap, ConnectInfo(peer): ConnectInfo<SocketAddr>) -> Caller {
    Caller { headers, peer: peer.ip() }
}

/// The body as JSON with `fields`. What was sent is not quoted: it holds passwords.
pub(super) fn read<T: DeserializeOwned>(body: &[u8], fields: &str) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        ApiError::bad_body(format!("the body is not what belongs here ({place})"), format!("send JSON with {fields}"))
    })
}
