/** Many traces chosen at once in a list. Pure. */

export type Chosen = ReadonlySet<string>;

/** Most traces that one request takes. */
export const MOST = 1000;

/** `chosen` with `id` in it or out of it. */
export function toggled(chosen: Chosen, id: string): Set<string> {
  const next = new Set(chosen);
  if (!next.delete(id)) next.add(id);
  return next;
}

/** `chosen` with everything of `ids` from `anchor` to `to`, in either direction; `to` alone without an anchor. */
export function stretched(
  chosen: Chosen,
  ids: readonly string[],
  anchor: string | null,
  to: string,
): Set<string> {
  const from = anchor === null ? -1 : ids.indexOf(anchor);
  const until = ids.indexOf(to);
  if (from < 0 || until < 0) return new Set([...chosen, to]);
  return new Set([...chosen, ...ids.slice(Math.min(from, until), Math.max(from, until) + 1)]);
}

/** What of `chosen` is still listed: what is gone cannot be meant. */
export function present(chosen: Chosen, ids: readonly string[]): Set<string> {
  return new Set(ids.filter((id) => chosen.has(id)));
}

interface Sums {
  spans: number;
  cost: number | null;
  names: string[];
}

/** What the chosen traces are together: their spans, their cost, their names from the most frequent on. */
export function summed(
  traces: readonly { trace_id: string; name: string; span_count: number; cost_usd: number | null }[],
  chosen: Chosen,
): Sums {
  const names = new Map<string, number>();
  const sums: Sums = { spans: 0, cost: null, names: [] };
  for (const trace of traces) {
    if (!chosen.has(trace.trace_id)) continue;
    sums.spans += trace.span_count;
    if (trace.cost_usd !== null) sums.cost = (sums.cost ?? 0) + trace.cost_usd;
    names.set(trace.name, (names.get(trace.name) ?? 0) + 1);
  }
  sums.names = [...names].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  return sums;
}

/** The address of a file with the chosen traces. */
export function exportUrl(params: URLSearchParams, format: 'json' | 'otlp'): string {
  const query = new URLSearchParams(params);
  for (const paged of ['limit', 'cursor', 'order', 'snippets']) query.delete(paged);
  if (format !== 'json') query.set('format', format);
  const text = query.toString();
  return `/api/v1/traces/export${text ? `?${text}` : ''}`;
}
