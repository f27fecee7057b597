// Vercel's AI SDK 7 with its OpenTelemetry integration, a package of its own, and the exporter that sends OTLP as JSON.
import assert from 'node:assert/strict';
import './loopback.mjs';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { OpenTelemetry } from '@ai-sdk/otel';
import { embed, generateText, registerTelemetry, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';

// Endpoint and resource come from OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_RESOURCE_ATTRIBUTES.
const attributes = Object.fromEntries(process.env.OTEL_RESOURCE_ATTRIBUTES.split(',').map((pair) => pair.split('=')));
const tracing = new NodeTracerProvider({
  resource: resourceFromAttributes(attributes),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
tracing.register();
registerTelemetry(new OpenTelemetry());

const provider = createOpenAICompatible({
  name: 'openai',
  baseURL: `http://${process.env.FAKE_PROVIDER}/v1`,
  apiKey: 'sk-not-a-key',
  includeUsage: true,
});
const options = (functionId) => ({
  maxRetries: 0,
  telemetry: { functionId },
});

await generateText({
  model: provider('gpt-5-mini'),
  system: 'Answer in one sentence.',
  prompt: 'What is the capital of Portugal?',
  temperature: 0.25,
  maxOutputTokens: 500,
  ...options('answer-plainly'),
});
const { textStream } = streamText({ model: provider('gpt-4o'), prompt: 'Count down from seven to four.', ...options('answer-streamed') });
let streamed = '';
for await (const piece of textStream) streamed += piece;
assert.equal(streamed, 'Seven, six, five, four.');
await generateText({
  model: provider('o4-mini'),
  prompt: 'How is the weather in Porto?',
  stopWhen: stepCountIs(3),
  tools: {
    get_weather: tool({
      description: 'The weather in a city right now',
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }) => ({ city, celsius: 19, sky: 'windy' }),
    }),
  },
  ...options('answer-with-tool'),
});
await embed({
  model: provider.embeddingModel('text-embedding-3-small'),
  value: 'Lisbon lies at the mouth of the Tagus.',
  ...options('embed'),
});
await assert.rejects(
  generateText({
    model: provider('gpt-4o-mini'),
    prompt: 'This question gets no answer.',
    headers: { 'x-answer-status': '500' },
    ...options('ask-in-vain'),
  }),
);
await tracing.forceFlush();
await tracing.shutdown();
