/** Attributes in groups that people look for. Pure. */
import type { Span } from '../api/types';
import type { Filter } from '../state/filters';

export interface AttributeGroup {
  title: string;
  entries: [string, unknown][];
}

const GROUPS: [string, RegExp][] = [
  ['Usage and cost', /usage|token|cost/],
  ['Model', /model|provider|gen_ai\.system$|llm\.vendor|operation\.name|response\.id|finish_reason/],
  ['Request', /^gen_ai\.request|^llm\.(request|invocation)|temperature|top_p|top_k|max_tokens|stream|tool/],
  [
    'Content',
    /prompt|completion|messages|input\.value|output\.value|entity\.(input|output)|instructions|content/,
  ],
  ['Service', /^(service|telemetry|deployment|host|process|os|k8s|container)\./],
];

/** The attributes of a span and of its resource, grouped, those that contain `find` only. */
export function grouped(span: Span, resource: Record<string, unknown>, find: string): AttributeGroup[] {
  const wanted = find.trim().toLowerCase();
  const groups = new Map<string, [string, unknown][]>(
    [...GROUPS.map(([title]) => title), 'Other', 'Resource'].map((title) => [title, []]),
  );
  const add = (title: string, key: string, value: unknown) => {
    const text = `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`.toLowerCase();
    if (text.includes(wanted)) groups.get(title)?.push([key, value]);
  };
  for (const [key, value] of Object.entries(span.attributes)) {
    add(GROUPS.find(([, pattern]) => pattern.test(key))?.[0] ?? 'Other', key, value);
  }
  for (const [key, value] of Object.entries(resource)) add('Resource', key, value);
  return [...groups]
    .filter(([, entries]) => entries.length > 0)
    .map(([title, entries]) => ({ title, entries }));
}

/** The filters that a span fits: what a click on one of its values can ask for. */
export function filtersOf(span: Span): Filter[] {
  const call = span.call;
  const values: [string, string | null | undefined][] = [
    ['model', call?.response_model ?? call?.request_model],
    ['provider', call?.provider],
    ['service', span.service],
    ['environment', span.environment],
    ['feature', span.feature],
    ['team', span.team],
    ['prompt_name', span.prompt_name],
    ['prompt_version', span.prompt_version],
    ['session', span.session],
    ['user', span.user],
    ['workflow', span.workflow],
    ['node', span.node],
    ['agent', span.agent],
    ['operation', call?.operation],
  ];
  return values.flatMap(([field, value]) => (value ? [{ field, value }] : []));
}
