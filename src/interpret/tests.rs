use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::model::otlp::{
    AnyValue, ArrayValue, KeyValue, KeyValueList, ResourceSpans, ScopeSpans, SpanStatus, StatusCode, any_value,
};
use crate::model::{CostBasis, NanoUsd, Status};

fn interpreter() -> Interpreter {
    Interpreter::new(&AttributionConfig::default(), &CostConfig::default())
}

fn text(value: &str) -> any_value::Value {
    any_value::Value::StringValue(value.into())
}

fn pair(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }) }
}

fn texts(pairs: &[(&str, &str)]) -> Vec<KeyValue> {
    pairs.iter().map(|(key, value)| pair(key, text(value))).collect()
}

fn raw(name: &str, attributes: Vec<KeyValue>) -> otlp::Span {
    otlp::Span {
        trace_id: vec![1; 16].into(),
        span_id: vec![2; 8].into(),
        name: name.into(),
        start_time_unix_nano: 1_795_190_000_000_000_000,
        end_time_unix_nano: 1_795_190_001_000_000_000,
        attributes,
        ..Default::default()
    }
}

fn read(resource: &[(&str, &str)], scope: &str, span: &otlp::Span) -> Span {
    let resource = Resource { attributes: texts(resource), ..Default::default() };
    let scope = InstrumentationScope { name: scope.into(), ..Default::default() };
    interpreter().span(&resource, &scope, span).expect("valid ids")
}

#[test]
fn plain_spans_are_http_db_or_other() {
    let kind = |attributes: &[(&str, &str)]| read(&[("service.name", "shop")], "", &raw("x", texts(attributes))).kind;
    assert_eq!(kind(&[("http.request.method", "GET")]), SpanKind::Http);
    assert_eq!(kind(&[("http.method", "GET")]), SpanKind::Http);
    assert_eq!(kind(&[("db.system.name", "postgresql")]), SpanKind::Db);
    assert_eq!(kind(&[("thread.name", "main")]), SpanKind::Other);
    // A span of the web framework below an OpenLLMetry workflow stays what it is.
    assert_eq!(kind(&[("http.method", "POST"), ("traceloop.workflow.name", "w")]), SpanKind::Http);
}

#[test]
fn a_service_without_a_name_gets_a_substitute() {
    let service = |resource: &[(&str, &str)], scope: &str| read(resource, scope, &raw("x", Vec::new())).service;
    assert_eq!(service(&[("service.name", "shop")], "lib"), "shop");
    assert_eq!(service(&[("service.name", "unknown_service:python")], "lib"), "lib");
    assert_eq!(
        service(&[("service.name", "unknown_service"), ("telemetry.sdk.name", "opentelemetry")], ""),
        "opentelemetry"
    );
    assert_eq!(service(&[], ""), "unknown_service");
}

#[test]
fn house_attributes_stand_on_the_span_or_its_resource() {
    let attributes = vec![
        pair("gen_ai.operation.name", text("chat")),
        pair("gen_ai.request.model", text("home-made")),
        pair("gen_ai.usage.input_tokens", any_value::Value::IntValue(10)),
        pair("ai.feature", text("invoices")),
        pair("ai.prompt_version", text("v3")),
        pair("ai.cost_usd", any_value::Value::DoubleValue(0.0042)),
        pair("ai.latency_ms", any_value::Value::DoubleValue(250.0)),
        pair("gen_ai.agent.name", text("clerk")),
    ];
    let span = read(&[("service.name", "shop"), ("ai.team", "finance")], "", &raw("chat", attributes));
    let whose = &span.attribution;
    assert_eq!((whose.feature.as_deref(), whose.team.as_deref()), (Some("invoices"), Some("finance")));
    assert_eq!((whose.prompt_version.as_deref(), whose.agent.as_deref()), (Some("v3"), Some("clerk")));
    assert_eq!(span.duration_ns(), 250_000_000);
    let cost = &span.call.as_ref().expect("a call").cost;
    assert_eq!((cost.amount, &cost.basis), (Some(NanoUsd(4_200_000)), &CostBasis::Reported));
}

#[test]
fn configured_keys_are_asked_first() {
    let config = AttributionConfig { feature: vec!["app.module".into()], ..Default::default() };
    let interpreter = Interpreter::new(&config, &CostConfig::default());
    let span = raw("x", texts(&[("app.module", "billing"), ("ai.feature", "other")]));
    let read = interpreter.span(&Resource::default(), &InstrumentationScope::default(), &span).expect("valid ids");
    assert_eq!(read.attribution.feature.as_deref(), Some("billing"));
}

#[test]
fn invalid_ids_make_no_span() {
    let zero = otlp::Span { span_id: vec![0; 8].into(), ..raw("x", Vec::new()) };
    let short = otlp::Span { trace_id: vec![1; 15].into(), ..raw("x", Vec::new()) };
    let scope_spans = vec![ScopeSpans { spans: vec![zero, short, raw("good", Vec::new())], ..Default::default() }];
    let data = TracesData { resource_spans: vec![ResourceSpans { scope_spans, ..Default::default() }] };
    let names: Vec<_> = interpreter().spans(&data).into_iter().map(|span| span.name).collect();
    assert_eq!(names, ["good"]);
}

#[test]
fn a_call_that_failed_has_a_reason_instead_of_a_cost() {
    let span = otlp::Span {
        status: Some(SpanStatus { message: "boom".into(), code: StatusCode::Error.into() }),
        ..raw("chat", texts(&[("gen_ai.operation.name", "chat"), ("gen_ai.request.model", "gpt-4o")]))
    };
    let span = read(&[], "", &span);
    assert_eq!((span.status, span.status_message.as_deref()), (Status::Error, Some("boom")));
    assert_eq!(span.call.expect("a call").cost.basis, CostBasis::Unknown("the call failed".into()));
}

#[test]
fn a_call_without_messages_says_how_to_switch_them_on() {
    let span = raw("chat", texts(&[("gen_ai.operation.name", "chat"), ("gen_ai.request.model", "gpt-4o")]));
    let (resource, scope) = (Resource::default(), InstrumentationScope::default());
    let known = interpreter().span(&resource, &scope, &span).expect("valid ids");
    let content = interpreter().content(&resource, &scope, &span, &known);
    assert!(content.content_off.expect("says so").contains("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"));
}

#[test]
fn messages_in_span_events_are_read() {
    let event = |name: &str, attributes: &[(&str, &str)]| otlp::SpanEvent {
        name: name.into(),
        attributes: texts(attributes),
        ..Default::default()
    };
    let span = otlp::Span {
        events: vec![
            event("gen_ai.user.message", &[("content", "Hi")]),
            event(
                "gen_ai.choice",
                &[("finish_reason", "stop"), ("message", r#"{"role": "assistant", "content": "Hello"}"#)],
            ),
        ],
        ..raw("chat", texts(&[("gen_ai.operation.name", "chat")]))
    };
    let (resource, scope) = (Resource::default(), InstrumentationScope::default());
    let known = interpreter().span(&resource, &scope, &span).expect("valid ids");
    assert_eq!((known.input_preview.as_deref(), known.output_preview.as_deref()), (Some("Hi"), Some("Hello")));
    let content = interpreter().content(&resource, &scope, &span, &known);
    assert_eq!(content.output_messages[0].finish_reason.as_deref(), Some("stop"));
}

#[test]
fn retrieved_documents_are_listed() {
    let attributes = texts(&[
        ("openinference.span.kind", "RETRIEVER"),
        ("input.value", "what is it"),
        ("retrieval.documents.0.document.id", "d1"),
        ("retrieval.documents.0.document.content", "This."),
    ]);
    let span = raw("search", attributes);
    let (resource, scope) = (Resource::default(), InstrumentationScope::default());
    let known = interpreter().span(&resource, &scope, &span).expect("valid ids");
    let found = interpreter().content(&resource, &scope, &span, &known).retrieval.expect("a retrieval");
    assert_eq!(found.query.as_deref(), Some("what is it"));
    assert_eq!(found.documents, [json!({"id": "d1", "content": "This."})]);
}

/// Keys that readers look at, so that random values reach them.
const KEYS: &[&str] = &[
    "gen_ai.operation.name",
    "gen_ai.request.model",
    "gen_ai.provider.name",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.prompt.0.content",
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.completion.0.tool_calls.0.name",
    "gen_ai.response.finish_reasons",
    "openinference.span.kind",
    "llm.token_count.prompt",
    "llm.input_messages.1.message.role",
    "input.value",
    "output.value",
    "langfuse.observation.type",
    "langfuse.observation.usage_details",
    "langfuse.observation.input",
    "ai.operationId",
    "ai.usage.inputTokens",
    "ai.response.toolCalls",
    "ai.prompt",
    "litellm.cache_hit",
    "metadata.usage_object",
    "metadata",
    "traceloop.span.kind",
    "ai.cost_usd",
    "ai.latency_ms",
    "server.address",
];

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,12}",
        prop::sample::select(vec![
            "chat",
            "LLM",
            "generation",
            "TOOL",
            "tool",
            "ai.embed",
            "gpt-4o",
            "1e9",
            "é-2024-08-06",
            "-5",
            "NaN",
            "[",
            "{}",
            r#"[{"role":"user","parts":[{"type":"text","content":"ä"}]}]"#,
            r#"{"input":3,"output":"4"}"#,
            r#""\u0000""#,
            r#"{"messages":[{"role":"tool","content":null}]}"#,
            "'cached_tokens': 99999999999999999999",
            "[::1",
            "a/b/",
        ])
        .prop_map(str::to_owned),
    ]
}

fn any_value() -> impl Strategy<Value = any_value::Value> {
    let leaf = prop_oneof![
        any_text().prop_map(any_value::Value::StringValue),
        any::<i64>().prop_map(any_value::Value::IntValue),
        any::<f64>().prop_map(any_value::Value::DoubleValue),
        any::<bool>().prop_map(any_value::Value::BoolValue),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        let wrapped = || inner.clone().prop_map(|value| AnyValue { value: Some(value) });
        prop_oneof![
            prop::collection::vec(wrapped(), 0..3)
                .prop_map(|values| any_value::Value::ArrayValue(ArrayValue { values })),
            prop::collection::vec((".{0,6}", wrapped()), 0..3).prop_map(|pairs| {
                let values = pairs.into_iter().map(|(key, value)| KeyValue { key, value: Some(value) }).collect();
                any_value::Value::KvlistValue(KeyValueList { values })
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever a client sends, there is a span, its money adds up, and nothing panics.
    #[test]
    fn any_attributes_make_a_span(
        pairs in prop::collection::vec((prop::sample::select(KEYS), any_value()), 0..12),
        name in any_text(), scope in any_text(), end: u64,
    ) {
        let attributes = pairs.into_iter().map(|(key, value)| pair(key, value)).collect();
        let span = otlp::Span { end_time_unix_nano: end, ..raw(&name, attributes) };
        let (resource, scope) = (Resource::default(), InstrumentationScope { name: scope, ..Default::default() });
        let interpreter = interpreter();
        let known = interpreter.span(&resource, &scope, &span).expect("valid ids");
        interpreter.content(&resource, &scope, &span, &known);
        let previews = [&known.input_preview, &known.output_preview];
        prop_assert!(previews.into_iter().flatten().all(|text| text.chars().count() <= Span::PREVIEW_CHARS));
        prop_assert_eq!(known.call.is_some(), known.kind.is_model_call());
        if let Some(call) = known.call {
            prop_assert_eq!(call.cost.amount.is_none(), matches!(call.cost.basis, CostBasis::Unknown(_)));
            if !call.cost.buckets.is_empty() {
                let sum = call.cost.buckets.iter().fold(0_i64, |sum, line| sum.saturating_add(line.amount.0));
                prop_assert_eq!(call.cost.amount, Some(NanoUsd(sum)));
            }
        }
    }
}
