use crate::interpret::Interpreter;
use crate::interpret::executions::*;
use crate::model::otlp::{self, AnyValue, InstrumentationScope, KeyValue, Resource, any_value};

const SECOND: u64 = 1_000_000_000;

fn read(id: u8, parent: u8, scope: &str, name: &str, seconds: (u64, u64), attributes: &[(&str, &str)]) -> Span {
    span((id, parent), scope, name, (seconds.0 * SECOND, seconds.1 * SECOND), attributes)
}

/// A span with one byte for its id and its parent's, which is 0 for none; times in nanoseconds.
pub(in crate::interpret) fn span(
    (id, parent): (u8, u8),
    scope: &str,
    name: &str,
    times: (u64, u64),
    attributes: &[(&str, &str)],
) -> Span {
    let pair = |(key, value): &(&str, &str)| KeyValue {
        key: (*key).into(),
        value: Some(AnyValue { value: Some(any_value::Value::StringValue((*value).into())) }),
    };
    let raw = otlp::Span {
        trace_id: vec![1; 16].into(),
        span_id: vec![id; 8].into(),
        parent_span_id: if parent == 0 { Vec::new().into() } else { vec![parent; 8].into() },
        name: name.into(),
        start_time_unix_nano: times.0,
        end_time_unix_nano: times.1,
        attributes: attributes.iter().map(pair).collect(),
        ..otlp::Span::default()
    };
    let scope = InstrumentationScope { name: scope.into(), ..InstrumentationScope::default() };
    let interpreter = Interpreter::new(&Default::default(), &Default::default());
    interpreter.span(&Resource::default(), &scope, &raw).expect("valid ids")
}

fn workflow(id: u8, seconds: (u64, u64)) -> Span {
    let told = [("n8n.execution.id", "7"), ("n8n.workflow.id", "w1"), ("n8n.workflow.name", "Shop")];
    read(id, 0, "n8n-workflow", "workflow.execute", seconds, &told)
}

fn node(id: u8, name: &str, seconds: (u64, u64)) -> Span {
    read(id, 1, "n8n-workflow", "node.execute", seconds, &[("n8n.node.name", name)])
}

fn run(id: u8, parent: u8, node: &str, seconds: (u64, u64)) -> Span {
    let told = [
        ("langsmith.span.kind", "chain"),
        ("langsmith.metadata.execution_id", "7"),
        ("langsmith.metadata.workflow", "Shop"),
        ("langsmith.metadata.workflow.id", "w1"),
        ("langsmith.metadata.node", node),
    ];
    read(id, parent, "langsmith", "run", seconds, &told)
}

fn above(spans: &[&Span]) -> Vec<Option<u8>> {
    nodes_above(spans).into_iter().map(|id| id.map(|id| id.0[0])).collect()
}

#[test]
fn both_tell_the_execution() {
    let (told, ran) = (workflow(1, (0, 9)).execution, run(5, 0, "Agent", (1, 2)).execution);
    let (told, ran) = (told.expect("told"), ran.expect("told"));
    assert!(told.by_engine && !ran.by_engine && is_same(&told, &ran));
    assert!(!is_same(&told, &Execution { id: "8".into(), ..(*ran).clone() }));
    assert!(!is_same(&told, &Execution { workflow: Some("w2".into()), ..(*ran).clone() }));
    assert!(is_same(&told, &Execution { workflow: None, ..*ran }));
    assert_eq!(node(2, "Agent", (1, 2)).execution, None);
    let spans = run(5, 0, "Agent", (1, 2));
    assert_eq!(
        (spans.attribution.workflow.as_deref(), spans.attribution.node.as_deref()),
        (Some("Shop"), Some("Agent"))
    );
    let other = read(5, 0, "langsmith", "run", (1, 2), &[("langsmith.metadata.execution_id", "7")]);
    assert_eq!(other.execution, None, "no node: some program's own");
}

#[test]
fn runs_hang_below_the_node_in_whose_time_they_begin() {
    let (whole, once, twice) = (workflow(1, (0, 99)), node(2, "Agent", (10, 20)), node(3, "Agent", (30, 40)));
    let (first, second, inner) =
        (run(5, 0, "Agent", (12, 19)), run(6, 0, "Agent", (31, 39)), run(7, 6, "Agent", (32, 33)));
    let early = run(8, 0, "Agent", (9, 12));
    let lost = run(9, 0, "Chain", (50, 51));
    let mut all = vec![&whole, &once, &twice, &first, &second, &inner, &early, &lost];
    let placed = [None, None, None, Some(2), Some(3), None, Some(2), Some(1)];
    assert_eq!(above(&all), placed);
    // What was placed before comes out the same, and moves to its node when that comes late.
    let moved = |run: &Span, to: u8| Span { parent_span_id: Some(SpanId([to; 8])), ..run.clone() };
    let (first, second) = (moved(&first, 2), moved(&second, 1));
    (all[3], all[4]) = (&first, &second);
    assert_eq!(above(&all), placed);
    assert_eq!(above(&all[3..]), [None; 5], "no node is known");
    assert_eq!(above(&all[..3]), [None; 3]);
}

#[test]
fn periods_overlap_or_lie_apart() {
    let period = |from: i64, to: i64| (UnixNanos(from), UnixNanos(to));
    assert_eq!(gap(period(1, 5), period(3, 9)), 0);
    assert_eq!((gap(period(1, 5), period(8, 9)), gap(period(8, 9), period(1, 5))), (3, 3));
}

#[test]
fn a_flow_of_langflow_beside_takes_no_run_from_its_node() {
    let (whole, agent, ran) = (workflow(1, (0, 9)), node(2, "Agent", (1, 8)), run(5, 0, "Agent", (2, 7)));
    let flow = read(6, 2, "langflow", "Shop", (2, 6), &[("workflow_id", "f1"), ("flow_name", "Shop")]);
    let told = [("trace_type", "llm"), ("trace_name", "Model"), ("vertex_id", "Model-1")];
    let component = read(7, 6, "langflow", "Model", (3, 5), &told);
    let call = read(
        8,
        99,
        "openinference.instrumentation.langchain",
        "ChatOpenAI",
        (4, 5),
        &[("openinference.span.kind", "LLM"), ("llm.model_name", "gpt-4o")],
    );
    assert_eq!(above(&[&whole, &agent, &ran, &flow, &component, &call]), [None, None, Some(2), None, None, Some(7)]);
}
