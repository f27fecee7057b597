//! Langfuse's API as far as its SDKs, Dify and LangFlow use it to send: what they tell becomes OTLP records, which go the
//! way of all others. Observations become pieces of spans, see [`crate::model::piece`]; scores become log records.
//!
//! What is answered how is in `docs/langfuse.md`. OTLP below `/api/public/otel` is none of this module's.

mod attribute;
mod event;
mod ingestion;
mod media;
mod observation;
mod origin;
mod other;
mod route;
mod score;
mod scores;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use serde_json::{Value, json};

use self::media::Announced;
pub(super) use self::media::Known;
use self::origin::Origin;
pub(super) use self::route::{Route, route};
pub(super) use self::score::record;
use super::foreign::Converted;
use super::{Door, Protocol, Refusal, Shared, body, client_of, http};
use crate::journal::Payload;
use crate::model::{Signal, SpanId, TraceId};

/// The span that stands for a whole trace.
fn root_of(trace: TraceId) -> SpanId {
    // A name is never empty, and of those only a hash of zeros would be no id.
    SpanId::from_foreign(&format!("langfuse trace {trace}")).unwrap_or(SpanId([1; 8]))
}

/// An answer in JSON.
#[derive(Debug)]
struct Reply(StatusCode, Value);

impl Reply {
    /// In the form of Langfuse's errors.
    fn error(status: StatusCode, error: &str, message: impl Into<String>) -> Self {
        Self(status, json!({"message": message.into(), "error": error}))
    }

    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.1.to_string()));
        *response.status_mut() = self.0;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

pub(super) async fn answer(shared: Arc<Shared>, door: Arc<Door>, route: Route, request: Request) -> Response {
    let client = client_of(&request);
    let (parts, mut body) = request.into_parts();
    let call = Call { shared: &shared, door: &door, client, uri: &parts.uri, headers: &parts.headers };
    let mut response = match call.reply(route, &mut body).await {
        Ok(reply) => reply.into_response(),
        Err(refusal) => {
            shared.refused(client, "unknown", Protocol::Langfuse.as_str(), &refusal);
            if !parts.headers.contains_key(header::EXPECT) {
                body::drain(&mut body, shared.max_request_bytes).await;
            }
            let reply = Reply::error(refusal.http_status(), refusal.outcome(), refusal.message());
            let mut response = reply.into_response();
            http::say_how(&refusal, response.headers_mut());
            response
        }
    };
    http::allow_local_pages(&parts.headers, response.headers_mut());
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
    async fn reply(&self, route: Route, body: &mut Body) -> Result<Reply, Refusal> {
        if !matches!(route, Route::Health | Route::Preflight | Route::File(_)) {
            self.door.enter_with(Signal::Traces)?;
        }
        Ok(match route {
            Route::Projects => Reply(StatusCode::OK, projects()),
            Route::Health => Reply(StatusCode::OK, json!({"status": "OK", "version": env!("CARGO_PKG_VERSION")})),
            Route::Preflight => Reply(StatusCode::OK, json!({})),
            Route::Ingestion => {
                let (origin, now) = (Origin::of(self.headers), self.shared.clock.now());
                let answer = self.take(body, "", move |body| ingestion::read(&origin, body, now)).await?;
                Reply(StatusCode::MULTI_STATUS, answer)
            }
            Route::Scores => {
                let (origin, now) = (Origin::of(self.headers), self.shared.clock.now());
                // A score said again replaces what was said in between, so it is no repetition.
                let target = format!("{} {now}", self.uri.path());
                let answer = self.take(body, &target, move |body| scores::read(&origin, body, now)).await?;
                Reply(answer.0, answer.1)
            }
            Route::DeleteScore(id) => {
                let (origin, now) = (Origin::of(self.headers), self.shared.clock.now());
                let target = format!("{} {now}", self.uri.path());
                let taken = self.take(body, &target, move |_| {
                    let record = score::deleted(&id, now).into_iter().collect();
                    Ok(Converted::new(vec![Payload::Logs(origin.logs(record))], ()))
                });
                taken.await?;
                Reply(StatusCode::OK, json!({"message": "Score deletion accepted"}))
            }
            Route::Media => self.announced(body).await?,
            Route::File(id) => {
                let announced = Announced::of_query(id, self.uri.query().unwrap_or_default());
                let door = self.shared.langfuse_media.door(&announced, self.uri, self.door)?;
                self.file(announced, &door, body).await?;
                Reply(StatusCode::OK, json!({}))
            }
            Route::MediaDone => Reply(StatusCode::OK, json!({})),
            other => without_data(&other, self.uri.path()),
        })
    }

    /// A file that is announced: one that is here is tied to its new place at once.
    async fn announced(&self, body: &mut Body) -> Result<Reply, Refusal> {
        let announced = self.take(body, "announced", |body| {
            Announced::read(body).map(|announced| Converted::new(Vec::new(), announced))
        });
        let announced = announced.await?;
        let (shared, asked) = (Arc::clone(self.shared), announced.clone());
        let look = move || asked.known(&shared.langfuse_media, &shared.media);
        let bytes = tokio::task::spawn_blocking(look).await.map_err(|_| Refusal::Closing)?;
        let is_here = bytes.is_some();
        if let Some(bytes) = bytes {
            self.file(announced.clone(), self.door, &mut Body::from(bytes)).await?;
        }
        let permit = self.shared.langfuse_media.permit(&announced, self.door);
        Ok(Reply(StatusCode::OK, announced.answer(is_here, self.headers, self.uri.path(), &permit)))
    }

    /// The bytes of a file, as they come or as they are kept.
    async fn file(&self, announced: Announced, door: &Arc<Door>, body: &mut Body) -> Result<(), Refusal> {
        let (origin, now) = (Origin::of(self.headers), self.shared.clock.now());
        let target = format!("{} {}", self.uri, announced.place());
        let shared = Arc::clone(self.shared);
        // The headers of an announcement say nothing about the file.
        let incoming = self.shared.incoming(self.client, Protocol::Langfuse, target, &HeaderMap::new(), body).await?;
        let convert =
            move |bytes: &Bytes| announced.kept(bytes.clone(), &shared.langfuse_media, &shared.media, &origin, now);
        Arc::clone(self.shared).take_foreign(Arc::clone(door), incoming, convert).await
    }

    async fn take<T: Send + 'static>(
        &self,
        body: &mut Body,
        target: &str,
        convert: impl FnOnce(&Bytes) -> Result<Converted<T>, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let incoming =
            self.shared.incoming(self.client, Protocol::Langfuse, target.to_owned(), self.headers, body).await?;
        Arc::clone(self.shared).take_foreign(Arc::clone(self.door), incoming, convert).await
    }
}

/// Clients take the first for theirs, and need one.
fn projects() -> Value {
    let organization = json!({"id": "tracemeter", "name": "Tracemeter"});
    json!({"data": [{"id": "default", "name": "default", "organization": organization, "metadata": {}}]})
}

/// What needs no look into anything we have. It says what is not here instead of an empty list of what is.
fn without_data(route: &Route, path: &str) -> Reply {
    match route {
        Route::Nothing => {
            let meta = json!({"page": 1, "limit": 50, "totalItems": 0, "totalPages": 0});
            Reply(StatusCode::OK, json!({"data": [], "meta": meta}))
        }
        Route::NotKept(what, name) => {
            let message = format!("{what} {name:?} not found: tracemeter keeps none, so the SDK's fallback holds");
            Reply::error(StatusCode::NOT_FOUND, "LangfuseNotFoundError", message)
        }
        Route::ReadElsewhere => Reply::error(
            StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            format!(
                "{path} is not read in Langfuse's form here: ask GET /api/v1/traces and its siblings on the web port"
            ),
        ),
        Route::NotTaken => Reply::error(
            StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            format!("{path} is not kept: tracemeter takes traces, observations, scores and media"),
        ),
        Route::WrongMethod => Reply::error(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowedError",
            format!("{path} is not used with this method"),
        ),
        _ => Reply::error(
            StatusCode::NOT_FOUND,
            "LangfuseNotFoundError",
            format!("{path} is not known here: see docs/langfuse.md for what is"),
        ),
    }
}
