/** The tree and the timeline of a trace as plain rows. Pure: the page draws what stands here. */
import type { Span } from '../api/types';
import { formatDuration } from '../format/duration';

export interface Row {
  span: Span;
  /** 0 for a root. */
  depth: number;
  /** Index of the parent in the list of all rows, -1 for a root. */
  parent: number;
  /** How many rows below belong to it. */
  descendants: number;
  /** Per level: whether a guide goes on below this row, because a later sibling of that ancestor follows. */
  guides: boolean[];
  /** Milliseconds from the start of the trace. */
  start: number;
  duration: number;
  /** Counted cost of the span and of everything below it; null when nothing there has an amount. */
  cost: number | null;
  /** Counted calls without an amount, of the span and of everything below it. */
  unpriced: number;
  /** Failed spans below it, itself not included. */
  errorsBelow: number;
  /** The span names a parent that has not arrived. */
  orphan: boolean;
}

/** Levels that are indented: deeper ones stand under each other. A chain of 10,000 spans would need 50 million guides. */
const MOST_GUIDES = 32;

const micros = /\.(\d+)/;

/** Milliseconds since the epoch with the fraction that `Date` would cut off. */
export function preciseMs(time: string): number {
  const whole = Math.floor(Date.parse(time) / 1000) * 1000;
  const fraction = micros.exec(time)?.[1];
  return whole + (fraction ? Number(`0.${fraction}`) * 1000 : 0);
}

function ownCost(span: Span): number | null {
  return span.call?.counted ? span.call.cost.usd : null;
}

/** As lists count them: a call that failed before it used a token lacks no price. */
function lacksPrice(span: Span): boolean {
  const { call } = span;
  return (
    call !== null &&
    call.counted &&
    call.cost.usd === null &&
    (call.usage !== null || span.status !== 'error')
  );
}

/** All spans in tree order: children under their parent by start time; a span whose parent is missing is a root. */
export function buildRows(spans: readonly Span[]): Row[] {
  const starts = new Map(spans.map((span) => [span.span_id, preciseMs(span.start_time)]));
  const startOf = (span: Span) => starts.get(span.span_id) ?? 0;
  const origin = Math.min(...starts.values());
  const children = new Map<string | null, Span[]>();
  for (const span of spans) {
    const known =
      span.parent_span_id !== null && span.parent_span_id !== span.span_id && starts.has(span.parent_span_id);
    const key = known ? span.parent_span_id : null;
    const siblings = children.get(key);
    if (siblings) siblings.push(span);
    else children.set(key, [span]);
  }
  for (const siblings of children.values()) siblings.sort((a, b) => startOf(a) - startOf(b));

  const rows: Row[] = [];
  const seen = new Set<string>();
  type Pending = { span: Span; parent: number; last: boolean };
  const stack: Pending[] = [];
  const push = (list: Span[], parent: number) => {
    for (let i = list.length - 1; i >= 0; i -= 1) {
      stack.push({ span: list[i] as Span, parent, last: i === list.length - 1 });
    }
  };
  const drain = () => {
    for (let next = stack.pop(); next; next = stack.pop()) {
      const { span, parent, last } = next;
      if (seen.has(span.span_id)) continue;
      seen.add(span.span_id);
      const above = rows[parent];
      rows.push({
        span,
        parent,
        depth: above ? above.depth + 1 : 0,
        descendants: 0,
        guides: above ? [...above.guides.slice(1 - MOST_GUIDES), !last] : [],
        start: startOf(span) - origin,
        duration: span.duration_ms,
        cost: ownCost(span),
        unpriced: lacksPrice(span) ? 1 : 0,
        errorsBelow: 0,
        orphan: !above && span.parent_span_id !== null,
      });
      push(children.get(span.span_id) ?? [], rows.length - 1);
    }
  };
  push(children.get(null) ?? [], -1);
  drain();
  // Spans that name each other as parents hang on no root: the earliest of each ring becomes one.
  for (const span of [...spans].sort((a, b) => startOf(a) - startOf(b))) {
    if (seen.has(span.span_id)) continue;
    push([span], -1);
    drain();
  }
  sumUp(rows);
  return rows;
}

/** Children come after their parent, so one pass from the end carries every sum to the top. */
function sumUp(rows: Row[]) {
  for (let index = rows.length - 1; index >= 0; index -= 1) {
    const row = rows[index] as Row;
    const above = rows[row.parent];
    if (!above) continue;
    above.descendants += 1 + row.descendants;
    above.errorsBelow += row.errorsBelow + (row.span.status === 'error' ? 1 : 0);
    above.unpriced += row.unpriced;
    if (row.cost !== null) above.cost = (above.cost ?? 0) + row.cost;
  }
}

export interface RowLabel {
  name: string;
  /** What tells it from others of that name: the model, or the span's name where the node's is better known. */
  beside: string | null;
}

/** What stands in the tree. Workflow engines name all their spans alike and put the node's name into an attribute. */
export function rowLabel(span: Span): RowLabel {
  const { name, call, node } = span;
  if (call) {
    const models = [call.response_model, call.request_model].filter((model) => model !== null);
    // The name may tell the model already, perhaps without the date of the one that answered.
    const told = models.some((model) => name.includes(model));
    return { name, beside: told ? null : (models[0] ?? null) };
  }
  if (span.kind === 'task' && node && !name.includes(node)) return { name: node, beside: name };
  return { name, beside: null };
}

/** Length of the timeline in milliseconds, at least one microsecond so that divisions hold. */
export function timelineLength(rows: readonly Row[]): number {
  return rows.reduce((end, row) => Math.max(end, row.start + row.duration), 0.001);
}

/** Indices of the rows to show: all but those below a collapsed span. */
export function visibleRows(rows: readonly Row[], collapsed: ReadonlySet<string>): number[] {
  const visible: number[] = [];
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index] as Row;
    visible.push(index);
    if (row.descendants > 0 && collapsed.has(row.span.span_id)) index += row.descendants;
  }
  return visible;
}

/** The spans to collapse so that only rows down to `depth` are shown. */
export function collapseBelow(rows: readonly Row[], depth: number): Set<string> {
  return new Set(
    rows.filter((row) => row.descendants > 0 && row.depth >= depth).map((row) => row.span.span_id),
  );
}

/** The spans to collapse so that rows below every span of `kind` are hidden. */
export function collapseKind(rows: readonly Row[], kind: string): Set<string> {
  return new Set(
    rows.filter((row) => row.descendants > 0 && row.span.kind === kind).map((row) => row.span.span_id),
  );
}

/** Indices of the rows that contain `query` in name, model, service, tool, status message or id. */
export function findRows(rows: readonly Row[], query: string): number[] {
  const wanted = query.trim().toLowerCase();
  if (!wanted) return [];
  const found: number[] = [];
  rows.forEach(({ span }, index) => {
    const texts = [
      span.name,
      span.node,
      span.kind,
      span.service,
      span.span_id,
      span.status_message,
      span.tool?.name,
      span.call?.response_model,
      span.call?.request_model,
      span.agent,
    ];
    if (texts.some((text) => text?.toLowerCase().includes(wanted))) found.push(index);
  });
  return found;
}

/** `collapsed` without the ancestors of row `index`, so that it can be seen. */
export function revealed(rows: readonly Row[], collapsed: ReadonlySet<string>, index: number): Set<string> {
  const next = new Set(collapsed);
  for (let at = rows[index]?.parent ?? -1; at >= 0; at = rows[at]?.parent ?? -1) {
    next.delete((rows[at] as Row).span.span_id);
  }
  return next;
}

/**
 * The spans that decided how long the trace took: from the end backwards, always the child that ended last
 * before the point reached, then that child's own children.
 */
export function criticalPath(rows: readonly Row[]): Set<string> {
  const children = new Map<number, number[]>();
  rows.forEach((row, index) => {
    const siblings = children.get(row.parent);
    if (siblings) siblings.push(index);
    else children.set(row.parent, [index]);
  });
  const end = (index: number) => (rows[index] as Row).start + (rows[index] as Row).duration;
  const path = new Set<string>();
  const roots = children.get(-1) ?? [];
  const longest = roots.reduce((best, root) => (best < 0 || end(root) > end(best) ? root : best), -1);
  const stack = longest < 0 ? [] : [longest];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    path.add((rows[at] as Row).span.span_id);
    let until = end(at);
    for (const child of (children.get(at) ?? []).sort((a, b) => end(b) - end(a))) {
      // Half a millisecond of slack: clocks of parent and child are read one after the other.
      if (end(child) > until + 0.5) continue;
      stack.push(child);
      until = (rows[child] as Row).start;
    }
  }
  return path;
}

/** A round time on the axis, without the digits that it does not need: `0`, `200 ms`, `1.5 s`, `10 s`. */
export function formatMark(ms: number): string {
  if (ms === 0) return '0';
  // Marks are multiples of a step, which is no binary number.
  if (ms < 1000) return `${Number(ms.toPrecision(6))} ms`;
  return ms < 60_000 ? `${ms / 1000} s` : formatDuration(ms);
}

/** Round marks for a time axis of `length` ms: at most `most` of them, at 1, 2 or 5 times a power of ten. */
export function axisMarks(length: number, most: number): number[] {
  const rough = length / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const marks: number[] = [];
  for (let mark = 0; mark < length * 0.97; mark += step) marks.push(mark);
  return marks;
}
