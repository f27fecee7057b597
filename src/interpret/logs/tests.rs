use super::*;
use crate::config::{AttributionConfig, CostConfig};
use crate::interpret::Interpreter;
use crate::interpret::settle::{Member, TOLD_BY_LOG, TOLD_BY_SPAN, settle};
use crate::model::otlp::{ResourceLogs, ScopeLogs};
use crate::model::{SpanKind, Status, TokenUsage};

const NOW: u64 = 1_795_190_000_000_000_000;

fn int(key: &str, value: i64) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(any_value::Value::IntValue(value)) }) }
}

fn record(name: &str, attributes: Vec<KeyValue>) -> LogRecord {
    let attributes = [vec![text("event.name", name)], attributes].concat();
    LogRecord { time_unix_nano: NOW, attributes, ..LogRecord::default() }
}

fn data(scope: &str, log_records: Vec<LogRecord>) -> LogsData {
    let scope = Some(InstrumentationScope { name: scope.into(), ..InstrumentationScope::default() });
    let scope_logs = vec![ScopeLogs { scope, log_records, ..ScopeLogs::default() }];
    LogsData { resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }] }
}

fn read(data: &LogsData) -> Vec<crate::model::Span> {
    let interpreter = Interpreter::new(&AttributionConfig::default(), &CostConfig::default());
    interpreter.spans(&spans(data, UnixNanos(1)))
}

fn codex(event: &str, more: Vec<KeyValue>) -> LogRecord {
    let common = vec![text("conversation.id", "c-1"), text("model", "gpt-5")];
    record(&format!("codex.{event}"), [common, more].concat())
}

fn completed() -> LogRecord {
    codex(
        "sse_event",
        vec![
            text("event.kind", "response.completed"),
            text("input_token_count", "1200"),
            text("output_token_count", "345"),
            int("cached_token_count", 800),
            int("reasoning_token_count", 128),
            text("tool_token_count", "1545"),
        ],
    )
}

#[test]
fn codex_tells_a_call_at_the_end_of_its_stream() {
    let stream = codex("sse_event", vec![text("event.kind", "response.completed"), text("duration_ms", "3")]);
    let prompt = codex("user_prompt", vec![text("prompt", "Tidy up")]);
    let spans = read(&data("codex_otel", vec![codex("conversation_starts", vec![]), prompt, stream, completed()]));
    let kinds: Vec<SpanKind> = spans.iter().map(|span| span.kind).collect();
    assert_eq!(kinds, [SpanKind::Agent, SpanKind::Task, SpanKind::Llm]);
    assert!(spans.iter().all(|span| span.trace_id == spans[0].trace_id), "one conversation is one trace");
    assert_eq!(spans[2].parent_span_id, Some(spans[0].span_id));
    assert_eq!(spans[1].input_preview.as_deref(), Some("Tidy up"));
    let call = spans[2].call.as_ref().expect("a call");
    let expected = TokenUsage { input: 400, cache_read: 800, output: 217, reasoning: 128, ..TokenUsage::default() };
    assert_eq!((call.usage, call.provider.as_deref()), (Some(expected), Some("openai")));
    assert_eq!(spans[2].attribution.session.as_deref(), Some("c-1"));
    // 400 x 1.25 + 800 x 0.125 + 345 x 10 micro-dollars, the price of gpt-5.
    assert_eq!(call.cost.amount.map(|amount| amount.0), Some(4_050_000));
}

#[test]
fn the_place_in_a_source_is_no_name_of_an_event() {
    let place = "event otel/src/events/session_telemetry.rs:1153".to_owned();
    let sent = LogRecord { event_name: place.clone(), ..completed() };
    assert_eq!(event_name(&sent), "codex.sse_event");
    let calls = read(&data("codex_otel.log_only", vec![sent]));
    assert_eq!(calls[0].call.as_ref().and_then(|call| call.request_model.as_deref()), Some("gpt-5"));
    let nameless = LogRecord { event_name: place.clone(), ..LogRecord::default() };
    assert_eq!(event_name(&nameless), place, "all that is told");
}

#[test]
fn codex_tells_a_request_that_failed() {
    let refused = codex("api_request", vec![int("http.response.status_code", 429), text("duration_ms", "20")]);
    let fine = codex("api_request", vec![int("http.response.status_code", 200), text("duration_ms", "20")]);
    let spans = read(&data("codex_otel", vec![refused, fine]));
    assert_eq!(spans.len(), 1);
    assert_eq!((spans[0].status, spans[0].status_message.as_deref()), (Status::Error, Some("HTTP status 429")));
    assert_eq!(spans[0].duration_ns(), 20_000_000);
}

#[test]
fn gemini_tells_thoughts_and_tools_beside_and_every_call_twice() {
    let moment = text("event.timestamp", "2026-11-20T12:00:00.000Z");
    let response = record(
        "gemini_cli.api_response",
        vec![
            text("session.id", "s"),
            text("prompt_id", "s########0"),
            moment.clone(),
            text("model", "gemini-2.5-pro"),
            int("duration_ms", 900),
            int("input_token_count", 1000),
            int("cached_content_token_count", 400),
            int("output_token_count", 50),
            int("thoughts_token_count", 70),
            int("tool_token_count", 30),
        ],
    );
    let mut copy = record(
        DETAILS,
        vec![
            text("session.id", "s"),
            moment,
            int("gen_ai.usage.input_tokens", 1000),
            text("gen_ai.input.messages", r#"[{"role":"user","parts":[{"type":"text","content":"Why?"}]}]"#),
        ],
    );
    copy.time_unix_nano += 1;
    let both = data("gemini-cli", vec![copy, response]);
    let spans = read(&both);
    assert_eq!(spans.len(), 1, "the copy is no call");
    let call = spans[0].call.as_ref().expect("a call");
    let expected = TokenUsage { input: 630, cache_read: 400, output: 50, reasoning: 70, ..TokenUsage::default() };
    assert_eq!((call.usage, call.provider.as_deref()), (Some(expected), Some("gcp.gemini")));
    assert_eq!(spans[0].duration_ns(), 900_000_000);
    let mut told = Told::default();
    told.take(&both);
    let raw = &super::spans(&both, UnixNanos(1)).resource_spans[0].scope_spans[0].spans[0];
    let completed = told.complete(raw).expect("the copy tells the prompt");
    assert!(completed.attributes.iter().any(|pair| pair.key == "gen_ai.input.messages"));
}

#[test]
fn other_records_make_nothing() {
    let plain = LogRecord { body: Some(AnyValue::default()), ..LogRecord::default() };
    let odd = record("claude_code.api_request", vec![]);
    let message = record("gen_ai.user.message", vec![]);
    assert!(spans(&data("x", vec![plain, odd, message]), UnixNanos(1)).resource_spans.is_empty());
}

/// Codex' own spans know neither what a tool was given nor what was asked.
#[test]
fn a_tool_and_a_prompt_of_codex_are_told_beside_its_spans() {
    for (event, told) in [("tool_result", text("tool_name", "shell")), ("user_prompt", text("prompt", "Hi"))] {
        let mut record = codex(event, vec![told, text("call_id", "x")]);
        record.trace_id = vec![1; 16].into();
        let made = read(&data("codex_otel", vec![record]));
        assert_eq!(made.len(), 1, "{event}");
        assert_eq!(made[0].trace_id, TraceId([1; 16]), "{event}");
    }
}

#[test]
fn a_record_that_comes_twice_is_one_span() {
    let twice = read(&data("codex_otel", vec![completed(), completed()]));
    assert_eq!(twice[0], twice[1]);
    let mut later = completed();
    later.time_unix_nano += 1;
    assert_ne!(read(&data("codex_otel", vec![later]))[0].span_id, twice[0].span_id);
}

#[test]
fn one_of_two_tellers_counts_whatever_the_order() {
    let member = |id: u8, dialect: &str, parent: u8, response: Option<&str>| Member {
        span_id: SpanId([id; 8]),
        parent: (parent != 0).then_some(SpanId([parent; 8])),
        kind: SpanKind::Llm,
        has_usage: true,
        response_id: response.map(str::to_owned),
        voice: crate::interpret::settle::Voice::of(dialect),
        own: None,
    };
    let of = |members: &[Member]| -> Vec<(bool, Option<String>)> {
        let mut verdicts: Vec<_> = members.iter().map(|member| member.span_id).zip(settle(members)).collect();
        verdicts.sort_by_key(|(id, _)| *id);
        verdicts.into_iter().map(|(_, verdict)| (verdict.counted, verdict.reason)).collect()
    };
    let cases = [
        ([member(1, "codex", 0, None), member(2, "codex_log", 9, None)], [Some(TOLD_BY_LOG), None]),
        (
            [member(1, "claude_code", 0, Some("r")), member(2, "claude_code_log", 9, Some("r"))],
            [Some(TOLD_BY_LOG), None],
        ),
        // A span whose record was lost.
        ([member(1, "claude_code", 0, Some("q")), member(2, "claude_code_log", 9, Some("r"))], [None, None]),
        ([member(1, "otel_genai", 0, None), member(2, "genai_event", 1, None)], [None, Some(TOLD_BY_SPAN)]),
        ([member(1, "openlit", 0, Some("r")), member(2, "genai_event", 9, Some("r"))], [None, Some(TOLD_BY_SPAN)]),
        // The event's span never came.
        ([member(1, "openlit", 0, Some("q")), member(2, "genai_event", 9, Some("r"))], [None, None]),
    ];
    for (mut members, reasons) in cases {
        let expected: Vec<_> = reasons.iter().map(|reason| (reason.is_none(), reason.map(str::to_owned))).collect();
        assert_eq!(of(&members), expected);
        members.reverse();
        assert_eq!(of(&members), expected);
    }
}
