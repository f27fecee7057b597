/** What two lists have in common, in order: the longest common subsequence. Pure. */

export interface Step<T> {
  kind: 'same' | 'gone' | 'new';
  value: T;
}

/** Cells of the table that are worth its time: some 2,000 by 2,000. Beyond it everything between counts as changed. */
const MOST_CELLS = 4_000_000;

/** The steps from `before` to `after`; what went stands before what came. Of what is the same, that of `after`. */
export function diff<T>(
  before: readonly T[],
  after: readonly T[],
  same: (one: T, other: T) => boolean = Object.is,
): Step<T>[] {
  let start = 0;
  while (start < before.length && start < after.length && same(before[start] as T, after[start] as T))
    start += 1;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    same(before[before.length - 1 - end] as T, after[after.length - 1 - end] as T)
  )
    end += 1;
  const a = before.slice(start, before.length - end);
  const b = after.slice(start, after.length - end);
  const kept = (value: T): Step<T> => ({ kind: 'same', value });
  return [
    ...after.slice(0, start).map(kept),
    ...between(a, b, same),
    ...after.slice(after.length - end).map(kept),
  ];
}

function between<T>(a: readonly T[], b: readonly T[], same: (one: T, other: T) => boolean): Step<T>[] {
  if (a.length * b.length > MOST_CELLS || a.length === 0 || b.length === 0) {
    return [
      ...a.map((value): Step<T> => ({ kind: 'gone', value })),
      ...b.map((value): Step<T> => ({ kind: 'new', value })),
    ];
  }
  const width = b.length + 1;
  // Longest common subsequence of what follows each pair of places.
  const longest = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      longest[i * width + j] = same(a[i] as T, b[j] as T)
        ? (longest[(i + 1) * width + j + 1] as number) + 1
        : Math.max(longest[(i + 1) * width + j] as number, longest[i * width + j + 1] as number);
    }
  }
  const steps: Step<T>[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && same(a[i] as T, b[j] as T)) {
      steps.push({ kind: 'same', value: b[j] as T });
      i += 1;
      j += 1;
    } else if (
      j >= b.length ||
      (i < a.length && (longest[(i + 1) * width + j] as number) >= (longest[i * width + j + 1] as number))
    ) {
      steps.push({ kind: 'gone', value: a[i] as T });
      i += 1;
    } else {
      steps.push({ kind: 'new', value: b[j] as T });
      j += 1;
    }
  }
  return steps;
}

/** Two texts line by line; neighbours of one kind are one step. */
export function diffText(before: string, after: string): Step<string>[] {
  const merged: Step<string>[] = [];
  for (const step of diff(before.split('\n'), after.split('\n'))) {
    const last = merged.at(-1);
    if (last?.kind === step.kind) last.value += `\n${step.value}`;
    else merged.push({ ...step });
  }
  return merged;
}
