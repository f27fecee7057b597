// LangSmith's JavaScript SDK without LangChain: traceable and wrapOpenAI; LANGSMITH_* say where it sends. With
// AUTO_BATCH=false every run is sent by itself. It prints nothing but its complaints.
import assert from 'node:assert/strict';
import './loopback.mjs';
import { Client } from 'langsmith';
import { traceable } from 'langsmith/traceable';
import { wrapOpenAI } from 'langsmith/wrappers';
import OpenAI from 'openai';

const langsmith = new Client({ autoBatchTracing: process.env.AUTO_BATCH !== 'false' });
const plain = new OpenAI({ baseURL: `http://${process.env.FAKE_PROVIDER}/v1`, apiKey: 'sk-not-a-key', maxRetries: 0 });
const client = wrapOpenAI(plain, { client: langsmith });
const about = {
  client: langsmith,
  metadata: {
    session_id: 'session-1755',
    user_id: 'user-ines',
    feature: 'trip-planning',
    team: 'travel',
    environment: 'test',
  },
  tags: ['test'],
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

const weatherOf = traceable(async ({ city }) => ({ city, celsius: 19, sky: 'windy' }), {
  client: langsmith,
  name: 'get_weather',
  run_type: 'tool',
});

const agent = traceable(
  async (question) => {
    const messages = [{ role: 'user', content: question }];
    const wish = (await client.chat.completions.create({ model: 'o4-mini', messages, tools: TOOLS })).choices[0].message;
    const call = wish.tool_calls[0];
    const weather = await weatherOf(JSON.parse(call.function.arguments));
    // A new list: the SDK reads what a call was given when it sends it.
    const answered = [
      ...messages,
      { role: 'assistant', tool_calls: wish.tool_calls },
      { role: 'tool', tool_call_id: call.id, content: JSON.stringify(weather) },
    ];
    const answer = await client.chat.completions.create({ model: 'o4-mini', messages: answered, tools: TOOLS });
    return answer.choices[0].message.content;
  },
  { client: langsmith, name: 'weather_agent' },
);

const planTrip = traceable(
  async () => {
    await client.chat.completions.create({
      model: 'gpt-5-mini',
      temperature: 0.25,
      max_tokens: 500,
      messages: [
        { role: 'system', content: 'Answer in one sentence.' },
        { role: 'user', content: 'What is the capital of Portugal?' },
      ],
    });
    const stream = await client.chat.completions.create({
      model: 'gpt-4o',
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: 'user', content: 'Count down from seven to four.' }],
    });
    for await (const _ of stream);
    return agent('How is the weather in Porto?');
  },
  { ...about, name: 'plan_trip' },
);

const failTrip = traceable(
  async () => {
    const messages = [{ role: 'user', content: 'This question gets no answer.' }];
    await assert.rejects(client.chat.completions.create({ model: 'gpt-4o-mini', messages }, { headers: { 'x-answer-status': '500' } }));
  },
  { ...about, name: 'fail_trip' },
);

await planTrip();
await failTrip();
await langsmith.awaitPendingTraceBatches();
