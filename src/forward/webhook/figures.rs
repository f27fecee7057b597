//! What a model call used and cost, and whose it is, in the names of the API.

use serde_json::{Map, Value, json};

use crate::model::{Attribution, Call, Cost, TokenUsage};

pub(super) fn call(call: &Call) -> Value {
    json!({
        "operation": call.operation.as_str(),
        "provider": call.provider,
        "model": call.model(),
        "request_model": call.request_model,
        "response_model": call.response_model,
        "response_id": call.response_id,
        "streaming": call.streaming,
        "time_to_first_token_ms": call.time_to_first_token_ns.map(|nanos| nanos as f64 / 1e6),
        "finish_reasons": call.finish_reasons,
        "usage": call.usage.as_ref().map(usage),
        "counted": call.counted,
        "counted_reason": if call.counted { None } else { call.not_counted_because.as_deref() },
        "cost": cost(&call.cost),
    })
}

/// Disjoint buckets: `input` without what came from a cache, `output` without reasoning.
fn usage(usage: &TokenUsage) -> Value {
    json!({
        "input": usage.input,
        "cache_read": usage.cache_read,
        "cache_write": usage.cache_write(),
        "cache_write_1h": usage.cache_write_1h,
        "output": usage.output,
        "reasoning": usage.reasoning,
        "audio_input": usage.audio_input,
        "audio_output": usage.audio_output,
        "image_input": usage.image_input,
        "image_output": usage.image_output,
        "total": usage.total(),
    })
}

fn cost(cost: &Cost) -> Value {
    let (basis, reason) = cost.basis.told();
    let buckets: Vec<Value> = cost
        .buckets
        .iter()
        .map(|line| {
            json!({
                "bucket": line.bucket.as_str(),
                "units": line.units,
                "amount_usd": line.amount.as_usd(),
                "amount_nano": line.amount.0,
            })
        })
        .collect();
    json!({
        "usd": cost.amount.map(|amount| amount.as_usd()),
        "nano": cost.amount.map(|amount| amount.0),
        "basis": basis,
        "reason": reason,
        "reported_usd": cost.reported.map(|amount| amount.as_usd()),
        "reported_nano": cost.reported.map(|amount| amount.0),
        "buckets": buckets,
    })
}

/// Adds what is told; what is not told is not mentioned.
pub(super) fn attribution(by: &Attribution, object: &mut Map<String, Value>) {
    for (name, value) in [
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
    ] {
        if let Some(value) = value {
            object.insert(name.into(), value.as_str().into());
        }
    }
    if !by.tags.is_empty() {
        object.insert("tags".into(), json!(by.tags));
    }
}
