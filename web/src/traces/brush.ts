/** Walking over the histogram with keys, and the stretch that is marked. Pure. */

export interface Brush {
  /** The column under the cursor. */
  at: number;
  /** Where the marked stretch began; the cursor is its other end. */
  from: number;
}

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, PageDown: 10, PageUp: -10 };

/** The brush after `key`, with Shift the stretch grows; null for keys that do not move it. */
export function moved(brush: Brush | null, key: string, shift: boolean, columns: number): Brush | null {
  const last = columns - 1;
  if (last < 0) return null;
  const step = STEPS[key];
  const start = brush?.at ?? (step !== undefined && step > 0 ? -1 : columns);
  const to = key === 'Home' ? 0 : key === 'End' ? last : step === undefined ? null : start + step;
  if (to === null) return null;
  const at = Math.min(last, Math.max(0, to));
  return { at, from: shift ? (brush?.from ?? at) : at };
}

/** The times from the start of the first marked column to the end of the last, in seconds. */
export function marked(brush: Brush, starts: readonly number[], step: number): [number, number] {
  const [first, last] = [Math.min(brush.at, brush.from), Math.max(brush.at, brush.from)];
  return [starts[first] ?? 0, starts[last + 1] ?? (starts[last] ?? 0) + step];
}
