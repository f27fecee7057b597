//! The records of a request or a chunk, of whichever signal.

use bytes::Bytes;
use prost::Message as _;

use crate::model::Signal;
use crate::model::otlp::{InstrumentationScope, LogRecord, LogsData, Metric, MetricsData, Resource, Span, TracesData};

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

    /// As protobuf.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Traces(data) => data.encode_to_vec(),
            Self::Logs(data) => data.encode_to_vec(),
            Self::Metrics(data) => data.encode_to_vec(),
        }
    }

    /// How many spans, log records or metrics.
    pub fn items(&self) -> u32 {
        let items: usize = match self {
            Self::Traces(data) => {
                data.resource_spans.iter().flat_map(|group| &group.scope_spans).map(|part| part.spans.len()).sum()
            }
            Self::Logs(data) => {
                data.resource_logs.iter().flat_map(|group| &group.scope_logs).map(|part| part.log_records.len()).sum()
            }
            Self::Metrics(data) => {
                data.resource_metrics.iter().flat_map(|group| &group.scope_metrics).map(|part| part.metrics.len()).sum()
            }
        };
        u32::try_from(items).unwrap_or(u32::MAX)
    }

    /// Keeps the records for which `goes` says so, asked for each in order; groups that become empty go too.
    pub fn retain(&mut self, mut goes: impl FnMut(Where<'_>, One<'_>) -> bool) {
        match self {
            Self::Traces(data) => data.resource_spans.retain_mut(|group| {
                let resource = group.resource.as_ref();
                group.scope_spans.retain_mut(|part| {
                    let place = Where { resource, scope: part.scope.as_ref() };
                    part.spans.retain(|span| goes(place, One::Span(span)));
                    !part.spans.is_empty()
                });
                !group.scope_spans.is_empty()
            }),
            Self::Logs(data) => data.resource_logs.retain_mut(|group| {
                let resource = group.resource.as_ref();
                group.scope_logs.retain_mut(|part| {
                    let place = Where { resource, scope: part.scope.as_ref() };
                    part.log_records.retain(|record| goes(place, One::Log(record)));
                    !part.log_records.is_empty()
                });
                !group.scope_logs.is_empty()
            }),
            Self::Metrics(data) => data.resource_metrics.retain_mut(|group| {
                let resource = group.resource.as_ref();
                group.scope_metrics.retain_mut(|part| {
                    let place = Where { resource, scope: part.scope.as_ref() };
                    part.metrics.retain(|metric| goes(place, One::Metric(metric)));
                    !part.metrics.is_empty()
                });
                !group.scope_metrics.is_empty()
            }),
        }
    }
}

/// Where a record stands.
#[derive(Debug, Clone, Copy)]
pub struct Where<'a> {
    pub resource: Option<&'a Resource>,
    pub scope: Option<&'a InstrumentationScope>,
}

/// A record.
#[derive(Debug, Clone, Copy)]
pub enum One<'a> {
    Span(&'a Span),
    Log(&'a LogRecord),
    Metric(&'a Metric),
}
