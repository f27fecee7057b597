//! Images and sounds that messages refer to.
//!
//! What they are is told by their bytes alone, never by what a client said. Only kinds that cannot hold a script are
//! shown in place; everything else is a download of unknown bytes.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};

use super::error::ApiError;
use super::query::Query;
use super::types::{Part, TraceDetail};
use super::{ApiState, endpoints};
use crate::media::{self, Media};
use crate::model::MediaHash;

pub(super) async fn media(
    State(state): State<ApiState>,
    Path(hash): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, ApiError> {
    Query::read(&uri, &endpoints::MEDIA, state.clock.now())?;
    let hash: MediaHash = hash.parse().map_err(|_| {
        ApiError::bad_parameter(
            "hash must be 64 lower-case hexadecimal digits",
            "take it from the field media of a message part",
        )
    })?;
    let files = state.media.clone();
    let read =
        tokio::task::spawn_blocking(move || files.read(hash)).await.map_err(|error| ApiError::internal(&error))?;
    let Some((bytes, kind)) = read? else {
        return Err(ApiError::not_found(
            format!("there is no media file {hash}"),
            "it was dropped to make room, or went with the last day that referred to it",
        ));
    };
    let disposition = if kind.inline { "inline" } else { "attachment" };
    let name = format!("{disposition}; filename=\"{}.{}\"", &hash.to_string()[..12], kind.ending);
    let total = bytes.len();
    let part = range(headers.get(header::RANGE), total);
    let mut response = match part {
        Some((from, to)) => (StatusCode::PARTIAL_CONTENT, bytes.slice(from..=to)).into_response(),
        None => bytes.into_response(),
    };
    let mut set = |header, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(header, value);
        }
    };
    set(header::CONTENT_TYPE, kind.media_type);
    set(header::CONTENT_DISPOSITION, &name);
    set(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox");
    // Named by its content, so it never changes; and it is what somebody said, so it is nobody else's.
    set(header::CACHE_CONTROL, "private, max-age=31536000, immutable");
    set(header::ACCEPT_RANGES, "bytes");
    if let Some((from, to)) = part {
        set(header::CONTENT_RANGE, &format!("bytes {from}-{to}/{total}"));
    }
    Ok(response)
}

/// First and last byte of a request for one stretch, as players ask; any other is answered with everything.
fn range(asked: Option<&HeaderValue>, total: usize) -> Option<(usize, usize)> {
    let (from, to) = asked?.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')?;
    let last = total.checked_sub(1)?;
    let (from, to) = match (from.parse::<usize>(), to.parse::<usize>()) {
        (Ok(from), Ok(to)) => (from, to.min(last)),
        (Ok(from), Err(_)) if to.is_empty() => (from, last),
        (Err(_), Ok(length)) if from.is_empty() => (total.saturating_sub(length), last),
        _ => return None,
    };
    (from <= to).then_some((from, to))
}

impl From<media::Error> for ApiError {
    fn from(error: media::Error) -> Self {
        Self::internal(&error)
    }
}

/// Says of every file that the page refers to and that is no longer there that it was dropped. Blocks on the disk.
pub(super) fn mark_dropped(page: &mut TraceDetail, files: &Media) {
    let calls = page.spans.iter_mut().filter_map(|span| span.call.as_mut());
    let messages =
        calls.flat_map(|call| call.content.input_messages.iter_mut().chain(&mut call.content.output_messages));
    for part in messages.flat_map(|message| &mut message.parts) {
        if let Part::Media { media: Some(hash), dropped, .. } = part {
            *dropped = hash.parse().is_ok_and(|hash| !files.has(hash));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_stretch_is_given_and_anything_else_is_everything() {
        let range = |text: &'static str| super::range(Some(&HeaderValue::from_static(text)), 100);
        assert_eq!(range("bytes=0-"), Some((0, 99)));
        assert_eq!(range("bytes=10-19"), Some((10, 19)));
        assert_eq!(range("bytes=90-200"), Some((90, 99)));
        assert_eq!(range("bytes=-10"), Some((90, 99)));
        assert_eq!(range("bytes=200-"), None);
        assert_eq!(range("bytes=0-1,5-6"), None);
        assert_eq!(super::range(None, 100), None);
    }
}
