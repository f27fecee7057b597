//! `[cost]`: which amount counts when there are two.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CostConfig {
    pub prefer: CostPreference,
}

/// A client may report a cost of its own; both are kept, this one enters totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CostPreference {
    /// Ours from tokens and prices; the client's only where we have none. Default.
    #[default]
    Computed,
    /// The client's; ours where it sent none.
    Reported,
}
