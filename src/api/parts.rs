//! Models, workflows, agents and tools, and what failed last.

use axum::extract::State;
use axum::http::Uri;
use axum::routing::get;
use axum::{Json, Router};

use super::endpoints::Endpoint;
use super::error::ApiError;
use super::models::{MONTH, bins, errors as kinds};
use super::query::{self, Query};
use super::{ApiState, convert, endpoints, types};
use crate::analytics::{Failure, Filter, Node, Part, PartKind, Sums, Used, Workflow};
use crate::model::NanoUsd;

type Answer<T> = Result<Json<T>, ApiError>;

pub(super) fn routes() -> Router<ApiState> {
    Router::new()
        .route(endpoints::MODELS.path, get(super::models::models))
        .route(endpoints::WORKFLOWS.path, get(workflows))
        .route(endpoints::WORKFLOW_NODES.path, get(nodes))
        .route(endpoints::AGENTS.path, get(agents))
        .route(endpoints::TOOLS.path, get(tools))
        .route(endpoints::ERRORS.path, get(errors))
}

/// What is asked of a list: its range and filters, and the one name, if it is about one.
fn read(state: &ApiState, uri: &Uri, endpoint: &Endpoint) -> Result<(Query, Filter, Option<String>), ApiError> {
    let query = Query::read(uri, endpoint, state.clock.now())?;
    let (since, until) = query.range(MONTH)?;
    let filter = Filter { since: Some(since), until: Some(until), ..query.filter()? };
    let name = query.one("name").map(str::to_owned);
    Ok((query, filter, name))
}

pub(super) async fn workflows(State(state): State<ApiState>, uri: Uri) -> Answer<types::WorkflowList> {
    let (query, filter, name) = read(&state, &uri, &endpoints::WORKFLOWS)?;
    let (page, next_cursor) = query.page_of("workflows", state.analytics.workflows(&filter, name).await?)?;
    Ok(Json(types::WorkflowList { items: page.into_iter().map(workflow).collect(), next_cursor }))
}

fn workflow(found: Workflow) -> types::WorkflowItem {
    types::WorkflowItem {
        workflow: found.name,
        told: found.told,
        service: found.service,
        runs: found.runs,
        failures: found.failures,
        duration_p50_ms: found.duration.p50_ns.map(convert::ms),
        duration_p95_ms: found.duration.p95_ns.map(convert::ms),
        duration_bins: bins(&found.duration.bins),
        last_run: convert::time(found.last_run),
        calls: found.calls,
        unpriced_calls: found.unpriced_calls,
        cost_usd: convert::usd(found.cost),
        cost_nano: convert::nano(found.cost),
        cost_per_run_usd: each(found.cost, found.priced_runs),
    }
}

/// US dollars for one of `count`.
fn each(cost: Option<NanoUsd>, count: u64) -> Option<f64> {
    cost.filter(|_| count > 0).map(|cost| cost.as_usd() / count as f64)
}

pub(super) async fn nodes(State(state): State<ApiState>, uri: Uri) -> Answer<types::WorkflowNodeList> {
    let (_, filter, name) = read(&state, &uri, &endpoints::WORKFLOW_NODES)?;
    let name = name.ok_or_else(|| {
        ApiError::bad_parameter("name is missing", "say which workflow: name=..., as /api/v1/workflows lists them")
    })?;
    let nodes = state.analytics.nodes(&filter, name).await?;
    let items = nodes.items.into_iter().map(node).collect();
    Ok(Json(types::WorkflowNodeList { items, next_cursor: None, runs: nodes.runs, all: nodes.all }))
}

fn node(node: Node) -> types::WorkflowNode {
    types::WorkflowNode {
        name: node.name,
        kind: node.kind.as_str().into(),
        calls: node.calls,
        failures: node.failures,
        duration_p50_ms: convert::ms(node.p50_ns),
        duration_p95_ms: convert::ms(node.p95_ns),
        share: node.share,
        cost_usd: convert::usd(node.cost),
        cost_nano: convert::nano(node.cost),
    }
}

pub(super) async fn agents(State(state): State<ApiState>, uri: Uri) -> Answer<types::AgentList> {
    let (query, filter, name) = read(&state, &uri, &endpoints::AGENTS)?;
    let parts = state.analytics.parts(PartKind::Agent, &filter, name).await?;
    let (page, next_cursor) = query.page_of("agents", parts)?;
    let mut sums = state.analytics.sums_by_agent(&filter).await?;
    let uses = state.analytics.uses(&filter).await?;
    let items = page.into_iter().map(|part| {
        let sums = sums.remove(&part.name).unwrap_or_default();
        agent(part, &sums, &uses.items)
    });
    Ok(Json(types::AgentList { items: items.collect(), next_cursor, traces: uses.traces, all: uses.all }))
}

fn agent(part: Part, sums: &Sums, uses: &[Used]) -> types::AgentItem {
    let own = uses.iter().filter(|used| used.agent.as_deref() == Some(&*part.name));
    types::AgentItem {
        runs: part.runs,
        failures: part.failures,
        errors_by_kind: kinds(part.errors),
        duration_p50_ms: part.duration.p50_ns.map(convert::ms),
        duration_p95_ms: part.duration.p95_ns.map(convert::ms),
        duration_bins: bins(&part.duration.bins),
        last_used: convert::time(part.last_used),
        calls: sums.calls,
        tokens: convert::usage(&sums.usage).total,
        unpriced_calls: sums.unpriced_calls,
        cost_usd: convert::usd(sums.cost),
        cost_nano: convert::nano(sums.cost),
        cost_per_run_usd: each(sums.cost, part.runs),
        tools: own.map(|used| types::UsedBy { name: Some(used.tool.clone()), uses: used.uses }).collect(),
        agent: part.name,
    }
}

pub(super) async fn tools(State(state): State<ApiState>, uri: Uri) -> Answer<types::ToolList> {
    let (query, filter, name) = read(&state, &uri, &endpoints::TOOLS)?;
    let parts = state.analytics.parts(PartKind::Tool, &filter, name).await?;
    let (page, next_cursor) = query.page_of("tools", parts)?;
    let uses = state.analytics.uses(&filter).await?;
    let items = page.into_iter().map(|part| tool(part, &uses.items)).collect();
    Ok(Json(types::ToolList { items, next_cursor, traces: uses.traces, all: uses.all }))
}

fn tool(part: Part, uses: &[Used]) -> types::ToolItem {
    let own = || uses.iter().filter(|used| used.tool == part.name);
    let cost = own().filter_map(|used| used.cost).reduce(|one, other| NanoUsd(one.0.saturating_add(other.0)));
    types::ToolItem {
        uses: part.runs,
        failures: part.failures,
        errors_by_kind: kinds(part.errors),
        duration_p50_ms: part.duration.p50_ns.map(convert::ms),
        duration_p95_ms: part.duration.p95_ns.map(convert::ms),
        duration_bins: bins(&part.duration.bins),
        last_used: convert::time(part.last_used),
        agents: own().map(|used| types::UsedBy { name: used.agent.clone(), uses: used.uses }).collect(),
        cost_per_use_usd: each(cost, own().map(|used| used.uses).sum()),
        tool: part.name.clone(),
    }
}

pub(super) async fn errors(State(state): State<ApiState>, uri: Uri) -> Answer<types::FailureList> {
    const LIST: &str = "errors";
    let query = Query::read(&uri, &endpoints::ERRORS, state.clock.now())?;
    let page = state.analytics.failures(&query.filter_in_time()?, query.limit()?, query.after(LIST)?).await?;
    Ok(Json(types::FailureList {
        items: page.items.into_iter().map(failure).collect(),
        next_cursor: page.next.map(|key| query::cursor(LIST, key)),
    }))
}

fn failure(failure: Failure) -> types::FailureItem {
    types::FailureItem {
        trace_id: failure.trace_id.to_string(),
        trace_name: failure.trace_name,
        span_id: failure.span_id.to_string(),
        start_time: convert::time(failure.start),
        name: failure.name,
        kind: failure.kind.as_str().into(),
        service: failure.service,
        model: failure.model,
        tool: failure.tool,
        workflow: failure.workflow,
        node: failure.node,
        error_type: failure.error_type,
        message: failure.message,
        failed_spans: failure.failed_spans,
    }
}
