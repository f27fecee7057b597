//! What calls would have cost at another model.

use serde::Serialize;
use utoipa::ToSchema;

use super::cost::{CostDimensions, UnpricedReason};
use super::traces::{Price, Usage};

/// The calls that match, priced as another model is sold: the same token counts, at the time of each call. Another
/// model would count the same text otherwise, and would say something else.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Comparison {
    /// As asked: `provider/model`.
    pub to: String,
    /// The price row that holds now.
    pub price: Option<Price>,
    pub total: ComparedRow,
    /// Most expensive there first.
    pub items: Vec<ComparedRow>,
    /// Why calls could not be compared, most frequent first.
    pub left_out: Vec<UnpricedReason>,
    /// More groups exist than were answered: narrow the question.
    pub truncated: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ComparedRow {
    #[serde(flatten)]
    pub group: CostDimensions,
    /// Counted calls of the group.
    pub calls: u64,
    /// Those that could be compared: the figures beside are of these.
    pub compared_calls: u64,
    pub usage: Usage,
    /// What they cost; `null` when no amount is known.
    pub cost_usd: Option<f64>,
    pub cost_nano: Option<i64>,
    /// Compared calls whose own amount is not known: they cost more than is said here.
    pub unpriced_calls: u64,
    /// What they would have cost.
    pub compared_usd: f64,
    pub compared_nano: i64,
}

/// A model of the price table.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct OfferItem {
    /// `provider/model`, as `to` of `/api/v1/compare` takes it.
    pub id: String,
    pub provider: String,
    pub model: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct OfferList {
    pub items: Vec<OfferItem>,
    /// Always `null`: `limit` are answered.
    pub next_cursor: Option<String>,
}
