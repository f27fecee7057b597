import { describe, expect, it } from 'vitest';
import type { Series } from '../api/types';
import { change, hit, isBlank, pointsOf, stack, toChart } from './series';

const series: Series = {
  metric: 'cost',
  by: 'model',
  bucket: 'hour',
  tz: 'UTC',
  buckets: ['2026-11-20T10:00:00Z', '2026-11-20T11:00:00Z'],
  lines: [
    { name: 'gpt-4o', other: false, values: [1, null], total: 1 },
    { name: null, other: false, values: [null, 2], total: 2 },
    { name: null, other: true, values: [0.5, 0.5], total: 1 },
  ],
};

describe('series', () => {
  it('become lines with names and colours', () => {
    const chart = toChart(series, { name: 'cost', colour: 'red' });
    expect(chart.step).toBe(3600);
    expect(chart.starts[1]! - chart.starts[0]!).toBe(3600);
    expect(chart.lines.map((line) => line.name)).toEqual(['gpt-4o', 'not told', 'other']);
    expect(chart.lines.map((line) => line.value)).toEqual(['gpt-4o', null, null]);
    expect(toChart({ ...series, by: null }, { name: 'cost', colour: 'red' }).lines[0]).toMatchObject({
      name: 'cost',
      colour: 'red',
    });
  });

  it('stack from the first up, gaps as nothing', () => {
    expect(stack(series.lines.map((line) => line.values))).toEqual([
      [1, 0],
      [1, 2],
      [1.5, 2.5],
    ]);
  });

  it('are hit where their part of the bar is', () => {
    const chart = toChart(series, { name: '', colour: '' });
    const at = (index: number, value: number) => hit(chart, index, value)?.name;
    expect([at(0, 0.9), at(0, 1.2), at(0, 9), at(1, 1)]).toEqual(['gpt-4o', 'other', undefined, 'not told']);
  });

  it('can be blank', () => {
    const chart = toChart(series, { name: '', colour: '' });
    expect(isBlank(chart)).toBe(false);
    expect(isBlank({ ...chart, lines: [{ ...chart.lines[0]!, values: [0, null] }] })).toBe(true);
  });

  it('mark values that no line leads to, and all of a few', () => {
    expect(pointsOf([1, null, 2, 3, null])).toEqual([0, 2, 3]);
    const dense = Array.from({ length: 100 }, (_, at) => (at === 50 || at === 52 ? null : at));
    expect(pointsOf(dense)).toEqual([51]);
    expect(pointsOf([null, null])).toEqual([]);
  });

  it('compare with a period before', () => {
    expect(change(3, 2)).toBe(0.5);
    expect(change(3, 0)).toBeNull();
    expect(change(null, 2)).toBeNull();
  });
});
