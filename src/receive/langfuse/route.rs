//! What a path of Langfuse's API means. Pure.

use axum::http::Method;

/// What a request wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::receive) enum Route {
    Projects,
    Health,
    Ingestion,
    Scores,
    /// By its id.
    DeleteScore(String),
    /// A file is announced.
    Media,
    /// A file comes, by the id it was given.
    File(String),
    /// How the upload went.
    MediaDone,
    /// A list of what we keep none of: prompts, datasets.
    Nothing,
    /// One thing of which we have none, such as `prompt` and its name.
    NotKept(&'static str, String),
    /// Something to be read that is here, but not in this form.
    ReadElsewhere,
    /// Something to be written that is not kept.
    NotTaken,
    /// A page asks whether it may send.
    Preflight,
    WrongMethod,
    Unknown,
}

/// The route of `path`, which may lie below another base; `None` for paths that are none of Langfuse's, and for OTLP
/// (`/api/public/otel`), which is taken as such.
pub(in crate::receive) fn route(method: &Method, path: &str) -> Option<Route> {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let base = segments.windows(2).position(|pair| pair == ["api", "public"])?;
    let rest = &segments[base + 2..];
    match rest.first() {
        Some(&"otel") => None,
        _ if *method == Method::OPTIONS => Some(Route::Preflight),
        _ => Some(below(method, rest)),
    }
}

fn below(method: &Method, rest: &[&str]) -> Route {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    let only = |allowed: bool, route: Route| if allowed { route } else { Route::WrongMethod };
    let name = |rest: &[&str]| decoded(&rest.join("/"));
    match rest {
        ["projects"] => only(reads, Route::Projects),
        ["health" | "ready"] => only(reads, Route::Health),
        ["ingestion"] => only(method == Method::POST, Route::Ingestion),
        ["scores"] if method == Method::POST => Route::Scores,
        ["scores", id] if method == Method::DELETE => Route::DeleteScore(decoded(id)),
        ["media"] => only(method == Method::POST, Route::Media),
        ["media", id, "file"] => only(method == Method::PUT, Route::File((*id).to_owned())),
        ["media", _] if method == Method::PATCH => Route::MediaDone,
        ["v2", "prompts" | "datasets"] | ["prompts" | "datasets" | "dataset-items" | "score-configs" | "comments"]
            if reads && !matches!(rest, ["prompts"]) =>
        {
            Route::Nothing
        }
        // The first form of the API asked for one prompt by a parameter.
        ["prompts"] if reads => Route::NotKept("prompt", String::new()),
        ["v2", "prompts", ..] if reads => Route::NotKept("prompt", name(&rest[2..])),
        ["v2", "datasets", ..] if reads => Route::NotKept("dataset", name(&rest[2..])),
        ["datasets", ..] if reads => Route::NotKept("dataset", name(&rest[1..])),
        ["dataset-items", ..] if reads => Route::NotKept("dataset item", name(&rest[1..])),
        ["v2" | "v3", "scores" | "observations" | "metrics" | "sessions" | "traces", ..]
        | ["scores" | "traces" | "observations" | "sessions" | "metrics" | "models" | "users" | "media", ..]
            if reads =>
        {
            Route::ReadElsewhere
        }
        ["v2", "prompts" | "datasets", ..]
        | [
            "prompts" | "datasets" | "dataset-items" | "dataset-run-items" | "score-configs" | "comments" | "models",
            ..,
        ]
        | ["experiments", ..] => Route::NotTaken,
        _ => Route::Unknown,
    }
}

/// Ids and names are escaped where they are part of a path.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = after.get(..2).filter(|_| *first == b'%').and_then(|code| hex::decode(code).ok());
        bytes.push(code.as_ref().map_or(*first, |code| code[0]));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: &Method, path: &str) -> Option<Route> {
        route(method, path)
    }

    #[test]
    fn paths_below_any_base_are_known_and_those_of_otlp_are_not_ours() {
        for path in ["/api/public/ingestion", "//api/public/ingestion/", "/langfuse/api/public/ingestion"] {
            assert_eq!(of(&Method::POST, path), Some(Route::Ingestion), "{path}");
        }
        for path in ["/api/public/otel/v1/traces", "/v1/traces", "/api/v1/traces", "/"] {
            assert_eq!(of(&Method::POST, path), None, "{path}");
        }
    }

    #[test]
    fn every_request_of_an_sdk_has_its_route() {
        assert_eq!(of(&Method::GET, "/api/public/projects"), Some(Route::Projects));
        assert_eq!(of(&Method::DELETE, "/api/public/scores/a%2Fb"), Some(Route::DeleteScore("a/b".into())));
        assert_eq!(of(&Method::POST, "/api/public/scores"), Some(Route::Scores));
        assert_eq!(of(&Method::GET, "/api/public/v3/scores"), Some(Route::ReadElsewhere));
        assert_eq!(
            of(&Method::GET, "/api/public/v2/prompts/folder%2Fgreeter"),
            Some(Route::NotKept("prompt", "folder/greeter".into()))
        );
        assert_eq!(of(&Method::GET, "/api/public/v2/prompts"), Some(Route::Nothing));
        assert_eq!(of(&Method::POST, "/api/public/v2/prompts"), Some(Route::NotTaken));
        assert_eq!(of(&Method::GET, "/api/public/ingestion"), Some(Route::WrongMethod));
        assert_eq!(of(&Method::OPTIONS, "/api/public/ingestion"), Some(Route::Preflight));
        assert_eq!(of(&Method::GET, "/api/public/whatever"), Some(Route::Unknown));
    }
}
