//! Addresses about prices, and why a call costs what it costs.

use super::{Endpoint, one};

pub(in crate::api) const PRICES: Endpoint = Endpoint {
    path: "/api/v1/prices",
    summary: "Models with their prices by date and service tier, the user's own first",
    params: &[&[
        one("q", "Words that provider or model hold, in any case"),
        one("provider", "Provider as the tables name it, such as openai"),
        one("limit", "How many at most: 1 to 500, 50 when absent"),
    ]],
    answer: "PriceList",
};

pub(in crate::api) const OVERRIDES: Endpoint = Endpoint {
    path: "/api/v1/prices/overrides",
    summary: "Prices of the user's own, as they stand in prices.toml",
    params: &[],
    answer: "OverrideList",
};

/// Names the entry to delete.
pub(in crate::api) const OVERRIDE: Endpoint = Endpoint {
    params: &[&[
        one("model", "Model of the entry"),
        one("provider", "Its provider, if it has one"),
        one("from", "Its first day, if it has one"),
        one("tier", "Its service tier, if it has one"),
    ]],
    ..OVERRIDES
};

pub(in crate::api) const CURRENCY: Endpoint = Endpoint {
    path: "/api/v1/currency",
    summary: "In which currency and at which rate the pages show amounts; the API answers US dollars",
    params: &[],
    answer: "Currency",
};

pub(in crate::api) const EXPLAIN: Endpoint = Endpoint {
    path: "/api/v1/traces/{trace_id}/spans/{span_id}/cost",
    summary: "Why a call costs what it costs: attributes, dialect, figures, buckets, price row, amounts; or why nothing",
    params: &[],
    answer: "CostExplanation",
};
