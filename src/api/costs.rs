//! The cost board: sums by any dimensions and by calendar time with unit costs, and whose cost has changed most.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse as _, Response};

use super::boards::bucket_name;
use super::error::ApiError;
use super::exports::{self, Format};
use super::query::Query;
use super::types::{self, CostDimensions, GroupValue, Movement};
use super::{ApiState, convert, endpoints};
use crate::analytics::{Buckets, CostAnswer, CostQuestion, CostRow, Dimension, Filter, Mover, MoversQuestion, Side};
use crate::model::time::NANOS_PER_SECOND;
use crate::model::{NanoUsd, UnixNanos};

const DAY: i64 = 86_400 * NANOS_PER_SECOND;

/// What is asked by the parameters of the board, and what the answer says about the question.
pub(super) struct Board {
    pub(super) question: CostQuestion,
    since: UnixNanos,
    until: UnixNanos,
    tz: String,
    bucket: Option<types::BucketSize>,
}

impl Board {
    pub(super) fn read(query: &Query) -> Result<Self, ApiError> {
        let (since, until) = query.range(30 * DAY)?;
        let (tz, zone) = query.zone()?;
        let size = query.bucket()?;
        let buckets = size.map(|size| Buckets::between(since, until, size, &zone)).transpose()?;
        let filter = Filter { since: Some(since), until: Some(until), ..query.filter()? };
        let sessions = query.flag("sessions")?.unwrap_or(false);
        let question = CostQuestion { filter, group_by: query.group_by()?, buckets, sessions };
        Ok(Self { question, since, until, tz, bucket: size.map(bucket_name) })
    }

    fn list(self, answer: CostAnswer) -> types::CostList {
        let by = &self.question.group_by;
        let paid = answer.total.sums.cost;
        let buckets = self.question.buckets.as_ref().map(|buckets| buckets.starts()).unwrap_or_default();
        types::CostList {
            total: row(&[], &answer.total, paid),
            items: answer.rows.iter().map(|one| row(by, one, paid)).collect(),
            next_cursor: None,
            truncated: answer.truncated,
            since: convert::time(self.since),
            until: convert::time(self.until),
            tz: self.tz,
            bucket: self.bucket,
            buckets: buckets.iter().copied().map(convert::time).collect(),
        }
    }
}

pub(super) async fn cost(State(state): State<ApiState>, uri: Uri) -> Result<Response, ApiError> {
    let query = Query::read(&uri, &endpoints::COST, state.clock.now())?;
    let format = Format::read(&query)?;
    let board = Board::read(&query)?;
    let answer = state.analytics.cost(&board.question).await?;
    match format {
        Some(format) => exports::board(&state, format, &board.question.group_by, &answer).await,
        None => Ok(Json(board.list(answer)).into_response()),
    }
}

/// `total` is what all calls of the range cost.
pub(super) fn row(group_by: &[Dimension], row: &CostRow, total: Option<NanoUsd>) -> types::CostRow {
    let sums = &row.sums;
    let of_total = |cost: NanoUsd| total.filter(|total| total.0 != 0).map(|total| cost.0 as f64 / total.0 as f64);
    types::CostRow {
        group: group(group_by, &row.group),
        bucket_start: row.bucket_start.map(convert::time),
        calls: sums.calls,
        errors: sums.errors,
        usage: convert::usage(&sums.usage),
        cost_usd: convert::usd(sums.cost),
        cost_nano: convert::nano(sums.cost),
        unpriced_calls: sums.unpriced_calls,
        share: sums.cost.and_then(of_total),
        cost_per_call_usd: per(sums.cost, sums.calls.saturating_sub(sums.unpriced_calls), 1.0),
        cost_per_1k_output_usd: per(sums.cost, sums.priced_output, 1000.0),
        sessions: row.sessions.map(|sessions| sessions.sessions),
        cost_per_session_usd: row.sessions.and_then(|sessions| per(sessions.cost, sessions.sessions, 1.0)),
        cache_saved_usd: convert::usd(sums.saved),
        cache_saved_nano: convert::nano(sums.saved),
        failed_cost_usd: convert::usd(sums.failed_cost),
        failed_cost_nano: convert::nano(sums.failed_cost),
        retries: sums.retries,
        retry_cost_usd: convert::usd(sums.retry_cost),
        retry_cost_nano: convert::nano(sums.retry_cost),
    }
}

/// US dollars for `each` of `units`; `None` where there are none.
fn per(cost: Option<NanoUsd>, units: u64, each: f64) -> Option<f64> {
    cost.filter(|_| units > 0).map(|cost| cost.as_usd() * each / units as f64)
}

pub(super) fn group(group_by: &[Dimension], values: &[Option<String>]) -> CostDimensions {
    let mut group = CostDimensions::default();
    for (dimension, value) in group_by.iter().zip(values) {
        *field(&mut group, *dimension) = Some(GroupValue(value.clone()));
    }
    group
}

pub(super) async fn movers(State(state): State<ApiState>, uri: Uri) -> Result<Json<types::MoverList>, ApiError> {
    let query = Query::read(&uri, &endpoints::MOVERS, state.clock.now())?;
    let (since, until) = query.range(7 * DAY)?;
    let mut by = query.group_by()?;
    if by.is_empty() {
        by.push(Dimension::Model);
    }
    let question =
        MoversQuestion { filter: query.filter()?, group_by: by.clone(), since, until, limit: query.limit()? };
    let items = state.analytics.movers(question).await?;
    Ok(Json(types::MoverList {
        items: items.iter().map(|one| mover(&by, one)).collect(),
        next_cursor: None,
        since: convert::time(since),
        until: convert::time(until),
        previous_since: convert::time(since.before(until)),
    }))
}

fn mover(by: &[Dimension], mover: &Mover) -> types::Mover {
    let change = mover.change();
    let before = mover.previous.cost.filter(|cost| cost.0 != 0);
    types::Mover {
        group: group(by, &mover.group),
        state: match (mover.previous.calls, mover.current.calls) {
            (0, _) => Movement::New,
            (_, 0) => Movement::Gone,
            _ => Movement::Changed,
        },
        current: side(&mover.current),
        previous: side(&mover.previous),
        change_usd: change.as_usd(),
        change_nano: change.0,
        change_ratio: before.map(|before| change.0 as f64 / before.0 as f64),
    }
}

fn side(side: &Side) -> types::MoverSide {
    types::MoverSide {
        calls: side.calls,
        cost_usd: convert::usd(side.cost),
        cost_nano: convert::nano(side.cost),
        unpriced_calls: side.unpriced_calls,
    }
}

pub(super) fn field(group: &mut types::CostDimensions, dimension: Dimension) -> &mut Option<GroupValue> {
    match dimension {
        Dimension::Model => &mut group.model,
        Dimension::Provider => &mut group.provider,
        Dimension::Service => &mut group.service,
        Dimension::Feature => &mut group.feature,
        Dimension::Team => &mut group.team,
        Dimension::User => &mut group.user,
        Dimension::Session => &mut group.session,
        Dimension::Environment => &mut group.environment,
        Dimension::Workflow => &mut group.workflow,
        Dimension::Node => &mut group.node,
        Dimension::Agent => &mut group.agent,
        Dimension::PromptName => &mut group.prompt_name,
        Dimension::PromptVersion => &mut group.prompt_version,
        Dimension::Operation => &mut group.operation,
        Dimension::Project => &mut group.project,
        Dimension::Tag => &mut group.tag,
    }
}
