import { describe, expect, it } from 'vitest';
import type { CostList, CostRow } from '../api/types';
import { filteredUrl, groupsOf, nameOf, toChart, tracesUrl } from './board';

const start = ['2026-11-19T00:00:00Z', '2026-11-20T00:00:00Z', '2026-11-21T00:00:00Z'];
const row = (model: string | null, bucket: number, cost: number | null) =>
  ({ model, bucket_start: start[bucket] as string, cost_usd: cost }) as CostRow;
const list = (items: CostRow[]) => ({ items, buckets: start, bucket: 'day' }) as CostList;

describe('the question', () => {
  it('has one or two groups, whatever the URL says', () => {
    expect(groupsOf(new URLSearchParams())).toEqual(['model']);
    expect(groupsOf(new URLSearchParams('by=user&and=tag'))).toEqual(['user', 'tag']);
    expect(groupsOf(new URLSearchParams('by=user&and=user'))).toEqual(['user']);
    expect(groupsOf(new URLSearchParams('by=nonsense&and=%27'))).toEqual(['model']);
  });
});

describe('the answer', () => {
  it('has a value for every bucket, and the cheapest groups in one line', () => {
    const few = toChart(list([row('a', 0, 1), row('a', 2, 2), row(null, 1, null)]), ['model']);
    expect(few.lines.map((line) => [line.name, line.values])).toEqual([
      ['a', [1, 0, 2]],
      ['no model', [0, 0, 0]],
    ]);
    expect(few.lines.map((line) => line.total)).toEqual([3, null]);
    const many = Array.from({ length: 10 }, (_, index) => row(`m${index}`, 1, index));
    const chart = toChart(list(many), ['model']);
    expect(chart.lines).toHaveLength(8);
    expect(chart.lines[0]?.name).toBe('m9');
    expect(chart.lines[7]).toMatchObject({ name: '3 more', total: 3, values: [0, 3, 0] });
  });

  it('names groups and leads to their traces', () => {
    expect(nameOf(['gpt-4o', null], ['model', 'prompt_version'])).toBe('gpt-4o · no prompt version');
    const url = tracesUrl(new URLSearchParams('range=7d&by=user&and=tag'), ['ann', null], ['user', 'tag']);
    expect(url).toBe('/traces?range=7d&user=ann&tag=&order=cost');
    expect(filteredUrl(new URLSearchParams('by=user&range=7d'), ['ann'], ['user'])).toBe(
      '/costs?by=user&range=7d&user=ann',
    );
  });
});
