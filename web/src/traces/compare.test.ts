import { describe, expect, it } from 'vitest';
import type { Message, TraceItem } from '../api/types';
import { alignRows, diffMessages, figures, messageText, share } from './compare';
import { call, noUsage, span } from './sample-spans';
import { buildRows } from './waterfall';

const tool = (name: string) => ({ name, call_id: null, arguments: null, result: null });
const run = (id: string, name: string, start: number, parent = 'root') =>
  span(id, parent, start, 5, { kind: 'tool', tool: tool(name) });

describe('spans in pairs', () => {
  const left = buildRows([
    span('root', null, 0, 100, { name: 'plan A' }),
    span('ask', 'root', 1, 5, { kind: 'llm', call: call(0.1) }),
    run('search', 'search', 2),
    run('book', 'book', 3),
    span('again', 'root', 4, 5, { kind: 'llm', call: call(0.1) }),
  ]);
  const right = buildRows([
    span('root', null, 0, 100, { name: 'plan B' }),
    span('ask', 'root', 1, 5, { kind: 'llm', call: call(0.1, { request_model: 'other' }) }),
    run('weather', 'weather', 2),
    run('search', 'search', 3),
    run('inner', 'fetch', 3, 'search'),
    span('again', 'root', 4, 5, { kind: 'llm', call: call(0.1) }),
  ]);
  const names = (pairs: ReturnType<typeof alignRows>) =>
    pairs.map((pair) => [
      left[pair.left]?.span.span_id ?? '',
      right[pair.right]?.span.span_id ?? '',
      pair.depth,
    ]);

  it('stand by what they did, in order, under the same parent', () => {
    expect(names(alignRows(left, right))).toEqual([
      ['root', 'root', 0],
      ['ask', 'ask', 1],
      ['', 'weather', 1],
      ['search', 'search', 1],
      ['', 'inner', 2],
      ['book', '', 1],
      ['again', 'again', 1],
    ]);
  });

  it('hold every span once', () => {
    for (const [a, b] of [
      [left, right],
      [right, left],
      [left, left],
      [left, []],
      [[], []],
    ] as const) {
      const pairs = alignRows(a, b);
      expect(
        pairs
          .filter((pair) => pair.left >= 0)
          .map((pair) => pair.left)
          .sort((x, y) => x - y),
      ).toEqual(a.map((_, index) => index));
      expect(pairs.filter((pair) => pair.right >= 0)).toHaveLength(b.length);
    }
  });

  it('are ten thousand deep without trouble', () => {
    const deep = buildRows(
      Array.from({ length: 10_000 }, (_, at) => span(`s${at}`, at ? `s${at - 1}` : null, at, 1)),
    );
    expect(alignRows(deep, deep)).toHaveLength(10_000);
  });
});

describe('figures', () => {
  it('leave out what both lack', () => {
    const trace = (cost_usd: number | null, input: number) =>
      ({
        cost_usd,
        duration_ms: 5,
        call_count: 1,
        span_count: 2,
        error_count: 0,
        usage: { ...noUsage, input },
      }) as TraceItem;
    expect(figures(trace(0.5, 10), trace(null, 0)).map(({ label }) => label)).toEqual([
      'Duration',
      'Cost',
      'Calls',
      'Input tokens',
      'Spans',
    ]);
  });

  it('change by a share of the left', () => {
    expect(share(2, 3)).toBe(0.5);
    expect(share(0, 3)).toBeNull();
    expect(share(null, 3)).toBeNull();
  });
});

describe('messages in pairs', () => {
  const said = (role: string, text: string): Message => ({
    ...{ role, name: null, finish_reason: null, parts: [{ type: 'text', text }] },
  });

  it('stand once where they are the same', () => {
    const before = [said('system', 'rules'), said('user', 'one'), said('assistant', 'yes')];
    const after = [said('system', 'rules'), said('user', 'two'), said('tool', 'x'), said('assistant', 'yes')];
    const shown = diffMessages(before, after).map((pair) =>
      pair.kind === 'same'
        ? `= ${messageText(pair.message)}`
        : `${messageText(pair.before)} > ${messageText(pair.after)}`,
    );
    expect(shown).toEqual(['= rules', 'one > two', ' > x', '= yes']);
    expect(diffMessages([], [])).toEqual([]);
    expect(diffMessages([said('user', 'a')], [said('tool', 'b')])).toHaveLength(2);
  });

  it('tell tools and media in words', () => {
    const parts: Message['parts'] = [
      { type: 'tool_call', id: '1', name: 'look', arguments: { a: 1 } },
      { type: 'tool_result', id: '1', result: 'found' },
      {
        type: 'media',
        modality: 'image',
        mime_type: null,
        uri: null,
        inline_bytes: 5,
        media: 'ab',
        dropped: false,
      },
    ];
    expect(messageText({ ...said('assistant', ''), parts })).toBe(
      '→ look {\n "a": 1\n}\n← found\n[image ab]',
    );
    expect(messageText(null)).toBe('');
  });
});
