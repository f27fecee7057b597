//! Two accounts of what calls cost: the client's beside ours, and a provider's bill beside ours.

use serde::Serialize;
use utoipa::ToSchema;

use super::traces::CallItem;

/// Counts and sums over counted calls for which the client reports a cost.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReconcileSums {
    /// Calls with a reported and a computed cost.
    pub calls: u64,
    /// Of them those whose costs differ by more than the threshold.
    pub mismatched_calls: u64,
    /// Of these those that the client reports as free of charge: most often it knows no price.
    pub reported_zero_calls: u64,
    /// Calls with a reported cost for which no price is known.
    pub only_reported_calls: u64,
    /// Over the calls that differ.
    pub computed_usd: f64,
    pub computed_nano: i64,
    pub reported_usd: f64,
    pub reported_nano: i64,
    /// Reported less computed.
    pub difference_usd: f64,
    pub difference_nano: i64,
}

/// A client and model whose reported costs differ from the computed ones.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReconcileItem {
    pub service: String,
    pub provider: Option<String>,
    pub model: Option<String>,
    #[serde(flatten)]
    pub sums: ReconcileSums,
    /// The calls that are furthest apart, with both derivations: `cost.buckets` and `cost.price` are ours,
    /// `cost.reported_usd` is the client's.
    pub examples: Vec<CallItem>,
}

/// Furthest apart first.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReconcileList {
    pub items: Vec<ReconcileItem>,
    pub next_cursor: Option<String>,
    /// More groups differ than were answered.
    pub truncated: bool,
    /// Share of the larger amount by which two may differ.
    pub threshold: f64,
    pub since: String,
    pub until: String,
    pub total: ReconcileSums,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum InvoiceStanding {
    Matched,
    Different,
    /// On the bill, but Tracemeter saw no such call: it went past the house.
    Missing,
    /// Seen, but not on the bill.
    NotBilled,
}

/// One side of a bill: what it says, or what was seen. `null` where the side does not tell.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InvoiceSide {
    pub calls: Option<u64>,
    /// All kinds together.
    pub tokens: Option<u64>,
    pub input: Option<u64>,
    pub cache_read: Option<u64>,
    pub cache_write: Option<u64>,
    /// Reasoning included.
    pub output: Option<u64>,
    pub cost_usd: Option<f64>,
    pub cost_nano: Option<i64>,
}

/// One model on one day (UTC).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InvoiceRow {
    pub day: String,
    /// As the bill writes it; `null` for charges that are for no model.
    pub model: Option<String>,
    pub standing: InvoiceStanding,
    pub invoice: InvoiceSide,
    pub ours: InvoiceSide,
    /// Billed less seen, where both tell.
    pub difference_usd: Option<f64>,
    pub difference_nano: Option<i64>,
    pub difference_tokens: Option<i64>,
}

/// A line of the file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InvoiceFault {
    /// Counted from 1, the head being the first.
    pub line: u64,
    pub message: String,
}

/// A provider's bill beside what was seen. Nothing of the file is kept.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct InvoiceReport {
    /// Which export the file is.
    pub form: String,
    /// The providers, as calls name them, that the bill is compared with.
    pub providers: Vec<String>,
    /// First and last day of the bill.
    pub since: String,
    pub until: String,
    pub threshold: f64,
    /// By day, then by model.
    pub items: Vec<InvoiceRow>,
    pub invoice: InvoiceSide,
    pub ours: InvoiceSide,
    pub difference_usd: Option<f64>,
    /// Billed for calls that were not seen.
    pub missing: InvoiceSide,
    /// Seen, but not on the bill.
    pub not_billed: InvoiceSide,
    pub lines: u64,
    /// The first hundred lines that could not be read, and how many there are.
    pub faults: Vec<InvoiceFault>,
    pub fault_count: u64,
    /// Columns of the file that were not needed.
    pub unused_columns: Vec<String>,
}
