//! Sends what the journal has to other places: Splunk, OTLP backends, webhooks.
//!
//! Every destination has a thread, a cursor and a pace of its own. There is no queue: the journal is the queue, and the
//! cursor moves when the destination has confirmed.

mod facts;
mod item;
pub mod splunk_hec;

pub use facts::{CallFacts, Facts};
pub use item::{Answer, Fault, Item, Kind, Refused, Selected};
