//! What we know of a span or call beyond what its client said: the same names in events of spans and of log records.

use super::json;
use crate::model::{CostBasis, NanoUsd, Span};

/// Every name that [`each`] may give, with what stands under it.
pub const NAMES: &[(&str, &str)] = &[
    ("service", "`service.name`, or the best substitute"),
    ("span_type", "`llm`, `embedding`, `tool`, `agent`, `workflow`, `task`, `retrieval`, `rerank`, `guardrail`, ..."),
    ("dialect", "which client or convention was recognised"),
    ("duration_ms", "milliseconds from start to end"),
    ("error_type", "what failed, in one word"),
    ("environment", "where it ran"),
    ("feature", "what it was done for; this and the next: of the span itself or those above it"),
    ("team", "who pays"),
    ("prompt_name", "name of the kept prompt"),
    ("prompt_version", "and its version"),
    ("session", "conversation"),
    ("user", "end user"),
    ("workflow", "workflow of n8n, Dify, LangFlow or a framework"),
    ("node", "step of the workflow"),
    ("agent", "name of the agent"),
    ("tags", "list"),
    ("tool_name", "tool that was run"),
    ("operation", "`chat`, `text_completion`, `embeddings`, `rerank`; this and all below: of model calls only"),
    ("provider", "canonical name: `openai`, `anthropic`, `aws.bedrock`, ..."),
    ("model", "the model that answered, else the one asked for"),
    ("request_model", "the model asked for"),
    ("response_model", "the model that answered"),
    ("response_id", "the provider's id of the answer"),
    ("streaming", "whether the answer was streamed"),
    ("ttft_ms", "milliseconds to the first token"),
    ("finish_reasons", "list"),
    ("input_tokens", "prompt tokens that were not cached; the buckets are disjoint"),
    ("cache_read_tokens", "read from a prompt cache"),
    ("cache_write_tokens", "written to one"),
    ("output_tokens", "completion without reasoning"),
    ("reasoning_tokens", "hidden thoughts"),
    ("audio_input_tokens", "where there are any"),
    ("audio_output_tokens", "where there are any"),
    ("image_input_tokens", "where there are any"),
    ("image_output_tokens", "where there are any"),
    ("total_tokens", "all buckets"),
    ("cost_usd", "dollars; absent when not known"),
    ("cost_basis", "`computed`, `reported`, `local`, `unknown`"),
    ("cost_reason", "why there is no cost"),
    ("reported_cost_usd", "what the client itself said"),
    ("counted", "whether tokens and cost enter sums: a wrapper repeats those of the calls in it"),
    ("counted_reason", "why not"),
];

/// A value under one of the names.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    Text(&'a str),
    Count(u64),
    Usd(NanoUsd),
    /// Nanoseconds, shown as milliseconds.
    Lasts(i64),
    Flag(bool),
    List(&'a [String]),
}

impl Value<'_> {
    pub fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => json::string(out, text),
            Self::Count(count) => json::uint(out, count),
            Self::Usd(amount) => json::usd(out, amount),
            Self::Lasts(nanos) => json::milliseconds(out, nanos),
            Self::Flag(flag) => out.extend_from_slice(if flag { b"true" } else { b"false" }),
            Self::List(texts) => {
                out.push(b'[');
                for text in texts {
                    json::comma(out);
                    json::string(out, text);
                }
                out.push(b']');
            }
        }
    }
}

/// Gives `add` everything that is known of `span`, in the order of [`NAMES`].
pub fn each<'a>(span: &'a Span, add: &mut impl FnMut(&'static str, Value<'a>)) {
    add("service", Value::Text(&span.service));
    add("span_type", Value::Text(span.kind.as_str()));
    if !span.dialect.is_empty() {
        add("dialect", Value::Text(span.dialect));
    }
    add("duration_ms", Value::Lasts(span.duration_ns()));
    let by = &span.attribution;
    let texts = [
        ("error_type", &span.error_type),
        ("environment", &by.environment),
        ("feature", &by.feature),
        ("team", &by.team),
        ("prompt_name", &by.prompt_name),
        ("prompt_version", &by.prompt_version),
        ("session", &by.session),
        ("user", &by.user),
        ("workflow", &by.workflow),
        ("node", &by.node),
        ("agent", &by.agent),
    ];
    for (name, text) in texts {
        text.iter().for_each(|text| add(name, Value::Text(text)));
    }
    if !by.tags.is_empty() {
        add("tags", Value::List(&by.tags));
    }
    span.tool_name.iter().for_each(|name| add("tool_name", Value::Text(name)));
    call(span, add);
}

fn call<'a>(span: &'a Span, add: &mut impl FnMut(&'static str, Value<'a>)) {
    let Some(call) = &span.call else { return };
    add("operation", Value::Text(call.operation.as_str()));
    let texts = [
        ("provider", call.provider.as_deref()),
        ("model", call.model()),
        ("request_model", call.request_model.as_deref()),
        ("response_model", call.response_model.as_deref()),
        ("response_id", call.response_id.as_deref()),
    ];
    for (name, text) in texts {
        text.into_iter().for_each(|text| add(name, Value::Text(text)));
    }
    call.streaming.iter().for_each(|flag| add("streaming", Value::Flag(*flag)));
    call.time_to_first_token_ns.iter().for_each(|nanos| add("ttft_ms", Value::Lasts(*nanos)));
    if !call.finish_reasons.is_empty() {
        add("finish_reasons", Value::List(&call.finish_reasons));
    }
    if let Some(usage) = &call.usage {
        add("input_tokens", Value::Count(usage.input));
        add("cache_read_tokens", Value::Count(usage.cache_read));
        add("cache_write_tokens", Value::Count(usage.cache_write()));
        add("output_tokens", Value::Count(usage.output));
        add("reasoning_tokens", Value::Count(usage.reasoning));
        let seldom = [
            ("audio_input_tokens", usage.audio_input),
            ("audio_output_tokens", usage.audio_output),
            ("image_input_tokens", usage.image_input),
            ("image_output_tokens", usage.image_output),
        ];
        for (name, count) in seldom.into_iter().filter(|(_, count)| *count > 0) {
            add(name, Value::Count(count));
        }
        add("total_tokens", Value::Count(usage.total()));
    }
    call.cost.amount.iter().for_each(|amount| add("cost_usd", Value::Usd(*amount)));
    let (basis, reason) = match &call.cost.basis {
        CostBasis::Computed(_) => ("computed", None),
        CostBasis::Reported => ("reported", None),
        CostBasis::Local(local) => ("local", local.state.reason().filter(|_| call.cost.amount.is_none())),
        CostBasis::Unknown(reason) => ("unknown", Some(reason.as_str())),
    };
    add("cost_basis", Value::Text(basis));
    reason.into_iter().for_each(|reason| add("cost_reason", Value::Text(reason)));
    call.cost.reported.iter().for_each(|amount| add("reported_cost_usd", Value::Usd(*amount)));
    add("counted", Value::Flag(call.counted));
    call.not_counted_because.iter().for_each(|reason| add("counted_reason", Value::Text(reason)));
}
