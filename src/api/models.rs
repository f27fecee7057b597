//! The list of models.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;

use super::error::ApiError;
use super::query::Query;
use super::{ApiState, convert, endpoints, prices, types};
use crate::analytics::{Bin, Filter, ModelFigures};
use crate::interpret::Interpreter;
use crate::model::UnixNanos;
use crate::model::time::NANOS_PER_SECOND;

pub(super) const MONTH: i64 = 30 * 86_400 * NANOS_PER_SECOND;

pub(super) async fn models(State(state): State<ApiState>, uri: Uri) -> Result<Json<types::ModelList>, ApiError> {
    let query = Query::read(&uri, &endpoints::MODELS, state.clock.now())?;
    let (since, until) = query.range(MONTH)?;
    let filter = Filter { since: Some(since), until: Some(until), ..query.filter()? };
    let models = state.analytics.models(&filter, query.now()).await?;
    let (page, next_cursor) = query.page_of("models", models)?;
    let items = page.into_iter().map(|figures| model(figures, &state.interpreter, query.now())).collect();
    Ok(Json(types::ModelList { items, next_cursor }))
}

fn model(figures: ModelFigures, interpreter: &Interpreter, now: UnixNanos) -> types::ModelItem {
    const AT_HOME: &str = "local";
    let sums = figures.sums;
    let (latency, ttft) = (figures.latency, figures.ttft);
    let named = figures.model.as_deref().ok_or_else(|| "no model told".to_owned());
    let row = named.and_then(|model| interpreter.price_row(figures.provider.as_deref(), model, now));
    let at_home = figures.basis.as_deref() == Some(AT_HOME);
    let (price, prices, no_price) = match row {
        _ if at_home => (None, Vec::new(), None),
        Ok((row, prices)) => (Some(convert::price(row)), prices.iter().map(prices::amount).collect(), None),
        Err(reason) => (None, Vec::new(), Some(reason)),
    };
    let retires = match (&figures.provider, &figures.model) {
        (Some(provider), Some(model)) if !at_home => interpreter.book().retires(provider, model),
        _ => None,
    };
    types::ModelItem {
        provider: figures.provider,
        model: figures.model,
        last_used: convert::time(figures.last_used),
        first_used: convert::time(figures.first_used),
        silent: figures.silent,
        retires: retires.map(|day| day.to_string()),
        calls: sums.calls,
        errors: sums.errors,
        errors_by_kind: errors(figures.errors),
        usage: convert::usage(&sums.usage),
        cost_usd: convert::usd(sums.cost),
        cost_nano: convert::nano(sums.cost),
        unpriced_calls: sums.unpriced_calls,
        basis: figures.basis,
        price,
        prices,
        no_price,
        latency_p50_ms: latency.p50_ns.map(convert::ms),
        latency_p90_ms: latency.p90_ns.map(convert::ms),
        latency_p95_ms: latency.p95_ns.map(convert::ms),
        latency_p99_ms: latency.p99_ns.map(convert::ms),
        latency_bins: bins(&latency.bins),
        ttft_p50_ms: ttft.p50_ns.map(convert::ms),
        ttft_p90_ms: ttft.p90_ns.map(convert::ms),
        ttft_p95_ms: ttft.p95_ns.map(convert::ms),
        ttft_p99_ms: ttft.p99_ns.map(convert::ms),
        ttft_bins: bins(&ttft.bins),
        output_tokens_per_second: figures.output_per_second,
    }
}

pub(super) fn bins(bins: &[Bin]) -> Vec<types::DurationBin> {
    let bin = |bin: &Bin| types::DurationBin {
        from_ms: convert::ms(bin.from_ns),
        to_ms: convert::ms(bin.to_ns),
        count: bin.count,
    };
    bins.iter().map(bin).collect()
}

/// The empty text stands for none.
pub(super) fn errors(counted: Vec<(String, u64)>) -> Vec<types::ErrorKind> {
    let one =
        |(kind, count): (String, u64)| types::ErrorKind { kind: Some(kind).filter(|kind| !kind.is_empty()), count };
    counted.into_iter().map(one).collect()
}
