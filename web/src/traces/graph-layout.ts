/**
 * Places of a graph's nodes: in layers from left to right by who called whom, ordered within a layer so that few edges
 * cross. Edges over several layers go through places of their own. Pure; after Sugiyama, Tagawa and Toda (1981).
 */
import type { Graph, GraphEdge } from './graph';

export const NODE = { width: 168, height: 54 };
const GAP = { x: 60, y: 18 };
const BEND = 14;
const SWEEPS = 6;

export interface Placed {
  id: string;
  x: number;
  y: number;
}

export interface Route {
  edge: GraphEdge;
  /** A path of SVG. */
  path: string;
  /** Where its count stands. */
  x: number;
  y: number;
  /** It leads back to who called before. */
  back: boolean;
}

export interface Layout {
  width: number;
  height: number;
  nodes: Placed[];
  routes: Route[];
}

interface Item {
  id: string;
  layer: number;
  size: number;
  y: number;
  before: Item[];
  after: Item[];
}

/** Edges that lead back to a node on the way to their start. */
function backEdges(ids: readonly string[], edges: readonly GraphEdge[]): Set<GraphEdge> {
  const out = new Map<string, GraphEdge[]>();
  for (const edge of edges) out.set(edge.from, [...(out.get(edge.from) ?? []), edge]);
  const back = new Set<GraphEdge>();
  const state = new Map<string, 'open' | 'done'>();
  for (const root of ids) {
    if (state.has(root)) continue;
    const stack: { id: string; next: number }[] = [{ id: root, next: 0 }];
    state.set(root, 'open');
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const edge = out.get(top.id)?.[top.next];
      top.next += 1;
      if (!edge) {
        state.set(top.id, 'done');
        stack.pop();
      } else if (state.get(edge.to) === 'open') {
        back.add(edge);
      } else if (!state.has(edge.to)) {
        state.set(edge.to, 'open');
        stack.push({ id: edge.to, next: 0 });
      }
    }
  }
  return back;
}

/** The layer of each node: one behind the last of those that call it. */
function layersOf(ids: readonly string[], forward: readonly GraphEdge[]): Map<string, number> {
  const layers = new Map(ids.map((id) => [id, 0]));
  // At most one step further per round, and there is no ring.
  for (let round = 0; round < ids.length; round += 1) {
    let moved = false;
    for (const { from, to } of forward) {
      const least = (layers.get(from) ?? 0) + 1;
      if ((layers.get(to) ?? 0) < least) {
        layers.set(to, least);
        moved = true;
      }
    }
    if (!moved) break;
  }
  return layers;
}

const middle = (items: readonly Item[]) =>
  items.reduce((sum, { y, size }) => sum + y + size / 2, 0) / items.length;

/** Stacks the items of a layer in their order, each as near to where it wants to be as those above let it. */
function stack(layer: Item[], wanted: Map<Item, number>) {
  let from = 0;
  for (const item of layer) {
    item.y = Math.max(from, (wanted.get(item) ?? item.y + item.size / 2) - item.size / 2);
    from = item.y + item.size + GAP.y;
  }
}

function order(layers: Item[][]) {
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const right = sweep % 2 === 0;
    for (const layer of right ? layers : [...layers].reverse()) {
      const wanted = new Map<Item, number>();
      for (const item of layer) {
        const beside = right ? item.before : item.after;
        wanted.set(item, beside.length ? middle(beside) : item.y + item.size / 2);
      }
      layer.sort((a, b) => (wanted.get(a) as number) - (wanted.get(b) as number));
      stack(layer, wanted);
    }
  }
}

const left = (layer: number) => layer * (NODE.width + GAP.x);
const round = (value: number) => Math.round(value * 10) / 10;

/** A line through `points`, each stretch of it level at both ends. */
function curve(points: readonly [number, number][]): string {
  const [start, ...rest] = points;
  if (!start) return '';
  let [x, y] = start;
  let path = `M${round(x)} ${round(y)}`;
  for (const [toX, toY] of rest) {
    const bend = (x + toX) / 2;
    path += ` C${round(bend)} ${round(y)} ${round(bend)} ${round(toY)} ${round(toX)} ${round(toY)}`;
    [x, y] = [toX, toY];
  }
  return path;
}

export function layout(graph: Graph): Layout {
  const ids = graph.nodes.map(({ id }) => id);
  const back = backEdges(ids, graph.edges);
  const forward = graph.edges.filter((edge) => !back.has(edge));
  const layerOf = layersOf(ids, forward);
  const layers: Item[][] = [];
  const add = (id: string, layer: number, size: number): Item => {
    const item: Item = { id, layer, size, y: 0, before: [], after: [] };
    (layers[layer] ??= []).push(item);
    return item;
  };
  const items = new Map(ids.map((id) => [id, add(id, layerOf.get(id) ?? 0, NODE.height)]));
  const chains = new Map<GraphEdge, Item[]>();
  for (const edge of forward) {
    const [from, to] = [items.get(edge.from), items.get(edge.to)];
    if (!from || !to) continue;
    const chain = [from];
    for (let layer = from.layer + 1; layer < to.layer; layer += 1) chain.push(add('', layer, BEND));
    chain.push(to);
    chains.set(edge, chain);
    for (let at = 1; at < chain.length; at += 1) {
      (chain[at - 1] as Item).after.push(chain[at] as Item);
      (chain[at] as Item).before.push(chain[at - 1] as Item);
    }
  }
  for (const layer of layers) stack(layer, new Map());
  order(layers);
  const all = layers.flat();
  const top = Math.min(...all.map(({ y }) => y));
  for (const item of all) item.y -= top;
  const bottom = Math.max(0, ...all.map(({ y, size }) => y + size));

  const place = (item: Item): Placed => ({ id: item.id, x: left(item.layer), y: round(item.y) });
  const routes: Route[] = [];
  for (const [edge, chain] of chains) {
    const points: [number, number][] = [];
    chain.forEach((item, at) => {
      const y = item.y + item.size / 2;
      if (at > 0) points.push([left(item.layer), y]);
      if (at < chain.length - 1) points.push([left(item.layer) + NODE.width, y]);
    });
    const [a, b] = [points[0] as [number, number], points[1] as [number, number]];
    routes.push({ edge, path: curve(points), x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2, back: false });
  }
  // What leads back goes below everything, each on a line of its own.
  let depth = 0;
  for (const edge of back) {
    const [from, to] = [items.get(edge.from), items.get(edge.to)];
    if (!from || !to) continue;
    depth += 1;
    const y = bottom + depth * 20;
    const [startX, endX] = [left(from.layer) + NODE.width * 0.7, left(to.layer) + NODE.width * 0.3];
    const path = `M${round(startX)} ${round(from.y + NODE.height)} C${round(startX)} ${y} ${round(startX)} ${y} ${round((startX + endX) / 2)} ${y} S${round(endX)} ${y} ${round(endX)} ${round(to.y + NODE.height)}`;
    routes.push({ edge, path, x: (startX + endX) / 2, y, back: true });
  }
  return {
    width: left(Math.max(0, layers.length - 1)) + NODE.width,
    height: bottom + (depth > 0 ? depth * 20 + 16 : 0),
    nodes: [...items.values()].map(place),
    routes,
  };
}
