//! How many traces were kept, and why.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use super::decide::Reason;
use crate::meter::Meter;
use crate::model::TraceId;

/// Traces of which is known that they are counted; twice as many at most.
const REMEMBERED: usize = 50_000;

/// What sampling did since the start.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SamplingReport {
    /// Traces by the reason for which they were kept.
    pub kept: BTreeMap<&'static str, u64>,
    /// Traces left out when they were judged; one that was completed later is among the kept as well.
    pub dropped: u64,
    /// Part of the healthy traces that goes now.
    pub ratio_in_force: f64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Label {
    destination: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    destination: String,
    reason: &'static str,
}

type Ratio = Gauge<f64, AtomicU64>;

/// Metrics of all destinations that sample.
#[derive(Debug, Clone)]
pub struct SamplingCounters {
    kept: Family<ReasonLabel, Counter>,
    dropped: Family<Label, Counter>,
    ratio: Family<Label, Ratio>,
}

impl SamplingCounters {
    pub fn register(meter: &Meter) -> Self {
        Self {
            kept: meter.register("forward_kept_traces", "Traces that were kept, by reason", Family::default()),
            dropped: meter.register(
                "forward_left_out_traces",
                "Traces left out when they were judged",
                Family::default(),
            ),
            ratio: meter.register("forward_sampling_ratio", "Part of the healthy traces that goes", Family::default()),
        }
    }
}

/// Counts for one destination.
#[derive(Debug)]
pub struct Counts {
    destination: String,
    counters: SamplingCounters,
    report: SamplingReport,
    /// Healthy traces that are counted, in two generations.
    young: HashSet<TraceId>,
    old: HashSet<TraceId>,
}

impl Counts {
    pub fn new(destination: &str, counters: SamplingCounters) -> Self {
        let (young, old) = (HashSet::new(), HashSet::new());
        Self { destination: destination.to_owned(), counters, report: SamplingReport::default(), young, old }
    }

    pub fn report(&self) -> &SamplingReport {
        &self.report
    }

    /// `trace` is kept for `reason`, which is counted once.
    pub fn kept(&mut self, trace: TraceId, reason: Reason) {
        if reason == Reason::Ratio && !self.is_first(trace) {
            return;
        }
        let reason = reason.as_str();
        *self.report.kept.entry(reason).or_default() += 1;
        self.counters.kept.get_or_create(&ReasonLabel { destination: self.destination.clone(), reason }).inc();
    }

    /// `trace` is left out, which is counted once.
    pub fn dropped(&mut self, trace: TraceId) {
        if self.is_first(trace) {
            self.report.dropped += 1;
            self.counters.dropped.get_or_create(&self.label()).inc();
        }
    }

    /// The part of the healthy traces that goes now.
    pub fn in_force(&mut self, ratio: f64) {
        if self.report.ratio_in_force != ratio {
            self.report.ratio_in_force = ratio;
            self.counters.ratio.get_or_create(&self.label()).set(ratio);
        }
    }

    fn label(&self) -> Label {
        Label { destination: self.destination.clone() }
    }

    fn is_first(&mut self, trace: TraceId) -> bool {
        if self.old.contains(&trace) || !self.young.insert(trace) {
            return false;
        }
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_counted_once_however_many_chunks_it_has() {
        let meter = Meter::default();
        let mut counts = Counts::new("splunk", SamplingCounters::register(&meter));
        let [one, other] = [1, 2].map(|trace| TraceId([trace; 16]));
        counts.in_force(0.25);
        for _ in 0..3 {
            counts.kept(one, Reason::Ratio);
            counts.dropped(other);
        }
        counts.kept(other, Reason::Error);
        let report = counts.report();
        assert_eq!(report.kept, BTreeMap::from([("ratio", 1), ("error", 1)]));
        assert_eq!((report.dropped, report.ratio_in_force), (1, 0.25));
        let text = meter.render();
        for line in [
            r#"tracemeter_forward_kept_traces_total{destination="splunk",reason="error"} 1"#,
            r#"tracemeter_forward_left_out_traces_total{destination="splunk"} 1"#,
            r#"tracemeter_forward_sampling_ratio{destination="splunk"} 0.25"#,
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
