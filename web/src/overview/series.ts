/** Time series prepared for drawing. Pure. */
import type { Series } from '../api/types';
import { seriesColour } from '../format/colour';

export interface Line {
  name: string;
  /** A CSS colour, usually a custom property. */
  colour: string;
  values: (number | null)[];
  total: number | null;
  /** The filter value it stands for; null for the rest and for "none". */
  value: string | null;
  /** It stands for all that have no line of their own. */
  rest?: boolean;
  /** The values it stands for, where it is cut by several dimensions. */
  group?: (string | null)[];
}

export interface Chart {
  /** Start of each bucket in seconds since the epoch. */
  starts: number[];
  lines: Line[];
  /** Length of a bucket in seconds. */
  step: number;
}

const STEPS = { minute: 60, hour: 3600, day: 86_400, week: 7 * 86_400, month: 30 * 86_400 };

/** Lines with names and colours; `single` is the name and colour of the only line of an ungrouped series. */
export function toChart(series: Series, single: { name: string; colour: string }): Chart {
  const starts = series.buckets.map((start) => Date.parse(start) / 1000);
  const lines = series.lines.map((line): Line => {
    const base = {
      values: line.values,
      total: line.total,
      value: line.other ? null : line.name,
      rest: line.other,
    };
    if (series.by === null) return { ...base, ...single };
    if (line.other) return { ...base, name: 'other', colour: 'var(--series-other)' };
    return { ...base, name: line.name ?? 'not told', colour: seriesColour(line.name) };
  });
  return { starts, lines, step: STEPS[series.bucket] };
}

/** Running sums from the first line up: what a stacked chart draws, the last one being the total. */
export function stack(lines: readonly (readonly (number | null)[])[]): (number | null)[][] {
  let below: readonly (number | null)[] = [];
  return lines.map((values) => {
    const sums = values.map((value, index) => (value ?? 0) + (below[index] ?? 0));
    below = sums;
    return sums;
  });
}

/** A line with so few values is read point by point. */
const FEW = 30;

/** Which values of a line are marked: those that no line leads to, and all of them where they are few. */
export function pointsOf(values: readonly (number | null)[]): number[] {
  const known = values.flatMap((value, index) => (value === null ? [] : [index]));
  if (known.length <= FEW) return known;
  return known.filter(
    (index) => (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null,
  );
}

/** The line whose part of the stacked bar at `index` holds `value`; null above the bar. */
export function hit(chart: Chart, index: number, value: number): Line | null {
  let below = 0;
  for (const line of chart.lines) {
    below += line.values[index] ?? 0;
    if (value <= below) return line;
  }
  return null;
}

/** Whether there is anything to see. */
export function isBlank(chart: Chart): boolean {
  return chart.lines.every((line) => line.values.every((value) => !value));
}

/** The change from `before` to `now` as a share, null when there is nothing to compare with. */
export function change(now: number | null, before: number | null): number | null {
  return now === null || before === null || before === 0 ? null : (now - before) / before;
}
