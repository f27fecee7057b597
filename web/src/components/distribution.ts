/** Where the bars and marks of a distribution stand. Pure. */
import type { DurationBin } from '../api/types';

export interface Bar {
  from: number;
  to: number;
  count: number;
  /** 0 to 1 of the highest; what is there at all stays visible. */
  height: number;
}

const LEAST_HEIGHT = 0.04;

export function columns(bins: readonly DurationBin[]): Bar[] {
  const most = Math.max(0, ...bins.map((bin) => bin.count));
  return bins.map(({ from_ms: from, to_ms: to, count }) => ({
    from,
    to,
    count,
    height: count === 0 ? 0 : Math.max(LEAST_HEIGHT, count / most),
  }));
}

/** Where `ms` lies between the first and the last bin, 0 to 1; null when there is nothing to mark. */
export function place(bins: readonly DurationBin[], ms: number | null): number | null {
  const [first, last] = [bins[0], bins.at(-1)];
  if (!first || !last || ms === null) return null;
  const at = Math.log(ms / first.from_ms) / Math.log(last.to_ms / first.from_ms);
  return Number.isFinite(at) ? Math.min(1, Math.max(0, at)) : null;
}

/** Durations to write under the bars: both ends, and what lies between them. */
export function ticks(bins: readonly DurationBin[]): { ms: number; at: number }[] {
  const count = bins.length < 6 ? 2 : 4;
  const [first, last] = [bins[0], bins.at(-1)];
  if (!first || !last) return [];
  const factor = last.to_ms / first.from_ms;
  return Array.from({ length: count }, (_, index) => {
    const at = index / (count - 1);
    return { ms: first.from_ms * factor ** at, at };
  });
}
