/** Two traces side by side: their figures, their spans in pairs, the messages of a pair. Pure. */
import type { Message, Part, Span, TraceItem } from '../api/types';
import { diff } from '../text/diff';
import type { Row } from './waterfall';

export interface Figure {
  label: string;
  kind: 'ms' | 'usd' | 'count';
  left: number | null;
  right: number | null;
}

/** What can be compared of two traces; a figure that both lack is left out. */
export function figures(left: TraceItem, right: TraceItem): Figure[] {
  const of = (label: string, kind: Figure['kind'], value: (trace: TraceItem) => number | null): Figure => ({
    ...{ label, kind, left: value(left), right: value(right) },
  });
  const all = [
    of('Duration', 'ms', (trace) => trace.duration_ms),
    of('Cost', 'usd', (trace) => trace.cost_usd),
    of('Calls', 'count', (trace) => trace.call_count),
    of('Input tokens', 'count', (trace) => trace.usage.input),
    of('Cached tokens', 'count', (trace) => trace.usage.cache_read),
    of('Output tokens', 'count', (trace) => trace.usage.output + trace.usage.reasoning),
    of('Spans', 'count', (trace) => trace.span_count),
    of('Failed spans', 'count', (trace) => trace.error_count),
  ];
  return all.filter((figure) => figure.left || figure.right);
}

/** By how much the right is more than the left: a share of the left; null where that says nothing. */
export function share(left: number | null, right: number | null): number | null {
  return left === null || right === null || left === 0 ? null : (right - left) / left;
}

export interface Pair {
  /** Index among the rows of either side, -1 where it has none. */
  left: number;
  right: number;
  depth: number;
}

/** What makes two spans the same step. A call is the same whichever model answers: that is what is compared. */
function stepOf({ kind, name, call, tool, agent }: Span): string {
  if (call) return `${kind} ${call.operation}`;
  if (kind === 'tool') return `tool ${tool?.name ?? name}`;
  if (kind === 'agent') return `agent ${agent ?? name}`;
  return `${kind} ${name}`;
}

function childrenOf(rows: readonly Row[]): Map<number, number[]> {
  const children = new Map<number, number[]>();
  rows.forEach((row, index) => {
    const siblings = children.get(row.parent);
    if (siblings) siblings.push(index);
    else children.set(row.parent, [index]);
  });
  return children;
}

/** Siblings of both sides in pairs: the first of a step with the first, the second with the second. */
function paired(
  left: readonly number[],
  right: readonly number[],
  step: (side: 'left' | 'right', index: number) => string,
) {
  const waiting = new Map<string, number[]>();
  for (const index of right) {
    const key = step('right', index);
    waiting.set(key, [...(waiting.get(key) ?? []), index]);
  }
  const partner = new Map(left.map((index) => [index, waiting.get(step('left', index))?.shift() ?? -1]));
  const taken = new Set(partner.values());
  const pairs: { left: number; right: number }[] = [];
  let next = 0;
  const alone = (until: number) => {
    for (; next < right.length && (right[next] as number) < until; next += 1) {
      const index = right[next] as number;
      if (!taken.has(index)) pairs.push({ left: -1, right: index });
    }
  };
  for (const index of left) {
    const other = partner.get(index) ?? -1;
    if (other >= 0) alone(other);
    pairs.push({ left: index, right: other });
  }
  alone(Infinity);
  return pairs;
}

/** The spans of both traces in one tree: each beside the one that did the same, under parents that did the same. */
export function alignRows(left: readonly Row[], right: readonly Row[]): Pair[] {
  const [below, beside] = [childrenOf(left), childrenOf(right)];
  const step = (side: 'left' | 'right', index: number) =>
    stepOf((side === 'left' ? left : right)[index]?.span as Span);
  const aligned: Pair[] = [];
  const stack: Pair[] = [];
  const push = (pair: { left: number; right: number }, depth: number) => {
    const children = (of: Map<number, number[]>, index: number, top: boolean) =>
      index < 0 && !top ? [] : (of.get(index) ?? []);
    const top = depth === 0;
    const pairs = paired(children(below, pair.left, top), children(beside, pair.right, top), step);
    // One root each: they are the two that are compared, whatever they are called.
    const roots = pairs.length === 2 && top && pairs[0]?.right === -1 && pairs[1]?.left === -1;
    const list = roots ? [{ left: pairs[0]?.left ?? -1, right: pairs[1]?.right ?? -1 }] : pairs;
    for (const each of list.reverse()) stack.push({ ...each, depth });
  };
  push({ left: -1, right: -1 }, 0);
  for (let pair = stack.pop(); pair; pair = stack.pop()) {
    aligned.push(pair);
    push(pair, pair.depth + 1);
  }
  return aligned;
}

export type MessagePair =
  { kind: 'same'; message: Message } | { kind: 'changed'; before: Message | null; after: Message | null };

const equal = (one: Message, other: Message) =>
  one.role === other.role && JSON.stringify(one.parts) === JSON.stringify(other.parts);

/** The messages of two calls: what both have stands once; where they differ, messages of one role stand together. */
export function diffMessages(before: readonly Message[], after: readonly Message[]): MessagePair[] {
  const pairs: MessagePair[] = [];
  let [gone, come]: [Message[], Message[]] = [[], []];
  const settle = () => {
    for (const message of gone) {
      const at = come.findIndex(({ role }) => role === message.role);
      if (at < 0) {
        pairs.push({ kind: 'changed', before: message, after: null });
        continue;
      }
      const skipped = come.splice(0, at + 1);
      const match = skipped.pop() as Message;
      pairs.push(...skipped.map((one): MessagePair => ({ kind: 'changed', before: null, after: one })));
      pairs.push({ kind: 'changed', before: message, after: match });
    }
    pairs.push(...come.map((one): MessagePair => ({ kind: 'changed', before: null, after: one })));
    [gone, come] = [[], []];
  };
  for (const { kind, value } of diff(before, after, equal)) {
    if (kind === 'gone') gone.push(value);
    else if (kind === 'new') come.push(value);
    else {
      settle();
      pairs.push({ kind: 'same', message: value });
    }
  }
  settle();
  return pairs;
}

/** A message as lines of text: for comparing, not for reading. */
export function messageText(message: Message | null): string {
  return (message?.parts ?? []).map(partText).filter(Boolean).join('\n');
}

function partText(part: Part): string {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return part.text;
    case 'tool_call':
      return `→ ${part.name} ${JSON.stringify(part.arguments, null, 1)}`;
    case 'tool_result':
      return `← ${typeof part.result === 'string' ? part.result : JSON.stringify(part.result, null, 1)}`;
    case 'media':
      return `[${part.modality} ${part.media?.slice(0, 12) ?? part.uri ?? ''}]`;
    default:
      return JSON.stringify(part.value, null, 1);
  }
}
