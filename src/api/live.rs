//! The live stream: tells when new rows can be seen.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt as _};
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

use super::error::ApiError;
use super::query::Query;
use super::types::Live;
use super::{ApiState, convert, endpoints};
use crate::analytics::Loaded;

/// Ends when the analytics end their announcements, so that a shutdown need not wait for listeners.
pub(super) async fn live(
    State(state): State<ApiState>,
    uri: Uri,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    Query::read(&uri, &endpoints::LIVE, state.clock.now())?;
    let events = events(BroadcastStream::new(state.analytics.loaded()));
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

fn events(commits: BroadcastStream<Arc<Loaded>>) -> impl Stream<Item = Result<Event, Infallible>> {
    let mut missed = 0;
    commits.filter_map(move |commit| {
        let event = match commit {
            Err(BroadcastStreamRecvError::Lagged(count)) => {
                missed += count;
                None
            }
            // What cannot be written is left out; the next event says so.
            Ok(loaded) => match Event::default().event("loaded").json_data(shown(&loaded, missed)) {
                Ok(event) => {
                    missed = 0;
                    Some(Ok(event))
                }
                Err(_) => {
                    missed += 1;
                    None
                }
            },
        };
        std::future::ready(event)
    })
}

fn shown(loaded: &Loaded, missed: u64) -> Live {
    Live {
        spans: loaded.spans,
        calls: loaded.calls,
        logs: loaded.logs,
        metric_points: loaded.metric_points,
        trace_ids: loaded.traces.iter().map(ToString::to_string).collect(),
        earliest: loaded.earliest.map(convert::time),
        missed,
    }
}
