import { expect, it } from 'vitest';
import type { SqlResult } from '../api/types';
import { cellText, picture, widths } from './result';

const result = (columns: [string, string][], rows: unknown[][]): SqlResult => ({
  columns: columns.map(([name, kind]) => ({ name, kind })),
  rows,
  truncated: false,
  duration_ms: 1,
});

it('draws lines over time, split by a text', () => {
  const found = picture(
    result(
      [
        ['day', 'timestamp'],
        ['model', 'text'],
        ['cost', 'number'],
      ],
      [
        ['2026-11-20T00:00:00Z', 'a', 1],
        ['2026-11-20T00:00:00Z', 'b', 5],
        ['2026-11-21T00:00:00Z', 'a', 2],
      ],
    ),
  );
  expect(found?.kind === 'time' && found.chart.lines.map(({ name, values }) => [name, values])).toEqual([
    ['b', [5, null]],
    ['a', [1, 2]],
  ]);
  expect(found?.kind === 'time' && [found.chart.step, found.title]).toEqual([86_400, 'cost by model']);
});

it('draws each number as a line where nothing splits them', () => {
  const found = picture(
    result(
      [
        ['t', 'date'],
        ['x', 'integer'],
        ['y', 'integer'],
      ],
      [
        ['2026-11-20', 1, '9007199254740993'],
        ['2026-11-21', 2, null],
      ],
    ),
  );
  expect(found?.kind === 'time' && found.chart.lines.map((line) => line.name)).toEqual(['y', 'x']);
});

it('draws bars of a text and a number, and nothing of the rest', () => {
  const bars = picture(
    result(
      [
        ['model', 'text'],
        ['n', 'integer'],
      ],
      [
        ['a', 4],
        [null, 1],
      ],
    ),
  );
  expect(bars).toEqual({
    kind: 'bars',
    title: 'n by model',
    more: 0,
    bars: [
      { name: 'a', value: 4, share: 1 },
      { name: 'none', value: 1, share: 0.25 },
    ],
  });
  expect(picture(result([['model', 'text']], [['a']]))).toBeNull();
  expect(picture(result([['n', 'integer']], [[1]]))).toBeNull();
  expect(
    picture(
      result(
        [
          ['t', 'date'],
          ['n', 'integer'],
        ],
        [['2026-11-20', 1]],
      ),
    ),
  ).toBeNull();
});

it('writes cells plainly', () => {
  expect([null, 12, 0.1 + 0.2, 12345.678, [1], { a: null }, 'x'].map(cellText)).toEqual([
    '',
    '12',
    '0.3',
    '12345.68',
    '[1]',
    '{"a":null}',
    'x',
  ]);
  expect(widths(result([['n', 'text']], [['a'.repeat(99)]]))).toEqual([60]);
});
