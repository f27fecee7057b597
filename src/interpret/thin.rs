//! Leaves the content of a span out: what was said and done, but not its structure, tokens and costs.
//!
//! Nothing that is counted may change by it: a span that would be read differently keeps its content.

use super::Interpreter;
use super::pieces::is_piece;
use crate::model::Span;
use crate::model::otlp::{self, AnyValue, InstrumentationScope, KeyValue, Resource, Unknown, any_value};

/// The attribute of a span whose content was left out; its value says when and why.
pub const DROPPED: &str = "tracemeter.content_dropped";

/// Texts and structures that are longer, in bytes, are content whatever they are called.
const LONG: usize = 256;

/// Attributes that are content however short. A name that ends in a dot stands for all that begin so.
const CONTENT: &[&str] = &[
    "ai.prompt",
    "ai.prompt.",
    "ai.response.object",
    "ai.response.text",
    "ai.response.toolCalls",
    "ai.toolCall.args",
    "ai.toolCall.result",
    "all_messages_events",
    "db.query.text",
    "db.statement",
    "final_result",
    "gen_ai.completion",
    "gen_ai.completion.",
    "gen_ai.content.",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.prompt",
    "gen_ai.prompt.",
    "gen_ai.retrieval.documents",
    "gen_ai.retrieval.query.text",
    "gen_ai.system_instructions",
    "gen_ai.task.input",
    "gen_ai.task.output",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "gen_ai.tool.definitions",
    "gen_ai.tool.output",
    "gen_ai.workflow.input",
    "gen_ai.workflow.output",
    "genkit:input",
    "genkit:output",
    "input.value",
    "inputs",
    "langfuse.body.",
    "langfuse.media.reference",
    "langfuse.observation.input",
    "langfuse.observation.output",
    "langfuse.trace.input",
    "langfuse.trace.output",
    "langsmith.attachment.",
    "langsmith.event.",
    "langsmith.extra.",
    "langsmith.serialized",
    "langwatch.input",
    "langwatch.output",
    "langwatch.rag_contexts",
    "llm.completions.",
    "llm.input_messages.",
    "llm.output_messages.",
    "llm.prompts.",
    "mlflow.spanInputs",
    "mlflow.spanOutputs",
    "output.value",
    "outputs",
    "pydantic_ai.all_messages",
    "reranker.input_documents.",
    "reranker.output_documents.",
    "reranker.query",
    "retrieval.document",
    "retrieval.documents.",
    "tool_arguments",
    "tool_response",
    "traceloop.entity.input",
    "traceloop.entity.output",
];

/// Names of prompts that begin like one, and are no content.
const KEPT: &[&str] = &["gen_ai.prompt.name", "gen_ai.prompt.version"];

impl Interpreter {
    /// `span` without its content, marked by [`DROPPED`] with `why`; `None` when it has none, or when it would count
    /// for something else without.
    pub fn without_content(
        &self,
        resource: &Resource,
        scope: &InstrumentationScope,
        span: &otlp::Span,
        why: &str,
    ) -> Option<otlp::Span> {
        let is_content = |pair: &KeyValue| is_named(&pair.key) || pair.value.as_ref().is_some_and(is_long);
        // What is long may be what it is known by; of a piece the other pieces would tell.
        let all = || self.thinned(resource, scope, span, why, &is_content);
        let thin = if is_piece(span) { None } else { all() };
        thin.or_else(|| self.thinned(resource, scope, span, why, &|pair| is_named(&pair.key)))
    }

    /// `record` without its content, marked by [`DROPPED`] with `why`; `None` when it has none.
    pub fn log_without_content(&self, record: &otlp::LogRecord, why: &str) -> Option<otlp::LogRecord> {
        let is_verdict = record.event_name.starts_with("gen_ai.evaluation.");
        if is_verdict || record.attributes.iter().any(|pair| pair.key == DROPPED) {
            return None;
        }
        let mut thin = record.clone();
        thin.attributes.retain(|pair| !is_named(&pair.key) && !pair.value.as_ref().is_some_and(is_long));
        forget_long(&mut thin.unknown);
        let said = record.event_name.starts_with("gen_ai.");
        if said || thin.body.as_ref().is_some_and(is_long) {
            thin.body = None;
        }
        (thin != *record).then(|| {
            thin.attributes.push(mark(why));
            thin
        })
    }

    fn thinned(
        &self,
        resource: &Resource,
        scope: &InstrumentationScope,
        span: &otlp::Span,
        why: &str,
        is_content: &dyn Fn(&KeyValue) -> bool,
    ) -> Option<otlp::Span> {
        if span.attributes.iter().any(|pair| pair.key == DROPPED) {
            return None;
        }
        let mut thin = span.clone();
        thin.attributes.retain(|pair| !is_content(pair));
        forget_long(&mut thin.unknown);
        for event in &mut thin.events {
            // Old conventions put messages into events, under short names.
            let said = event.name.starts_with("gen_ai.") && !event.name.starts_with("gen_ai.evaluation.");
            event.attributes.retain(|pair| !said && !is_content(pair));
        }
        if thin == *span {
            return None;
        }
        let before = comparable(self.span(resource, scope, span)?);
        if before != comparable(self.span(resource, scope, &thin)?) {
            return None;
        }
        thin.attributes.push(mark(why));
        Some(thin)
    }
}

/// Fields that this version does not know are content when they are long, like attributes.
fn forget_long(unknown: &mut Option<Box<Unknown>>) {
    let bytes = unknown.as_ref().map_or(0, |unknown| unknown.parts.iter().map(|part| part.fields.len()).sum());
    if bytes > LONG {
        *unknown = None;
    }
}

fn mark(why: &str) -> KeyValue {
    let value = AnyValue { value: Some(any_value::Value::StringValue(why.into())) };
    KeyValue { key: DROPPED.into(), value: Some(value) }
}

/// All but the previews, which are content.
fn comparable(span: Span) -> Span {
    Span { input_preview: None, output_preview: None, ..span }
}

fn is_named(key: &str) -> bool {
    let begins = |name: &str| if name.ends_with('.') { key.starts_with(name) } else { key == name };
    CONTENT.iter().any(|name| begins(name)) && !KEPT.contains(&key)
}

fn is_long(value: &AnyValue) -> bool {
    match &value.value {
        Some(any_value::Value::StringValue(text)) => text.len() > LONG,
        Some(any_value::Value::BytesValue(bytes)) => bytes.len() > LONG,
        Some(any_value::Value::ArrayValue(_) | any_value::Value::KvlistValue(_)) => {
            prost::Message::encoded_len(value) > LONG
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
