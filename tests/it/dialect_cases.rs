//! Golden cases of every dialect: a small request, and what is made of it. `tests/data/dialects/README.md` says how to add one.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use tracemeter::config::{AttributionConfig, Capture, CostConfig, RedactConfig};
use tracemeter::interpret::inherit::{Relative, inherited, overlay};
use tracemeter::interpret::settle::{Member, settle};
use tracemeter::interpret::{Interpreter, complete_tools, logs};
use tracemeter::model::otlp::{InstrumentationScope, LogsData, Resource, TracesData, json as otlp_json};
use tracemeter::model::{Attribution, Call, Content, CostBasis, Message, Part, Span, TokenUsage, UnixNanos};
use tracemeter::redact::Redactor;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/dialects")
}

fn cases() -> Vec<(PathBuf, Value)> {
    let entries = std::fs::read_dir(folder()).expect("the folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|kind| kind == "json")).collect();
    files.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        let case = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path, case)
    };
    files.into_iter().map(read).collect()
}

/// The request of a case, its log records as the spans they make.
fn request(case: &Value, redactor: &Redactor) -> TracesData {
    let mut data: TracesData = match case.get("traces") {
        Some(traces) => otlp_json::from_slice(traces.to_string().as_bytes()).expect("OTLP JSON"),
        None => TracesData::default(),
    };
    redactor.apply(&mut data);
    if let Some(records) = case.get("logs") {
        let mut records: LogsData = otlp_json::from_slice(records.to_string().as_bytes()).expect("OTLP JSON");
        redactor.apply(&mut records);
        data.resource_spans.extend(logs::spans(&records, UnixNanos(1)).resource_spans);
    }
    data
}

fn redactor(capture: Capture) -> Redactor {
    Redactor::new(&RedactConfig { capture, ..RedactConfig::default() }, [7; 32]).expect("valid")
}

/// Every span with its content, settled as one trace.
fn read(case: &Value) -> Vec<(Span, Content)> {
    read_as(case, &redactor(Capture::Full))
}

/// The same of what `redactor` leaves.
fn read_as(case: &Value, redactor: &Redactor) -> Vec<(Span, Content)> {
    let interpreter = Interpreter::new(&AttributionConfig::default(), &CostConfig::default());
    let mut found = Vec::new();
    for group in &request(case, redactor).resource_spans {
        let resource = group.resource.clone().unwrap_or_else(Resource::default);
        for part in &group.scope_spans {
            let scope = part.scope.clone().unwrap_or_else(InstrumentationScope::default);
            for raw in &part.spans {
                let span = interpreter.span(&resource, &scope, raw).expect("valid ids");
                found.push((interpreter.content(&resource, &scope, raw, &span), span));
            }
        }
    }
    let verdicts = settle(&found.iter().map(|(_, span)| Member::of(span)).collect::<Vec<_>>());
    let whose = inherited(&found.iter().map(|(_, span)| Relative::of(span)).collect::<Vec<_>>());
    for (((_, span), verdict), whose) in found.iter_mut().zip(verdicts).zip(whose) {
        if let Some(call) = &mut span.call {
            (call.counted, call.not_counted_because) = (verdict.counted, verdict.reason);
        }
        if let Some((values, mask)) = whose {
            overlay(&mut span.attribution, values, mask);
        }
    }
    complete_tools(&mut found.iter_mut().map(|(content, _)| content).collect::<Vec<_>>());
    found.into_iter().map(|(content, span)| (span, content)).collect()
}

/// What is told, and nothing that is not.
fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let told = |value: &Value| match value {
        Value::Null => false,
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
        _ => true,
    };
    Value::Object(fields.into_iter().filter(|(_, value)| told(value)).map(|(key, value)| (key.into(), value)).collect())
}

fn shown(span: &Span, content: &Content) -> Value {
    let off = span.call.as_ref().and(content.content_off);
    object([
        ("name", json!(span.name)),
        ("kind", json!(span.kind.as_str())),
        ("dialect", json!(span.dialect)),
        ("service", json!(span.service)),
        ("error", json!(span.error_type)),
        ("whose", whose(&span.attribution)),
        ("call", span.call.as_ref().map(call).unwrap_or_default()),
        ("input", messages(&content.input_messages)),
        ("output", messages(&content.output_messages)),
        ("tools", json!(content.tool_definitions)),
        ("parameters", json!(content.parameters)),
        ("no_content", json!(off)),
        (
            "tool",
            content.tool.as_ref().map_or(Value::Null, |tool| {
                object([
                    ("name", json!(tool.name)),
                    ("call_id", json!(tool.call_id)),
                    ("arguments", json!(tool.arguments)),
                    ("result", json!(tool.result)),
                ])
            }),
        ),
        (
            "retrieval",
            content.retrieval.as_ref().map_or(Value::Null, |found| {
                object([("query", json!(found.query)), ("documents", json!(found.documents))])
            }),
        ),
        ("in", json!(content.input)),
        ("out", json!(content.output)),
    ])
}

fn whose(by: &Attribution) -> Value {
    object([
        ("environment", json!(by.environment)),
        ("feature", json!(by.feature)),
        ("team", json!(by.team)),
        ("prompt_name", json!(by.prompt_name)),
        ("prompt_version", json!(by.prompt_version)),
        ("session", json!(by.session)),
        ("user", json!(by.user)),
        ("workflow", json!(by.workflow)),
        ("node", json!(by.node)),
        ("agent", json!(by.agent)),
        ("tags", json!(by.tags)),
    ])
}

fn call(call: &Call) -> Value {
    let (cost, why) = match &call.cost.basis {
        // How the reason is worded is no matter of dialects.
        CostBasis::Unknown(_) => (Value::Null, json!(true)),
        _ => (json!(call.cost.amount.map(|amount| amount.to_string())), Value::Null),
    };
    object([
        ("operation", json!(call.operation.as_str())),
        ("provider", json!(call.provider)),
        ("asked", json!(call.request_model)),
        ("answered", json!(call.response_model)),
        ("response_id", json!(call.response_id)),
        ("streaming", json!(call.streaming)),
        ("first_token_ns", json!(call.time_to_first_token_ns)),
        ("finish", json!(call.finish_reasons)),
        ("tokens", call.usage.map(|usage| tokens(&usage)).unwrap_or_default()),
        ("cost", cost),
        ("no_cost", why),
        ("reported", json!(call.cost.reported.map(|amount| amount.to_string()))),
        ("counted", json!(call.counted)),
        ("not_counted", json!(call.not_counted_because)),
    ])
}

fn tokens(usage: &TokenUsage) -> Value {
    let buckets = [
        ("input", usage.input),
        ("cache_read", usage.cache_read),
        ("cache_write_5m", usage.cache_write_5m),
        ("cache_write_1h", usage.cache_write_1h),
        ("output", usage.output),
        ("reasoning", usage.reasoning),
        ("audio_input", usage.audio_input),
        ("audio_output", usage.audio_output),
        ("image_input", usage.image_input),
        ("image_output", usage.image_output),
    ];
    let told = buckets.into_iter().filter(|(_, count)| *count > 0);
    Value::Object(told.map(|(name, count)| (name.to_owned(), json!(count))).collect::<Map<_, _>>())
}

fn messages(messages: &[Message]) -> Value {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Reasoning(text) => format!("(thinks) {text}"),
        Part::ToolCall { name, arguments, .. } => format!("(calls) {name} {arguments}"),
        Part::ToolResult { result, .. } => format!("(result) {result}"),
        Part::Media { modality, mime_type, .. } => format!("({modality}) {mime_type:?}"),
        Part::Other(value) => format!("(other) {value}"),
    };
    let line = |message: &Message| {
        let parts: Vec<String> = message.parts.iter().map(part).collect();
        json!(format!("{}: {}", message.role.as_str(), parts.join(" | ")))
    };
    Value::Array(messages.iter().map(line).collect())
}

/// `UPDATE_CASES=1` writes down what is found, for somebody to look at.
#[test]
fn every_dialect_is_read_as_its_cases_say() {
    let update = std::env::var_os("UPDATE_CASES").is_some();
    for (path, mut case) in cases() {
        let found: Vec<Value> = read(&case).iter().map(|(span, content)| shown(span, content)).collect();
        if update {
            case["expected"] = Value::Array(found);
            let text = serde_json::to_string_pretty(&case).expect("JSON") + "\n";
            std::fs::write(&path, text).expect("written");
            continue;
        }
        let expected = case["expected"].as_array().unwrap_or_else(|| panic!("{} expects nothing", path.display()));
        assert_eq!(found.len(), expected.len(), "{}: spans", path.display());
        for (found, expected) in found.iter().zip(expected) {
            assert_eq!(found, expected, "{}", path.display());
        }
    }
}

#[test]
fn every_dialect_has_a_case() {
    let spoken: BTreeSet<&str> =
        cases().iter().flat_map(|(_, case)| read(case)).map(|(span, _)| span.dialect).collect();
    let missing: Vec<&str> = Interpreter::dialects().filter(|name| !spoken.contains(name)).collect();
    assert!(missing.is_empty(), "no case in tests/data/dialects is written in {missing:?}");
}

/// What a client gives as total is the sum of our buckets, wherever it gives one. A case says where it does not hold: some
/// clients leave reasoning or caches out of their own total.
#[test]
fn reported_totals_are_reproduced() {
    const TOTALS: &[&str] =
        &["gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total", "ai.usage.totalTokens"];
    let mut compared = 0;
    for (path, case) in cases().into_iter().filter(|(_, case)| case.get("total_is").is_none()) {
        let raw = request(&case, &redactor(Capture::Full));
        let raw = raw.resource_spans.iter().flat_map(|group| &group.scope_spans).flat_map(|part| &part.spans);
        for (raw, (span, _)) in raw.zip(read(&case)) {
            let pairs = raw.attributes.iter().filter(|pair| TOTALS.contains(&pair.key.as_str()));
            let Some(usage) = span.call.and_then(|call| call.usage) else { continue };
            for pair in pairs {
                let value = pair.value.as_ref().map(tracemeter::model::value::to_json).unwrap_or_default();
                let total = value.as_u64().or_else(|| value.as_str()?.parse().ok());
                assert_eq!(total, Some(usage.total()), "{}: {} of {}", path.display(), pair.key, span.name);
                compared += 1;
            }
        }
    }
    assert!(compared > 8, "{compared} totals were compared");
}

fn is_count(value: &Value) -> bool {
    let words: Option<(&str, &str)> = value.as_str().and_then(|text| text.split_once(' '));
    words.is_some_and(|(number, unit)| number.parse::<u64>().is_ok() && ["item", "items"].contains(&unit))
}

/// Of a span as it is shown, what is no content; and whether there is any content.
fn without_content(mut span: Value) -> (Value, bool) {
    let fields = span.as_object_mut().expect("an object");
    let mut any = false;
    for part in ["input", "output"] {
        // A role without a word is none.
        let said = |message: &Value| !message.as_str().expect("a line").ends_with(": ");
        any |= fields.remove(part).is_some_and(|messages| messages.as_array().expect("messages").iter().any(said));
    }
    if let Some(retrieval) = fields.remove("retrieval") {
        any |= retrieval.get("query").is_some() || retrieval.to_string().contains("9 to 5");
    }
    // How many items an n8n node took and gave stays.
    fields.retain(|part, value| {
        !["in", "out"].contains(&part.as_str()) || is_count(value) || {
            any = true;
            false
        }
    });
    any |= fields.remove("tools").is_some();
    fields.remove("no_content");
    if let Some(Value::Object(tool)) = fields.get_mut("tool") {
        any |= ["arguments", "result"].map(|part| tool.remove(part).is_some()).contains(&true);
        // LangChain has it in the result alone.
        tool.remove("call_id");
    }
    (span, any)
}

#[test]
fn without_content_every_dialect_has_the_same_calls_tokens_and_cost() {
    let (full, metadata) = (redactor(Capture::Full), redactor(Capture::Metadata));
    let mut faults = Vec::new();
    let mut had_content = 0;
    for (path, case) in cases() {
        let spans = |redactor| read_as(&case, redactor).into_iter().map(|(span, content)| shown(&span, &content));
        let (whole, stripped): (Vec<_>, Vec<_>) = (spans(&full).collect(), spans(&metadata).collect());
        assert_eq!(whole.len(), stripped.len(), "{}: spans", path.display());
        for (whole, stripped) in whole.into_iter().zip(stripped) {
            let ((expected, had), (found, has)) = (without_content(whole), without_content(stripped.clone()));
            had_content += usize::from(had);
            if has {
                faults.push(format!("{}: content survives in {stripped:#}", path.display()));
            }
            if expected != found {
                faults.push(format!("{}: {expected:#} became {found:#}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(had_content > 30, "{had_content} spans have content");
}
