//! `/api/v1/arrivals`: who has sent of late, and what was refused. `/api/v1/clients`: how clients are set up.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;

use super::error::ApiError;
use super::query::Query;
use super::{ApiState, convert, endpoints, types};
use crate::arrivals::{Arrival, Heard, Lately, Probe, Refused};
use crate::connect::{self, Seen, Target};
use crate::model::UnixNanos;

pub(super) async fn arrivals(State(state): State<ApiState>, uri: Uri) -> Result<Json<types::Arrivals>, ApiError> {
    let now = state.clock.now();
    let query = Query::read(&uri, &endpoints::ARRIVALS, now)?;
    let Lately { arrivals, refusals, probes } = state.arrivals.since(query.time("since")?.unwrap_or(UnixNanos(0)));
    Ok(Json(types::Arrivals {
        now: convert::time(now),
        items: arrivals.into_iter().map(arrival).collect(),
        refusals: refusals.into_iter().map(refusal).collect(),
        probes: probes.iter().map(probe).collect(),
    }))
}

fn arrival(arrival: Arrival) -> types::Arrival {
    let Arrival { sender, way, heard: Heard { first, last, requests }, key, sampled, sampling_told } = arrival;
    let seen = Seen { service: &sender.service, scope: &sender.scope, protocol: way.protocol };
    types::Arrival {
        clients: connect::recognised(seen).into_iter().map(str::to_owned).collect(),
        advice: (way.signal == "traces").then(|| connect::sampling(seen, sampled, sampling_told)).flatten(),
        service: sender.service,
        scope: sender.scope,
        sdk: sender.sdk,
        client: way.client.to_string(),
        protocol: way.protocol.into(),
        signal: way.signal.into(),
        key: key.map(str::to_owned),
        sampled_share: sampled,
        first_time: convert::time(first),
        last_time: convert::time(last),
        requests,
    }
}

fn refusal(refused: Refused) -> types::RefusedRequest {
    let Refused { way, reason, message, heard: Heard { first, last, requests } } = refused;
    types::RefusedRequest {
        reason: reason.into(),
        message,
        remedy: connect::remedy(reason).map(str::to_owned),
        client: way.client.to_string(),
        protocol: way.protocol.into(),
        signal: way.signal.into(),
        first_time: convert::time(first),
        last_time: convert::time(last),
        requests,
    }
}

fn probe(probe: &Probe) -> types::Probe {
    let Probe { way, heard: Heard { first, last, requests } } = probe;
    types::Probe {
        client: way.client.to_string(),
        protocol: way.protocol.into(),
        signal: way.signal.into(),
        first_time: convert::time(*first),
        last_time: convert::time(*last),
        requests: *requests,
    }
}

/// The settings of every client, with the addresses under which they reach this server.
pub(super) async fn clients(State(state): State<ApiState>, uri: Uri) -> Result<Json<types::ClientList>, ApiError> {
    let query = Query::read(&uri, &endpoints::CLIENTS, state.clock.now())?;
    let host = query.one("host").unwrap_or("localhost");
    if host.is_empty() || host.contains(['/', ' ', '@', '?', '#']) {
        return Err(ApiError::bad_parameter(
            format!("host {host:?} is no name of a machine"),
            "give a name or an address without scheme and port, such as ai.lan",
        ));
    }
    let at = |listener: SocketAddr| connect::endpoint(listener, host);
    let (http, grpc) = (at(state.addresses.http), at(state.addresses.grpc));
    let receive = &state.config.receive;
    let asks = state.access.asks_for_key(receive.allow_without_key, state.addresses.http.ip());
    let placeholder = if asks { connect::YOUR_KEY } else { connect::ANY_KEY };
    let key = query.one("key").unwrap_or(placeholder).to_owned();
    let target = Target { http, grpc, key, asks };
    let further = state.addresses.listeners.iter().zip(&state.config.receive.listener);
    let further = further.map(|(address, listener)| types::Listener {
        address: at(*address),
        signals: listener.signals.iter().map(|signal| signal.as_str().to_owned()).collect(),
    });
    Ok(Json(types::ClientList {
        only_here: state.addresses.http.ip().is_loopback(),
        key_wanted: asks,
        further: further.collect(),
        items: connect::all().map(|client| settings(client, &target)).collect(),
        http: target.http,
        grpc: target.grpc,
    }))
}

fn settings(client: &connect::Client, target: &Target) -> types::Client {
    let steps = client.steps.iter().map(|step| types::ClientStep {
        or: step.or,
        place: step.place.into(),
        text: step.filled(target),
    });
    types::Client {
        id: client.id.into(),
        label: client.label.into(),
        group: client.group.as_str().into(),
        group_label: client.group.label().into(),
        steps: steps.collect(),
        notes: client.notes.iter().map(|note| target.fill(note)).collect(),
        if_silent: client.if_silent.map(str::to_owned),
        sends_anything: client.signs.anything,
    }
}
