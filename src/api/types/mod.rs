//! Our JSON: every shape that `/api/v1` answers with. The OpenAPI document and the UI's TypeScript types
//! come from these structs.
//!
//! Times are RFC 3339 in UTC, durations milliseconds, money decimal US dollars beside the exact integer in
//! billionths (`*_nano`). A field is added freely, renamed or removed never.

mod access;
mod compare;
mod content;
mod cost;
mod destinations;
mod health;
mod local;
mod models;
mod operations;
mod parts;
mod prices;
mod receipts;
mod reconcile;
mod redaction;
mod reindex;
mod search;
mod sessions;
mod signals;
mod traces;
mod views;

use serde::Serialize;
use utoipa::ToSchema;

pub use access::{Account, KeyItem, KeyList, LoginItem, LoginList, MadeKey};
pub use compare::{ComparedRow, Comparison, OfferItem, OfferList};
pub use content::{JsonMap, Message, Part, Retrieval, Tool};
pub use cost::{
    BucketSize, CostDimensions, CostList, CostRow, Dimension, Forecast, GroupValue, Metric, Movement, Mover, MoverList,
    MoverSide, Overview, Period, Series, SeriesLine, TopEntry, TopLists, Totals, UnpricedReason, ValueCount, ValueList,
};
pub use destinations::{DeadLetter, DeadLetterList, DeadLettersChanged, Destination, DestinationList, Sampling};
pub use health::{
    AnalyticsHealth, Counter, DayHealth, Health, JournalHealth, Listener, Listeners, Live, MediaHealth, PowerHealth,
    Problem, RelayHealth, RelayUpstream, RetentionHealth, RetentionStep, SearchHealth,
};
pub use local::{LocalBill, LocalCost, LocalEnergy, LocalTariff};
pub use models::{DurationBin, ErrorKind, ModelItem, ModelList};
pub use operations::{
    Arrival, Arrivals, Client, ClientList, ClientStep, Configuration, ConfigurationItem, Probe, RefusedRequest,
    SqlColumn, SqlResult, SqlTable, SqlTableColumn, SqlTableList, Storage, StorageDay, StoragePart,
};
pub use parts::{
    AgentItem, AgentList, FailureItem, FailureList, ToolItem, ToolList, UsedBy, WorkflowItem, WorkflowList,
    WorkflowNode, WorkflowNodeList,
};
pub use prices::{
    CostExplanation, CostFact, CostFigure, Currency, OverrideList, OverridePrices, PriceAmount, PriceList, PriceModel,
    PriceOverride, PriceRow, PriceStep,
};
pub use receipts::{Pinned, Receipt, ReceiptDay, ReceiptJournal, ReceiptList, ReceiptRows, ReceiptSearch};
pub use reconcile::{
    InvoiceFault, InvoiceReport, InvoiceRow, InvoiceSide, InvoiceStanding, ReconcileItem, ReconcileList, ReconcileSums,
};
pub use redaction::{RedactionCount, RedactionDryRun, RedactionFinding, RedactionPlaceCount, RedactionTest};
pub use reindex::{Reindex, ReindexModel, ReindexOutcome, ReindexSums};
pub use search::{SearchItem, SearchList, Snippet, SnippetHit};
pub use sessions::{
    CodeWork, SessionDetail, SessionItem, SessionList, SessionTurn, TurnStep, TurnTool, UserItem, UserList,
};
pub use signals::{
    ExponentialBuckets, LogItem, LogList, LogStep, LogSummary, MetricAttribute, MetricAttributeList, MetricExemplar,
    MetricItem, MetricLine, MetricList, MetricName, MetricNameList, MetricSeries, MetricSeriesPoint, QuantileValue,
};
pub use traces::{
    Attribution, BucketCost, Call, CallContent, CallDetail, CallItem, CallList, Cost, Execution, Price, Resource,
    Score, Span, SpanEvent, SpanLink, SpanRef, TraceDetail, TraceItem, TraceList, TraceOrder, Usage,
};
pub use views::{BulkItem, BulkResult, View, ViewList};

/// What every route answers with when it cannot do what was asked.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ErrorBody {
    pub error: ErrorDetail,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ErrorDetail {
    /// Stable, for programs: `bad_body`, `bad_parameter`, `bad_statement`, `busy`, `forbidden`, `no_room`, `not_found`, `refused_there`,
    /// `search_off`, `timeout`, `unavailable`, `internal`.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to do about it.
    pub hint: String,
    /// Of a fault in a statement: where.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub position: Option<Position>,
}

/// A place in a text, counted from 1, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Position {
    pub line: u64,
    pub column: u64,
}

#[cfg(test)]
mod tests;
