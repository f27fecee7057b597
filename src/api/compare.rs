//! What would this have cost at another model?

use axum::Json;
use axum::extract::State;
use axum::http::Uri;

use super::error::ApiError;
use super::query::Query;
use super::types;
use super::{ApiState, convert, costs, endpoints};
use crate::analytics::{CompareQuestion, Compared, Dimension, Filter};
use crate::interpret::Offer;
use crate::model::time::NANOS_PER_SECOND;
use crate::model::{CostBasis, NanoUsd, Operation, TokenUsage};

type Answer<T> = Result<Json<T>, ApiError>;

const DAY: i64 = 86_400 * NANOS_PER_SECOND;

/// What a model that writes text is asked for.
const CHATS: [Operation; 2] = [Operation::Chat, Operation::Completion];

pub(super) async fn compare(State(state): State<ApiState>, uri: Uri) -> Answer<types::Comparison> {
    let query = Query::read(&uri, &endpoints::COMPARE, state.clock.now())?;
    let (since, until) = query.range(30 * DAY)?;
    let text = query.one("to").unwrap_or_default();
    let hint = "give provider/model as the price table names them; /api/v1/compare/models finds them";
    let offer =
        Offer::parse(text).ok_or_else(|| ApiError::bad_parameter(format!("to={text:?} is no provider/model"), hint))?;
    // Embeddings are sold by input alone.
    let probe = TokenUsage { input: 1, ..TokenUsage::default() };
    let now = state
        .interpreter
        .price_of(&offer, &probe, query.now())
        .map_err(|reason| ApiError::bad_parameter(format!("to={text:?}: {reason}"), hint))?;
    let filter = Filter { since: Some(since), until: Some(until), ..query.filter()? };
    let asked = filter.any_of.iter().any(|(dimension, _)| *dimension == Dimension::Operation);
    let operations = if asked { Vec::new() } else { CHATS.map(Operation::as_str).into() };
    let question = CompareQuestion { filter, group_by: query.group_by()?, operations };
    let interpreter = state.interpreter.clone();
    let quote = move |usage: &TokenUsage, time| {
        interpreter.price_of(&offer, usage, time).map(|cost| cost.amount.unwrap_or_default())
    };
    let answer = state.analytics.compare(&question, Box::new(quote)).await?;
    let price = match now.basis {
        CostBasis::Computed(row) => Some(convert::price(row)),
        _ => None,
    };
    let total = answer.rows.iter().fold(Compared::default(), with);
    Ok(Json(types::Comparison {
        to: text.to_owned(),
        price,
        total: row(&[], total),
        items: answer.rows.into_iter().map(|one| row(&question.group_by, one)).collect(),
        left_out: answer.left_out.into_iter().map(left_out).collect(),
        truncated: answer.truncated,
    }))
}

fn left_out((reason, calls): (String, u64)) -> types::UnpricedReason {
    types::UnpricedReason { reason, remedy: None, calls }
}

pub(super) async fn models(State(state): State<ApiState>, uri: Uri) -> Answer<types::OfferList> {
    let query = Query::read(&uri, &endpoints::COMPARE_MODELS, state.clock.now())?;
    let offers = state.interpreter.offers(query.one("q").unwrap_or_default(), query.limit()?);
    let items = offers.into_iter().map(|offer| types::OfferItem {
        id: format!("{}/{}", offer.provider, offer.model),
        provider: offer.provider,
        model: offer.model,
    });
    Ok(Json(types::OfferList { items: items.collect(), next_cursor: None }))
}

fn with(mut sum: Compared, one: &Compared) -> Compared {
    sum.calls += one.calls;
    sum.compared += one.compared;
    sum.usage += one.usage;
    sum.unpriced += one.unpriced;
    sum.there.0 = sum.there.0.saturating_add(one.there.0);
    if let Some(cost) = one.cost {
        sum.cost = Some(NanoUsd(sum.cost.unwrap_or_default().0.saturating_add(cost.0)));
    }
    sum
}

fn row(group_by: &[Dimension], one: Compared) -> types::ComparedRow {
    types::ComparedRow {
        group: costs::group(group_by, &one.group),
        calls: one.calls,
        compared_calls: one.compared,
        usage: convert::usage(&one.usage),
        cost_usd: convert::usd(one.cost),
        cost_nano: convert::nano(one.cost),
        unpriced_calls: one.unpriced,
        compared_usd: one.there.as_usd(),
        compared_nano: one.there.0,
    }
}
