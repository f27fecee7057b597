//! What a request gets that cannot be answered: one shape, a stable code, and what to do.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::types::{ErrorBody, ErrorDetail, Position};
use crate::{access, analytics, journal, registry, search};

#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    hint: String,
    position: Option<Position>,
    /// Seconds after which it may go better.
    retry_after: Option<u64>,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), hint: hint.into(), position: None, retry_after: None }
    }

    /// Nobody is signed in, or the one who tries is not known.
    pub(super) fn unauthorized(code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, message, hint)
    }

    /// Somebody has tried too often.
    pub(super) fn too_many(message: impl Into<String>, wait: std::time::Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let hint = format!("try again in {} minutes", seconds.div_ceil(60));
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", message, hint);
        Self { retry_after: Some(seconds), ..error }
    }

    /// What is wrong with a statement, and where.
    pub(super) fn of_statement(error: analytics::Error, statement: &str) -> Self {
        let analytics::Error::Statement(fault) = error else { return error.into() };
        let position = fault.position.and_then(|bytes| statement.get(..bytes)).map(|before| Position {
            line: before.matches('\n').count() as u64 + 1,
            column: before.chars().rev().take_while(|c| *c != '\n').count() as u64 + 1,
        });
        Self { position, ..Self::new(StatusCode::BAD_REQUEST, "bad_statement", fault.message, fault.hint) }
    }

    /// `parameter` has a value that is no good, or is not known at all.
    pub(super) fn bad_parameter(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_parameter", message, hint)
    }

    /// What was sent along cannot be used.
    pub(super) fn bad_body(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_body", message, hint)
    }

    pub(super) fn not_found(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message, hint)
    }

    pub(super) fn is_not_found(&self) -> bool {
        self.status == StatusCode::NOT_FOUND
    }

    /// With the name by which a trace was asked for, when it was not found and that is no id of ours.
    pub(super) fn of_trace(self, name: &str) -> Self {
        if !self.is_not_found() || name.parse::<crate::model::TraceId>().is_ok() {
            return self;
        }
        let name: String = name.chars().take(100).collect();
        let message = format!("{}; {name:?} was taken for the name that its client gave it", self.message);
        Self { message, hint: format!("{}; a trace id of ours has 32 hex digits", self.hint), ..self }
    }

    /// The request may not do what it asks for.
    pub(super) fn forbidden(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message, hint)
    }

    /// It may be asked again in a moment.
    pub(super) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message.into(), "ask again in a moment")
    }

    /// Another server would not do its part.
    pub(super) fn refused_there(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_GATEWAY,
            "refused_there",
            message.into(),
            "look at the url, the token and the TLS settings of the destination, and at its own log",
        )
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "this address is for reading",
            "use GET; telemetry is sent to the OTLP ports, 4317 and 4318 by default",
        )
    }

    /// The cause goes to the log; the public text says where to look.
    pub(super) fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(error = %cause, "a request could not be answered: {cause}");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "the question could not be answered",
            "the log of tracemeter says why",
        )
    }
}

impl From<analytics::Error> for ApiError {
    fn from(error: analytics::Error) -> Self {
        match error {
            analytics::Error::Timeout { .. } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "timeout",
                error.to_string(),
                "ask for a shorter range of time or fewer groups",
            ),
            analytics::Error::TooManyBuckets { .. } => Self::bad_parameter(
                error.to_string(),
                "set bucket to a larger size, or since and until closer together",
            ),
            analytics::Error::TooManySteps { .. } => {
                Self::bad_parameter(error.to_string(), "set step to a longer time, or since and until closer together")
            }
            analytics::Error::TooManyCalls { .. } => Self::bad_parameter(
                error.to_string(),
                "set since and until closer together, add a filter, or take format=csv, which has no limit",
            ),
            analytics::Error::TooManyPoints => Self::bad_parameter(
                error.to_string(),
                "set since and until closer together, or add service= or attribute=key=value",
            ),
            analytics::Error::Reindexing => {
                Self::new(StatusCode::CONFLICT, "busy", error.to_string(), "GET /api/v1/reindex says how it goes")
            }
            analytics::Error::NoRoom { .. } => Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "no_room",
                error.to_string(),
                "/api/v1/health says what takes the space",
            ),
            analytics::Error::Closed => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "tracemeter is shutting down",
                "ask again in a moment",
            ),
            other => Self::internal(&other),
        }
    }
}

impl From<search::Error> for ApiError {
    fn from(error: search::Error) -> Self {
        match error {
            search::Error::Off => Self::new(
                StatusCode::BAD_REQUEST,
                "search_off",
                "search is switched off: content cannot be searched",
                "set enabled = true in [search] of the configuration and restart; what is stored is then indexed",
            ),
            search::Error::Timeout { .. } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "timeout",
                error.to_string(),
                "add a rarer word, or ask for a shorter range of time",
            ),
            search::Error::Stopped => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "tracemeter is shutting down",
                "ask again in a moment",
            ),
            other => Self::internal(&other),
        }
    }
}

impl From<access::Error> for ApiError {
    fn from(error: access::Error) -> Self {
        let message = error.to_string();
        match error {
            access::Error::Wrong => {
                Self::unauthorized("wrong_password", message, "`tracemeter admin link` on the server sets another one")
            }
            access::Error::TooMany { wait } => Self::too_many(message, wait),
            access::Error::Link => Self::new(
                StatusCode::GONE,
                "link_over",
                message,
                "take the newest one from the log of tracemeter, or run `tracemeter admin link` on the server",
            ),
            access::Error::Choice(_) => Self::bad_body(message, "choose another"),
            access::Error::Registry(registry::Error::Key(_)) => Self::bad_body(message, "change it and ask again"),
            access::Error::NoPassword => Self::forbidden(message, "change it where it is kept"),
            access::Error::Closing => Self::unavailable("tracemeter is shutting down"),
            other => Self::internal(&other),
        }
    }
}

impl From<journal::Error> for ApiError {
    fn from(error: journal::Error) -> Self {
        Self::internal(&error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let error =
            ErrorDetail { code: self.code.into(), message: self.message, hint: self.hint, position: self.position };
        let mut response = (self.status, Json(ErrorBody { error })).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(access::CHALLENGE));
        }
        response
    }
}
