//! What the relay counts, shown at `/metrics`.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use crate::meter::Meter;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    upstream: String,
    outcome: &'static str,
}

#[derive(Debug, Clone)]
pub(super) struct Counters {
    requests: Family<Labels, Counter>,
    pub open: Gauge,
    pub recorded: Counter,
    pub dropped: Counter,
}

impl Counters {
    pub fn register(meter: &Meter) -> Self {
        Self {
            requests: meter.register(
                "relay_requests",
                "Requests passed on, by upstream and outcome",
                Family::<Labels, Counter>::default(),
            ),
            open: meter.register("relay_open_calls", "Calls under way that will be recorded", Gauge::default()),
            recorded: meter.register("relay_recorded_calls", "Calls recorded", Counter::default()),
            dropped: meter.register(
                "relay_dropped_records",
                "Calls that could not be recorded; their clients got their answers",
                Counter::default(),
            ),
        }
    }

    /// `status`: of the answer; `None` when there was none.
    pub fn request(&self, upstream: &str, status: Option<u16>) {
        let outcome = match status {
            None => "unreachable",
            Some(..400) => "ok",
            Some(400..500) => "client_error",
            Some(500..) => "server_error",
        };
        self.requests.get_or_create(&Labels { upstream: upstream.to_owned(), outcome }).inc();
    }
}
