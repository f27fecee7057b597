/** Builds spans for the tests of the trace page. */
import type { CallDetail, Cost, Span, Usage } from '../api/types';

export const noUsage: Usage = {
  input: 0,
  cache_read: 0,
  cache_write: 0,
  cache_write_1h: 0,
  output: 0,
  reasoning: 0,
  audio_input: 0,
  audio_output: 0,
  image_input: 0,
  image_output: 0,
  total: 0,
};

export function cost(usd: number | null): Cost {
  return {
    usd,
    nano: usd === null ? null : Math.round(usd * 1e9),
    basis: usd === null ? 'unknown' : 'computed',
    reason: usd === null ? 'no token counts' : null,
    remedy: usd === null ? 'send them' : null,
    reported_usd: null,
    reported_nano: null,
    mismatch: false,
    price: null,
    local: null,
    buckets: [],
  };
}

export function call(usd: number | null, changes: Partial<CallDetail> = {}): CallDetail {
  return {
    operation: 'chat',
    provider: 'openai',
    request_model: 'gpt-4o-mini',
    response_model: null,
    response_id: null,
    streaming: null,
    time_to_first_token_ms: null,
    finish_reasons: [],
    usage: noUsage,
    counted: true,
    counted_reason: null,
    twin: null,
    cost: cost(usd),
    input_messages: [],
    output_messages: [],
    tool_definitions: [],
    parameters: {},
    content_off: null,
    ...changes,
  };
}

/** A span `id` below `parent` that starts at `start` ms and lasts `duration` ms. */
export function span(
  id: string,
  parent: string | null,
  start: number,
  duration: number,
  changes: Partial<Span> = {},
): Span {
  return {
    span_id: id,
    parent_span_id: parent,
    name: id,
    kind: 'other',
    service: 'svc',
    scope: '',
    scope_version: '',
    dialect: '',
    start_time: new Date(Date.UTC(2026, 10, 20, 12) + start).toISOString(),
    duration_ms: duration,
    status: 'unset',
    status_message: null,
    error_type: null,
    attributes: {},
    resource: 0,
    events: [],
    links: [],
    call: null,
    tool: null,
    retrieval: null,
    input: null,
    output: null,
    environment: null,
    feature: null,
    team: null,
    prompt_name: null,
    prompt_version: null,
    session: null,
    user: null,
    workflow: null,
    node: null,
    agent: null,
    tags: [],
    ...changes,
  } as Span;
}
