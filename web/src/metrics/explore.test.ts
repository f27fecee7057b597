import { expect, it } from 'vitest';
import type { MetricSeries } from '../api/types';
import { choice, choices, figures, splitPair, toChart, writer } from './explore';

const gauge = { kind: 'gauge', temporality: null, monotonic: null };
const counter = { kind: 'sum', temporality: 'cumulative', monotonic: true };
const level = { kind: 'sum', temporality: 'cumulative', monotonic: false };
const histogram = { kind: 'exponential_histogram', temporality: 'delta', monotonic: null };

it('asks of a metric what makes sense', () => {
  expect([gauge, counter, level, histogram].map((metric) => choices(metric)[0]?.id)).toEqual([
    'last',
    'rate',
    'last',
    'p50',
  ]);
  expect([choice(histogram, 'p99'), choice(gauge, 'p99'), choice(counter, null)]).toEqual([
    'p99',
    'last',
    'rate',
  ]);
});

const series = {
  name: 'tokens',
  step_ms: 60_000,
  since: '2026-11-20T12:00:30Z',
  until: '2026-11-20T12:03:00Z',
  lines: [
    { group: ['a', ''], points: [{ time: '2026-11-20T12:01:00Z', value: 1, low: null, high: null }] },
    {
      group: ['b', 'x'],
      points: [
        { time: '2026-11-20T12:00:00Z', value: 4, low: null, high: null },
        { time: '2026-11-20T12:02:00Z', value: 6, low: null, high: null },
      ],
    },
  ],
} as unknown as MetricSeries;

it('puts points into their steps, the largest line first', () => {
  const chart = toChart(series);
  expect(chart.starts.length).toBe(3);
  expect(chart.lines.map(({ name, values }) => [name, values])).toEqual([
    ['b · x', [4, null, 6]],
    ['a · not told', [null, 1, null]],
  ]);
  expect(figures(chart.lines[0] as never)).toMatchObject({ last: 6, least: 4, mean: 5, most: 6 });
});

it('writes figures in their unit', () => {
  expect(writer('histogram', 's', 'p95')(1.42)).toBe('1.42 s');
  expect(writer('histogram', 's', 'rate')(2)).toBe('2/s');
  expect(writer('sum', '{token}', 'increase')(12_400)).toBe('12.4k token');
  expect(writer('sum', 'By', 'rate')(1024)).toMatch(/\/s$/);
  expect(writer('gauge', '1', 'last')(0.123456)).toBe('0.1235');
  expect(writer('gauge', '', 'last')(null)).toBe('—');
});

it('splits pairs at the first sign', () => {
  expect([splitPair('a=b=c'), splitPair('a')]).toEqual([
    ['a', 'b=c'],
    ['a', ''],
  ]);
});
