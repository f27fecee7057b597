/** Which span a trace opens with. Pure. */
import type { Span } from '../api/types';
import { contentOf } from './conversation';
import type { Row } from './waterfall';

/** The root when it says something itself, else the first model call, else the root. */
export function firstSpan(rows: readonly Row[]): Span | null {
  const root = rows[0]?.span;
  if (!root) return null;
  if (root.call || root.input != null || root.output != null || root.tool || root.retrieval) return root;
  const calls = rows.filter((row) => row.span.kind === 'llm');
  const said = calls.find((row) => contentOf(row.span)?.input_messages.length);
  return (said ?? calls[0])?.span ?? root;
}
