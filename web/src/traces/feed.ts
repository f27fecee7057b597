/** How a list of traces grows: pages at its end, news at its top. Pure. */
import type { TraceItem } from '../api/types';

/** `items` with a further page behind them. A trace that moved between pages stands once. */
export function appended(items: readonly TraceItem[], page: readonly TraceItem[]): TraceItem[] {
  const known = new Set(items.map((item) => item.trace_id));
  return [...items, ...page.filter((item) => !known.has(item.trace_id))];
}

export interface Refreshed {
  /** Known traces brought up to date where they stand: nothing moves. */
  inPlace: TraceItem[];
  /** How many traces of the page are not in the list yet. */
  unseen: number;
  /** What the list is once the reader wants the news; false when the page no longer reaches the old list. */
  whole: TraceItem[];
  /** The page and the list have no trace in common: paging must start over from the page. */
  gap: boolean;
}

/** Combines a freshly read first page with what is shown. */
export function refreshed(items: readonly TraceItem[], page: readonly TraceItem[]): Refreshed {
  const fresh = new Map(page.map((item) => [item.trace_id, item]));
  const known = new Set(items.map((item) => item.trace_id));
  const unseen = page.filter((item) => !known.has(item.trace_id)).length;
  const gap = items.length > 0 && unseen === page.length && page.length > 0;
  const rest = items.filter((item) => !fresh.has(item.trace_id));
  return {
    inPlace: items.map((item) => fresh.get(item.trace_id) ?? item),
    unseen,
    whole: gap ? [...page] : [...page, ...rest],
    gap,
  };
}
