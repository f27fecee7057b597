use crate::interpret::components::*;
use crate::interpret::executions::is_same;
use crate::interpret::executions::tests::span;
use crate::model::SpanKind;

const MILLISECOND: u64 = 1_000_000;
const LLM: &[(&str, &str)] = &[("openinference.span.kind", "LLM"), ("llm.model_name", "gpt-4o")];

/// Times in milliseconds.
fn read(id: u8, parent: u8, scope: &str, times: (u64, u64), attributes: &[(&str, &str)]) -> Span {
    let nanos = |time: u64| (1000 + time) * MILLISECOND;
    let name = if attributes.iter().any(|(key, _)| key.ends_with("flow_name")) { "Langflow" } else { "Model" };
    span((id, parent), scope, name, (nanos(times.0), nanos(times.1)), attributes)
}

/// As the Traceloop tracer tells it, with a parent that never comes.
fn flow(times: (u64, u64)) -> Span {
    read(1, 99, "langflow", times, &[("workflow_id", "f1"), ("flow_name", "Shop")])
}

fn component(id: u8, vertex: &str, times: (u64, u64)) -> Span {
    let told = [("trace_type", "llm"), ("trace_name", vertex), ("vertex_id", vertex)];
    read(id, 1, "langflow", times, &told)
}

fn call(id: u8, parent: u8, times: (u64, u64)) -> Span {
    read(id, parent, "openinference.instrumentation.langchain", times, LLM)
}

fn ids(spans: &[&Span]) -> Vec<Option<u8>> {
    above(spans).into_iter().map(|id| id.map(|id| id.0[0])).collect()
}

#[test]
fn what_was_called_hangs_below_the_component_at_work() {
    let (whole, first, second) =
        (flow((0, 900)), component(2, "Model-1", (10, 300)), component(3, "Model-2", (400, 800)));
    assert_eq!((whole.kind, first.kind), (SpanKind::Workflow, SpanKind::Task));
    // The span of a component begins a little after its call.
    let (early, inner, late) = (call(4, 99, (9, 200)), call(5, 4, (10, 190)), call(6, 0, (450, 700)));
    let spans = [&whole, &first, &second, &early, &inner, &late];
    assert_eq!(ids(&spans), [None, None, None, Some(2), None, Some(3)]);
    let mut moved = early.clone();
    moved.parent_span_id = Some(whole.span_id);
    assert_eq!(ids(&[&whole, &first, &second, &moved]), [None, None, None, Some(2)]);
    let between = call(7, 99, (850, 870));
    assert_eq!(ids(&[&whole, &first, &between]), [None, None, Some(1)]);
}

#[test]
fn who_called_the_flow_stays_above_it() {
    let (caller, request) = (call(99, 98, (0, 950)), call(98, 0, (0, 960)));
    let (whole, model) = (flow((1, 900)), component(2, "Model-1", (2, 800)));
    assert_eq!(ids(&[&request, &caller, &whole, &model]), [None; 4]);
    let stranger = call(8, 0, (2000, 2100));
    assert_eq!(ids(&[&whole, &model, &stranger]), [None; 3]);
}

#[test]
fn phoenix_tracer_names_the_run_on_both_sides() {
    let run = ("langflow.correlation_id", "run-1");
    let root = [
        run,
        ("langflow.flow_id", "f1"),
        ("langflow.flow_name", "Shop"),
        ("langflow.session_id", "None"),
        ("session.id", "f1"),
    ];
    let whole = read(1, 0, "langflow.services.tracing.arize_phoenix", (0, 900), &root);
    let model = read(2, 0, "openinference.instrumentation.langchain", (10, 300), &[LLM[0], LLM[1], run]);
    assert_eq!((whole.name.as_str(), whole.attribution.session.as_deref()), ("Shop", None));
    assert!(model.call.is_some(), "what LangChain's instrumentation tells is no component");
    let (home, part) = (whole.execution.expect("told"), model.execution.expect("told"));
    assert!(home.by_engine && !part.by_engine && is_same(&home, &part));
    let told = [("input.value", r#"{"input_value": "Hi", "session_id": "chat-7"}"#), ("vertex_id", "ChatInput-1")];
    let input = read(3, 1, "langflow.services.tracing.arize_phoenix", (1, 2), &told);
    assert_eq!(input.attribution.session.as_deref(), Some("chat-7"));
}
