//! Who may ask what: stands before every address of the API and of `/metrics`.
//!
//! Where no login is asked for, the pages may be opened under names that only mean machines at home, so that no site can
//! read through a visitor's browser. Where one is asked for, cookies go with requests of our own pages only.

use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::endpoints;
use super::error::ApiError;
use crate::access::{Access, By, May, client_of, is_own_host};

/// Who monitors asks these, and is told nothing but whether it goes well.
const OPEN: [&str; 2] = ["/healthz", "/readyz"];

/// What somebody asks who wants to sign in.
const BEFORE: [&str; 3] = [endpoints::ACCOUNT.path, endpoints::LOGIN, endpoints::SETUP];

/// They take a POST, and change nothing.
const READING: [&str; 3] = [endpoints::SQL.path, endpoints::REDACTION_TEST.path, endpoints::INVOICE.path];

/// What a guarded address needs.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    pub access: Access,
    /// Further names of ours.
    pub hosts: Vec<String>,
}

/// Lets a request pass with the [`crate::access::Visitor`] who asks as an extension, where there is one.
pub(super) async fn guarded(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if OPEN.contains(&path) {
        return next.run(request).await;
    }
    let visitor = guard.access.visitor(request.headers(), client_of(&request));
    let is_open = visitor.as_ref().is_some_and(|visitor| visitor.by == By::Open);
    if is_open && let Some(host) = foreign_host(&request, &guard.hosts) {
        let message = format!("this is not opened as {host:?}");
        let hint = format!("add it to web.hosts if that is a name of this server: web.hosts = [{host:?}]");
        return ApiError::forbidden(message, hint).into_response();
    }
    let may = visitor.as_ref().map(|visitor| visitor.may);
    let reads = request.method().is_safe() || (*request.method() == Method::POST && READING.contains(&path));
    match may {
        _ if BEFORE.contains(&path) => {}
        None => return sign_in_first().into_response(),
        Some(May::Read) if !reads => {
            let hint = "take a token that may do everything: `tracemeter keys new NAME --api admin`";
            return ApiError::forbidden("this token may only read", hint).into_response();
        }
        Some(_) => {}
    }
    if let Some(visitor) = visitor {
        request.extensions_mut().insert(visitor);
    }
    next.run(request).await
}

pub(super) fn sign_in_first() -> ApiError {
    ApiError::unauthorized(
        "login_required",
        "nobody is signed in",
        "open the pages and sign in; a script sends a token as Authorization: Bearer, and commands of tracemeter take it \
         from TRACEMETER_TOKEN: `tracemeter keys new NAME --api read` makes one",
    )
}

/// The host that a request names, when it is none of ours.
fn foreign_host(request: &Request, hosts: &[String]) -> Option<String> {
    let told = request.headers().get(header::HOST).map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned());
    let told = told.or_else(|| request.uri().authority().map(|authority| authority.as_str().to_owned()))?;
    let host = told.rsplit('@').next().unwrap_or_default().to_owned();
    (!is_own_host(&host, hosts)).then_some(host)
}
