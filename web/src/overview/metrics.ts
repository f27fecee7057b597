/** What the chart of the overview can show and by what it can be cut. */
import type { Dimension, Metric } from '../api/types';
import { formatDuration } from '../format/duration';
import { formatMoney } from '../format/money';
import { formatCount, formatTokens } from '../format/number';

export interface Shown {
  id: string;
  label: string;
  shape: 'bars' | 'lines';
  /** One series grouped by a dimension, or several ungrouped ones drawn together. */
  metrics: { metric: Metric; name: string; colour: string }[];
  format: (value: number | null) => string;
}

export const SHOWN: Shown[] = [
  bars('cost', 'Cost', 'cost', formatMoney),
  bars('tokens', 'Tokens', 'tokens', formatTokens),
  bars('calls', 'Calls', 'calls', formatCount),
  {
    id: 'latency',
    label: 'Latency',
    shape: 'lines',
    metrics: [
      { metric: 'latency_p95', name: 'p95', colour: 'var(--series-0)' },
      { metric: 'latency_p50', name: 'median', colour: 'var(--series-5)' },
      { metric: 'ttft_p95', name: 'first token p95', colour: 'var(--series-1)' },
    ],
    format: formatDuration,
  },
];

function bars(id: string, label: string, metric: Metric, format: Shown['format']): Shown {
  return {
    id,
    label,
    shape: 'bars',
    metrics: [{ metric, name: label.toLowerCase(), colour: 'var(--series-0)' }],
    format,
  };
}

export const GROUPS: { id: Dimension; label: string }[] = [
  { id: 'model', label: 'model' },
  { id: 'service', label: 'service' },
  { id: 'feature', label: 'feature' },
  { id: 'workflow', label: 'workflow' },
  { id: 'user', label: 'user' },
  { id: 'environment', label: 'environment' },
];

/** What the chart of one model shows. */
export const MODEL_CHARTS: Shown[] = [
  ...SHOWN,
  {
    id: 'errors',
    label: 'Errors',
    shape: 'bars',
    metrics: [{ metric: 'errors', name: 'failed calls', colour: 'var(--error)' }],
    format: formatCount,
  },
];

/** The runs of a workflow, and those in which something failed. */
export const RUN_CHART: Shown = {
  id: 'runs',
  label: 'Runs',
  shape: 'lines',
  metrics: [
    { metric: 'traces', name: 'runs', colour: 'var(--series-0)' },
    { metric: 'trace_errors', name: 'with an error', colour: 'var(--error)' },
  ],
  format: formatCount,
};

export function shownNamed(id: string | null, among: readonly Shown[] = SHOWN): Shown {
  return among.find((shown) => shown.id === id) ?? (among[0] as Shown);
}

export function groupNamed(id: string | null): Dimension {
  return GROUPS.find((group) => group.id === id)?.id ?? 'model';
}
