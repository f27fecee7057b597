import { expect, it } from 'vitest';
import type { CostList, CostRow } from '../api/types';
import { beforeOf, changeText, columnsOf, ordered, trendsOf } from './rows';

const row = (model: string | null, cost: number | null, calls = 1, bucket_start: string | null = null) =>
  ({ model, cost_usd: cost, cost_nano: cost, calls, bucket_start }) as unknown as CostRow;
const list = {
  items: [row('a', 1, 9, 't1'), row(null, null, 3, 't0')],
  total: row(null, 5),
  buckets: ['t0', 't1'],
} as unknown as CostList;

it('orders groups by what the URL says', () => {
  const names = (order: string) =>
    ordered([row('a', 1, 1), row('b', 3, 7)], ['model'], order).map((one) => one.model);
  expect(names('cost')).toEqual(['b', 'a']);
  expect(names('calls')).toEqual(['b', 'a']);
  expect(names('name')).toEqual(['a', 'b']);
  expect(names('nonsense')).toEqual(['a', 'b']);
});

it('compares with the time before', () => {
  const before = beforeOf(list, ['model']);
  expect([before.get('a'), before.get('no model'), before.get('')]).toEqual([1, null, 5]);
  expect(beforeOf(null, ['model']).size).toBe(0);
  expect(changeText(2, 1)).toBe('▲ 100%');
  expect(changeText(1, 1.001)).toBe('=');
  expect(changeText(1, 4)).toBe('▼ 75%');
  expect(changeText(1, undefined)).toBe('new');
  expect(changeText(1, null)).toBe('');
  expect(changeText(null, undefined)).toBe('');
});

it('knows the course of each group', () => {
  expect(Object.fromEntries(trendsOf(list, ['model']))).toEqual({ a: [0, 1], 'no model': [0, 0] });
});

it('has no column in which nothing stands', () => {
  const total = { sessions: 2, cache_saved_nano: null, failed_cost_nano: 0, retries: 0 } as CostRow;
  const ids = (before: [string, number][]) => columnsOf('model', total, new Map(before)).map(({ id }) => id);
  expect(ids([])).toEqual(['name', 'trend', 'cost', 'share', 'calls', 'each', 'output', 'session']);
  expect(ids([['', 3]])).toContain('change');
});
