//! The records of a request or a chunk, of whichever signal.

use bytes::Bytes;
use prost::Message as _;

use crate::model::Signal;
use crate::model::otlp::{LogsData, MetricsData, TracesData};

/// Redacted OTLP records.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    Traces(TracesData),
    Logs(LogsData),
    Metrics(MetricsData),
}

impl Payload {
    /// Reads a protobuf message of the signal's `*Data` type.
    ///
    /// # Errors
    /// When `body` is no such message.
    pub fn decode(signal: Signal, body: Bytes) -> Result<Self, prost::DecodeError> {
        Ok(match signal {
            Signal::Traces => Self::Traces(TracesData::decode(body)?),
            Signal::Logs => Self::Logs(LogsData::decode(body)?),
            Signal::Metrics => Self::Metrics(MetricsData::decode(body)?),
        })
    }

    pub fn signal(&self) -> Signal {
        match self {
            Self::Traces(_) => Signal::Traces,
            Self::Logs(_) => Signal::Logs,
            Self::Metrics(_) => Signal::Metrics,
        }
    }

    /// Size as protobuf.
    pub fn encoded_len(&self) -> usize {
        match self {
            Self::Traces(data) => data.encoded_len(),
            Self::Logs(data) => data.encoded_len(),
            Self::Metrics(data) => data.encoded_len(),
        }
    }
}
