//! How a span ended: status, error type, finish reasons, and the cost its client reports.

use serde_json::Value;

use super::RawSpan;
use crate::interpret::attributes::{Attributes, json_float};
use crate::model::otlp::StatusCode;
use crate::model::{NanoUsd, Status};

pub struct Outcome {
    pub status: Status,
    pub message: Option<String>,
    pub error_type: Option<String>,
}

pub fn read(raw: &RawSpan<'_>) -> Outcome {
    let told = raw.span.status.as_ref();
    let langfuse_error = raw.attributes.string("langfuse.observation.level") == Some("ERROR");
    // LangSmith's OTel mode says OK when the run begins, and a status once set stays.
    let langsmith_error = || raw.attributes.has("langsmith.span.kind") && exception(raw) != (None, None);
    let status = match told.map(|status| status.code()) {
        _ if langfuse_error || langsmith_error() => Status::Error,
        Some(StatusCode::Error) => Status::Error,
        Some(StatusCode::Ok) => Status::Ok,
        _ => Status::Unset,
    };
    let message = told.map(|status| status.message.clone()).filter(|message| !message.is_empty());
    let exception = if status == Status::Error { exception(raw) } else { (None, None) };
    Outcome {
        status,
        message: message
            .or_else(|| raw.attributes.text("langfuse.observation.status_message").map(Into::into))
            .or(exception.1),
        error_type: raw
            .attributes
            .first_text(&["error.type", "n8n.execution.error_type"])
            .map(Into::into)
            .or(exception.0),
    }
}

/// Type and message of the last exception event.
fn exception(raw: &RawSpan<'_>) -> (Option<String>, Option<String>) {
    let Some(event) = raw.span.events.iter().rev().find(|event| event.name == "exception") else {
        return (None, None);
    };
    let attributes = Attributes::new(&event.attributes);
    let text = |key| attributes.text(key).map(Into::into);
    (text("exception.type"), text("exception.message"))
}

/// Whether a response id names one response. Ollama's OpenAI-compatible interface makes up `chatcmpl-` and a number below
/// 1000: of fifty calls of one agent two have the same more often than not.
pub fn is_unique(id: &str) -> bool {
    let number = id.strip_prefix("chatcmpl-").unwrap_or(id);
    number.len() > 3 || !number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Why the model stopped, one entry per choice, in the conventions' words.
pub fn finish_reasons(raw: &RawSpan<'_>) -> Vec<String> {
    const KEYS: &[&str] = &[
        "gen_ai.response.finish_reasons",
        "gen_ai.response.finish_reason",
        "ai.response.finishReason",
        "llm.finish_reason",
        "gen_ai.completion.0.finish_reason",
        "langfuse.observation.metadata.finish_reason",
        "anthropic.message.stop_reason",
        "stop_reason",
    ];
    let told = KEYS.iter().map(|key| raw.attributes.texts(key)).find(|reasons| !reasons.is_empty());
    told.unwrap_or_default().iter().map(|reason| fold_finish(reason)).collect()
}

/// A provider's word as the conventions' one.
pub fn fold_finish(reason: &str) -> String {
    let word = reason.trim_matches('"').to_ascii_lowercase();
    match word.as_str() {
        "end_turn" | "stop_sequence" | "eos" | "complete" | "completed" => "stop".into(),
        "max_tokens" | "max_output_tokens" => "length".into(),
        "tool_use" | "tool_calls" | "tool-calls" | "function_call" => "tool_call".into(),
        "safety" | "refusal" | "content-filter" => "content_filter".into(),
        _ => word,
    }
}

/// The cost the client itself names, and whether it means a zero: most emitters write 0 when they know no price.
pub struct ReportedCost {
    pub amount: NanoUsd,
    pub zero_is_meant: bool,
}

pub fn reported_cost(raw: &RawSpan<'_>) -> Option<ReportedCost> {
    if let Some(amount) = raw.anywhere_float("ai.cost_usd").and_then(NanoUsd::from_usd) {
        return Some(ReportedCost { amount, zero_is_meant: true });
    }
    const KEYS: &[&str] = &[
        "litellm.cost.total",
        "gen_ai.cost.total_cost",
        "gen_ai.usage.cost",
        "llm.cost.total",
        "operation.cost",
        "cost_usd",
    ];
    let dollars = langfuse_cost(raw)
        .or_else(|| KEYS.iter().find_map(|key| raw.attributes.float(key)))
        .or_else(|| raw.attributes.float("cost_usd_micros").map(|micros| micros / 1e6))
        .or_else(|| raw.attributes.float("n8n.node.custom.llm.cost.total"))?;
    NanoUsd::from_usd(dollars).map(|amount| ReportedCost { amount, zero_is_meant: false })
}

/// `cost_details`: the total, or the sum of the parts; else what usage of the old form says.
fn langfuse_cost(raw: &RawSpan<'_>) -> Option<f64> {
    let object = |key| match raw.attributes.json(key) {
        Some(Value::Object(object)) => Some(object),
        _ => None,
    };
    let details = object("langfuse.observation.cost_details").filter(|parts| !parts.is_empty());
    if let Some(parts) = details {
        let total = parts.get("total").and_then(json_float);
        return total.or_else(|| Some(parts.values().filter_map(json_float).sum()));
    }
    let usage = object("langfuse.observation.usage")?;
    let cost = |key: &str| usage.get(key).and_then(json_float);
    cost("totalCost").or_else(|| match (cost("inputCost"), cost("outputCost")) {
        (None, None) => None,
        (input, output) => Some(input.unwrap_or(0.0) + output.unwrap_or(0.0)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_number_is_no_id() {
        assert!(!is_unique("chatcmpl-417") && !is_unique("7") && !is_unique(""));
        assert!(is_unique("chatcmpl-cap00061") && is_unique("msg_1") && is_unique("chatcmpl-4171"));
    }

    #[test]
    fn words_of_providers_fold() {
        for (theirs, ours) in [
            ("end_turn", "stop"),
            ("MAX_TOKENS", "length"),
            ("tool_calls", "tool_call"),
            ("\"stop\"", "stop"),
            ("x", "x"),
        ] {
            assert_eq!(fold_finish(theirs), ours);
        }
    }
}
