//! The table of places: what a path means to whom. Pure.
//!
//! A client composes the path from a base address that a person typed, and each does it in its own way. Whatever
//! ends in `/v1/traces` is meant for the traces, below any base: that of Langfuse, LangSmith, LangWatch or Opik, of a
//! backend that was there before, or of a proxy that passes paths on whole.

use axum::http::Method;

use crate::model::{Signal, percent};

/// What a path means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// OTLP/HTTP of this signal.
    Of(Signal),
    /// A base address with nothing behind it, as clients that take their endpoint as it stands send to: the body
    /// says which signal it is (Open WebUI posts all three to `/`).
    Any,
    /// What users think of an answer, as Traceloop's SDK tells it.
    Feedback,
    /// Whether we are alive and take requests.
    Alive,
    /// Where another protocol sends to, by its name.
    Other(&'static str),
    Nowhere,
}

/// Base addresses, each with who is known to use it. Below them lies `/v1/{signal}`, and what comes to them bare is
/// looked into.
const BASES: &[(&str, &str)] = &[
    ("", "OpenTelemetry SDKs, and Open WebUI bare"),
    ("v1", "an endpoint cut short"),
    ("otlp", "Grafana's stack, Traceloop behind a proxy"),
    ("otel", "LangSmith in OTLP mode"),
    ("api/otel", "LangWatch"),
    ("api/public/otel", "Langfuse"),
    ("v1/private/otel", "Opik"),
    ("api/v1/private/otel", "Opik at home"),
    ("opik/api/v1/private/otel", "Opik in its cloud"),
    ("api/v1/otel", "LangSmith at home"),
];

/// What else finds its way here, by the end of its path: protocols of other backends, which we do not speak.
const OTHERS: &[(&str, &str)] = &[
    ("api/v2/spans", "Zipkin"),
    ("api/v1/spans", "Zipkin"),
    ("api/traces", "Jaeger (Thrift)"),
    ("v0.3/traces", "Datadog"),
    ("v0.4/traces", "Datadog"),
    ("v0.5/traces", "Datadog"),
    ("services/collector", "Splunk HEC"),
    ("services/collector/event", "Splunk HEC"),
    ("services/collector/raw", "Splunk HEC"),
    ("api/v1/write", "Prometheus remote write"),
    ("loki/api/v1/push", "Loki"),
    ("intake/v2/events", "Elastic APM"),
    ("v1/profiles", "OpenTelemetry profiles"),
    ("v1development/profiles", "OpenTelemetry profiles"),
    ("v1/traces/ingest", "OpenAI Agents"),
    ("v1/private/traces/batch", "Opik's own (use its OTLP address, .../v1/private/otel)"),
    ("v1/private/spans/batch", "Opik's own (use its OTLP address, .../v1/private/otel)"),
    ("v1/chat/completions", "the OpenAI API (that is for a relay, not for telemetry)"),
    ("v1/messages", "the Anthropic API (that is for a relay, not for telemetry)"),
];

/// Where health checks of proxies, containers and SDKs ask.
const ALIVE: &[&str] = &["healthz", "readyz", "livez", "health", "ping", "is-alive/ping", "opik/api/is-alive/ping"];

/// What `path` means. Slashes too many, case, escapes, quotes and blanks that were copied along do not count.
pub(super) fn place(path: &str) -> Place {
    match path {
        "/v1/traces" => return Place::Of(Signal::Traces),
        "/v1/logs" => return Place::Of(Signal::Logs),
        "/v1/metrics" => return Place::Of(Signal::Metrics),
        _ => {}
    }
    let plain = plain(path);
    if let Some(signal) = signal_of(&plain) {
        return Place::Of(signal);
    }
    if BASES.iter().any(|(base, _)| *base == plain) {
        return Place::Any;
    }
    if task_of(&plain).is_some() {
        return Place::Feedback;
    }
    if ALIVE.contains(&plain.as_str()) {
        return Place::Alive;
    }
    let ends = |end: &str| plain.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'));
    OTHERS.iter().find(|(end, _)| ends(end)).map_or(Place::Nowhere, |(_, spoken)| Place::Other(spoken))
}

/// Whether a request to the web port is telemetry, and not for the pages or our own API, whose `/api/v1/traces`,
/// `/api/v1/logs` and `/api/v1/metrics` look alike.
pub(super) fn is_telemetry(method: &Method, path: &str) -> bool {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    match place(path) {
        // Pages may have any address, so of what is read only the known bases are ours.
        Place::Of(_) => {
            let plain = plain(path);
            let base = plain.rsplitn(3, '/').nth(2).unwrap_or_default();
            base != "api" && (!reads || BASES.iter().any(|(known, _)| *known == base))
        }
        Place::Any => !reads,
        Place::Feedback => true,
        // Our web port has its own, and tells strangers so itself.
        Place::Alive | Place::Other(_) | Place::Nowhere => false,
    }
}

/// Whether the web port has a page or an answer of our own API at `path`, where LangSmith has its projects and settings.
pub(super) fn is_page(path: &str) -> bool {
    let plain = plain(path);
    let own = plain.strip_prefix("api/v1/").unwrap_or(&plain);
    matches!(own.split('/').next(), Some("sessions" | "settings"))
}

/// What the feedback is about that comes to `path`.
pub(super) fn task(path: &str) -> Option<String> {
    task_of(&plain(path)).map(str::to_owned)
}

/// The name of the task in `.../v2/annotation-tasks/{task}/annotations`.
fn task_of(plain: &str) -> Option<&str> {
    let (before, rest) = plain.split_once("v2/annotation-tasks/")?;
    let task = rest.strip_suffix("/annotations")?;
    (!task.is_empty() && (before.is_empty() || before.ends_with('/'))).then_some(task)
}

/// `.../v1/{signal}`; of a whole path behind a whole path (`/v1/traces/v1/logs`) the last counts.
fn signal_of(plain: &str) -> Option<Signal> {
    let (before, name) = plain.rsplit_once('/')?;
    let is_first = before == "v1" || before.ends_with("/v1");
    Signal::ALL.into_iter().find(|signal| is_first && signal.as_str() == name)
}

/// The parts of a path that are not empty, lower case, joined by single slashes.
fn plain(path: &str) -> String {
    let decoded = percent::decoded(path.as_bytes()).to_ascii_lowercase();
    let before_query = decoded.split(['?', '#']).next().unwrap_or_default();
    let stray = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '`' | '\\' | ';' | ',');
    let parts = before_query.split('/').map(|part| part.trim_matches(stray)).filter(|part| !matches!(*part, "" | "."));
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_base_leads_to_the_signals_and_is_looked_into_when_bare() {
        for (base, who) in BASES {
            let base = if base.is_empty() { String::new() } else { format!("/{base}") };
            for signal in Signal::ALL {
                for path in [format!("{base}/v1/{signal}"), format!("{base}/v1/{signal}/")] {
                    assert_eq!(place(&path), Place::Of(signal), "{path}: {who}");
                    assert!(is_telemetry(&Method::POST, &path) && is_telemetry(&Method::HEAD, &path), "{path}: {who}");
                }
            }
            for path in [base.clone(), format!("{base}/")] {
                assert_eq!(place(&path), Place::Any, "{path}: {who}");
                assert!(is_telemetry(&Method::POST, &path) && !is_telemetry(&Method::GET, &path), "{path}: {who}");
            }
        }
    }

    #[test]
    fn composed_and_mistyped_paths_are_understood() {
        for path in [
            "//v1/logs",
            "/v1//logs//",
            "/V1/Logs",
            "/v1/logs/v1/logs",
            "/v1/traces/v1/logs/",
            "/v1%2Flogs",
            "/v1/logs%20",
            "/v1/logs%22",
            "/%22/v1/logs",
            "/v1/logs%3Fapi_key=x",
            "/./v1/logs",
            "/s/my-space/v1/logs",
            "/insert/opentelemetry/v1/logs",
            "/tracemeter/v1/logs",
        ] {
            assert_eq!(place(path), Place::Of(Signal::Logs), "{path}");
        }
    }

    #[test]
    fn what_is_no_place_is_none() {
        let none =
            ["/v1/spans", "/v2/logs", "/v1/logs/extra", "/v1/logs/v1/spans", "/logs", "/xv1/logs", "/v1logs", "/a/b"];
        for path in none {
            assert_eq!(place(path), Place::Nowhere, "{path}");
        }
        assert_eq!(place("/api/v2/spans"), Place::Other("Zipkin"));
        assert_eq!(place("/services/collector/event"), Place::Other("Splunk HEC"));
        assert_eq!(place("/below/api/traces"), Place::Other("Jaeger (Thrift)"));
        assert_eq!(place("/myapi/traces"), Place::Nowhere);
        assert_eq!(place("/v2/annotation-tasks//annotations"), Place::Nowhere);
        assert_eq!(place("/v2/annotation-tasks/thumbs%2Fup/annotations"), Place::Feedback);
        assert_eq!(place("/v2/annotation-tasks/thumbs/annotations"), Place::Feedback);
        assert_eq!((place("/healthz"), place("/opik/api/is-alive/ping")), (Place::Alive, Place::Alive));
    }

    #[test]
    fn pages_and_our_own_api_keep_their_addresses() {
        for path in ["/api/v1/traces", "/api/v1/logs", "/api/v1/metrics", "/api/v1/traces/"] {
            assert!(!is_telemetry(&Method::POST, path) && !is_telemetry(&Method::GET, path), "{path}");
        }
        for path in ["/", "/traces", "/health", "/healthz", "/metrics", "/settings/connect", "/workflows/v1/traces"] {
            assert!(!is_telemetry(&Method::GET, path), "{path}");
        }
        assert!(is_page("/sessions/a") && is_page("/api/v1/sessions") && !is_page("/runs") && !is_page("/info"));
        assert!(is_telemetry(&Method::GET, "/v1/traces") && is_telemetry(&Method::OPTIONS, "/v1/traces"));
        assert!(is_telemetry(&Method::POST, "/home/v1/traces") && !is_telemetry(&Method::POST, "/traces"));
    }
}
