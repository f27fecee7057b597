//! Interpreted spans as text that a reader of a snapshot can check against the client's code.

use std::fmt::Write as _;

use tracemeter::interpret::Interpreter;
use tracemeter::model::otlp::{InstrumentationScope, Resource};
use tracemeter::model::{Call, Content, CostBasis, Message, Part, Span};

use super::capture::Capture;

/// Every span of the capture with its content, in the order sent.
pub fn everything(interpreter: &Interpreter, capture: &Capture, settled: &[Span]) -> String {
    let mut out = String::new();
    for resource in capture.traces.iter().flat_map(|data| &data.resource_spans) {
        let holder = resource.resource.clone().unwrap_or_else(Resource::default);
        for scoped in &resource.scope_spans {
            let scope = scoped.scope.clone().unwrap_or_else(InstrumentationScope::default);
            for raw in &scoped.spans {
                let known = interpreter.span(&holder, &scope, raw).expect("a valid span");
                let Some(shown) = settled.iter().find(|span| span.span_id == known.span_id) else { continue };
                span(&mut out, shown);
                content(&mut out, &interpreter.content(&holder, &scope, raw, &known));
                out.push('\n');
            }
        }
    }
    out
}

fn span(out: &mut String, span: &Span) {
    let parent = span.parent_span_id.map(|id| format!(" < {id}")).unwrap_or_default();
    let dialect = if span.dialect.is_empty() { "plain" } else { span.dialect };
    line(out, &format!("{} {:?} ({dialect}) {}{parent}", span.kind.as_str(), span.name, span.span_id));
    line(out, &format!("  service {}, scope {:?}, status {}", span.service, span.scope, span.status.as_str()));
    optional(out, "  error", span.error_type.as_deref());
    optional(out, "  message", span.status_message.as_deref());
    optional(out, "  tool", span.tool_name.as_deref());
    attribution(out, span);
    if let Some(call) = &span.call {
        self::call(out, call);
    }
    optional(out, "  in ", span.input_preview.as_deref());
    optional(out, "  out", span.output_preview.as_deref());
}

fn attribution(out: &mut String, span: &Span) {
    let whose = &span.attribution;
    let mut parts: Vec<String> = [
        ("environment", &whose.environment),
        ("feature", &whose.feature),
        ("team", &whose.team),
        ("prompt", &whose.prompt_name),
        ("prompt version", &whose.prompt_version),
        ("session", &whose.session),
        ("user", &whose.user),
        ("workflow", &whose.workflow),
        ("node", &whose.node),
        ("agent", &whose.agent),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some(format!("{name} {}", value.as_deref()?)))
    .collect();
    parts.extend((!whose.tags.is_empty()).then(|| format!("tags {}", whose.tags.join("+"))));
    optional(out, "  whose:", Some(parts.join(", ")).filter(|text| !text.is_empty()).as_deref());
}

fn call(out: &mut String, call: &Call) {
    let name = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".into());
    line(
        out,
        &format!(
            "  call {} {} {} -> {}, id {}, finish {:?}",
            call.operation.as_str(),
            name(&call.provider),
            name(&call.request_model),
            name(&call.response_model),
            name(&call.response_id),
            call.finish_reasons
        ),
    );
    if let Some(streaming) = call.streaming {
        line(out, &format!("  streaming {streaming}, first token after {:?} ns", call.time_to_first_token_ns));
    }
    match &call.usage {
        Some(usage) => line(
            out,
            &format!(
                "  tokens: input {}, cache read {}, cache write {} + {}, output {}, reasoning {}, audio {} / {}",
                usage.input,
                usage.cache_read,
                usage.cache_write_5m,
                usage.cache_write_1h,
                usage.output,
                usage.reasoning,
                usage.audio_input,
                usage.audio_output
            ),
        ),
        None => line(out, "  tokens: unknown"),
    }
    cost(out, call);
    let counted = call.not_counted_because.as_deref().map_or("counted".into(), |why| format!("not counted: {why}"));
    line(out, &format!("  {counted}"));
}

fn cost(out: &mut String, call: &Call) {
    let basis = match &call.cost.basis {
        // Without the table's version: a new one must not change every snapshot.
        CostBasis::Computed(row) => format!("by {}/{} ({})", row.provider, row.model, row.how),
        CostBasis::Reported => "as reported".into(),
        CostBasis::Local(local) => format!("local: rule {}", local.rule),
        CostBasis::Unknown(reason) => format!("unknown: {reason}"),
    };
    let amount = call.cost.amount.map(|amount| format!("${amount} ")).unwrap_or_default();
    let reported = call.cost.reported.map(|reported| format!(", client says ${reported}")).unwrap_or_default();
    line(out, &format!("  cost: {amount}{basis}{reported}"));
}

fn content(out: &mut String, content: &Content) {
    for message in &content.input_messages {
        self::message(out, ">", message);
    }
    for message in &content.output_messages {
        self::message(out, "<", message);
    }
    if !content.parameters.is_empty() {
        line(out, &format!("  parameters {}", serde_json::Value::Object(content.parameters.clone())));
    }
    for tool in &content.tool_definitions {
        line(out, &format!("  may use {tool}"));
    }
    if let Some(tool) = &content.tool {
        line(out, &format!("  ran {:?} as {:?}", tool.name, tool.call_id));
        optional(out, "    with", tool.arguments.as_ref().map(ToString::to_string).as_deref());
        optional(out, "    gave", tool.result.as_ref().map(ToString::to_string).as_deref());
    }
    if let Some(retrieval) = &content.retrieval {
        line(out, &format!("  asked {:?}, found {:?}", retrieval.query, retrieval.documents));
    }
    optional(out, "  input", content.input.as_ref().map(ToString::to_string).as_deref());
    optional(out, "  output", content.output.as_ref().map(ToString::to_string).as_deref());
    optional(out, "  no content:", content.content_off);
}

fn message(out: &mut String, arrow: &str, message: &Message) {
    let finish = message.finish_reason.as_ref().map(|reason| format!(" [{reason}]")).unwrap_or_default();
    let parts: Vec<String> = message.parts.iter().map(part).collect();
    line(out, &format!("  {arrow} {}{finish}: {}", message.role.as_str(), parts.join(" | ")));
}

fn part(part: &Part) -> String {
    match part {
        Part::Text(text) => format!("{text:?}"),
        Part::Reasoning(text) => format!("reasoning {text:?}"),
        Part::ToolCall { id, name, arguments } => format!("calls {name}({arguments}) as {id:?}"),
        Part::ToolResult { id, result } => format!("result of {id:?}: {result}"),
        Part::Media { modality, mime_type, uri, inline_bytes, .. } => {
            format!("{modality} {mime_type:?} {uri:?} {inline_bytes:?}")
        }
        Part::Other(value) => format!("other {value}"),
    }
}

fn optional(out: &mut String, label: &str, value: Option<&str>) {
    if let Some(value) = value {
        line(out, &format!("{label} {value}"));
    }
}

fn line(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}
