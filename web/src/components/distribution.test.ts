import { expect, it } from 'vitest';
import { columns, place, ticks } from './distribution';

const bins = [
  { from_ms: 100, to_ms: 200, count: 1 },
  { from_ms: 200, to_ms: 400, count: 0 },
  { from_ms: 400, to_ms: 800, count: 100 },
];

it('shows what is rare and leaves empty what is empty', () => {
  expect(columns(bins).map((bar) => bar.height)).toEqual([0.04, 0, 1]);
  expect(columns([])).toEqual([]);
});

it('marks durations on a logarithmic scale', () => {
  expect(place(bins, 200)).toBeCloseTo(1 / 3);
  expect(place(bins, 50)).toBe(0);
  expect(place(bins, null)).toBeNull();
  expect(place([], 5)).toBeNull();
});

it('writes both ends under the bars', () => {
  expect(ticks(bins).map((tick) => Math.round(tick.ms))).toEqual([100, 800]);
  expect(ticks([])).toEqual([]);
});
