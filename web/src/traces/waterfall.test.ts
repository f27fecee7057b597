import { describe, expect, it } from 'vitest';
import { call, span } from './sample-spans';
import {
  axisMarks,
  buildRows,
  collapseBelow,
  collapseKind,
  criticalPath,
  findRows,
  formatMark,
  preciseMs,
  rowLabel,
  revealed,
  timelineLength,
  visibleRows,
} from './waterfall';

const spans = [
  span('root', null, 0, 1000, { kind: 'agent' }),
  span('second', 'root', 500, 400, { kind: 'llm', call: call(0.02) }),
  span('first', 'root', 100, 300, { kind: 'llm', call: call(0.01), status: 'error' }),
  span('tool', 'first', 150, 100, { kind: 'tool' }),
  span('wrapper', 'second', 510, 300, { kind: 'llm', call: call(9, { counted: false }) }),
];
const names = (rows: { span: { span_id: string } }[]) => rows.map((row) => row.span.span_id);

describe('tree', () => {
  const rows = buildRows(spans);

  it('puts children under their parent by start', () => {
    expect(names(rows)).toEqual(['root', 'first', 'tool', 'second', 'wrapper']);
    expect(rows.map((row) => row.depth)).toEqual([0, 1, 2, 1, 2]);
    expect(rows.map((row) => row.descendants)).toEqual([4, 1, 0, 1, 0]);
  });

  it('draws a guide where a sibling follows', () => {
    expect(rows[2]?.guides).toEqual([true, false]);
    expect(rows[4]?.guides).toEqual([false, false]);
  });

  it('indents no further where nobody could follow', () => {
    const chain = Array.from({ length: 10_000 }, (_, at) => span(`s${at}`, at ? `s${at - 1}` : null, at, 1));
    const last = buildRows(chain).at(-1);
    expect(last?.depth).toBe(9999);
    expect(last?.guides).toHaveLength(32);
  });

  it('sums counted cost and errors upwards', () => {
    expect(rows[0]?.cost).toBeCloseTo(0.03, 12);
    expect(rows[2]?.cost).toBeNull();
    expect(rows[0]?.errorsBelow).toBe(1);
    expect(rows[1]?.errorsBelow).toBe(0);
  });

  it('counts what has no price upwards', () => {
    const failed = { kind: 'llm', call: call(null, { usage: null }), status: 'error' };
    const unpriced = buildRows([
      span('root', null, 0, 9, { kind: 'agent' }),
      span('none', 'root', 1, 1, { kind: 'llm', call: call(null) }),
      span('free', 'root', 2, 1, { kind: 'llm', call: call(0) }),
      span('failed', 'root', 3, 1, failed),
      span('twice', 'root', 4, 1, { kind: 'llm', call: call(null, { counted: false }) }),
    ]);
    expect(unpriced.map((row) => row.unpriced)).toEqual([1, 1, 0, 0, 0]);
    expect(unpriced[0]?.cost).toBe(0);
  });

  it('makes a span without its parent a root', () => {
    const lost = buildRows([span('a', 'gone', 5, 1), span('b', null, 0, 1)]);
    expect(names(lost)).toEqual(['b', 'a']);
    expect(lost[1]).toMatchObject({ depth: 0, orphan: true });
  });

  it('survives spans that are each other’s parents', () => {
    expect(names(buildRows([span('a', 'b', 1, 1), span('b', 'a', 0, 1), span('c', 'c', 2, 1)]))).toEqual([
      'c',
      'b',
      'a',
    ]);
  });

  it('lays out ten thousand nested spans', () => {
    const deep = Array.from({ length: 10_000 }, (_, i) =>
      span(`s${i}`, i ? `s${Math.floor((i - 1) / 2)}` : null, i, 1),
    );
    const laid = buildRows(deep);
    expect(laid).toHaveLength(10_000);
    expect(laid[0]?.descendants).toBe(9999);
  });
});

describe('folding', () => {
  const rows = buildRows(spans);

  it('hides what is below a collapsed span', () => {
    expect(visibleRows(rows, new Set())).toEqual([0, 1, 2, 3, 4]);
    expect(visibleRows(rows, new Set(['first']))).toEqual([0, 1, 3, 4]);
    expect(visibleRows(rows, collapseBelow(rows, 1))).toEqual([0, 1, 3]);
    expect(visibleRows(rows, collapseKind(rows, 'agent'))).toEqual([0]);
  });

  it('reveals a row by opening its ancestors only', () => {
    expect(revealed(rows, new Set(['root', 'first', 'second']), 2)).toEqual(new Set(['second']));
  });

  it('finds by name, model and kind', () => {
    expect(findRows(rows, 'TOOL')).toEqual([2]);
    expect(findRows(rows, 'gpt-4o')).toEqual([1, 3, 4]);
    expect(findRows(rows, '  ')).toEqual([]);
  });
});

describe('labels', () => {
  it('tell the model unless the name does', () => {
    const model = { request_model: 'gpt-4o-mini', response_model: 'gpt-4o-mini-2024-07-18' };
    expect(rowLabel(span('chat gpt-4o-mini', null, 0, 1, { call: call(1, model) })).beside).toBeNull();
    expect(rowLabel(span('openai.chat', null, 0, 1, { call: call(1, model) })).beside).toBe(
      'gpt-4o-mini-2024-07-18',
    );
  });

  it('are the node of a workflow where all spans have one name', () => {
    const node = { kind: 'task', node: 'HTTP Request' };
    expect(rowLabel(span('node.execute', null, 0, 1, node))).toEqual({
      name: 'HTTP Request',
      beside: 'node.execute',
    });
    expect(rowLabel(span('run HTTP Request', null, 0, 1, node)).beside).toBeNull();
  });
});

describe('timeline', () => {
  it('keeps microseconds', () => {
    expect(preciseMs('2026-11-20T12:00:00.000250Z') - preciseMs('2026-11-20T12:00:00Z')).toBeCloseTo(0.25, 3);
  });

  it('ends with the last span', () => {
    const rows = buildRows([span('a', null, 0, 100), span('b', 'a', 90, 50)]);
    expect(timelineLength(rows)).toBe(140);
    expect(timelineLength([])).toBe(0.001);
  });

  it('marks round times', () => {
    expect(axisMarks(1000, 5)).toEqual([0, 200, 400, 600, 800]);
    expect(axisMarks(73, 4)).toEqual([0, 20, 40, 60]);
    const told = [0, 3 * 0.1, 2, 600, 1500, 10_000, 120_000].map(formatMark);
    expect(told).toEqual(['0', '0.3 ms', '2 ms', '600 ms', '1.5 s', '10 s', '2 m 00 s']);
  });

  it('follows what the trace waited for', () => {
    const rows = buildRows([
      span('root', null, 0, 100),
      span('early', 'root', 0, 40),
      span('beside', 'root', 5, 20),
      span('late', 'root', 45, 55),
      span('inner', 'late', 50, 50),
    ]);
    expect([...criticalPath(rows)].sort()).toEqual(['early', 'inner', 'late', 'root']);
  });
});
