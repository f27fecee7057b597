// Langfuse's JavaScript SDK 5: OTLP as JSON, scores to the ingestion API. It prints nothing but its complaints.
import assert from 'node:assert/strict';
import './loopback.mjs';
import { LangfuseClient } from '@langfuse/client';
import { observeOpenAI } from '@langfuse/openai';
import { LangfuseSpanProcessor } from '@langfuse/otel';
import { propagateAttributes, startActiveObservation } from '@langfuse/tracing';
import { NodeSDK } from '@opentelemetry/sdk-node';
import OpenAI from 'openai';

const sdk = new NodeSDK({ spanProcessors: [new LangfuseSpanProcessor()] });
sdk.start();
const langfuse = new LangfuseClient();
const projects = await langfuse.api.projects.get();
assert.ok(projects.data.length > 0, 'a project');
const prompt = await langfuse.prompt.get('capital', { fallback: 'What is the capital of {{country}}?', maxRetries: 0 });
assert.equal(prompt.isFallback, true);
assert.equal(prompt.compile({ country: 'Portugal' }), 'What is the capital of Portugal?');

const openai = observeOpenAI(
  new OpenAI({ baseURL: `http://${process.env.FAKE_PROVIDER}/v1`, apiKey: 'sk-not-a-key', maxRetries: 0 }),
);
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

async function askWithTool() {
  const messages = [{ role: 'user', content: 'How is the weather in Porto?' }];
  const wish = (await openai.chat.completions.create({ model: 'o4-mini', messages, tools: TOOLS })).choices[0].message;
  const call = wish.tool_calls[0];
  const result = await startActiveObservation(
    'get_weather',
    async (tool) => {
      const weather = { city: JSON.parse(call.function.arguments).city, celsius: 19, sky: 'windy' };
      tool.update({ input: JSON.parse(call.function.arguments), output: weather });
      return weather;
    },
    { asType: 'tool' },
  );
  messages.push(
    { role: 'assistant', tool_calls: wish.tool_calls },
    { role: 'tool', tool_call_id: call.id, content: JSON.stringify(result) },
  );
  await openai.chat.completions.create({ model: 'o4-mini', messages, tools: TOOLS });
}

async function toldByHand() {
  const question = [{ role: 'user', content: 'What is the capital of Portugal?' }];
  await startActiveObservation(
    'by-hand',
    async (generation) => {
      generation.update({ model: 'claude-sonnet-4-5', input: question, modelParameters: { max_tokens: 300 } });
      const response = await fetch(`http://${process.env.FAKE_PROVIDER}/v1/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'claude-sonnet-4-5', max_tokens: 300, messages: question }),
      });
      const answer = await response.json();
      generation.update({
        output: answer.content[0].text,
        usageDetails: {
          input: answer.usage.input_tokens,
          cache_read_input_tokens: answer.usage.cache_read_input_tokens,
          cache_creation_input_tokens: answer.usage.cache_creation_input_tokens,
          output: answer.usage.output_tokens,
        },
        costDetails: { total: Number(process.env.COST_BY_HAND) },
      });
    },
    { asType: 'generation' },
  );
}

const caller = {
  sessionId: 'session-1755',
  userId: 'user-ines',
  tags: ['test'],
  metadata: { feature: 'trip-planning', team: 'travel' },
};
await propagateAttributes(caller, async () => {
  await startActiveObservation('plan_trip', async (root) => {
    await openai.chat.completions.create({
      model: 'gpt-5-mini',
      temperature: 0.25,
      max_tokens: 500,
      messages: [
        { role: 'system', content: 'Answer in one sentence.' },
        { role: 'user', content: 'What is the capital of Portugal?' },
      ],
    });
    const stream = await openai.chat.completions.create({
      model: 'gpt-4o',
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: 'user', content: 'Count down from seven to four.' }],
    });
    for await (const _ of stream);
    await startActiveObservation('weather_agent', askWithTool, { asType: 'agent' });
    await openai.embeddings.create({ model: 'text-embedding-3-small', input: 'Lisbon lies at the mouth of the Tagus.' });
    await toldByHand();
    langfuse.score.trace(root, { name: 'helpfulness', value: 0.9, dataType: 'NUMERIC', comment: 'good advice' });
    langfuse.score.trace(root, { name: 'thumbs', value: 1, dataType: 'BOOLEAN' });
    langfuse.score.trace(root, { name: 'tone', value: 'friendly', dataType: 'CATEGORICAL' });
  });
  await startActiveObservation('fail_trip', async () => {
    const messages = [{ role: 'user', content: 'This question gets no answer.' }];
    await assert.rejects(openai.chat.completions.create({ model: 'gpt-4o-mini', messages }));
  });
});
await langfuse.flush();
await sdk.shutdown();
