//! Price tables, prices of one's own, and why a call costs what it costs.

use serde::Serialize;
use utoipa::ToSchema;

use super::traces::{Cost, Usage};

/// Models with their prices, the user's own first.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PriceList {
    pub items: Vec<PriceModel>,
    pub next_cursor: Option<String>,
    /// More fit than were answered: narrow the question.
    pub truncated: bool,
    /// Every table that calls are priced by, with its version.
    pub version: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PriceModel {
    /// Table and version.
    pub source: String,
    /// As the table names it; `*` for prices that hold whoever sells the model.
    pub provider: String,
    pub model: String,
    /// How names are recognised, in words.
    pub matched_by: String,
    pub rows: Vec<PriceRow>,
}

/// Prices that hold together.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PriceRow {
    /// First day, `2026-01-01`; `null` for always.
    pub from: Option<String>,
    /// Hours of the day (UTC), `16:30-00:30`.
    pub between: Option<String>,
    /// Only for this service tier.
    pub tier: Option<String>,
    pub comment: Option<String>,
    pub prices: Vec<PriceAmount>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PriceAmount {
    /// As in the buckets of a cost.
    pub bucket: String,
    /// What the price is for: 1000000 tokens, or 1 request or search.
    pub per: u32,
    pub price_usd: f64,
    pub price_nano: i64,
    /// Prices above lengths of prompt.
    pub above: Vec<PriceStep>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PriceStep {
    pub input_tokens: u64,
    pub price_usd: f64,
    pub price_nano: i64,
}

/// Prices of the user's own.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct OverrideList {
    pub items: Vec<PriceOverride>,
    pub next_cursor: Option<String>,
    /// The file they stand in.
    pub path: String,
    /// Every table that calls are priced by, with its version.
    pub version: String,
    /// Why a file is not taken over, if one is not; the last good one then holds.
    pub faults: Vec<String>,
}

/// One entry of `prices.toml`, also what PUT takes: there every key but `model` and one price may be left out.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PriceOverride {
    pub provider: Option<String>,
    /// `*` at the end or the beginning stands for anything.
    pub model: String,
    pub from: Option<String>,
    pub tier: Option<String>,
    pub comment: Option<String>,
    pub currency: String,
    /// How many US dollars one unit of the currency is.
    pub usd_per_unit: f64,
    /// In the currency, per million tokens, per request, per search.
    #[serde(flatten)]
    pub prices: OverridePrices,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
pub struct OverridePrices {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_1h: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_input: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_output: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_input: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_output: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_search: Option<f64>,
    /// Prices above lengths of prompt, each with `tokens`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(type = "unknown[]"))]
    pub above: Vec<serde_json::Value>,
}

/// In which amounts are shown; what the API answers and keeps is US dollars.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Currency {
    /// ISO 4217 code.
    pub currency: String,
    /// How many units one US dollar is.
    pub rate: f64,
}

/// From raw attributes to an amount, step by step; or why there is none, and what helps.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CostExplanation {
    pub trace_id: String,
    pub span_id: String,
    pub name: String,
    /// When the call began: the day whose prices hold.
    pub start_time: String,
    pub service: String,
    /// The dialect that was recognised.
    pub dialect: String,
    /// Raw attributes that tell of model, provider, tokens, tier and cost.
    pub attributes: Vec<CostFact>,
    /// The dialect whose names told the figures, and how it means them.
    pub figures_by: Option<String>,
    /// The client's own figures.
    pub figures: Vec<CostFigure>,
    pub rules: Vec<String>,
    /// Disjoint buckets; `null` when the client sent no token counts.
    pub usage: Option<Usage>,
    /// What was looked up.
    pub provider: Option<String>,
    pub model: Option<String>,
    pub server: Option<String>,
    pub service_tier: Option<String>,
    pub web_searches: u64,
    pub cost: Cost,
    pub counted: bool,
    pub counted_reason: Option<String>,
    /// Which figure enters totals for this client when it reports one: `computed` or `reported`.
    pub prefer: String,
    /// Every table that calls are priced by now, with its version.
    pub version: String,
    /// A command that sets a price for the model.
    pub command: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CostFact {
    pub key: String,
    /// As JSON, long ones cut.
    pub value: String,
    /// `model`, `provider`, `server`, `tokens`, `tier` or `cost`.
    pub tells: String,
    /// It stands on the resource, not on the span.
    pub on_resource: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CostFigure {
    pub name: String,
    pub tokens: u64,
}
