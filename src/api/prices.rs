//! Price tables, prices of one's own, and the explanation of one call's cost.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::Uri;

use super::changes::blocking;
use super::error::ApiError;
use super::query::{self, Query};
use super::trace_page::{self, Sources};
use super::types::{
    CostExplanation, CostFact, CostFigure, Currency, OverrideList, OverridePrices, PriceAmount, PriceList, PriceModel,
    PriceOverride, PriceRow, PriceStep,
};
use super::{ApiState, endpoints};
use crate::config::{CostPreference, PriceEntry, PricesFile, price_name};
use crate::interpret::Remedy;
use crate::interpret::price::{Listed, ListedPrice, ListedRow};
use crate::model::{Bucket, SpanId};
use crate::prices::{Error, OWN, Prices};

type Answer<T> = Result<Json<T>, ApiError>;

pub(super) async fn list(State(state): State<ApiState>, uri: Uri) -> Answer<PriceList> {
    let query = Query::read(&uri, &endpoints::PRICES, state.clock.now())?;
    let (limit, words) = (query.limit()?, query.one("q").unwrap_or_default().to_lowercase());
    let provider = query.one("provider").map(str::to_owned);
    let answer = move || {
        state.prices.check();
        let book = state.prices.book();
        let mut items: Vec<PriceModel> = book.listed(provider.as_deref(), &words).take(limit + 1).map(model).collect();
        let truncated = items.len() > limit;
        items.truncate(limit);
        Ok(PriceList { items, next_cursor: None, truncated, version: book.version().to_string() })
    };
    Ok(Json(blocking(answer).await?))
}

pub(super) async fn currency(State(state): State<ApiState>, uri: Uri) -> Answer<Currency> {
    Query::read(&uri, &endpoints::CURRENCY, state.clock.now())?;
    let cost = state.interpreter.cost_config();
    Ok(Json(Currency { currency: cost.currency.clone(), rate: cost.rate }))
}

pub(super) async fn overrides(State(state): State<ApiState>, uri: Uri) -> Answer<OverrideList> {
    Query::read(&uri, &endpoints::OVERRIDES, state.clock.now())?;
    Ok(Json(blocking(move || Ok(all_overrides(&state.prices))).await?))
}

fn all_overrides(prices: &Prices) -> OverrideList {
    prices.check();
    OverrideList {
        items: prices.own().iter().map(override_of).collect(),
        next_cursor: None,
        path: prices.path(OWN).display().to_string(),
        version: prices.book().version().to_string(),
        faults: prices.faults(),
    }
}

/// Takes one entry, in place of the one about the same calls from the same day on.
pub(super) async fn set(State(state): State<ApiState>, uri: Uri, body: String) -> Answer<OverrideList> {
    Query::read(&uri, &endpoints::OVERRIDES, state.clock.now())?;
    let entry: PriceEntry = serde_json::from_str(&body).map_err(|error| {
        let hint = "send one entry of prices.toml as JSON: {\"model\": \"my-model\", \"input\": 0.5, \"output\": 1.5}";
        ApiError::bad_parameter(format!("the price cannot be taken: {error}"), hint)
    })?;
    // What its reader would refuse must not get into the file.
    PricesFile::parse(&entry.to_string())
        .map_err(|fault| ApiError::bad_parameter(fault.message, "change that and send it again"))?;
    let prices = state.prices;
    Ok(Json(blocking(move || prices.set(&entry).map_err(ApiError::from).map(|()| all_overrides(&prices))).await?))
}

pub(super) async fn remove(State(state): State<ApiState>, uri: Uri) -> Answer<OverrideList> {
    let query = Query::read(&uri, &endpoints::OVERRIDE, state.clock.now())?;
    let missing = || {
        ApiError::bad_parameter("model is missing", "say whose price to remove: model=..., as it stands in the list")
    };
    let mut like = serde_json::Map::from_iter([("input".to_owned(), 0.into())]);
    like.insert("model".to_owned(), query.one("model").ok_or_else(missing)?.into());
    for name in ["provider", "from", "tier"] {
        like.extend(query.one(name).map(|value| (name.to_owned(), value.into())));
    }
    let like: PriceEntry = serde_json::from_value(like.into())
        .map_err(|error| ApiError::bad_parameter(error.to_string(), "give the values as they stand in the list"))?;
    let prices = state.prices;
    Ok(Json(blocking(move || prices.remove(&like).map_err(ApiError::from).map(|()| all_overrides(&prices))).await?))
}

pub(super) async fn explain(
    State(state): State<ApiState>,
    Path((trace, span)): Path<(String, String)>,
    uri: Uri,
) -> Answer<CostExplanation> {
    Query::read(&uri, &endpoints::EXPLAIN, state.clock.now())?;
    let trace = query::named_trace(&trace)?;
    let id: SpanId =
        span.parse().map_err(|error| ApiError::bad_parameter(format!("span_id: {error}"), "copy it from the trace"))?;
    let whole = trace_page::whole(&state, trace).await;
    let trace = whole[0];
    let homes = state.analytics.homes(trace).await.unwrap_or_default();
    let twins = state.analytics.twins(trace).await.unwrap_or_default();
    let local = state.analytics.local_costs(trace).await.unwrap_or_default();
    let read = move || {
        let (span, told) = trace_page::explain(Sources::of(&state), &whole, id, &homes, (&twins, local))?;
        let call = span.call.ok_or_else(|| {
            ApiError::not_found(format!("span {id} is no model call"), "only model calls have a cost")
        })?;
        let call = call.call;
        let prefer = state.interpreter.cost_config().preference(&span.service, &span.dialect);
        let remedy = call.cost.reason.as_deref().map(Remedy::for_reason);
        let settable = matches!(remedy, Some(Remedy::SetPrice | Remedy::Rule));
        let command = told.model.as_deref().filter(|_| settable).map(|model| command(model, told.provider.as_deref()));
        let facts = told.facts.into_iter().map(|fact| CostFact {
            key: fact.key,
            value: fact.value,
            tells: fact.tells.into(),
            on_resource: fact.on_resource,
        });
        Ok(CostExplanation {
            trace_id: trace.to_string(),
            span_id: span.span_id,
            name: span.name,
            start_time: span.start_time,
            service: span.service,
            dialect: span.dialect,
            attributes: facts.collect(),
            figures_by: told.figures_by.map(str::to_owned),
            figures: told.figures.into_iter().map(|(name, tokens)| CostFigure { name: name.into(), tokens }).collect(),
            rules: told.rules,
            usage: call.usage,
            provider: told.provider,
            model: told.model,
            server: told.server,
            service_tier: told.tier.map(|tier| tier.as_str().into()),
            web_searches: told.searches,
            cost: call.cost,
            counted: call.counted,
            counted_reason: call.counted_reason,
            prefer: if prefer == CostPreference::Reported { "reported" } else { "computed" }.into(),
            version: state.interpreter.book().version().to_string(),
            command,
        })
    };
    Ok(Json(blocking(read).await?))
}

/// For a shell.
fn command(model: &str, provider: Option<&str>) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let provider = provider.map(|name| format!(" --provider {}", quoted(name))).unwrap_or_default();
    format!("tracemeter prices set {}{provider} --input 0.00 --output 0.00", quoted(model))
}

fn model(listed: Listed) -> PriceModel {
    PriceModel {
        source: listed.source,
        provider: listed.provider,
        model: listed.model,
        matched_by: listed.matched_by,
        rows: listed.rows.into_iter().map(row).collect(),
    }
}

fn row(listed: ListedRow) -> PriceRow {
    PriceRow {
        from: listed.from,
        between: listed.between,
        tier: listed.tier.map(|tier| tier.as_str().into()),
        comment: listed.comment,
        prices: listed.prices.iter().map(amount).collect(),
    }
}

pub(super) fn amount(listed: &ListedPrice) -> PriceAmount {
    let step = |(input_tokens, price): &(u64, crate::model::NanoUsd)| PriceStep {
        input_tokens: *input_tokens,
        price_usd: price.as_usd(),
        price_nano: price.0,
    };
    PriceAmount {
        bucket: listed.bucket.as_str().into(),
        per: listed.bucket.per(),
        price_usd: listed.price.as_usd(),
        price_nano: listed.price.0,
        above: listed.above.iter().map(step).collect(),
    }
}

fn override_of(entry: &PriceEntry) -> PriceOverride {
    let of = |wanted: Bucket| entry.amounts.iter().find(|(bucket, _)| *bucket == wanted).map(|(_, amount)| *amount);
    let above = entry.above.iter().map(|(tokens, amounts)| {
        let amounts = amounts.iter().map(|(bucket, amount)| (price_name(*bucket).to_owned(), (*amount).into()));
        std::iter::once(("tokens".to_owned(), (*tokens).into()))
            .chain(amounts)
            .collect::<serde_json::Map<_, _>>()
            .into()
    });
    PriceOverride {
        provider: entry.provider.clone(),
        model: entry.model.clone(),
        from: entry.from.map(|day| day.to_string()),
        tier: entry.tier.map(|tier| tier.as_str().into()),
        comment: entry.comment.clone(),
        currency: entry.currency.clone(),
        usd_per_unit: entry.usd_per_unit,
        prices: OverridePrices {
            input: of(Bucket::Input),
            output: of(Bucket::Output),
            cache_read: of(Bucket::CacheRead),
            cache_write: of(Bucket::CacheWrite5m),
            cache_write_1h: of(Bucket::CacheWrite1h),
            reasoning: of(Bucket::Reasoning),
            audio_input: of(Bucket::AudioInput),
            audio_output: of(Bucket::AudioOutput),
            image_input: of(Bucket::ImageInput),
            image_output: of(Bucket::ImageOutput),
            request: of(Bucket::Request),
            web_search: of(Bucket::WebSearch),
            above: above.collect(),
        },
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Missing { .. } => {
                Self::not_found(error.to_string(), "/api/v1/prices/overrides lists those there are")
            }
            Error::Own { .. } | Error::Table { .. } | Error::Form { .. } => {
                Self::bad_parameter(error.to_string(), "correct the file with an editor, then try again")
            }
            Error::File { .. } => Self::internal(&error),
        }
    }
}
