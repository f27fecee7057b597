// Langfuse's JavaScript SDK 3: JSON to the ingestion API. It prints nothing but its complaints.
import assert from 'node:assert/strict';
import './loopback.mjs';
import { Langfuse, observeOpenAI } from 'langfuse';
import OpenAI from 'openai';

const langfuse = new Langfuse();
const prompt = await langfuse.getPrompt('capital', undefined, {
  fallback: 'What is the capital of {{country}}?',
  maxRetries: 0,
});
assert.equal(prompt.isFallback, true);
assert.equal(prompt.compile({ country: 'Portugal' }), 'What is the capital of Portugal?');

const client = new OpenAI({ baseURL: `http://${process.env.FAKE_PROVIDER}/v1`, apiKey: 'sk-not-a-key', maxRetries: 0 });
const told = (parent, generationName) => observeOpenAI(client, { parent, generationName });
const caller = {
  sessionId: 'session-1755',
  userId: 'user-ines',
  tags: ['test'],
  metadata: { feature: 'trip-planning', team: 'travel' },
};
const TOOLS = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'The weather in a city right now',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
];

const trace = langfuse.trace({ name: 'plan_trip', ...caller });
await told(trace, 'plain').chat.completions.create({
  model: 'gpt-5-mini',
  temperature: 0.25,
  max_tokens: 500,
  messages: [
    { role: 'system', content: 'Answer in one sentence.' },
    { role: 'user', content: 'What is the capital of Portugal?' },
  ],
});
const stream = await told(trace, 'stream').chat.completions.create({
  model: 'gpt-4o',
  stream: true,
  stream_options: { include_usage: true },
  messages: [{ role: 'user', content: 'Count down from seven to four.' }],
});
for await (const _ of stream);

const agent = trace.span({ name: 'weather_agent' });
const messages = [{ role: 'user', content: 'How is the weather in Porto?' }];
const wish = (await told(agent, 'wish').chat.completions.create({ model: 'o4-mini', messages, tools: TOOLS })).choices[0]
  .message;
const call = wish.tool_calls[0];
const tool = agent.span({ name: 'get_weather', input: JSON.parse(call.function.arguments) });
const weather = { city: JSON.parse(call.function.arguments).city, celsius: 19, sky: 'windy' };
tool.end({ output: weather });
messages.push(
  { role: 'assistant', tool_calls: wish.tool_calls },
  { role: 'tool', tool_call_id: call.id, content: JSON.stringify(weather) },
);
await told(agent, 'answer').chat.completions.create({ model: 'o4-mini', messages, tools: TOOLS });
agent.end();

const embedding = trace.generation({ name: 'embed', model: 'text-embedding-3-small', input: 'Lisbon lies at the mouth of the Tagus.' });
const embedded = await client.embeddings.create({ model: 'text-embedding-3-small', input: 'Lisbon lies at the mouth of the Tagus.' });
embedding.end({ usageDetails: { input: embedded.usage.prompt_tokens } });

const question = [{ role: 'user', content: 'What is the capital of Portugal?' }];
const byHand = trace.generation({
  name: 'by-hand',
  model: 'claude-sonnet-4-5',
  input: question,
  modelParameters: { max_tokens: 300 },
});
const response = await fetch(`http://${process.env.FAKE_PROVIDER}/v1/messages`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'claude-sonnet-4-5', max_tokens: 300, messages: question }),
});
const answer = await response.json();
byHand.end({
  output: answer.content[0].text,
  usageDetails: {
    input: answer.usage.input_tokens,
    cache_read_input_tokens: answer.usage.cache_read_input_tokens,
    cache_creation_input_tokens: answer.usage.cache_creation_input_tokens,
    output: answer.usage.output_tokens,
  },
  costDetails: { total: Number(process.env.COST_BY_HAND) },
});
trace.score({ name: 'helpfulness', value: 0.9, dataType: 'NUMERIC', comment: 'good advice' });
trace.score({ name: 'thumbs', value: 1, dataType: 'BOOLEAN' });
trace.score({ name: 'tone', value: 'friendly', dataType: 'CATEGORICAL' });

const failing = langfuse.trace({ name: 'fail_trip', ...caller });
const doomed = [{ role: 'user', content: 'This question gets no answer.' }];
await assert.rejects(told(failing, 'doomed').chat.completions.create({ model: 'gpt-4o-mini', messages: doomed }));
await langfuse.shutdownAsync();
