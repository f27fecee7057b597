//! LangSmith's run protocol, as LangChain, LangGraph, n8n and Dify send it: runs become pieces of OTLP spans, feedback
//! becomes log records, and both go the way of all others. See `convert` for the names, `docs/langsmith.md` for the use.
//!
//! What ties runs to n8n's own trace of the same execution, on every run of it:
//!
//! | attribute of a run's span | attribute of n8n's spans |
//! |---|---|
//! | `langsmith.metadata.execution_id` | `n8n.execution.id` |
//! | `langsmith.metadata.workflow.id`, `langsmith.metadata.workflow` (its name) | `n8n.workflow.id`, `n8n.workflow.name` |
//! | `langsmith.metadata.node` | `n8n.node.name` |
//!
//! All runs of one node in one execution have one trace id, and their root has no parent; two nodes have two.

mod answer;
mod call;
mod convert;
mod failure;
mod feedback;
mod ingest;
mod kin;
mod multipart;
mod projects;
mod route;
mod runs;
mod ties;
mod usage;
mod when;

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use serde_json::{Value, json};

use self::ingest::{Form, Taken};
pub(super) use self::route::{Route, route};
use self::ties::Ties;
use super::{Door, Protocol, Refusal, Shared, body, client_of, http};
use crate::model::{Signal, SpanId, TraceId};

/// Runs in one request that we ask for. There is no limit to them but that of bytes.
const BATCH_RUNS: usize = 500;

/// Bytes of runs in one request that we ask for at most: what LangSmith itself asks for.
const BATCH_BYTES: usize = 20 << 20;

/// What is remembered between requests.
#[derive(Debug, Default)]
pub(super) struct Memory {
    kin: kin::Kin,
    ties: Ties,
}

/// Shared by all requests.
#[derive(Debug, Default)]
pub(super) struct State(Mutex<Memory>);

impl State {
    fn with<T>(&self, work: impl FnOnce(&mut Memory) -> T) -> T {
        // Nothing in it can be half done: a memory that lacks something is none the worse.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn trace_of(&self, run: SpanId) -> Option<TraceId> {
        self.with(|memory| memory.kin.of(run).map(|place| place.trace))
    }
}

pub(super) async fn answer(shared: Arc<Shared>, door: Arc<Door>, route: Route, request: Request) -> Response {
    let client = client_of(&request);
    let (parts, mut body) = request.into_parts();
    let call = Call { shared: &shared, door: &door, client, uri: &parts.uri, headers: &parts.headers };
    let mut response = match call.reply(route, &mut body).await {
        Ok((status, answer)) => reply(status, &answer),
        Err(refusal) => {
            shared.refused(client, "unknown", Protocol::LangSmith.as_str(), &refusal);
            if !parts.headers.contains_key(header::EXPECT) {
                body::drain(&mut body, shared.max_request_bytes).await;
            }
            let mut response = reply(refusal.http_status(), &json!({"detail": refusal.message()}));
            http::say_how(&refusal, response.headers_mut());
            response
        }
    };
    http::allow_local_pages(&parts.headers, response.headers_mut());
    response
}

fn reply(status: StatusCode, answer: &Value) -> Response {
    let text = if status == StatusCode::NO_CONTENT { String::new() } else { answer.to_string() };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A request and who answers it.
struct Call<'a> {
    shared: &'a Arc<Shared>,
    door: &'a Arc<Door>,
    client: std::net::IpAddr,
    uri: &'a Uri,
    headers: &'a HeaderMap,
}

impl Call<'_> {
    async fn reply(&self, route: Route, body: &mut Body) -> Result<(StatusCode, Value), Refusal> {
        let now = self.shared.clock.now();
        let path = self.uri.path();
        if !matches!(route, Route::Info | Route::Probe) {
            self.door.enter_with(Signal::Traces)?;
        }
        Ok(match route {
            Route::Info => (StatusCode::OK, info(self.shared.max_request_bytes)),
            Route::Multipart => {
                let found = || shown(self.headers, &header::CONTENT_TYPE);
                let boundary =
                    multipart::boundary(self.headers).ok_or_else(|| Refusal::Malformed {
                        field: None,
                        message: format!(
                            "content type {:?} is no multipart/form-data with a boundary: send that, or JSON to /runs/batch",
                            found()
                        ),
                    })?;
                self.take(body, Form::Multipart(boundary)).await?
            }
            Route::Batch => self.take(body, Form::Batch).await?,
            Route::CreateRun => self.take(body, Form::Create).await?,
            Route::ChangeRun(id) => self.take(body, Form::Change(id)).await?,
            Route::Feedback => self.take(body, Form::Feedback(None)).await?,
            Route::ChangeFeedback(id) => self.take(body, Form::Feedback(Some(id))).await?,
            Route::DeleteFeedback(id) => self.take(body, Form::DeleteFeedback(id)).await?,
            Route::Projects => (StatusCode::OK, projects::list(self.uri, now)),
            Route::CreateProject => {
                let (wire, _room) = self.shared.read(body, self.shared.max_request_bytes).await?;
                (StatusCode::OK, projects::created(&wire, now))
            }
            Route::Project(id) => (StatusCode::OK, projects::one(&id, now)),
            Route::Settings => (StatusCode::OK, projects::settings(now)),
            Route::Probe => (StatusCode::NO_CONTENT, Value::Null),
            Route::ReadElsewhere => {
                let advice =
                    "is not read in LangSmith's form here: ask GET /api/v1/traces and its siblings on the web port";
                (StatusCode::NOT_FOUND, json!({"detail": format!("{path} {advice}")}))
            }
            Route::WrongMethod => {
                (StatusCode::METHOD_NOT_ALLOWED, json!({"detail": format!("{path} is not used with this method")}))
            }
        })
    }

    async fn take(&self, body: &mut Body, form: Form) -> Result<(StatusCode, Value), Refusal> {
        let now = self.shared.clock.now();
        // The same feedback said again later may take back what was said in between; runs are pieces, which add up.
        let target = if form.is_feedback() { format!("{} {now}", self.uri.path()) } else { self.uri.path().to_owned() };
        let incoming = self.shared.incoming(self.client, Protocol::LangSmith, target, self.headers, body).await?;
        let (this, door) = (Arc::clone(self.shared), Arc::clone(self.door));
        let convert = move |body: &bytes::Bytes| ingest::read(&this, &form, body, now);
        let taken: Taken = Arc::clone(self.shared).take_foreign(door, incoming, convert).await?;
        // Only what is stored needs not be made again.
        self.shared.langsmith.with(|memory| memory.ties.made(&taken.ties));
        Ok(taken.answer())
    }
}

/// What clients ask before they send: how much at once, and how it may be compressed.
fn info(max_request_bytes: usize) -> Value {
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "license_expiration_time": null,
        "batch_ingest_config": {
            "use_multipart_endpoint": true,
            "size_limit": BATCH_RUNS,
            // Clients close a batch with the run that makes it too large, so half of the limit is what holds.
            "size_limit_bytes": BATCH_BYTES.min(max_request_bytes / 2),
            "scale_up_qsize_trigger": 1000,
            "scale_up_nthreads_limit": 4,
            "scale_down_nempty_trigger": 4,
        },
        "instance_flags": {"gzip_body_enabled": true, "zstd_compression_enabled": true},
    })
}

fn shown(headers: &HeaderMap, name: &header::HeaderName) -> String {
    String::from_utf8_lossy(headers.get(name).map_or(b"", HeaderValue::as_bytes)).into_owned()
}
