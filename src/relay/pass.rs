//! Passes one request on to its upstream and the answer back, unchanged.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::response::Response;
use http::{HeaderMap, Version, header, request, response};
use reqwest::Url;

use super::Shared;
use super::body::{Tap, Tee};
use super::call::{Call, End, Watch};
use super::capture::Kept;
use super::headers::{self, Context, Told};
use super::read::Reader;
use super::refusal::Refusal;
use super::route::Upstream;
use super::speech::Speech;
use crate::access::{Pass, client_of};
use crate::arrivals::Way;
use crate::config::UpstreamKind;
use crate::model::Signal;

pub(super) async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let clock = Instant::now();
    let client = client_of(&request);
    let (mut parts, body) = request.into_parts();
    let (key, path) = headers::key(&parts.headers, parts.uri.path());
    let pass = match shared.admit(key.as_deref()) {
        Ok(pass) => pass,
        Err(refusal) => return shared.kept_out(client, path, &refusal),
    };
    let Some((at, rest)) = shared.routes.find(path) else {
        return shared.nowhere(client, path);
    };
    let upstream = &shared.routes.all()[at];
    let url = upstream.address(rest, parts.uri.query());
    let kept = Arc::new(Mutex::new(Kept::new(&shared.budget, shared.most)));
    // Those that are not recorded pass by the same way, but nothing is kept of them.
    let watch = Speech::of(&parts.method, url.path()).map(|speech| {
        let call = shared.call(at, speech, clock, (client, pass), &mut parts, Arc::clone(&kept));
        Watch::new(call, shared.recorder.clone())
    });
    headers::of_request(&mut parts.headers);
    let recorded = watch.as_ref().map(|_| kept);
    let outgoing = outgoing(parts, url, body, recorded);
    match shared.client.execute(outgoing).await {
        Ok(answer) => {
            let answer: http::Response<reqwest::Body> = answer.into();
            let (head, body) = answer.into_parts();
            shared.answered(upstream, at, head.status.as_u16());
            passed_back(&shared, head, body, watch)
        }
        Err(error) => shared.failed(upstream, at, &error, watch),
    }
}

/// The request as the upstream gets it; a body is kept where there is a place for it.
fn outgoing(parts: request::Parts, url: Url, body: Body, kept: Option<Arc<Mutex<Kept>>>) -> reqwest::Request {
    let mut outgoing = reqwest::Request::new(parts.method, url);
    *outgoing.headers_mut() = parts.headers;
    if !body.is_end_stream() {
        *outgoing.body_mut() = Some(reqwest::Body::wrap(Tee::new(body, kept)));
    }
    outgoing
}

/// The answer as the client gets it; read on its way where it is recorded.
fn passed_back(shared: &Shared, head: response::Parts, body: reqwest::Body, watch: Option<Watch>) -> Response {
    let mut head = head;
    headers::of_a_hop(&mut head.headers);
    head.extensions.clear();
    // That of the client's connection, not of the upstream's.
    head.version = Version::HTTP_11;
    let Some(mut watch) = watch else { return Response::from_parts(head, Body::new(body)) };
    if let Some(call) = watch.call() {
        call.status = Some(head.status.as_u16());
        call.request_id = ["request-id", "x-request-id", "apim-request-id"]
            .iter()
            .find_map(|name| Some(head.headers.get(*name)?.to_str().ok()?.chars().take(128).collect()));
        let (kind, encoding) =
            (text(&head.headers, header::CONTENT_TYPE), text(&head.headers, header::CONTENT_ENCODING));
        call.answer = Some(Reader::new(call.speech, kind, encoding, &shared.budget, shared.most));
    }
    Response::from_parts(head, Body::new(Tap::new(body, watch)))
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

impl Shared {
    /// What will be recorded; the provider is told of the place in the trace.
    fn call(
        &self,
        upstream: usize,
        speech: Speech,
        clock: Instant,
        (client, pass): (IpAddr, Pass),
        parts: &mut request::Parts,
        request: Arc<Mutex<Kept>>,
    ) -> Call {
        let context = Context::of(&parts.headers);
        let state = text(&parts.headers, header::HeaderName::from_static("tracestate")).to_owned();
        let place = self.ids.place(context, state);
        let told = Told::of(&parts.headers);
        if let Some(traceparent) = place.here.header() {
            parts.headers.insert("traceparent", traceparent);
        }
        if context.is_none() {
            parts.headers.remove("tracestate");
        }
        Call {
            upstream,
            speech,
            began: self.clock.now(),
            clock,
            place,
            told,
            client,
            pass,
            request,
            encoding: text(&parts.headers, header::CONTENT_ENCODING).to_owned(),
            status: None,
            request_id: None,
            answer: None,
            end: End::ClientLeft,
            took: std::time::Duration::ZERO,
        }
    }

    /// Lets a call pass, or says why not.
    fn admit(&self, key: Option<&str>) -> Result<Pass, Refusal> {
        let pass = self.access.admit_key(self.asks, key).map_err(|denied| Refusal::Key(denied.as_str()))?;
        if pass.is_for(Signal::Traces) { Ok(pass) } else { Err(Refusal::Key("other_key")) }
    }

    fn kept_out(&self, client: IpAddr, path: &str, refusal: &Refusal) -> Response {
        let way = Way { client, protocol: "http", signal: "unknown" };
        self.arrivals.refused(way, refusal.code(), refusal.to_string());
        refusal.response(Speech::home(path).unwrap_or(UpstreamKind::OpenAi))
    }

    fn nowhere(&self, client: IpAddr, path: &str) -> Response {
        let names = self.routes.all().iter().map(|upstream| format!("/{}", upstream.name)).collect();
        let kind = Speech::home(path).unwrap_or(UpstreamKind::OpenAi);
        let refusal = Refusal::NoUpstream { path: path.chars().take(100).collect(), names };
        let way = Way { client, protocol: "http", signal: "unknown" };
        self.arrivals.refused(way, refusal.code(), refusal.to_string());
        refusal.response(kind)
    }

    fn failed(&self, upstream: &Upstream, at: usize, error: &reqwest::Error, watch: Option<Watch>) -> Response {
        let reason = super::root(error);
        let name = upstream.name.clone();
        let left = watch.as_ref().is_some_and(Watch::client_broke_off);
        let refusal = if error.is_connect() || error.is_timeout() {
            Refusal::Unreachable { upstream: name, reason: reason.clone() }
        } else {
            Refusal::NoAnswer { upstream: name, reason: reason.clone() }
        };
        if !left {
            self.unanswered(upstream, at, &reason);
        }
        if let Some(mut watch) = watch {
            watch.end(if left { End::ClientLeft } else { End::NoAnswer(reason) });
        }
        refusal.response(upstream.kind)
    }
}
