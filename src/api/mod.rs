//! HTTP JSON for the UI and for scripts: the only place that knows our JSON. Reading, but for `changes`.
//!
//! A handler reads its parameters by the table in `endpoints`, asks `analytics` or `journal`, and converts.
//! Every error has the shape `{"error": {"code", "message", "hint"}}`.

mod account;
mod arrivals;
mod boards;
mod changes;
mod compare;
mod configuration;
mod convert;
mod costs;
mod csv;
mod destinations;
mod endpoints;
mod error;
mod executions;
mod exports;
mod guard;
mod health;
mod keys;
mod lists;
mod live;
mod local;
mod logs;
mod many;
mod media;
mod metrics;
mod models;
mod openapi;
mod parts;
mod prices;
mod query;
mod raw;
mod reconcile;
mod redaction;
mod reindex;
mod relay;
mod search;
mod session_page;
mod session_steps;
mod session_work;
mod sql;
mod storage;
mod trace_logs;
mod trace_page;
pub mod types;
mod views;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, delete, get, post, put};
use axum::{Json, Router};

use crate::access::Access;
use crate::analytics::Analytics;
use crate::arrivals::Arrivals;
use crate::clock::Clock;
use crate::config::Config;
use crate::forward::Forward;
use crate::interpret::Interpreter;
use crate::journal::Journal;
use crate::media::Media;
use crate::meter::Meter;
use crate::model::UnixNanos;
use crate::power::Power;
use crate::prices::Prices;
use crate::redact::Redactor;
use crate::registry::Registry;
use crate::relay::Relay;
use crate::retain::{Eraser, Retention};
use crate::search::Search;
use error::ApiError;

pub use openapi::openapi;
pub use redaction::DryRuns;

/// What handlers need.
#[derive(Clone)]
pub struct ApiState {
    pub analytics: Analytics,
    pub journal: Journal,
    pub media: Media,
    pub retention: Retention,
    pub eraser: Eraser,
    pub registry: Registry,
    pub interpreter: Arc<Interpreter>,
    pub prices: Prices,
    pub search: Search,
    pub forward: Forward,
    /// What is received goes through it.
    pub redactor: Arc<Redactor>,
    pub dry_runs: DryRuns,
    pub power: Power,
    /// While it is on.
    pub relay: Option<Relay>,
    pub clock: Clock,
    pub meter: Meter,
    pub arrivals: Arrivals,
    pub access: Access,
    /// In force since the start.
    pub config: Arc<Config>,
    pub addresses: Addresses,
    /// When the process started.
    pub started: UnixNanos,
}

/// Where OTLP is taken.
#[derive(Debug, Clone)]
pub struct Addresses {
    pub grpc: SocketAddr,
    pub http: SocketAddr,
    /// Those of `[[receive.listener]]`, in order.
    pub listeners: Vec<SocketAddr>,
}

/// `/api/...`, `/metrics`, `/healthz` and `/readyz`. Other addresses are left to who merges this router.
pub fn router(state: ApiState) -> Router {
    let reading = Router::new()
        .merge(exploring())
        .route(endpoints::RECEIPTS.path, get(changes::receipts))
        .route(endpoints::RECEIPT.path, get(changes::one_receipt))
        .route(endpoints::PRICES.path, get(prices::list))
        .route(
            endpoints::OVERRIDES.path,
            get(prices::overrides).merge(changing(put(prices::set).delete(prices::remove))),
        )
        .route(endpoints::CURRENCY.path, get(prices::currency))
        .route(endpoints::EXPLAIN.path, get(prices::explain))
        .route(endpoints::REINDEX.path, get(reindex::report).merge(changing(post(reindex::start))))
        .merge(redaction::routes())
        .merge(account::routes())
        .merge(keys::routes())
        .route(endpoints::DESTINATIONS.path, get(destinations::list))
        .route(endpoints::DESTINATION.path, get(destinations::one))
        .route(endpoints::DO, changing(post(destinations::steer)))
        .route(
            endpoints::DEAD_LETTERS.path,
            get(destinations::dead_letters).merge(changing(post(destinations::replay).delete(destinations::discard))),
        )
        .route(endpoints::CALLS.path, get(lists::calls))
        .route(endpoints::COST.path, get(costs::cost))
        .route(endpoints::MOVERS.path, get(costs::movers))
        .route(endpoints::RECONCILE.path, get(reconcile::reconcile))
        .route(
            endpoints::INVOICE.path,
            changing(post(reconcile::compare))
                .get(reconcile::needs_a_file)
                .layer(DefaultBodyLimit::max(reconcile::MOST_BYTES)),
        )
        .route(endpoints::COMPARE.path, get(compare::compare))
        .route(endpoints::COMPARE_MODELS.path, get(compare::models))
        .route(endpoints::OVERVIEW.path, get(boards::overview))
        .route(endpoints::SERIES.path, get(boards::series))
        .merge(parts::routes())
        .route(endpoints::VALUES.path, get(lists::values))
        .route(endpoints::SEARCH.path, get(search::search))
        .merge(operations())
        .route(endpoints::HEALTH.path, get(health::health))
        .route("/api/openapi.json", get(async || Json(openapi())))
        .route("/metrics", get(health::own_metrics))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/api", get(unknown))
        .route("/api/{*rest}", get(unknown))
        .layer(tower_http::compression::CompressionLayer::new());
    let guard = guard::Guard { access: state.access.clone(), hosts: state.config.web.hosts.clone() };
    // Apart from the others: an event must not wait in a compressor's buffer, and images are compressed.
    reading
        .route(endpoints::LIVE.path, get(live::live))
        .route(endpoints::MEDIA.path, get(media::media))
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .layer(from_fn_with_state(guard, guard::guarded))
        .layer(from_fn(with_headers))
        .with_state(state)
}

/// Traces, sessions, users, and views of them.
fn exploring() -> Router<ApiState> {
    Router::new()
        .route(endpoints::TRACES.path, get(lists::traces))
        .route(endpoints::TRACE.path, get(lists::trace).merge(changing(delete(changes::delete_trace))))
        .route(endpoints::PIN, changing(put(changes::pin).delete(changes::unpin)))
        .route(endpoints::TRACE_EXPORT.path, get(raw::export))
        .route(endpoints::TRACE_OTLP.path, get(raw::otlp))
        .route(endpoints::BULK, changing(post(many::bulk)))
        .route(endpoints::SESSION.path, get(session_page::session).merge(changing(delete(changes::delete_session))))
        .route(endpoints::VIEWS.path, get(views::list).merge(changing(put(views::save).delete(views::remove))))
        .route(endpoints::USERS.path, get(lists::users))
        .route(endpoints::SESSIONS.path, get(lists::sessions))
        .route(endpoints::USER, changing(delete(changes::delete_user)))
}

/// Logs, metrics, statements, and what the operator's pages ask.
fn operations() -> Router<ApiState> {
    Router::new()
        .route(endpoints::LOGS.path, get(logs::list))
        .route(endpoints::METRICS.path, get(metrics::points))
        .route(endpoints::METRIC_NAMES.path, get(metrics::names))
        .route(endpoints::METRIC_SERIES.path, get(metrics::series))
        .route(endpoints::LOG_SUMMARY.path, get(logs::summary))
        .route(endpoints::METRIC_ATTRIBUTES.path, get(metrics::attributes))
        .route(endpoints::ARRIVALS.path, get(arrivals::arrivals))
        .route(endpoints::CLIENTS.path, get(arrivals::clients))
        .route(endpoints::CONFIG.path, get(configuration::in_force))
        .route(endpoints::STORAGE.path, get(storage::storage))
        .route(endpoints::SQL_TABLES.path, get(sql::tables))
        .route(endpoints::SQL.path, changing(post(sql::run)).get(sql::needs_a_statement))
}

/// Lets only requests of our own pages and of scripts pass.
fn changing(methods: MethodRouter<ApiState>) -> MethodRouter<ApiState> {
    methods.route_layer(from_fn(changes::guarded))
}

async fn unknown(request: Request) -> ApiError {
    ApiError::not_found(
        format!("there is no {}", request.uri().path()),
        "/api/openapi.json lists the addresses there are",
    )
}

/// Answers are for this client at this moment, are data and no page, and are nobody else's to embed.
async fn with_headers(request: Request, next: Next) -> Response {
    const HEADERS: [(HeaderName, &str); 5] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    let mut response = next.run(request).await.into_response();
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
