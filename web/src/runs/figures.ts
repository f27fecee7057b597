/** What stands on the pages about workflows, agents and tools. Pure. */
import type { AgentItem, FailureItem, ToolItem, UsedBy, WorkflowItem } from '../api/types';
import type { Column } from '../components/columns';
import { formatPercent, plural } from '../format/number';
import { carried, changed, withParams } from '../router';
import { withFilter } from '../state/filters';

const FAILED: Column = { id: 'failed', label: 'failed', number: true, order: 'failed' };
const P50: Column = {
  id: 'p50',
  label: 'p50',
  number: true,
  order: 'p50',
  minor: true,
  title: 'Half are faster',
};
const P95: Column = {
  id: 'p95',
  label: 'p95',
  number: true,
  order: 'p95',
  minor: true,
  title: '95 of 100 are faster',
};
const SPREAD: Column = { id: 'spread', label: 'durations', minor: true };
const USED: Column = { id: 'used', label: 'last', number: true, order: 'used', minor: true };
const COST: Column = { id: 'cost', label: 'cost', number: true, order: 'cost' };
const EACH: Column = { id: 'each', label: 'a run', number: true, order: 'each', minor: true };

export const WORKFLOWS: Column[] = [
  { id: 'name', label: 'workflow', order: 'name' },
  { id: 'runs', label: 'runs', number: true, order: 'runs', minor: true },
  FAILED,
  COST,
  EACH,
  SPREAD,
  P50,
  P95,
  USED,
];

/** In the API's order: the slowest first. */
export const NODES: Column[] = [
  { id: 'name', label: 'step' },
  {
    id: 'share',
    label: 'share of time',
    title: 'Without the steps below it; side by side they add up to more',
  },
  { id: 'runs', label: 'times', number: true, minor: true },
  { id: 'failed', label: 'failed', number: true },
  { id: 'p50', label: 'p50', number: true, minor: true, title: 'Half are faster' },
  { id: 'p95', label: 'p95', number: true, minor: true, title: '95 of 100 are faster' },
  { id: 'cost', label: 'cost', number: true, minor: true },
];

export const AGENTS: Column[] = [
  { id: 'name', label: 'agent', order: 'name' },
  { id: 'runs', label: 'runs', number: true, order: 'runs', minor: true },
  FAILED,
  COST,
  EACH,
  SPREAD,
  P50,
  P95,
  { id: 'others', label: 'tools', minor: true },
  USED,
];

export const TOOLS: Column[] = [
  { id: 'name', label: 'tool', order: 'name' },
  { id: 'runs', label: 'uses', number: true, order: 'runs', minor: true },
  FAILED,
  {
    id: 'each',
    label: 'calls below',
    number: true,
    order: 'each',
    minor: true,
    title: 'What model calls below one use cost',
  },
  SPREAD,
  P50,
  { ...P95, minor: false },
  { id: 'others', label: 'used by', minor: true },
  USED,
];

/** A row of any of the lists. */
export interface Run {
  name: string;
  runs: number;
  failures: number;
  cost: number | null;
  each: number | null;
  p50: number | null;
  p95: number | null;
  used: string;
}

export function ofWorkflow(item: WorkflowItem): Run {
  return {
    name: item.workflow,
    runs: item.runs,
    failures: item.failures,
    cost: item.cost_usd,
    each: item.cost_per_run_usd,
    p50: item.duration_p50_ms,
    p95: item.duration_p95_ms,
    used: item.last_run,
  };
}

export function ofAgent(item: AgentItem): Run {
  return {
    name: item.agent,
    runs: item.runs,
    failures: item.failures,
    cost: item.cost_usd,
    each: item.cost_per_run_usd,
    p50: item.duration_p50_ms,
    p95: item.duration_p95_ms,
    used: item.last_used,
  };
}

export function ofTool(item: ToolItem): Run {
  return {
    name: item.tool,
    runs: item.uses,
    failures: item.failures,
    cost: null,
    each: item.cost_per_use_usd,
    p50: item.duration_p50_ms,
    p95: item.duration_p95_ms,
    used: item.last_used,
  };
}

const RANK: Record<string, (run: Run) => number> = {
  runs: (run) => run.runs,
  failed: (run) => run.failures / Math.max(1, run.runs),
  cost: (run) => run.cost ?? -1,
  each: (run) => run.each ?? -1,
  p50: (run) => run.p50 ?? -1,
  p95: (run) => run.p95 ?? -1,
  used: (run) => Date.parse(run.used),
};

/** In the order that the URL asks for, largest first; else as the API has them. */
export function ordered<Item>(items: readonly Item[], order: string, of: (item: Item) => Run): Item[] {
  const rank = RANK[order];
  if (order === 'name') return [...items].sort((one, other) => of(one).name.localeCompare(of(other).name));
  return rank ? [...items].sort((one, other) => rank(of(other)) - rank(of(one))) : [...items];
}

/** `3 (2.1%)`, or nothing where nothing failed. */
export function failedText(failures: number, runs: number): string {
  return failures === 0
    ? ''
    : `${failures.toLocaleString('en')} (${formatPercent(failures / Math.max(1, runs))})`;
}

/** Names with how often: `search 12, weather 3, 2 more`. */
export function usedText(used: readonly UsedBy[], nobody: string, most = 3): string {
  const named = used.slice(0, most).map((one) => `${one.name ?? nobody} ${one.uses.toLocaleString('en')}`);
  return used.length > most ? `${named.join(', ')}, ${used.length - most} more` : named.join(', ');
}

/** Where figures come from that only some traces tell. */
export function looked(traces: number, all: boolean): string {
  return all ? '' : `Looked up in the newest ${plural(traces, 'trace')} with a tool.`;
}

/** The runs of a workflow in the list of traces. What no span tells is found by the name of the root. */
export function runsUrl(
  params: URLSearchParams,
  workflow: Pick<WorkflowItem, 'workflow' | 'told'>,
  own: Record<string, string> = {},
): string {
  const base = carried(params);
  const filtered = workflow.told
    ? withFilter(base, { field: 'workflow', value: workflow.workflow })
    : changed(withFilter(base, { field: 'kind', value: 'workflow' }), { q: `name:"${workflow.workflow}"` });
  return withParams('/traces', changed(filtered, own));
}

/** What failed, in a word: the tool, the model, the node, or the span. */
export function whatFailed(failure: FailureItem): string {
  return failure.tool ?? failure.model ?? failure.node ?? failure.name;
}
