/** A model call as a conversation: calls and results of tools joined, the history it repeats folded. Pure. */
import type { CallContent, Message, Part, Span } from '../api/types';

export interface ToolUse {
  type: 'tool';
  id: string | null;
  name: string;
  arguments: unknown;
  /** Undefined while no result is known. */
  result?: unknown;
  /** The span that ran the tool, when the result comes from there. */
  ranIn?: string;
}

export type Piece = Exclude<Part, { type: 'tool_call' } | { type: 'tool_result' }> | ToolUse;

export interface Turn {
  role: string;
  name: string | null;
  pieces: Piece[];
  finishReason: string | null;
  /** The model's answer in this call, as opposed to what was sent. */
  output: boolean;
}

export interface Conversation {
  /** Messages that the previous call had already: shown as one folded line. */
  earlier: Turn[];
  turns: Turn[];
}

/** What was said in a call; null for spans that are no model call. */
export function contentOf(span: Span | null | undefined): CallContent | null {
  return span?.call ?? null;
}

const same = (one: Message, other: Message) =>
  one.role === other.role && JSON.stringify(one.parts) === JSON.stringify(other.parts);

/** How many leading messages of `current` the call before had sent or answered already. One alone is not worth a fold. */
export function repeatedMessages(previous: CallContent | null, current: CallContent): number {
  if (!previous) return 0;
  const before = [...previous.input_messages, ...previous.output_messages];
  const now = current.input_messages;
  let count = 0;
  while (count < now.length && count < before.length && same(now[count] as Message, before[count] as Message))
    count += 1;
  // The last message is what this call is about: a retry shows it again.
  count = Math.min(count, now.length - 1);
  return count >= 2 ? count : 0;
}

/** The model call before `span` under the same agent, or under the same root where no agent is told. */
export function previousCall(spans: readonly Span[], span: Span): Span | null {
  const byId = new Map(spans.map((each) => [each.span_id, each]));
  const owner = (of: Span): string | null => {
    let at: Span | undefined = of;
    let top: string | null = null;
    for (let steps = 0; at && steps < spans.length; steps += 1) {
      at = at.parent_span_id ? byId.get(at.parent_span_id) : undefined;
      if (at?.kind === 'agent') return at.span_id;
      if (at) top = at.span_id;
    }
    return top;
  };
  const mine = owner(span);
  let previous: Span | null = null;
  // The API hands spans over in order of their start.
  for (const other of spans) {
    if (other.span_id === span.span_id) break;
    if (other.kind === 'llm' && contentOf(other)?.input_messages.length && owner(other) === mine)
      previous = other;
  }
  return previous;
}

type Result = { value: unknown; span?: string };

/** Results of the tools that ran in a trace, by the id of the call that asked for them. */
export function toolRuns(spans: readonly Span[]): Map<string, Result> {
  const runs = new Map<string, Result>();
  for (const { tool, span_id } of spans) {
    if (tool?.call_id && tool.result != null) runs.set(tool.call_id, { value: tool.result, span: span_id });
  }
  return runs;
}

interface Open {
  use: ToolUse;
  turn: number;
}

/** Builds the conversation of one call. `repeated` leading messages are folded; `runs` completes the answer's own tool calls. */
export function buildConversation(
  content: CallContent,
  repeated: number,
  runs: Map<string, Result>,
): Conversation {
  const turns: Turn[] = [];
  const open: Open[] = [];
  const messages = [...content.input_messages, ...content.output_messages];
  messages.forEach((message, index) => {
    const turn: Turn = {
      role: message.role,
      name: message.name,
      pieces: [],
      finishReason: message.finish_reason,
      output: index >= content.input_messages.length,
    };
    for (const part of message.parts) addPart(part, turn, index, open, repeated);
    turns.push(turn);
  });
  for (const { use } of open) {
    const run = use.id ? runs.get(use.id) : undefined;
    if (run) Object.assign(use, { result: run.value, ranIn: run.span });
  }
  const shown = (turn: Turn) => turn.pieces.length > 0;
  return { earlier: turns.slice(0, repeated).filter(shown), turns: turns.slice(repeated).filter(shown) };
}

function addPart(part: Part, turn: Turn, index: number, open: Open[], repeated: number) {
  if (part.type === 'tool_call') {
    const use: ToolUse = { type: 'tool', id: part.id, name: part.name, arguments: part.arguments };
    turn.pieces.push(use);
    open.push({ use, turn: index });
  } else if (part.type === 'tool_result') {
    const at = open.findIndex(({ use }) => (part.id === null ? use.id === null : use.id === part.id));
    const asked = at < 0 ? undefined : open.splice(at, 1)[0];
    if (!asked) {
      turn.pieces.push({ type: 'tool', id: part.id, name: '', arguments: undefined, result: part.result });
    } else if (asked.turn < repeated && index >= repeated) {
      // The call stands in the folded history, its result is news: the whole card stands here.
      turn.pieces.push({ ...asked.use, result: part.result });
    } else {
      asked.use.result = part.result;
    }
  } else if (!((part.type === 'text' || part.type === 'reasoning') && part.text.trim() === '')) {
    turn.pieces.push(part);
  }
}
