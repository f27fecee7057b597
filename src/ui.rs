//! The web UI: the files of `web/dist`, embedded when the binary is built, as they are sent: compressed with gzip.
//!
//! Files named by their content (`assets/`) may be kept for ever, the page itself is asked for again each time.
//! Addresses of pages inside the UI all answer with the one page, which reads the address itself.

use std::io::Read as _;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;
use rust_embed::{EmbeddedFile, RustEmbed};

/// `allow_missing`: the crate compiles before the first build of the UI.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/web/dist"]
#[allow_missing = true]
struct Files;

const PAGE: &str = "index.html";

/// Only what we serve ourselves: no foreign or inline script or style, frame or connection. Charts and the waterfall
/// place their marks through the style objects of elements, which the policy does not touch.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const NOT_BUILT: &str = "This binary was built without its web UI.\n\n\
                         Build the UI, then the binary:\n\n    npm --prefix web ci\n    npm --prefix web run build\n    \
                         cargo build --release\n\nThe API works: /api/openapi.json\n";

/// Answers every address that nobody else has taken.
pub fn router() -> Router {
    Router::new().fallback(serve)
}

async fn serve(request: Request) -> Response {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    if let Some(file) = find(path).filter(|_| path != PAGE) {
        return file_response(path, file, request.headers());
    }
    // A missing asset must not look like a page: the browser would try to run it.
    if path.starts_with("assets/") {
        return (StatusCode::NOT_FOUND, "no such file\n").into_response();
    }
    match find(PAGE) {
        Some(page) => file_response(PAGE, page, request.headers()),
        None => (StatusCode::NOT_FOUND, NOT_BUILT).into_response(),
    }
}

/// The compressed file of a path.
fn find(path: &str) -> Option<EmbeddedFile> {
    Files::get(&format!("{path}.gz"))
}

fn file_response(path: &str, file: EmbeddedFile, asked: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]));
    let keep = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let unchanged = asked.get(header::IF_NONE_MATCH).is_some_and(|known| matches(known, &tag));
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else if takes_gzip(asked) {
        ([(header::CONTENT_TYPE, kind.as_ref()), (header::CONTENT_ENCODING, "gzip")], file.data).into_response()
    } else {
        let mut plain = Vec::new();
        match GzDecoder::new(&*file.data).read_to_end(&mut plain) {
            Ok(_) => ([(header::CONTENT_TYPE, kind.as_ref())], plain).into_response(),
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{path}: {error}\n")).into_response(),
        }
    };
    let headers = [
        (header::CACHE_CONTROL, keep),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::VARY, "accept-encoding"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Whether a client takes gzip: all browsers do, `curl` does when it is told to.
fn takes_gzip(asked: &HeaderMap) -> bool {
    let told = asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    told.split(',').any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip") || name == "*");
        named && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

/// Whether an `If-None-Match` header names `tag`, weakly or strongly (a compressing proxy weakens it).
fn matches(known: &HeaderValue, tag: &str) -> bool {
    let known = known.to_str().unwrap_or_default();
    known.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == tag || one == "*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weakened_tag_still_matches() {
        let known = HeaderValue::from_static("\"a\", W/\"b\"");
        assert!(matches(&known, "\"b\"") && !matches(&known, "\"c\""));
    }

    #[test]
    fn gzip_is_sent_to_who_takes_it() {
        let takes = |told: &'static str| {
            takes_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(told))]))
        };
        assert!(takes("gzip, deflate, br, zstd") && takes("br;q=1.0, GZIP;q=0.5") && takes("*"));
        assert!(!takes("br") && !takes("gzip;q=0, br") && !takes_gzip(&HeaderMap::new()));
    }

    #[tokio::test]
    async fn an_address_inside_the_ui_is_the_page_and_a_missing_asset_is_not() {
        let get = |path: &str| Request::builder().uri(path).body(axum::body::Body::empty()).expect("valid");
        let asset = serve(get("/assets/gone.js")).await;
        assert_eq!(asset.status(), StatusCode::NOT_FOUND);
        let page = serve(get("/traces/0af7651916cd43dd8448eb211c80319c")).await;
        let expected = if find(PAGE).is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
        assert_eq!(page.status(), expected);
        let posted = Request::builder().method(Method::POST).uri("/").body(axum::body::Body::empty()).expect("valid");
        assert_eq!(serve(posted).await.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}
