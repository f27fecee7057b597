/** Who called whom in a trace: agents, tools and models as nodes, their calls as edges. Pure. */
import type { Span } from '../api/types';

export interface GraphNode {
  /** Kind and name: unique. */
  id: string;
  kind: string;
  name: string;
  /** How often it ran. */
  runs: number;
  failed: number;
  /** Of its own counted calls; null when none has an amount. */
  cost: number | null;
  tokens: number;
  /** Milliseconds of all its runs together. */
  duration: number;
  /** The spans, in order of their start. */
  spans: string[];
}

export interface GraphEdge {
  from: string;
  to: string;
  count: number;
  failed: number;
  cost: number | null;
}

export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

/** Kinds that are somebody; everything else stands between. */
const ACTORS = new Set([
  'agent',
  'workflow',
  'llm',
  'embedding',
  'tool',
  'retrieval',
  'rerank',
  'guardrail',
  'evaluation',
]);

/** Nodes of one kind that are told apart; the rarer ones share a node. */
const MOST_OF_A_KIND = 24;

function nameOf(span: Span): string {
  const { call, tool } = span;
  if (call) return call.response_model ?? call.request_model ?? span.name;
  if (span.kind === 'tool') return tool?.name ?? span.name;
  if (span.kind === 'agent') return span.agent ?? span.name;
  return span.name;
}

/** The node that a span belongs to; null for what stands between. A step that a workflow names is one, too. */
function actor(span: Span, isRoot: boolean): { kind: string; name: string } | null {
  if (ACTORS.has(span.kind)) return { kind: span.kind, name: nameOf(span) };
  if (span.kind === 'task' && span.node) return { kind: 'task', name: span.node };
  return isRoot ? { kind: span.kind, name: span.name } : null;
}

/** Names by kind that stand for themselves: the most frequent ones. */
function told(actors: Iterable<{ kind: string; name: string }>): Set<string> {
  const counts = new Map<string, Map<string, number>>();
  for (const { kind, name } of actors) {
    const names = counts.get(kind) ?? new Map<string, number>();
    names.set(name, (names.get(name) ?? 0) + 1);
    counts.set(kind, names);
  }
  const kept = new Set<string>();
  for (const [kind, names] of counts) {
    const ranked = [...names].sort((a, b) => b[1] - a[1]);
    const whole = ranked.length <= MOST_OF_A_KIND;
    for (const [name] of ranked.slice(0, whole ? MOST_OF_A_KIND : MOST_OF_A_KIND - 1))
      kept.add(`${kind}:${name}`);
  }
  return kept;
}

const plus = (sum: number | null, more: number | null) => (more === null ? sum : (sum ?? 0) + more);

/** The graph of `spans`, nodes and edges in the order in which they first occur. */
export function buildGraph(spans: readonly Span[]): Graph {
  const byId = new Map(spans.map((span) => [span.span_id, span]));
  const above = (span: Span) => (span.parent_span_id ? byId.get(span.parent_span_id) : undefined);
  const actors = new Map<Span, { kind: string; name: string }>();
  for (const span of spans) {
    const found = actor(span, !above(span));
    if (found) actors.set(span, found);
  }
  const kept = told(actors.values());
  const idOf = ({ kind, name }: { kind: string; name: string }) =>
    kept.has(`${kind}:${name}`) ? `${kind}:${name}` : `${kind}:`;

  const nodes = new Map<string, GraphNode>();
  const edges = new Map<string, GraphEdge>();
  for (const [span, found] of actors) {
    const id = idOf(found);
    const name = id.endsWith(':') && found.name ? `other ${found.kind}s` : found.name;
    const failed = span.status === 'error' ? 1 : 0;
    const cost = span.call?.counted ? span.call.cost.usd : null;
    const node = nodes.get(id) ?? {
      ...{ id, kind: found.kind, name, runs: 0, failed: 0, cost: null, tokens: 0, duration: 0, spans: [] },
    };
    node.runs += 1;
    node.failed += failed;
    node.cost = plus(node.cost, cost);
    node.tokens += span.call?.counted ? (span.call.usage?.total ?? 0) : 0;
    node.duration += span.duration_ms;
    node.spans.push(span.span_id);
    nodes.set(id, node);

    let caller = above(span);
    // Spans may name each other as parents.
    for (let steps = 0; caller && !actors.has(caller) && steps < spans.length; steps += 1)
      caller = above(caller);
    const from = caller && actors.get(caller);
    if (!from || caller === span) continue;
    const key = `${idOf(from)}\n${id}`;
    const edge = edges.get(key) ?? { from: idOf(from), to: id, count: 0, failed: 0, cost: null };
    edge.count += 1;
    edge.failed += failed;
    edge.cost = plus(edge.cost, cost);
    edges.set(key, edge);
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}
