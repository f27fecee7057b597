//! Where the client's cost and ours differ, and a provider's bill beside what was seen.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::Uri;

use super::error::ApiError;
use super::query::Query;
use super::types::{self, InvoiceStanding};
use super::{ApiState, changes, convert, endpoints};
use crate::analytics::{
    Analytics, BucketSize, Buckets, CostQuestion, Dimension, Disagreement, Filter, ReconcileQuestion, ReconcileSums,
};
use crate::invoice::{self, Compared, Invoice, Ours, Report, Standing, Tokens, Totals};
use crate::model::time::NANOS_PER_SECOND;
use crate::model::{NanoUsd, UnixNanos};

const DAY: i64 = 86_400 * NANOS_PER_SECOND;

/// Two amounts may differ by this share of the larger one.
const THRESHOLD: f64 = 0.05;

/// Days of a bill at most.
const MOST_DAYS: i64 = 800;

/// Bytes of a bill at most: a year of a large organisation.
pub(super) const MOST_BYTES: usize = 16 * 1024 * 1024;

fn threshold(query: &Query) -> Result<f64, ApiError> {
    let what = "give a share from 0 to 1: 0.05 is 5 %";
    let share = query.number::<f64>("threshold", what)?.unwrap_or(THRESHOLD);
    if (0.0..=1.0).contains(&share) {
        return Ok(share);
    }
    Err(ApiError::bad_parameter(format!("threshold={share}: out of range"), what))
}

pub(super) async fn reconcile(State(state): State<ApiState>, uri: Uri) -> Result<Json<types::ReconcileList>, ApiError> {
    let query = Query::read(&uri, &endpoints::RECONCILE, state.clock.now())?;
    let (since, until) = query.range(30 * DAY)?;
    let filter = Filter { since: Some(since), until: Some(until), ..query.filter()? };
    let question = ReconcileQuestion { filter, threshold: threshold(&query)?, limit: query.limit()? };
    let threshold = question.threshold;
    let found = state.analytics.reconcile(question).await?;
    Ok(Json(types::ReconcileList {
        items: found.groups.into_iter().map(item).collect(),
        next_cursor: None,
        truncated: found.truncated,
        threshold,
        since: convert::time(since),
        until: convert::time(until),
        total: sums(&found.total),
    }))
}

fn item(group: Disagreement) -> types::ReconcileItem {
    types::ReconcileItem {
        service: group.service,
        provider: group.provider,
        model: group.model,
        sums: sums(&group.sums),
        examples: group.examples.into_iter().filter_map(convert::call_item).collect(),
    }
}

fn sums(sums: &ReconcileSums) -> types::ReconcileSums {
    let difference = NanoUsd(sums.reported.0.saturating_sub(sums.computed.0));
    types::ReconcileSums {
        calls: sums.compared,
        mismatched_calls: sums.differing,
        reported_zero_calls: sums.reported_zero,
        only_reported_calls: sums.only_reported,
        computed_usd: sums.computed.as_usd(),
        computed_nano: sums.computed.0,
        reported_usd: sums.reported.as_usd(),
        reported_nano: sums.reported.0,
        difference_usd: difference.as_usd(),
        difference_nano: difference.0,
    }
}

pub(super) async fn compare(
    State(state): State<ApiState>,
    uri: Uri,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<types::InvoiceReport>, ApiError> {
    let query = Query::read(&uri, &endpoints::INVOICE, state.clock.now())?;
    let threshold = threshold(&query)?;
    let body = body.map_err(|rejection| {
        let hint = format!("at most {} MiB are read: export a shorter time", MOST_BYTES / 1024 / 1024);
        ApiError::bad_body(rejection.body_text(), hint)
    })?;
    let invoice = changes::blocking(move || Ok(Invoice::read(&body)?)).await?;
    let (since, until) = invoice.range().ok_or(invoice::Error::Empty)?;
    let mut providers = query.many("provider");
    if providers.is_empty() {
        providers.push(invoice.form.provider().to_owned());
    }
    if until.since(since) > MOST_DAYS * DAY {
        let days = format!("the bill goes from {} to {}", since.day(), UnixNanos(until.0 - 1).day());
        return Err(ApiError::bad_body(days, format!("at most {MOST_DAYS} days are compared at once: export fewer")));
    }
    let mut ours = Vec::new();
    let mut from = since;
    while from < until {
        // An answer has ten thousand rows at most; a month of days has some for each of three hundred models.
        let to = UnixNanos(from.0.saturating_add(31 * DAY).min(until.0));
        ours.extend(seen(&state.analytics, &providers, from, to).await?);
        from = to;
    }
    let report = invoice::compare(&invoice, &ours, threshold);
    Ok(Json(types::InvoiceReport {
        form: invoice.form.as_str().into(),
        providers,
        since: since.day().to_string(),
        until: UnixNanos(until.0 - 1).day().to_string(),
        threshold,
        lines: invoice.lines.len() as u64,
        fault_count: invoice.fault_count as u64,
        faults: invoice
            .faults
            .into_iter()
            .map(|fault| types::InvoiceFault { line: fault.line as u64, message: fault.why })
            .collect(),
        unused_columns: invoice.unused_columns,
        ..told(report)
    }))
}

/// Who opens the address in a browser learns what it is for.
pub(super) async fn needs_a_file() -> ApiError {
    ApiError::bad_body(
        "there is no file to compare with",
        "send the CSV with POST: curl -H 'x-tracemeter: 1' --data-binary @export.csv .../api/v1/reconcile/invoice",
    )
}

/// Calls of `providers` from `since` until before `until`, by day and model.
async fn seen(
    analytics: &Analytics,
    providers: &[String],
    since: UnixNanos,
    until: UnixNanos,
) -> Result<Vec<Ours>, ApiError> {
    let any_of = vec![(Dimension::Provider, providers.to_vec())];
    let filter = Filter { any_of, ..Filter::between(since, until) };
    let buckets = Buckets::between(since, until, BucketSize::Day, &jiff::tz::TimeZone::UTC)?;
    let question = CostQuestion { filter, group_by: vec![Dimension::Model], buckets: Some(buckets), sessions: false };
    let rows = analytics.cost(&question).await?.rows.into_iter();
    let ours = rows.filter_map(|row| {
        let usage = &row.sums.usage;
        let tokens = Tokens {
            input: usage.input.saturating_add(usage.audio_input).saturating_add(usage.image_input),
            cache_read: usage.cache_read,
            cache_write: usage.cache_write_5m.saturating_add(usage.cache_write_1h),
            output: [usage.reasoning, usage.audio_output, usage.image_output]
                .into_iter()
                .fold(usage.output, u64::saturating_add),
        };
        let model = row.group.into_iter().next().flatten();
        Some(Ours { day: row.bucket_start?.day(), model, calls: row.sums.calls, tokens, cost: row.sums.cost })
    });
    Ok(ours.collect())
}

/// The report without what only the file tells.
fn told(report: Report) -> types::InvoiceReport {
    types::InvoiceReport {
        form: String::new(),
        providers: Vec::new(),
        since: String::new(),
        until: String::new(),
        threshold: 0.0,
        difference_usd: difference(&report.invoice, &report.ours).map(NanoUsd::as_usd),
        invoice: side(&report.invoice),
        ours: side(&report.ours),
        missing: side(&report.missing),
        not_billed: side(&report.not_billed),
        items: report.rows.iter().map(row).collect(),
        lines: 0,
        faults: Vec::new(),
        fault_count: 0,
        unused_columns: Vec::new(),
    }
}

fn row(row: &Compared) -> types::InvoiceRow {
    let difference = difference(&row.invoice, &row.ours);
    let tokens = |side: &Totals| side.tokens.map(|tokens| i64::try_from(tokens.total()).unwrap_or(i64::MAX));
    types::InvoiceRow {
        day: row.day.to_string(),
        model: row.model.clone(),
        standing: match row.standing {
            Standing::Matched => InvoiceStanding::Matched,
            Standing::Different => InvoiceStanding::Different,
            Standing::Missing => InvoiceStanding::Missing,
            Standing::NotBilled => InvoiceStanding::NotBilled,
        },
        invoice: side(&row.invoice),
        ours: side(&row.ours),
        difference_usd: convert::usd(difference),
        difference_nano: convert::nano(difference),
        difference_tokens: tokens(&row.invoice).zip(tokens(&row.ours)).map(|(billed, seen)| billed - seen),
    }
}

/// Billed less seen.
fn difference(invoice: &Totals, ours: &Totals) -> Option<NanoUsd> {
    Some(NanoUsd(invoice.cost?.0.saturating_sub(ours.cost?.0)))
}

fn side(totals: &Totals) -> types::InvoiceSide {
    let tokens = totals.tokens;
    types::InvoiceSide {
        calls: totals.calls,
        tokens: tokens.map(|tokens| tokens.total()),
        input: tokens.map(|tokens| tokens.input),
        cache_read: tokens.map(|tokens| tokens.cache_read),
        cache_write: tokens.map(|tokens| tokens.cache_write),
        output: tokens.map(|tokens| tokens.output),
        cost_usd: convert::usd(totals.cost),
        cost_nano: convert::nano(totals.cost),
    }
}

impl From<invoice::Error> for ApiError {
    fn from(error: invoice::Error) -> Self {
        let hint = "send the CSV that OpenAI's or Anthropic's console exports, as it is, in the body";
        Self::bad_body(error.to_string(), hint)
    }
}
