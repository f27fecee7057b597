//! Rows of `span` and `trace` as our own types.

use std::sync::Arc;

use duckdb::Row;
use duckdb::types::{FromSql, Value};
use serde_json::Value as Json;

use super::summary::TraceSummary;
use crate::interpret::inherit::Mask;
use crate::interpret::settle::{Member, Voice, dialect_name};
use crate::interpret::twins::Told;
use crate::model::{
    Attribution, Bucket, BucketCost, Call, Cost, CostBasis, LocalCost, NanoUsd, Operation, PriceMatch, ServiceTier,
    Span, SpanId, SpanKind, SpanRef, Status, TokenUsage, TraceId, UnixNanos,
};

/// A span with what is needed to judge it again when its trace grows.
#[derive(Debug, Clone)]
pub(super) struct SpanRow {
    pub(super) project: Arc<str>,
    pub(super) span: Span,
    /// As the interpreter alone sees it, before any verdict.
    pub(super) member: Member,
    /// What would tell another telling of the same call.
    pub(super) told: Option<Told>,
    /// Which of its dimensions it has from the rest of its trace.
    pub(super) inherited: Option<Mask>,
    /// Stored, but otherwise than it is now.
    pub(super) stale: bool,
    /// Whether it repeats a failed call, see `retries`.
    pub(super) retry: bool,
}

impl SpanRow {
    /// `span` as the interpreter returns it.
    pub(super) fn new(project: Arc<str>, span: Span) -> Self {
        let told = Told::of(&project, &span, span.dialect);
        Self { member: Member::of(&span), told, project, span, inherited: None, stale: false, retry: false }
    }
}

pub(super) fn trace_number(id: TraceId) -> u128 {
    u128::from_be_bytes(id.0)
}

pub(super) fn span_number(id: SpanId) -> u64 {
    u64::from_be_bytes(id.0)
}

/// Token counts are kept up to 2^53, the largest whole number that JSON carries exactly: sums of ten then fit,
/// whatever a client claims.
pub(super) fn stored(tokens: u64) -> i64 {
    tokens.min(1 << 53) as i64
}

/// Walks over the columns of a row from left to right.
pub(super) struct Cells<'r, 'stmt> {
    row: &'r Row<'stmt>,
    next: usize,
}

impl<'r, 'stmt> Cells<'r, 'stmt> {
    pub(super) fn of(row: &'r Row<'stmt>) -> Self {
        Self { row, next: 0 }
    }

    pub(super) fn take<T: FromSql>(&mut self) -> duckdb::Result<T> {
        self.next += 1;
        self.row.get(self.next - 1)
    }

    pub(super) fn texts(&mut self) -> duckdb::Result<Vec<String>> {
        Ok(match self.take::<Value>()? {
            Value::List(values) => values
                .into_iter()
                .filter_map(|value| if let Value::Text(text) = value { Some(text) } else { None })
                .collect(),
            _ => Vec::new(),
        })
    }

    /// A sum, which DuckDB hands out wider than what was summed; it stays at the largest value we can hold.
    pub(super) fn sum(&mut self) -> duckdb::Result<u64> {
        let sum: Option<i128> = self.take()?;
        Ok(sum.map_or(0, |sum| u64::try_from(sum.max(0)).unwrap_or(u64::MAX)))
    }

    pub(super) fn sum_nano(&mut self) -> duckdb::Result<Option<NanoUsd>> {
        let sum: Option<i128> = self.take()?;
        Ok(sum.map(|sum| NanoUsd(sum.clamp(i64::MIN.into(), i64::MAX.into()) as i64)))
    }

    /// The ten token buckets, `None` when the first is NULL.
    pub(super) fn usage(&mut self) -> duckdb::Result<Option<TokenUsage>> {
        let input: Option<u64> = self.take()?;
        let mut rest = [0; 9];
        for count in &mut rest {
            *count = self.take::<Option<u64>>()?.unwrap_or(0);
        }
        Ok(input.map(|input| usage(input, rest)))
    }

    /// Sums of the ten token buckets.
    pub(super) fn usage_sums(&mut self) -> duckdb::Result<TokenUsage> {
        let input = self.sum()?;
        let mut rest = [0; 9];
        for count in &mut rest {
            *count = self.sum()?;
        }
        Ok(usage(input, rest))
    }
}

fn usage(input: u64, rest: [u64; 9]) -> TokenUsage {
    let [cache_read, cache_write_5m, cache_write_1h, output, reasoning, ..] = rest;
    let [.., audio_input, audio_output, image_input, image_output] = rest;
    TokenUsage {
        input,
        cache_read,
        cache_write_5m,
        cache_write_1h,
        output,
        reasoning,
        audio_input,
        audio_output,
        image_input,
        image_output,
    }
}

/// Reads the columns of `span_columns.sql`.
pub(super) fn read_span(row: &Row<'_>) -> duckdb::Result<SpanRow> {
    let mut cells = Cells::of(row);
    let project: String = cells.take()?;
    let trace_id = TraceId(cells.take::<u128>()?.to_be_bytes());
    let span_id = SpanId(cells.take::<u64>()?.to_be_bytes());
    let parent_span_id = cells.take::<Option<u64>>()?.map(|id| SpanId(id.to_be_bytes()));
    let start = UnixNanos(cells.take()?);
    let end = start.saturating_add(cells.take()?);
    let name = cells.take()?;
    let kind = SpanKind::from_name(&cells.take::<String>()?).unwrap_or(SpanKind::Other);
    let service = cells.take()?;
    let scope = cells.take()?;
    let dialect: String = cells.take()?;
    let status = status_from(&cells.take::<String>()?);
    let status_message = cells.take()?;
    let error_type = cells.take()?;
    let attribution = read_attribution(&mut cells)?;
    let tool_name = cells.take()?;
    let input_preview = cells.take()?;
    let output_preview = cells.take()?;
    let (call, own) = read_call(&mut cells)?;
    let inherited = cells.take()?;
    let retry = cells.take::<Option<bool>>()?.unwrap_or(false);
    let member = Member {
        span_id,
        parent: parent_span_id,
        kind,
        has_usage: call.as_ref().is_some_and(|call| call.usage.is_some()),
        response_id: call.as_ref().and_then(|call| call.response_id.clone()),
        voice: Voice::of(&dialect),
        own,
    };
    let span = Span {
        trace_id,
        span_id,
        parent_span_id,
        name,
        kind,
        service,
        scope,
        dialect: dialect_name(&dialect),
        start,
        end,
        status,
        status_message,
        error_type,
        attribution,
        execution: None,
        call,
        tool_name,
        input_preview,
        output_preview,
    };
    let told = Told::of(&project, &span, &dialect);
    Ok(SpanRow { project: project.into(), span, member, told, inherited, stale: false, retry })
}

pub(super) fn read_attribution(cells: &mut Cells<'_, '_>) -> duckdb::Result<Attribution> {
    Ok(Attribution {
        environment: cells.take()?,
        feature: cells.take()?,
        team: cells.take()?,
        prompt_name: cells.take()?,
        prompt_version: cells.take()?,
        session: cells.take()?,
        user: cells.take()?,
        workflow: cells.take()?,
        node: cells.take()?,
        agent: cells.take()?,
        tags: cells.texts()?,
    })
}

/// The call columns, and the interpreter's own reason not to count.
fn read_call(cells: &mut Cells<'_, '_>) -> duckdb::Result<(Option<Call>, Option<String>)> {
    let operation: Option<String> = cells.take()?;
    let provider = cells.take()?;
    let request_model = cells.take()?;
    let response_model = cells.take()?;
    let response_id = cells.take()?;
    let streaming = cells.take()?;
    let time_to_first_token_ns = cells.take()?;
    let finish_reasons = cells.texts()?;
    let usage = cells.usage()?;
    let cost = CostColumns {
        amount: cells.take()?,
        basis: cells.take::<Option<String>>()?.map(|basis| known_basis(&basis)),
        reason: cells.take()?,
        reported: cells.take()?,
        computed: None,
        saved: None,
        price: cells.take()?,
        buckets: cells.take()?,
    };
    let counted = cells.take::<Option<bool>>()?.unwrap_or(false);
    let not_counted_because = cells.take()?;
    let own = cells.take()?;
    let twin: (Option<u128>, Option<u64>) = (cells.take()?, cells.take()?);
    let call = operation.map(|operation| Call {
        operation: operation_from(&operation),
        provider,
        request_model,
        response_model,
        response_id,
        streaming,
        time_to_first_token_ns,
        finish_reasons,
        usage,
        cost: cost.into_cost(),
        counted,
        not_counted_because,
        twin: twin.0.zip(twin.1).map(|(trace, span)| SpanRef {
            trace_id: TraceId(trace.to_be_bytes()),
            span_id: SpanId(span.to_be_bytes()),
        }),
    });
    Ok((call, own))
}

/// Reads the columns of `trace_columns.sql`.
pub(super) fn read_trace(row: &Row<'_>) -> duckdb::Result<TraceSummary> {
    let mut cells = Cells::of(row);
    Ok(TraceSummary {
        project: cells.take::<String>()?.into(),
        trace_id: TraceId(cells.take::<u128>()?.to_be_bytes()),
        start: UnixNanos(cells.take()?),
        duration_ns: cells.take()?,
        last_start: UnixNanos(cells.take()?),
        name: cells.take()?,
        kind: SpanKind::from_name(&cells.take::<String>()?).unwrap_or(SpanKind::Other),
        service: cells.take()?,
        services: cells.texts()?,
        status: status_from(&cells.take::<String>()?),
        span_count: cells.take()?,
        call_count: cells.take()?,
        error_count: cells.take()?,
        models: cells.texts()?,
        providers: cells.texts()?,
        usage: cells.usage()?.unwrap_or_default(),
        cost: cells.take::<Option<i64>>()?.map(NanoUsd),
        unpriced_calls: cells.take()?,
        attribution: Attribution {
            environment: cells.take()?,
            feature: cells.take()?,
            team: cells.take()?,
            session: cells.take()?,
            user: cells.take()?,
            workflow: cells.take()?,
            agent: cells.take()?,
            tags: cells.texts()?,
            ..Attribution::default()
        },
        input_preview: cells.take()?,
        output_preview: cells.take()?,
        more: Vec::new(),
    })
}

/// A cost as columns.
#[derive(Debug, Default)]
pub(super) struct CostColumns {
    pub(super) amount: Option<i64>,
    pub(super) basis: Option<&'static str>,
    pub(super) reason: Option<String>,
    pub(super) reported: Option<i64>,
    /// Ours where another amount counts.
    pub(super) computed: Option<i64>,
    pub(super) saved: Option<i64>,
    pub(super) price: Option<String>,
    pub(super) buckets: Option<String>,
}

const COMPUTED: &str = "computed";
const REPORTED: &str = "reported";
const LOCAL: &str = "local";
const UNKNOWN: &str = "unknown";

fn known_basis(name: &str) -> &'static str {
    [COMPUTED, REPORTED, LOCAL].into_iter().find(|known| *known == name).unwrap_or(UNKNOWN)
}

impl CostColumns {
    pub(super) fn of(cost: &Cost) -> Self {
        let mut columns = Self {
            amount: cost.amount.map(|amount| amount.0),
            reported: cost.reported.map(|amount| amount.0),
            computed: cost
                .computed()
                .filter(|_| !matches!(cost.basis, CostBasis::Computed(_) | CostBasis::Local(_)))
                .map(|ours| ours.0),
            saved: cost.saved().map(|amount| amount.0),
            ..Self::default()
        };
        match &cost.basis {
            CostBasis::Computed(price) => {
                columns.basis = Some(COMPUTED);
                columns.price = Some(price_json(price));
            }
            CostBasis::Reported => columns.basis = Some(REPORTED),
            CostBasis::Local(local) => {
                columns.basis = Some(LOCAL);
                columns.price = serde_json::to_string(local).ok();
                columns.reason = local.state.reason().map(str::to_owned);
            }
            CostBasis::Unknown(reason) => {
                columns.basis = Some(UNKNOWN);
                columns.reason = Some(reason.clone());
            }
        }
        if !cost.buckets.is_empty() {
            let lines: Vec<Json> = cost
                .buckets
                .iter()
                .map(|line| serde_json::json!([line.bucket.as_str(), line.units, line.price.0, line.amount.0]))
                .collect();
            columns.buckets = Some(Json::Array(lines).to_string());
        }
        columns
    }

    /// Of a call that is charged by the time it took.
    pub(super) fn local(
        amount: Option<i64>,
        reason: Option<String>,
        reported: Option<i64>,
        price: Option<String>,
        buckets: Option<String>,
    ) -> Self {
        Self { amount, basis: Some(LOCAL), reason, reported, price, buckets, ..Self::default() }
    }

    pub(super) fn into_cost(self) -> Cost {
        let basis = match self.basis {
            Some(COMPUTED) => CostBasis::Computed(price_from(self.price.as_deref().unwrap_or_default())),
            Some(REPORTED) => CostBasis::Reported,
            Some(LOCAL) => match self.price.as_deref().and_then(read_local_cost) {
                Some(local) => CostBasis::Local(Box::new(local)),
                None => CostBasis::Unknown(self.reason.unwrap_or_default()),
            },
            _ => CostBasis::Unknown(self.reason.unwrap_or_default()),
        };
        Cost {
            amount: self.amount.map(NanoUsd),
            basis,
            reported: self.reported.map(NanoUsd),
            buckets: lines_from(self.buckets.as_deref().unwrap_or("[]")),
        }
    }
}

fn price_json(price: &PriceMatch) -> String {
    let tier = price.tier.map(ServiceTier::as_str);
    let PriceMatch { provider, model, how, source, effective_from, tier_priced, above, sold_by, .. } = price;
    let (from, sold_by) = (effective_from.as_deref(), sold_by.as_deref());
    serde_json::json!([&**provider, &**model, how, &**source, from, tier, tier_priced, above, sold_by]).to_string()
}

/// Rows that were written before there were tiers are shorter.
fn price_from(json: &str) -> PriceMatch {
    let parts: Vec<Json> = serde_json::from_str(json).unwrap_or_default();
    let text = |place: usize| parts.get(place).and_then(Json::as_str);
    PriceMatch {
        provider: text(0).unwrap_or_default().into(),
        model: text(1).unwrap_or_default().into(),
        how: text(2).unwrap_or_default().to_owned().into(),
        source: text(3).unwrap_or_default().into(),
        effective_from: text(4).map(Into::into),
        tier: text(5).and_then(ServiceTier::from_name),
        tier_priced: parts.get(6).and_then(Json::as_bool).unwrap_or_default(),
        above: parts.get(7).and_then(Json::as_u64),
        sold_by: text(8).map(Into::into),
    }
}

/// Rule, machine and bill of a call that is charged by time, from its column `price`.
pub(super) fn read_local_cost(json: &str) -> Option<LocalCost> {
    serde_json::from_str(json).ok()
}

pub(super) fn lines_from(json: &str) -> Vec<BucketCost> {
    let lines: Vec<(String, u64, i64, i64)> = serde_json::from_str(json).unwrap_or_default();
    lines
        .into_iter()
        .filter_map(|(name, units, price, amount)| {
            let bucket = BUCKETS.into_iter().find(|bucket| bucket.as_str() == name)?;
            Some(BucketCost { bucket, units, price: NanoUsd(price), amount: NanoUsd(amount) })
        })
        .collect()
}

const BUCKETS: [Bucket; 12] = [
    Bucket::Input,
    Bucket::CacheRead,
    Bucket::CacheWrite5m,
    Bucket::CacheWrite1h,
    Bucket::Output,
    Bucket::Reasoning,
    Bucket::AudioInput,
    Bucket::AudioOutput,
    Bucket::ImageInput,
    Bucket::ImageOutput,
    Bucket::Request,
    Bucket::WebSearch,
];

fn status_from(name: &str) -> Status {
    [Status::Ok, Status::Error].into_iter().find(|status| status.as_str() == name).unwrap_or_default()
}

fn operation_from(name: &str) -> Operation {
    [Operation::Chat, Operation::Completion, Operation::Embeddings, Operation::Rerank]
        .into_iter()
        .find(|operation| operation.as_str() == name)
        .unwrap_or(Operation::Other)
}
