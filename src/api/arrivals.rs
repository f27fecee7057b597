//! `/api/v1/arrivals`: who has sent of late, and what was refused.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;

use super::error::ApiError;
use super::query::Query;
use super::{ApiState, convert, endpoints, types};
use crate::model::UnixNanos;

pub(super) async fn arrivals(State(state): State<ApiState>, uri: Uri) -> Result<Json<types::Arrivals>, ApiError> {
    let now = state.clock.now();
    let query = Query::read(&uri, &endpoints::ARRIVALS, now)?;
    let (seen, refused) = state.arrivals.since(query.time("since")?.unwrap_or(UnixNanos(0)));
    let items = seen.into_iter().map(|arrival| types::Arrival {
        service: arrival.sender.service,
        scope: arrival.sender.scope,
        sdk: arrival.sender.sdk,
        client: arrival.way.client.to_string(),
        protocol: arrival.way.protocol.into(),
        signal: arrival.way.signal.into(),
        first_time: convert::time(arrival.heard.first),
        last_time: convert::time(arrival.heard.last),
        requests: arrival.heard.requests,
    });
    let refusals = refused.into_iter().map(|refused| types::RefusedRequest {
        reason: refused.reason.into(),
        message: refused.message,
        client: refused.way.client.to_string(),
        protocol: refused.way.protocol.into(),
        signal: refused.way.signal.into(),
        first_time: convert::time(refused.heard.first),
        last_time: convert::time(refused.heard.last),
        requests: refused.heard.requests,
    });
    Ok(Json(types::Arrivals { now: convert::time(now), items: items.collect(), refusals: refusals.collect() }))
}
