/** Log records over time, what went wrong on top. Pure. */
import type { LogStep, LogSummary } from '../api/types';
import type { Chart, Line } from '../overview/series';

const PARTS: { name: string; colour: string; of: (step: LogStep) => number }[] = [
  {
    name: 'others',
    colour: 'var(--series-other)',
    of: (step) => step.unset + step.trace + step.debug + step.info,
  },
  { name: 'warnings', colour: 'var(--series-1)', of: (step) => step.warn },
  { name: 'errors', colour: 'var(--error)', of: (step) => step.error + step.fatal },
];

/** Every step of the range, also those without records; parts that never occur are left out. */
export function logChart(summary: LogSummary): Chart {
  const step = summary.step_ms / 1000;
  const first = Math.floor(Date.parse(summary.since) / 1000 / step) * step;
  const end = Date.parse(summary.until) / 1000;
  const starts: number[] = [];
  for (let at = first; at < end; at += step) starts.push(at);
  const lines = PARTS.map((part): Line => {
    const values: number[] = starts.map(() => 0);
    for (const each of summary.steps) {
      const at = Math.round((Date.parse(each.time) / 1000 - first) / step);
      if (at >= 0 && at < values.length) values[at] = part.of(each);
    }
    const total = values.reduce((sum, value) => sum + value, 0);
    return { name: part.name, colour: part.colour, values, total, value: null };
  });
  return { starts, lines: lines.filter((line) => line.total), step };
}
