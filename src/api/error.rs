//! What a request gets that cannot be answered: one shape, a stable code, and what to do.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::types::{ErrorBody, ErrorDetail};
use crate::{analytics, journal, search};

#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    hint: String,
}

impl ApiError {
    /// `parameter` has a value that is no good, or is not known at all.
    pub(super) fn bad_parameter(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: "bad_parameter", message: message.into(), hint: hint.into() }
    }

    /// What was sent along cannot be used.
    pub(super) fn bad_body(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: "bad_body", message: message.into(), hint: hint.into() }
    }

    pub(super) fn not_found(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, code: "not_found", message: message.into(), hint: hint.into() }
    }

    pub(super) fn is_not_found(&self) -> bool {
        self.status == StatusCode::NOT_FOUND
    }

    /// The request may not do what it asks for.
    pub(super) fn forbidden(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status: StatusCode::FORBIDDEN, code: "forbidden", message: message.into(), hint: hint.into() }
    }

    /// It may be asked again in a moment.
    pub(super) fn unavailable(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "unavailable",
            message: message.into(),
            hint: "ask again in a moment".into(),
        }
    }

    /// Another server would not do its part.
    pub(super) fn refused_there(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_GATEWAY,
            code: "refused_there",
            message: message.into(),
            hint: "look at the url, the token and the TLS settings of the destination, and at its own log".into(),
        }
    }

    pub(super) fn method_not_allowed() -> Self {
        Self {
            status: StatusCode::METHOD_NOT_ALLOWED,
            code: "method_not_allowed",
            message: "this address is for reading".into(),
            hint: "use GET; telemetry is sent to the OTLP ports, 4317 and 4318 by default".into(),
        }
    }

    /// The cause goes to the log; the public text says where to look.
    pub(super) fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(error = %cause, "a request could not be answered: {cause}");
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "internal",
            message: "the question could not be answered".into(),
            hint: "the log of tracemeter says why".into(),
        }
    }
}

impl From<analytics::Error> for ApiError {
    fn from(error: analytics::Error) -> Self {
        match error {
            analytics::Error::Timeout { .. } => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                code: "timeout",
                message: error.to_string(),
                hint: "ask for a shorter range of time or fewer groups".into(),
            },
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
            analytics::Error::Reindexing => Self {
                status: StatusCode::CONFLICT,
                code: "busy",
                message: error.to_string(),
                hint: "GET /api/v1/reindex says how it goes".into(),
            },
            analytics::Error::NoRoom { .. } => Self {
                status: StatusCode::INSUFFICIENT_STORAGE,
                code: "no_room",
                message: error.to_string(),
                hint: "/api/v1/health says what takes the space".into(),
            },
            analytics::Error::Closed => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                code: "unavailable",
                message: "tracemeter is shutting down".into(),
                hint: "ask again in a moment".into(),
            },
            other => Self::internal(&other),
        }
    }
}

impl From<search::Error> for ApiError {
    fn from(error: search::Error) -> Self {
        match error {
            search::Error::Off => Self {
                status: StatusCode::BAD_REQUEST,
                code: "search_off",
                message: "search is switched off: content cannot be searched".into(),
                hint: "set enabled = true in [search] of the configuration and restart; what is stored is then indexed"
                    .into(),
            },
            search::Error::Timeout { .. } => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                code: "timeout",
                message: error.to_string(),
                hint: "add a rarer word, or ask for a shorter range of time".into(),
            },
            search::Error::Stopped => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                code: "unavailable",
                message: "tracemeter is shutting down".into(),
                hint: "ask again in a moment".into(),
            },
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
        let error = ErrorDetail { code: self.code.into(), message: self.message, hint: self.hint };
        (self.status, Json(ErrorBody { error })).into_response()
    }
}
