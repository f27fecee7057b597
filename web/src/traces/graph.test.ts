import { describe, expect, it } from 'vitest';
import { buildGraph } from './graph';
import { layout, NODE } from './graph-layout';
import { call, span } from './sample-spans';

const tool = (name: string) => ({ name, call_id: null, arguments: null, result: null });

const spans = [
  span('root', null, 0, 100, { kind: 'other', name: 'POST /plan' }),
  span('planner', 'root', 1, 90, { kind: 'agent', agent: 'planner' }),
  span('hop', 'planner', 2, 5, { kind: 'http' }),
  span('ask', 'hop', 2, 5, { kind: 'llm', call: call(0.01) }),
  span('again', 'planner', 3, 5, { kind: 'llm', call: call(0.02) }),
  span('wrapped', 'again', 3, 5, { kind: 'llm', call: call(9, { counted: false, request_model: 'other' }) }),
  span('look', 'planner', 4, 5, { kind: 'tool', tool: tool('search'), status: 'error' }),
  span('helper', 'look', 5, 5, { kind: 'agent', agent: 'helper' }),
  span('planner2', 'helper', 6, 5, { kind: 'agent', agent: 'planner' }),
];

describe('who called whom', () => {
  const graph = buildGraph(spans);

  it('knows agents, tools, models and where it began', () => {
    expect(graph.nodes.map(({ id, runs, failed }) => [id, runs, failed])).toEqual([
      ['other:POST /plan', 1, 0],
      ['agent:planner', 2, 0],
      ['llm:gpt-4o-mini', 2, 0],
      ['llm:other', 1, 0],
      ['tool:search', 1, 1],
      ['agent:helper', 1, 0],
    ]);
    expect(graph.nodes[2]).toMatchObject({ cost: 0.03, spans: ['ask', 'again'] });
    expect(graph.nodes[3]?.cost).toBeNull();
  });

  it('counts calls past what stands between', () => {
    const edge = (from: string, to: string) =>
      graph.edges.find((each) => each.from === from && each.to === to);
    expect(edge('agent:planner', 'llm:gpt-4o-mini')).toMatchObject({ count: 2, cost: 0.03 });
    expect(edge('agent:planner', 'tool:search')).toMatchObject({ count: 1, failed: 1, cost: null });
    expect(edge('agent:helper', 'agent:planner')?.count).toBe(1);
    expect(graph.edges).toHaveLength(6);
  });

  it('holds many names of a kind in one node', () => {
    const many = Array.from({ length: 40 }, (_, at) =>
      span(`t${at}`, 'a', at, 1, { kind: 'tool', tool: tool(`tool ${at}`) }),
    );
    const { nodes } = buildGraph([span('a', null, 0, 99, { kind: 'agent', agent: 'a' }), ...many]);
    expect(nodes).toHaveLength(25);
    expect(nodes.find(({ name }) => name === 'other tools')?.runs).toBe(17);
  });

  it('ends for spans that name each other', () => {
    const ring = [span('x', 'y', 0, 1, { kind: 'http' }), span('y', 'x', 0, 1, { kind: 'tool' })];
    expect(buildGraph(ring).nodes).toHaveLength(1);
  });
});

describe('the layout', () => {
  const placed = layout(buildGraph(spans));
  const at = (id: string) => placed.nodes.find((node) => node.id === id) as { x: number; y: number };

  it('goes from left to right', () => {
    expect(at('other:POST /plan').x).toBe(0);
    expect(at('agent:planner').x).toBeLessThan(at('tool:search').x);
    expect(at('tool:search').x).toBeLessThan(at('agent:helper').x);
    expect(placed.width).toBe(at('agent:helper').x + NODE.width);
  });

  it('puts no node over another', () => {
    const many = Array.from({ length: 60 }, (_, index) =>
      span(`s${index}`, index === 0 ? null : `s${Math.floor((index - 1) / 3)}`, index, 1, {
        kind: index % 2 ? 'agent' : 'tool',
        name: `n${index % 23}`,
        agent: `n${index % 23}`,
        tool: tool(`n${index % 23}`),
      }),
    );
    for (const { nodes } of [placed, layout(buildGraph(many))]) {
      for (const [index, one] of nodes.entries()) {
        for (const other of nodes.slice(index + 1)) {
          const apart = Math.abs(one.x - other.x) >= NODE.width || Math.abs(one.y - other.y) >= NODE.height;
          expect(apart, `${one.id} and ${other.id}`).toBe(true);
        }
        expect(one.y).toBeGreaterThanOrEqual(0);
      }
    }
  });

  it('leads back below everything', () => {
    const back = placed.routes.filter((route) => route.back);
    expect(back.map(({ edge }) => edge.to)).toEqual(['agent:planner']);
    expect(placed.routes).toHaveLength(6);
    expect(placed.height).toBeGreaterThan(Math.max(...placed.nodes.map(({ y }) => y)) + NODE.height);
    expect(layout({ nodes: [], edges: [] })).toMatchObject({ nodes: [], routes: [] });
  });
});
