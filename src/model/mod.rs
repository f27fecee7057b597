//! The words of the domain: ids, time, spans, model calls, tokens, money, attribution.
//! No I/O and nothing else of ours; every other module speaks in these types.

pub mod attribution;
pub mod call;
pub mod grant;
pub mod ids;
pub mod langfuse_media;
pub mod local;
pub mod media;
pub mod money;
pub mod otlp;
pub mod pattern;
pub mod percent;
pub mod piece;
pub mod relay;
pub mod score;
pub mod signal;
pub mod span;
pub mod tier;
pub mod time;
pub mod tokens;
pub mod value;

pub use attribution::Attribution;
pub use call::{Call, Content, Message, Operation, Part, Retrieval, Role, Tool};
pub use grant::Grant;
pub use ids::{SpanId, SpanRef, TraceId};
pub use local::{EnergyBill, LocalBill, LocalCost, LocalState, PowerSource, TariffLine};
pub use media::MediaHash;
pub use money::{Bucket, BucketCost, Cost, CostBasis, NanoUsd, PriceMatch};
pub use pattern::Pattern;
pub use signal::Signal;
pub use span::{Execution, Link, Span, SpanEvent, SpanKind, Status};
pub use tier::ServiceTier;
pub use time::{Day, UnixNanos};
pub use tokens::TokenUsage;
