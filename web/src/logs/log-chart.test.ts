import { expect, it } from 'vitest';
import type { LogSummary } from '../api/types';
import { logChart } from './log-chart';

it('counts records by how bad they are, in every step of the range', () => {
  const none = { unset: 0, trace: 0, debug: 0, info: 0, warn: 0, error: 0, fatal: 0 };
  const summary = {
    since: '2026-11-20T12:00:10Z',
    until: '2026-11-20T12:03:00Z',
    step_ms: 60_000,
    steps: [
      { ...none, time: '2026-11-20T12:00:00Z', info: 3, unset: 1 },
      { ...none, time: '2026-11-20T12:02:00Z', error: 1, fatal: 1 },
    ],
  } as unknown as LogSummary;
  const chart = logChart(summary);
  expect(chart.starts.length).toBe(3);
  expect(chart.lines.map(({ name, values }) => [name, values])).toEqual([
    ['others', [4, 0, 0]],
    ['errors', [0, 0, 2]],
  ]);
});
