//! What a path of LangSmith's API means, with and without `/api/v1` or `/api` before it. Pure.

use axum::http::Method;

/// What a request wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::receive) enum Route {
    /// What the server can do.
    Info,
    Multipart,
    Batch,
    CreateRun,
    /// By its id.
    ChangeRun(String),
    Feedback,
    /// By its id.
    ChangeFeedback(String),
    /// By its id.
    DeleteFeedback(String),
    /// A list of projects, perhaps by name.
    Projects,
    CreateProject,
    /// By its id.
    Project(String),
    Settings,
    /// Something to be read that is here, but not in this form.
    ReadElsewhere,
    /// Somebody asks whether the path is there.
    Probe,
    WrongMethod,
}

/// The route of `path`; `None` for paths that are none of LangSmith's, or that it shares with others and that nobody
/// needs to send.
pub(in crate::receive) fn route(method: &Method, path: &str) -> Option<Route> {
    let mut segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    for prefix in ["api", "v1"] {
        if segments.first() == Some(&prefix) {
            segments.remove(0);
        }
    }
    let route = below(method, &segments)?;
    let asks = matches!(*method, Method::OPTIONS | Method::HEAD);
    Some(if asks { Route::Probe } else { route })
}

fn below(method: &Method, segments: &[&str]) -> Option<Route> {
    let when = |wanted: Method, route: Route| if *method == wanted { route } else { Route::WrongMethod };
    Some(match segments {
        ["info"] => when(Method::GET, Route::Info),
        ["runs", "multipart"] => when(Method::POST, Route::Multipart),
        ["runs", "batch"] => when(Method::POST, Route::Batch),
        ["runs"] => when(Method::POST, Route::CreateRun),
        ["runs", "query" | "stats"] => Route::ReadElsewhere,
        ["runs", id] if *method == Method::GET && !id.is_empty() => Route::ReadElsewhere,
        ["runs", id] => when(Method::PATCH, Route::ChangeRun((*id).to_owned())),
        ["feedback"] if *method == Method::GET => Route::ReadElsewhere,
        ["feedback"] => when(Method::POST, Route::Feedback),
        ["feedback", id] if *method == Method::DELETE => Route::DeleteFeedback((*id).to_owned()),
        ["feedback", id] => when(Method::PATCH, Route::ChangeFeedback((*id).to_owned())),
        ["sessions"] if *method == Method::POST => Route::CreateProject,
        ["sessions"] => when(Method::GET, Route::Projects),
        ["sessions", id] => Route::Project((*id).to_owned()),
        ["settings"] => when(Method::GET, Route::Settings),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_of_an_sdk_has_its_route() {
        for prefix in ["", "/api/v1", "/api", "//api/v1/"] {
            let of = |method: Method, path: &str| route(&method, &format!("{prefix}{path}"));
            assert_eq!(of(Method::GET, "/info"), Some(Route::Info), "{prefix}");
            assert_eq!(of(Method::POST, "/runs/multipart"), Some(Route::Multipart), "{prefix}");
            assert_eq!(of(Method::POST, "/runs/batch/"), Some(Route::Batch), "{prefix}");
            assert_eq!(of(Method::POST, "/runs"), Some(Route::CreateRun), "{prefix}");
            assert_eq!(of(Method::PATCH, "/runs/a"), Some(Route::ChangeRun("a".into())), "{prefix}");
        }
        assert_eq!(route(&Method::HEAD, "/runs/multipart"), Some(Route::Probe));
        assert_eq!(route(&Method::GET, "/runs/a"), Some(Route::ReadElsewhere));
        assert_eq!(route(&Method::DELETE, "/runs/batch"), Some(Route::WrongMethod));
    }

    #[test]
    fn paths_of_others_are_not_ours() {
        for path in ["/v1/traces", "/", "/api/public/ingestion", "/v1/runs/a/b", "/otel/v1/traces", "/health"] {
            assert_eq!(route(&Method::POST, path), None, "{path}");
        }
    }
}
