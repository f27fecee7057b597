/** Cuts a snippet at its hits. Pure. */
import type { Snippet } from '../api/types';

export interface SnippetPart {
  text: string;
  hit: boolean;
}

/** Characters before the first hit that are shown: a row has room for one line. */
const LEAD = 40;

export function snippetParts({ text, hits }: Snippet): SnippetPart[] {
  // Hits count code points, strings of JavaScript UTF-16 units.
  const points = Array.from(text);
  const first = hits[0]?.start ?? 0;
  let at = first > LEAD ? first - LEAD : 0;
  const parts: SnippetPart[] = at > 0 ? [{ text: '…', hit: false }] : [];
  const push = (end: number, hit: boolean) => {
    if (end > at) parts.push({ text: points.slice(at, end).join(''), hit });
    at = Math.max(at, end);
  };
  for (const { start, end } of hits) {
    push(start, false);
    push(end, true);
  }
  push(points.length, false);
  return parts;
}
