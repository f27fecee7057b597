//! What the receiver counts, shown at `/metrics`.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use crate::meter::Meter;
use crate::model::Signal;
use crate::redact::Report;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    signal: &'static str,
    protocol: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SignalLabel {
    signal: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ActionLabel {
    action: &'static str,
}

#[derive(Debug)]
pub(super) struct Counters {
    requests: Family<RequestLabels, Counter>,
    items: Family<SignalLabel, Counter>,
    rejected: Family<SignalLabel, Counter>,
    bytes: Family<SignalLabel, Counter>,
    redactions: Family<ActionLabel, Counter>,
    pub(super) inflight: Gauge,
}

impl Counters {
    pub(super) fn register(meter: &Meter) -> Self {
        Self {
            requests: meter.register(
                "receive_requests",
                "Requests by signal, protocol and outcome",
                Family::<RequestLabels, Counter>::default(),
            ),
            items: meter.register(
                "receive_items",
                "Spans, log records and data points accepted",
                Family::<SignalLabel, Counter>::default(),
            ),
            rejected: meter.register(
                "receive_rejected_items",
                "Spans and log records refused one by one",
                Family::<SignalLabel, Counter>::default(),
            ),
            bytes: meter.register(
                "receive_bytes",
                "Bytes of accepted requests, decompressed",
                Family::<SignalLabel, Counter>::default(),
            ),
            redactions: meter.register(
                "redactions",
                "Values masked, dropped, hashed or cut before storing",
                Family::<ActionLabel, Counter>::default(),
            ),
            inflight: meter.register("receive_inflight_bytes", "Bytes of requests in work now", Gauge::default()),
        }
    }

    pub(super) fn request(&self, signal: &'static str, protocol: &'static str, outcome: &'static str) {
        self.requests.get_or_create(&RequestLabels { signal, protocol, outcome }).inc();
    }

    pub(super) fn taken(&self, signal: Signal, accepted: u64, rejected: u64, bytes: usize) {
        let label = SignalLabel { signal: signal.as_str() };
        self.items.get_or_create(&label).inc_by(accepted);
        self.rejected.get_or_create(&label).inc_by(rejected);
        self.bytes.get_or_create(&label).inc_by(bytes as u64);
    }

    /// Parts of a request that became no record, so that nobody knows of which signal they would be.
    pub(super) fn rejected_parts(&self, rejected: u64) {
        self.rejected.get_or_create(&SignalLabel { signal: "unknown" }).inc_by(rejected);
    }

    pub(super) fn redacted(&self, report: &Report) {
        for (action, count) in
            [("mask", report.masked), ("drop", report.dropped), ("hash", report.hashed), ("truncate", report.truncated)]
        {
            if count > 0 {
                self.redactions.get_or_create(&ActionLabel { action }).inc_by(count);
            }
        }
    }
}
