//! How the relay is doing, for the Health page.

use super::convert;
use super::types::{Problem, RelayHealth, RelayUpstream};
use crate::relay::{Report, UpstreamReport};

pub(super) fn health(report: Report) -> RelayHealth {
    let upstream = |upstream: UpstreamReport| RelayUpstream {
        name: upstream.name,
        kind: upstream.kind.into(),
        host: upstream.host,
        requests: upstream.requests,
        failing: upstream.failing,
        unanswered: upstream.unanswered,
        error_at: upstream.last_error.as_ref().map(|(time, _)| convert::time(*time)),
        error: upstream.last_error.map(|(_, error)| error),
    };
    RelayHealth {
        address: report.address.to_string(),
        open_calls: report.open,
        recorded_calls: report.recorded,
        dropped_records: report.dropped,
        upstreams: report.upstreams.into_iter().map(upstream).collect(),
    }
}

pub(super) fn problems(report: &Report) -> Vec<Problem> {
    let mut problems = Vec::new();
    for upstream in report.upstreams.iter().filter(|upstream| upstream.failing) {
        let (name, why) = (&upstream.name, upstream.last_error.as_ref().map_or("", |(_, why)| why));
        problems.push(Problem {
            severity: "warning".into(),
            message: format!("{name} does not answer the relay: {why}"),
            hint: "check url of this relay.upstream; clients get an error of status 502 meanwhile".into(),
        });
    }
    if report.dropped > 0 {
        problems.push(Problem {
            severity: "warning".into(),
            message: format!("{} calls passed on by the relay could not be recorded", report.dropped),
            hint: "their clients got their answers; the log says why".into(),
        });
    }
    problems
}
