//! From the domain's words to our JSON.

use serde_json::Value;

use super::types;
use crate::analytics::{self, TraceSummary};
use crate::interpret::Remedy;
use crate::interpret::scores::Score;
use crate::model::{
    self, Attribution, BucketCost, Call, Content, Cost, CostBasis, NanoUsd, Part, PriceMatch, Span, TokenUsage,
    UnixNanos,
};

/// Our figure and the client's may differ by this share before it is flagged.
const MISMATCH: f64 = 0.05;

pub(super) fn ms(nanos: i64) -> f64 {
    nanos as f64 / 1e6
}

/// RFC 3339 in UTC. Times that no calendar has cannot occur: they are 64-bit nanoseconds.
pub(super) fn time(time: UnixNanos) -> String {
    time.to_string()
}

pub(super) fn usd(amount: Option<NanoUsd>) -> Option<f64> {
    amount.map(NanoUsd::as_usd)
}

pub(super) fn nano(amount: Option<NanoUsd>) -> Option<i64> {
    amount.map(|amount| amount.0)
}

pub(super) fn usage(usage: &TokenUsage) -> types::Usage {
    let cache_write = usage.cache_write_5m.saturating_add(usage.cache_write_1h);
    let buckets = [
        usage.input,
        usage.cache_read,
        cache_write,
        usage.output,
        usage.reasoning,
        usage.audio_input,
        usage.audio_output,
        usage.image_input,
        usage.image_output,
    ];
    types::Usage {
        input: usage.input,
        cache_read: usage.cache_read,
        cache_write,
        cache_write_1h: usage.cache_write_1h,
        output: usage.output,
        reasoning: usage.reasoning,
        audio_input: usage.audio_input,
        audio_output: usage.audio_output,
        image_input: usage.image_input,
        image_output: usage.image_output,
        total: buckets.into_iter().fold(0, u64::saturating_add),
    }
}

pub(super) fn trace(trace: TraceSummary) -> types::TraceItem {
    let by = trace.attribution;
    types::TraceItem {
        trace_id: trace.trace_id.to_string(),
        name: trace.name,
        kind: trace.kind.as_str().into(),
        service: trace.service,
        services: trace.services,
        start_time: time(trace.start),
        duration_ms: ms(trace.duration_ns),
        span_count: trace.span_count,
        call_count: trace.call_count,
        error_count: trace.error_count,
        status: trace.status.as_str().into(),
        models: trace.models,
        providers: trace.providers,
        usage: usage(&trace.usage),
        cost_usd: usd(trace.cost),
        cost_nano: nano(trace.cost),
        unpriced_calls: trace.unpriced_calls,
        session: by.session,
        user: by.user,
        feature: by.feature,
        team: by.team,
        environment: by.environment,
        workflow: by.workflow,
        agent: by.agent,
        tags: by.tags,
        input_preview: trace.input_preview,
        output_preview: trace.output_preview,
        found: None,
    }
}

pub(super) fn attribution(by: Attribution) -> types::Attribution {
    types::Attribution {
        environment: by.environment,
        feature: by.feature,
        team: by.team,
        prompt_name: by.prompt_name,
        prompt_version: by.prompt_version,
        session: by.session,
        user: by.user,
        workflow: by.workflow,
        node: by.node,
        agent: by.agent,
        tags: by.tags,
    }
}

/// `None` when the span is no model call.
pub(super) fn call_item(span: Span) -> Option<types::CallItem> {
    Some(types::CallItem {
        trace_id: span.trace_id.to_string(),
        span_id: span.span_id.to_string(),
        start_time: time(span.start),
        duration_ms: ms(span.duration_ns()),
        name: span.name,
        status: span.status.as_str().into(),
        error_type: span.error_type,
        status_message: span.status_message,
        service: span.service,
        call: call(span.call?),
        attribution: attribution(span.attribution),
        input_preview: span.input_preview,
        output_preview: span.output_preview,
    })
}

pub(super) fn call(call: Call) -> types::Call {
    types::Call {
        operation: call.operation.as_str().into(),
        provider: call.provider,
        request_model: call.request_model,
        response_model: call.response_model,
        response_id: call.response_id,
        streaming: call.streaming,
        time_to_first_token_ms: call.time_to_first_token_ns.map(ms),
        finish_reasons: call.finish_reasons,
        usage: call.usage.as_ref().map(usage),
        counted: call.counted,
        counted_reason: if call.counted { None } else { call.not_counted_because },
        twin: call
            .twin
            .map(|twin| types::SpanRef { trace_id: twin.trace_id.to_string(), span_id: twin.span_id.to_string() }),
        cost: cost(call.cost),
    }
}

fn cost(cost: Cost) -> types::Cost {
    let computed = cost.computed();
    let (basis, reason) = cost.basis.told();
    let reason = reason.map(str::to_owned);
    let (price, local) = match cost.basis {
        CostBasis::Computed(price) => (Some(price), None),
        CostBasis::Local(local) => (None, Some(*local)),
        CostBasis::Reported | CostBasis::Unknown(_) => (None, None),
    };
    types::Cost {
        usd: usd(cost.amount),
        nano: nano(cost.amount),
        basis: basis.into(),
        remedy: reason.as_deref().map(|reason| Remedy::for_reason(reason).text().to_owned()),
        reason,
        reported_usd: usd(cost.reported),
        reported_nano: nano(cost.reported),
        mismatch: differ(computed, cost.reported),
        price: price.map(self::price),
        local: local.map(super::local::cost),
        buckets: cost.buckets.iter().map(bucket).collect(),
    }
}

pub(super) fn price(found: PriceMatch) -> types::Price {
    let how = match &found.sold_by {
        Some(seller) => format!("{}, sold by {seller} at the price of {}", found.how, found.provider),
        None => found.how.to_string(),
    };
    types::Price {
        provider: found.provider.to_string(),
        model: found.model.to_string(),
        how,
        source: found.source.to_string(),
        effective_from: found.effective_from.as_deref().map(str::to_owned),
        tier: found.tier.map(|tier| tier.as_str().into()),
        tier_priced: found.tier_priced,
        above_input_tokens: found.above,
    }
}

fn differ(ours: Option<NanoUsd>, theirs: Option<NanoUsd>) -> bool {
    let (Some(ours), Some(theirs)) = (ours, theirs) else { return false };
    let larger = ours.as_usd().abs().max(theirs.as_usd().abs());
    (ours.as_usd() - theirs.as_usd()).abs() > MISMATCH * larger
}

fn bucket(line: &BucketCost) -> types::BucketCost {
    types::BucketCost {
        bucket: line.bucket.as_str().into(),
        units: line.units,
        price_usd: line.price.as_usd(),
        price_nano: line.price.0,
        amount_usd: line.amount.as_usd(),
        amount_nano: line.amount.0,
    }
}

/// A model call with what was said in it.
pub(super) fn call_detail(figures: Call, content: &mut Content) -> types::CallDetail {
    types::CallDetail {
        call: call(figures),
        content: types::CallContent {
            input_messages: std::mem::take(&mut content.input_messages).into_iter().map(message).collect(),
            output_messages: std::mem::take(&mut content.output_messages).into_iter().map(message).collect(),
            tool_definitions: std::mem::take(&mut content.tool_definitions),
            parameters: types::JsonMap(std::mem::take(&mut content.parameters)),
            content_off: content.content_off.map(str::to_owned),
        },
    }
}

fn message(message: model::Message) -> types::Message {
    types::Message {
        role: message.role.as_str().into(),
        name: message.name,
        parts: message.parts.into_iter().map(part).collect(),
        finish_reason: message.finish_reason,
    }
}

fn part(part: Part) -> types::Part {
    match part {
        Part::Text(text) => types::Part::Text { text },
        Part::Reasoning(text) => types::Part::Reasoning { text },
        Part::ToolCall { id, name, arguments } => types::Part::ToolCall { id, name, arguments },
        Part::ToolResult { id, result } => types::Part::ToolResult { id, result },
        Part::Media { modality, mime_type, uri, inline_bytes, hash } => {
            let media = hash.map(|hash| hash.to_string());
            types::Part::Media { modality, mime_type, uri, inline_bytes, media, dropped: false }
        }
        Part::Other(value) => types::Part::Other { value },
    }
}

fn unpriced((reason, calls): (String, u64)) -> types::UnpricedReason {
    let remedy = Some(Remedy::for_reason(&reason).text().to_owned());
    types::UnpricedReason { reason, remedy, calls }
}

pub(super) fn totals(totals: analytics::Totals) -> types::Totals {
    let sums = totals.sums;
    types::Totals {
        traces: totals.traces,
        calls: sums.calls,
        errors: sums.errors,
        usage: usage(&sums.usage),
        cost_usd: usd(sums.cost),
        cost_nano: nano(sums.cost),
        unpriced_calls: sums.unpriced_calls,
        unpriced_reasons: totals.unpriced.into_iter().map(unpriced).collect(),
        latency_p50_ms: totals.latency_p50_ns.map(ms),
        latency_p95_ms: totals.latency_p95_ns.map(ms),
        ttft_p50_ms: totals.ttft_p50_ns.map(ms),
        ttft_p95_ms: totals.ttft_p95_ns.map(ms),
    }
}

pub(super) fn session(session: analytics::Session) -> types::SessionItem {
    types::SessionItem {
        session: session.name,
        user: session.user,
        start_time: time(session.start),
        last_trace_time: time(session.last_start),
        duration_ms: ms(session.end.since(session.start)),
        trace_count: session.trace_count,
        call_count: session.call_count,
        error_count: session.error_count,
        models: session.models,
        services: session.services,
        usage: usage(&session.usage),
        cost_usd: usd(session.cost),
        cost_nano: nano(session.cost),
        unpriced_calls: session.unpriced_calls,
        input_preview: session.input_preview,
        output_preview: session.output_preview,
    }
}

pub(super) fn user(user: analytics::User) -> types::UserItem {
    types::UserItem {
        user: user.name,
        first_seen: time(user.first),
        last_seen: time(user.last),
        trace_count: user.trace_count,
        session_count: user.session_count,
        call_count: user.call_count,
        error_count: user.error_count,
        failed_traces: user.failed_traces,
        usage: usage(&user.usage),
        cost_usd: usd(user.cost),
        cost_nano: nano(user.cost),
        unpriced_calls: user.unpriced_calls,
    }
}

pub(super) fn log(event: analytics::LogEvent) -> types::LogItem {
    types::LogItem {
        time: time(event.time),
        severity: event.severity,
        severity_number: event.severity_number,
        service: event.service,
        scope: event.scope,
        event_name: event.event_name,
        body: event.body,
        trace_id: event.trace_id.map(|id| id.to_string()),
        span_id: event.span_id.map(|id| id.to_string()),
        attributes: object(&event.attributes),
    }
}

pub(super) fn score(score: Score) -> types::Score {
    types::Score {
        id: score.id,
        name: score.name,
        value: score.value,
        label: score.label,
        comment: score.comment,
        data_type: score.data_type,
        time: time(score.time),
        span_id: score.span_id.map(|id| id.to_string()),
    }
}

/// A JSON object kept as text.
pub(super) fn object(json: &str) -> types::JsonMap {
    match serde_json::from_str(json) {
        Ok(Value::Object(map)) => types::JsonMap(map),
        _ => types::JsonMap::default(),
    }
}
