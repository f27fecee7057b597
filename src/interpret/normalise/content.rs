//! What went through a span, read on demand for the page that shows it, and the previews kept for lists.

use serde_json::Value;

use super::messages::{self, preview, shorten};
use super::{Dialect, RawSpan, inputs, outputs, parameters, retrieval, tool};
use crate::interpret::attributes::{as_json, scalar_text};
use crate::model::otlp::any_value;
use crate::model::{Content, Role, Span, SpanKind};

/// Input and output of spans that are no model call: chains, agents, workflows.
const INPUT: &[&str] = &[
    "langfuse.observation.input",
    "input.value",
    "traceloop.entity.input",
    "gen_ai.task.input",
    "gen_ai.workflow.input",
    "gen_ai.input.messages",
    "pydantic_ai.all_messages",
    "ai.prompt",
    "langwatch.input",
    "mlflow.spanInputs",
    "genkit:input",
    "gen_ai.prompt",
    "user_prompt",
    "inputs",
];
const OUTPUT: &[&str] = &[
    "langfuse.observation.output",
    "output.value",
    "traceloop.entity.output",
    "gen_ai.task.output",
    "gen_ai.workflow.output",
    "gen_ai.output.messages",
    "final_result",
    "ai.response.text",
    "langwatch.output",
    "mlflow.spanOutputs",
    "genkit:output",
    "gen_ai.completion",
    "outputs",
];

pub fn read(raw: &RawSpan<'_>, dialect: Option<&'static Dialect>, known: &Span) -> Content {
    let kind = known.kind;
    let mut content =
        Content { tool: tool::read(raw, dialect, kind), retrieval: retrieval::read(raw, kind), ..Content::default() };
    match dialect {
        Some(dialect) if kind.is_model_call() => of_call(raw, dialect, known, &mut content),
        Some(_) if content.tool.is_none() => {
            let first = |keys: &[&str]| keys.iter().find_map(|key| raw.attributes.json(key));
            content.input = first(INPUT).or_else(|| items(raw, "n8n.node.items.input", 1));
            // A retrieval's output are its documents, which stand above; nothing else is shown twice.
            let output = || first(OUTPUT).or_else(|| items(raw, "n8n.node.items.output", 0));
            content.output = if content.retrieval.is_some() { None } else { output() };
        }
        _ => {}
    }
    content
}

/// How much went through a node that does not tell what, if it is at least so much: a trigger has no input.
fn items(raw: &RawSpan<'_>, key: &str, least: u64) -> Option<Value> {
    let count = raw.attributes.uint(key).filter(|count| *count >= least)?;
    Some(Value::String(if count == 1 { "1 item".to_owned() } else { format!("{count} items") }))
}

fn of_call(raw: &RawSpan<'_>, dialect: &'static Dialect, known: &Span, content: &mut Content) {
    content.input_messages = messages::read(raw, inputs(dialect), Role::User);
    if content.input_messages.first().is_none_or(|first| first.role != Role::System)
        && let Some(system) = raw.attributes.json("gen_ai.system_instructions")
    {
        let mut with_system = messages::document(&system, Role::System);
        with_system.append(&mut content.input_messages);
        content.input_messages = with_system;
    }
    // The answer of an embedding is vectors: large, and nothing to read.
    if known.kind == SpanKind::Llm {
        content.output_messages = messages::read(raw, outputs(dialect), Role::Assistant);
        let reasons = known.call.iter().flat_map(|call| &call.finish_reasons);
        for (message, reason) in content.output_messages.iter_mut().zip(reasons) {
            message.finish_reason.get_or_insert_with(|| reason.clone());
        }
    }
    content.parameters = parameters::read(raw);
    content.tool_definitions = parameters::tool_definitions(raw);
    if content.input_messages.is_empty() && content.output_messages.is_empty() && content.retrieval.is_none() {
        content.content_off = Some(dialect.content_switch);
    }
}

/// First lines of what went in and what came out, cut to [`Span::PREVIEW_CHARS`].
pub fn previews(raw: &RawSpan<'_>, dialect: &'static Dialect, kind: SpanKind) -> (Option<String>, Option<String>) {
    let cut = |text: String| Some(shorten(&text, Span::PREVIEW_CHARS)).filter(|text| !text.is_empty());
    if kind.is_model_call() {
        let input = preview(raw, inputs(dialect), Role::User).and_then(cut);
        let output =
            if kind == SpanKind::Llm { preview(raw, outputs(dialect), Role::Assistant).and_then(cut) } else { None };
        return (input, output);
    }
    let head = |keys: &[&str]| {
        let found = keys.iter().find_map(|key| raw.attributes.get(key))?;
        cut(match found {
            // No need to read the whole of a long document for its first line.
            any_value::Value::StringValue(text) => text.chars().take(Span::PREVIEW_CHARS * 2).collect(),
            other => scalar_text(other).map_or_else(|| as_json(other).to_string(), Into::into),
        })
    };
    if kind == SpanKind::Tool {
        return (head(tool::INPUT), head(tool::OUTPUT));
    }
    (head(INPUT), head(OUTPUT))
}
