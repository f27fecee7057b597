/** What can be shown of a result: cells as text, and the chart it makes. Pure. */
import type { SqlColumn, SqlResult } from '../api/types';
import { seriesColour } from '../format/colour';
import type { Chart } from '../overview/series';

/** Lines that can still be told apart. */
const MOST_LINES = 8;
const MOST_BARS = 30;

export function isNumeric(column: SqlColumn): boolean {
  return column.kind === 'integer' || column.kind === 'number';
}

/** A value as a cell shows it: numbers with their digits, the rest as it is. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') {
    if (Number.isInteger(value)) return String(value);
    return Math.abs(value) >= 1000 ? value.toFixed(2) : String(Number(value.toPrecision(6)));
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export interface Bar {
  name: string;
  value: number;
  /** Of the largest. */
  share: number;
}

export type Picture =
  | { kind: 'time'; chart: Chart; title: string }
  | { kind: 'bars'; bars: Bar[]; title: string; more: number }
  | null;

const numberOf = (value: unknown): number | null =>
  typeof value === 'number'
    ? value
    : typeof value === 'string' && value.trim()
      ? finite(Number(value))
      : null;

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** The least gap between times, in seconds; a minute where there is one time only. */
function stepOf(starts: number[]): number {
  const gaps = starts.slice(1).map((start, at) => start - (starts[at] as number));
  return Math.max(1, Math.min(...gaps, gaps.length ? Infinity : 60));
}

/** A time and a number make lines over time; a text and a number make bars. Anything else has no chart. */
export function picture(result: SqlResult): Picture {
  const { columns, rows } = result;
  if (rows.length === 0) return null;
  const time = columns.findIndex((column) => column.kind === 'timestamp' || column.kind === 'date');
  const text = columns.findIndex((column) => column.kind === 'text');
  const numbers = columns.flatMap((column, at) => (isNumeric(column) ? [at] : []));
  if (numbers.length === 0) return null;
  if (time >= 0) return overTime(result, time, text, numbers);
  return text >= 0 ? inBars(result, text, numbers[0] as number) : null;
}

function overTime({ columns, rows }: SqlResult, time: number, text: number, numbers: number[]): Picture {
  const at = (row: unknown[]) => Date.parse(String(row[time])) / 1000;
  const starts = [...new Set(rows.map(at).filter(Number.isFinite))].sort((a, b) => a - b);
  if (starts.length < 2) return null;
  const place = new Map(starts.map((start, index) => [start, index]));
  const lines = new Map<string, (number | null)[]>();
  // A text splits one number into lines; without one each number is a line.
  const split = text >= 0;
  for (const row of rows) {
    const index = place.get(at(row));
    if (index === undefined) continue;
    for (const column of split ? numbers.slice(0, 1) : numbers) {
      const name = split ? cellText(row[text]) || 'none' : (columns[column]?.name ?? '');
      const values = lines.get(name) ?? starts.map(() => null);
      lines.set(name, values);
      const value = numberOf(row[column]);
      if (value !== null) values[index] = (values[index] ?? 0) + value;
    }
  }
  const sum = (values: (number | null)[]) => values.reduce<number>((total, value) => total + (value ?? 0), 0);
  const shown = [...lines]
    .map(([name, values]) => ({ name, colour: seriesColour(name), values, total: sum(values), value: null }))
    .sort((a, b) => b.total - a.total)
    .slice(0, MOST_LINES);
  const title = split
    ? `${columns[numbers[0] as number]?.name} by ${columns[text]?.name}`
    : numbers.map((column) => columns[column]?.name).join(', ');
  return { kind: 'time', chart: { starts, lines: shown, step: stepOf(starts) }, title };
}

function inBars({ columns, rows }: SqlResult, text: number, number: number): Picture {
  const bars = rows.flatMap((row) => {
    const value = numberOf(row[number]);
    return value === null ? [] : [{ name: cellText(row[text]) || 'none', value, share: 0 }];
  });
  if (bars.length === 0) return null;
  const largest = Math.max(...bars.map((bar) => Math.abs(bar.value)), Number.MIN_VALUE);
  return {
    kind: 'bars',
    bars: bars.slice(0, MOST_BARS).map((bar) => ({ ...bar, share: Math.abs(bar.value) / largest })),
    title: `${columns[number]?.name} by ${columns[text]?.name}`,
    more: Math.max(0, bars.length - MOST_BARS),
  };
}

/** Widths of columns in characters: as wide as what stands in them, within reason. */
export function widths({ columns, rows }: SqlResult): number[] {
  return columns.map((column, at) => {
    const longest = rows.slice(0, 200).map((row) => cellText(row[at]).length);
    return Math.min(60, Math.max(column.name.length + 1, 6, ...longest));
  });
}
