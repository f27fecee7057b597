//! One execution of n8n, told twice: by its own tracing (workflow and nodes), and by LangChain, whose runs in its model
//! nodes go to LangSmith's protocol in traces of their own. The runs belong below their nodes.
//!
//! LangFlow's flows and what runs in their components are a second case, see [`components`]; gateways that answered a run
//! are a third, see [`gateways`].
//!
//! What ties them is the number of the execution and the workflow's id, then the node's name. Source: captures of n8n 2.41.1.

mod gateways;

use super::components;
use super::normalise::RawSpan;
use crate::model::time::NANOS_PER_SECOND;
use crate::model::{Execution, Span, SpanId, UnixNanos};

/// Dialects of n8n's own spans.
const ENGINE: &[&str] = &["n8n", "n8n_model"];

/// The dialect of LangChain's runs.
pub const RUNS: &str = "langsmith";

/// Clocks of the machines on which n8n's workers run may differ by so much.
pub const APART: i64 = 60 * NANOS_PER_SECOND;

/// What a span in `dialect` says of its execution.
pub fn told(raw: &RawSpan<'_>, dialect: &str) -> Option<Box<Execution>> {
    let text = |key: &str| raw.attributes.text(key).map(String::from);
    // LangFlow's Phoenix tracer puts the same id on the flow and on what LangChain's instrumentation tells of its models.
    if let Some(id) = text("langflow.correlation_id") {
        return Some(Box::new(Execution { id, workflow: None, by_engine: raw.attributes.has("langflow.flow_id") }));
    }
    if ENGINE.contains(&dialect) {
        let id = text("n8n.execution.id")?;
        return Some(Box::new(Execution { id, workflow: text("n8n.workflow.id"), by_engine: true }));
    }
    // Any program may have an execution; with a node it is one of n8n's.
    if dialect != RUNS || !raw.attributes.has("langsmith.metadata.node") {
        return None;
    }
    let id = text("langsmith.metadata.execution_id")?;
    let workflow = text("langsmith.metadata.workflow.id");
    Some(Box::new(Execution { id, workflow, by_engine: false }))
}

/// Whether both are the same execution, as far as they say.
pub fn is_same(one: &Execution, other: &Execution) -> bool {
    let same = |left: &Option<String>, right: &Option<String>| left.is_none() || right.is_none() || left == right;
    one.id == other.id && same(&one.workflow, &other.workflow)
}

/// Nanoseconds between two periods; 0 when they overlap.
pub fn gap(one: (UnixNanos, UnixNanos), other: (UnixNanos, UnixNanos)) -> i64 {
    let after = one.0.since(other.1).max(0);
    after.max(other.0.since(one.1))
}

/// Whether spans in `dialect` may hang below others than they say, or others below them.
pub fn moves(dialect: &str) -> bool {
    dialect == RUNS || dialect == components::DIALECT
}

/// For each of the spans of one trace, what it hangs below if not below what it says: the node of a run, the component of a
/// flow, the run that a gateway answered. `None` for all others. A function of the set of spans; those that it has moved
/// before come out the same.
pub fn nodes_above(spans: &[&Span]) -> Vec<Option<SpanId>> {
    let mut above = nodes_of_runs(spans);
    if spans.iter().any(|span| span.dialect == components::DIALECT) {
        let components = components::above(spans).into_iter();
        above = above.into_iter().zip(components).map(|(node, component)| node.or(component)).collect();
    }
    gateways::place(spans, &mut above);
    above
}

/// The node for the outermost runs.
fn nodes_of_runs(spans: &[&Span]) -> Vec<Option<SpanId>> {
    let is_run = |span: &Span| span.dialect == RUNS;
    if !spans.iter().any(|span| is_run(span)) || !spans.iter().any(|span| is_of_engine(span)) {
        return vec![None; spans.len()];
    }
    let engine: Vec<&Span> = spans.iter().filter(|span| is_of_engine(span)).copied().collect();
    let of = |run: &Span| {
        let is_outermost = run.parent_span_id.is_none_or(|parent| engine.iter().any(|span| span.span_id == parent));
        let name = run.attribution.node.as_ref().filter(|_| is_run(run) && is_outermost)?;
        // Of a node that ran several times the one in whose time the run begins, the inner before the outer.
        let order = |node: &&&Span| {
            let distance = gap((node.start, node.end), (run.start, run.start));
            (distance, std::cmp::Reverse(node.start), node.span_id)
        };
        let named = engine.iter().filter(|span| span.attribution.node.as_ref() == Some(name)).min_by_key(order);
        // Without spans of its nodes there is still the workflow's.
        let whole = || engine.iter().filter(|span| span.attribution.node.is_none()).min_by_key(order);
        named.or_else(whole).map(|node| node.span_id)
    };
    spans.iter().map(|span| of(span)).collect()
}

fn is_of_engine(span: &Span) -> bool {
    ENGINE.contains(&span.dialect)
}

#[cfg(test)]
pub(super) mod tests;
