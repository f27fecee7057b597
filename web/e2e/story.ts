/** Traces as applications send them: spans in OTLP/JSON with the attributes of the GenAI conventions. */
import { randomBytes } from 'node:crypto';

/** Objects and lists travel as JSON in a string, as instrumentations send them. */
type Value = string | number | boolean | object;

export interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: object }[];
  status?: { code: number; message?: string };
}

export const newTraceId = () => randomBytes(16).toString('hex');

function wire(value: Value): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { stringValue: JSON.stringify(value) };
}

/** Builds the spans of one trace; times are milliseconds after `startedMsAgo` before now. */
export class Trace {
  readonly id = newTraceId();
  readonly spans: OtlpSpan[] = [];
  readonly #base: bigint;

  constructor(startedMsAgo = 60_000) {
    this.#base = BigInt(Date.now() - startedMsAgo) * 1_000_000n;
  }

  span(
    name: string,
    parent: OtlpSpan | null,
    start: number,
    end: number,
    attributes: Record<string, Value>,
  ): OtlpSpan {
    const at = (ms: number) => String(this.#base + BigInt(Math.round(ms * 1e6)));
    const span: OtlpSpan = {
      traceId: this.id,
      spanId: randomBytes(8).toString('hex'),
      ...(parent && { parentSpanId: parent.spanId }),
      name,
      kind: 1,
      startTimeUnixNano: at(start),
      endTimeUnixNano: at(end),
      attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: wire(value) })),
    };
    this.spans.push(span);
    return span;
  }
}

const text = (role: string, content: string) => ({ role, parts: [{ type: 'text', content }] });

/** A key in the shape of a provider's; it exists nowhere else. */
export const SECRET = 'sk-proj-Zq8vW3nT5yR1kL7mB2xC9dF4gH6jP0sA8uE3iO5t';

const SYSTEM = Array.from({ length: 8 }, (_, line) => `Rule ${line + 1}: be a careful travel planner.`).join(
  '\n',
);

const ANSWER = `## Two days in Lisbon

| Day | Plan |
|---|---|
| 1 | Alfama and the river |
| 2 | Belém by tram |

Pack for **12 °C**, see ![map](https://maps.example/lisbon.png).`;

function call(model: string, messages: object[], answer: object, tokens: [number, number, number]) {
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': model,
    'gen_ai.response.model': model,
    'gen_ai.response.id': `resp-${randomBytes(6).toString('hex')}`,
    'gen_ai.request.temperature': 0.2,
    'gen_ai.input.messages': messages,
    'gen_ai.output.messages': [answer],
    'gen_ai.usage.input_tokens': tokens[0],
    'gen_ai.usage.cache_read.input_tokens': tokens[1],
    'gen_ai.usage.output_tokens': tokens[2],
    'gen_ai.response.time_to_first_chunk': 0.3,
  };
}

/**
 * An agent that asks a model twice and runs two tools, one of which fails. The user leaks a key.
 * 1,000 + 200 cached + 100 tokens of gpt-4o-mini cost 0.00015 + 0.000015 + 0.00006 dollars.
 */
export function agentTrace(name = 'plan_trip', startedMsAgo = 60_000): Trace {
  const trace = new Trace(startedMsAgo);
  const model = 'gpt-4o-mini';
  const whose = { 'session.id': 'holiday-7', 'user.id': 'anna', 'ai.feature': 'trip-planning' };
  const root = trace.span(name, null, 0, 5000, { ...whose, 'gen_ai.operation.name': 'invoke_workflow' });
  const agent = trace.span('invoke_agent planner', root, 10, 4900, {
    ...whose,
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.name': 'planner',
  });
  const asked = [
    text('system', SYSTEM),
    text('user', `Two days in Lisbon, please. My key is ${SECRET}, do not use it.`),
  ];
  const tools = {
    role: 'assistant',
    parts: [
      { type: 'reasoning', content: 'The weather decides.' },
      { type: 'tool_call', id: 'call_1', name: 'get_weather', arguments: { city: 'Lisbon' } },
      { type: 'tool_call', id: 'call_2', name: 'find_hotel', arguments: { city: 'Lisbon', nights: 2 } },
    ],
  };
  trace.span(`chat ${model}`, agent, 20, 1200, { ...whose, ...call(model, asked, tools, [1200, 200, 100]) });
  const tool = (name: string, id: string, start: number, end: number, result?: object) =>
    trace.span(`execute_tool ${name}`, agent, start, end, {
      ...whose,
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': name,
      'gen_ai.tool.call.id': id,
      'gen_ai.tool.call.arguments': { city: 'Lisbon' },
      ...(result && { 'gen_ai.tool.call.result': result }),
    });
  tool('get_weather', 'call_1', 1250, 1500, { celsius: 12, sky: 'light rain' });
  const failed = tool('find_hotel', 'call_2', 1250, 2400);
  failed.status = { code: 2, message: 'the hotel search timed out' };
  failed.attributes.push({ key: 'error.type', value: { stringValue: 'TimeoutError' } });
  const results = {
    role: 'tool',
    parts: [
      { type: 'tool_call_response', id: 'call_1', response: { celsius: 12, sky: 'light rain' } },
      { type: 'tool_call_response', id: 'call_2', response: 'no hotel found' },
    ],
  };
  const again = [...asked, tools, results];
  trace.span(`chat ${model}`, agent, 2450, 4800, {
    ...whose,
    ...call(model, again, text('assistant', ANSWER), [1500, 1200, 300]),
  });
  return trace;
}

/** One call of another model by another service's user. */
export function singleCall(model: string, startedMsAgo: number, name = `chat ${model}`): Trace {
  const trace = new Trace(startedMsAgo);
  const messages = [text('user', 'Hello')];
  trace.span(name, null, 0, 800, {
    'user.id': 'bruno',
    ...call(model, messages, text('assistant', 'Hi.'), [50, 0, 10]),
  });
  return trace;
}

/** One call that costs more than all others of a day: two million tokens of gpt-4o, 5.09 dollars. */
export function dearCall(prompt: string, startedMsAgo = 40_000): Trace {
  const trace = new Trace(startedMsAgo);
  trace.span('summarise_library', null, 0, 9000, {
    'user.id': 'bruno',
    ...call(
      'gpt-4o',
      [text('user', prompt)],
      text('assistant', 'Too long; here is the gist.'),
      [2_000_000, 0, 9000],
    ),
  });
  return trace;
}

/** A root with `count` spans below it, ten levels deep at most. */
export function wideTrace(count: number): Trace {
  const trace = new Trace(90_000);
  const root = trace.span('batch job', null, 0, count + 10, {});
  let parent = root;
  for (let index = 0; index < count; index += 1) {
    if (index % 10 === 0) parent = root;
    parent = trace.span(`step ${index}`, parent, index, index + 5, {});
  }
  return trace;
}

/** What somebody writes who wants the page to do something. */
export const ATTACKS = [
  '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>',
  '[click](javascript:document.title="owned") ![x](https://evil.example/x.png) <svg/onload=alert(1)>',
  '\u202egnp.evil\u202c \u2066\u2067\u0000\uffff \ud83d\ude00',
  '{{constructor.constructor("document.title=1")()}} ${document.title} data:text/html,<script>1</script>',
];

/** A trace in which everything that can be named or said is an attack; one message is of `length` characters. */
export function hostileTrace(length = 400_000): Trace {
  const trace = new Trace(40_000);
  const evil = ATTACKS.join(' ');
  const whose = { 'session.id': ATTACKS[0] as string, 'user.id': ATTACKS[2] as string, 'ai.feature': evil };
  const root = trace.span(evil, null, 0, 900, { ...whose, 'gen_ai.operation.name': 'invoke_agent' });
  const asked = [
    ...ATTACKS.map((attack) => text('user', attack)),
    text('user', 'A'.repeat(length)),
    text('user', `# ${evil}\n\n> ${evil}\n\n| ${evil} |\n|---|\n| ${evil} |\n\n\`\`\`html\n${evil}\n\`\`\``),
  ];
  const image = { type: 'uri', modality: 'image', uri: 'https://evil.example/pixel.png' };
  const answer = {
    role: 'assistant',
    parts: [
      { type: 'text', content: evil },
      image,
      { type: 'tool_call', id: 'c', name: evil, arguments: { evil } },
    ],
  };
  trace.span(evil, root, 10, 500, { ...whose, ...call(evil, asked, answer, [10, 0, 10]), [evil]: evil });
  const tool = trace.span(evil, root, 510, 800, {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': evil,
    'gen_ai.tool.call.id': 'c',
    'gen_ai.tool.call.result': evil,
  });
  tool.status = { code: 2, message: evil };
  return trace;
}
