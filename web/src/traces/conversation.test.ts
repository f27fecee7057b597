import { describe, expect, it } from 'vitest';
import type { CallContent, Message, Part } from '../api/types';
import { buildConversation, contentOf, previousCall, repeatedMessages, toolRuns } from './conversation';
import { call, span } from './sample-spans';

const message = (role: string, ...parts: Part[]): Message => ({
  role,
  name: null,
  parts,
  finish_reason: null,
});
const text = (said: string): Part => ({ type: 'text', text: said });
const ask = (id: string | null, name: string): Part => ({
  type: 'tool_call',
  id,
  name,
  arguments: { city: 'Bonn' },
});
const answer = (id: string | null, result: unknown): Part => ({ type: 'tool_result', id, result });
const content = (input: Message[], output: Message[] = []): CallContent => ({
  input_messages: input,
  output_messages: output,
  tool_definitions: [],
  parameters: {},
  content_off: null,
});

const system = message('system', text('Be brief.'));
const user = message('user', text('Weather?'));
const asks = message('assistant', ask('c1', 'weather'));
const result = message('tool', answer('c1', { c: 7 }));

describe('conversation', () => {
  it('joins a tool call and its result in one card', () => {
    const { turns } = buildConversation(
      content([system, user, asks, result], [message('assistant', text('7 °C'))]),
      0,
      new Map(),
    );
    expect(turns.map((turn) => turn.role)).toEqual(['system', 'user', 'assistant', 'assistant']);
    expect(turns[2]?.pieces).toEqual([
      { type: 'tool', id: 'c1', name: 'weather', arguments: { city: 'Bonn' }, result: { c: 7 } },
    ]);
    expect(turns[3]?.output).toBe(true);
  });

  it('joins calls without ids in order', () => {
    const both = message('assistant', ask(null, 'a'), ask(null, 'b'));
    const { turns } = buildConversation(
      content([both, message('tool', answer(null, 1), answer(null, 2))]),
      0,
      new Map(),
    );
    expect(turns[0]?.pieces).toMatchObject([
      { name: 'a', result: 1 },
      { name: 'b', result: 2 },
    ]);
  });

  it('keeps a result nobody asked for', () => {
    const { turns } = buildConversation(content([result]), 0, new Map());
    expect(turns[0]?.pieces).toMatchObject([{ type: 'tool', name: '', result: { c: 7 } }]);
  });

  it('completes a call of the answer from the span that ran the tool', () => {
    const runs = toolRuns([
      span('t', null, 0, 1, { tool: { name: 'weather', call_id: 'c1', arguments: null, result: 'sun' } }),
    ]);
    const { turns } = buildConversation(content([user], [asks]), 0, runs);
    expect(turns[1]?.pieces).toMatchObject([{ name: 'weather', result: 'sun', ranIn: 't' }]);
  });

  it('drops empty texts', () => {
    expect(buildConversation(content([message('assistant', text('  '))]), 0, new Map()).turns).toEqual([]);
  });
});

describe('repeated history', () => {
  const before = content([system, user], [asks]);
  const now = content([system, user, asks, result], [message('assistant', text('7 °C'))]);

  it('is what the call before sent and answered', () => {
    expect(repeatedMessages(before, now)).toBe(3);
    expect(repeatedMessages(null, now)).toBe(0);
    expect(repeatedMessages(content([system]), now)).toBe(0);
  });

  it('leaves the last message of a retry', () => {
    expect(repeatedMessages(now, content([system, user, asks, result]))).toBe(3);
  });

  it('shows a new result with the call it answers', () => {
    const { earlier, turns } = buildConversation(now, 3, new Map());
    expect(earlier).toHaveLength(3);
    expect(turns[0]?.pieces).toMatchObject([{ name: 'weather', result: { c: 7 } }]);
  });

  it('belongs to the same agent', () => {
    const said = (input: Message[]) => call(0, content(input));
    const spans = [
      span('root', null, 0, 100, { kind: 'workflow' }),
      span('a', 'root', 1, 50, { kind: 'agent' }),
      span('a1', 'a', 2, 5, { kind: 'llm', call: said([user]) }),
      span('b', 'root', 3, 50, { kind: 'agent' }),
      span('b1', 'b', 4, 5, { kind: 'llm', call: said([user]) }),
      span('a2', 'a', 9, 5, { kind: 'llm', call: said([user, asks]) }),
    ];
    expect(previousCall(spans, spans[5]!)?.span_id).toBe('a1');
    expect(previousCall(spans, spans[4]!)).toBeNull();
    expect(contentOf(spans[0])).toBeNull();
  });
});
