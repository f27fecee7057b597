/** Filters as the URL has them: parameters named like the fields of the API, repeated for "or". */

export interface Filter {
  field: string;
  value: string;
}

export interface FilterField {
  name: string;
  /** What stands on the chip. */
  label: string;
  /** `value`: one of the stored values, offered while typing. `number`: a lower bound. `fixed`: one of `choices`. */
  kind: 'value' | 'number' | 'fixed';
  choices?: string[];
}

const value = (name: string, label = name.replaceAll('_', ' ')): FilterField => ({
  name,
  label,
  kind: 'value',
});

export const KINDS = [
  'llm',
  'embedding',
  'tool',
  'agent',
  'workflow',
  'task',
  'retrieval',
  'rerank',
  'guardrail',
  'evaluation',
  'http',
  'db',
  'other',
];

/** The parameter of the page that holds what is typed without naming a filter: words to search for. */
export const TEXT = 'q';

/** In the order in which they are offered. */
export const FIELDS: FilterField[] = [
  value('model'),
  value('service'),
  { name: 'status', label: 'status', kind: 'fixed', choices: ['error', 'ok'] },
  value('feature'),
  value('workflow'),
  value('agent'),
  value('user'),
  value('session'),
  value('provider'),
  value('environment'),
  value('team'),
  value('node'),
  value('prompt_name'),
  value('prompt_version'),
  value('operation'),
  value('tag'),
  { name: 'kind', label: 'kind', kind: 'fixed', choices: KINDS },
  { name: 'min_cost_usd', label: 'cost', kind: 'number' },
  { name: 'min_duration_ms', label: 'duration', kind: 'number' },
];

const ALIASES: Record<string, string> = {
  env: 'environment',
  cost: 'min_cost_usd',
  duration: 'min_duration_ms',
  conversation: 'session',
};

export function fieldNamed(name: string): FilterField | null {
  const wanted = name.trim().toLowerCase().replaceAll(' ', '_');
  return FIELDS.find((field) => field.name === (ALIASES[wanted] ?? wanted)) ?? null;
}

/** The filters in the URL, in the order in which they stand there. An empty value asks for those that have none. */
export function parseFilters(params: URLSearchParams): Filter[] {
  return [...params].flatMap(([field, text]) => {
    const known = fieldNamed(field);
    return known?.name === field && (text || known.kind === 'value') ? [{ field, value: text }] : [];
  });
}

/** `params` with one more filter. A lower bound replaces the one before it. */
export function withFilter(params: URLSearchParams, filter: Filter): URLSearchParams {
  const next = new URLSearchParams(params);
  if (fieldNamed(filter.field)?.kind === 'number') next.set(filter.field, filter.value);
  else if (!next.has(filter.field, filter.value)) next.append(filter.field, filter.value);
  return next;
}

export function withoutFilter(params: URLSearchParams, filter: Filter): URLSearchParams {
  const next = new URLSearchParams(params);
  next.delete(filter.field, filter.value);
  return next;
}

export function withoutFilters(params: URLSearchParams): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const field of FIELDS) next.delete(field.name);
  next.delete(TEXT);
  return next;
}

/** The part of the URL that the API understands as filters. */
export function filterQuery(params: URLSearchParams): URLSearchParams {
  const query = new URLSearchParams(
    parseFilters(params).map(({ field, value: text }): [string, string] => [field, text]),
  );
  const text = params.get(TEXT)?.trim();
  if (text) query.set('search', searchWords(text));
  return query;
}

/** What is being typed as a search that can be answered: quotes closed, the last word by its beginning. */
export function searchWords(typed: string): string {
  const closed = (typed.split('"').length - 1) % 2 === 1 ? `${typed}"` : typed;
  const text = closed.replace(/\s+(AND|OR|NOT|-)?\s*$/, '');
  return /(^|[\s(:])[\p{L}\p{N}][\p{L}\p{N}_.-]+[\p{L}\p{N}]$/u.test(text) ? `${text}*` : text;
}

/** What stands on a chip: `model: gpt-4o`, `cost ≥ $0.10`, `duration ≥ 2000 ms`. */
export function chipText({ field, value: text }: Filter): { label: string; value: string } {
  const known = fieldNamed(field);
  const label = known?.label ?? field;
  if (field === 'min_cost_usd') return { label, value: `≥ $${text}` };
  if (field === 'min_duration_ms') return { label, value: `≥ ${text} ms` };
  return { label, value: text === '' ? 'none' : text };
}

const DURATION_UNITS: Record<string, number> = {
  '': 1,
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
};

/** Reads `2s`, `1500`, `0.5 min` as milliseconds and `$0.10`, `.1` as dollars; null when it is neither. */
function bound(field: string, text: string): string | null {
  const parts = /^\$?\s*(\d*\.?\d+)\s*([a-z]*)$/i.exec(text.trim());
  if (!parts) return null;
  const unit = (parts[2] ?? '').toLowerCase();
  if (field === 'min_cost_usd') return unit === '' ? String(Number(parts[1])) : null;
  const factor = DURATION_UNITS[unit];
  return factor === undefined ? null : String(Number(parts[1]) * factor);
}

/** The filter that typed text stands for (`model:gpt-4o`, `cost > 0.1`, `duration>2s`, `error`), or null. */
export function typedFilter(text: string): Filter | null {
  const trimmed = text.trim();
  if (/^(error|errors|failed)$/i.test(trimmed)) return { field: 'status', value: 'error' };
  const parts = /^([a-z_ ]+?)\s*(:|=|>=?|≥)\s*(.+)$/i.exec(trimmed);
  const field = parts && fieldNamed(parts[1] as string);
  if (!parts || !field) return null;
  const typed = (parts[3] as string).trim().replace(/^"(.*)"$/, '$1');
  if (field.kind === 'number') {
    const limit = bound(field.name, typed);
    return limit === null ? null : { field: field.name, value: limit };
  }
  if (parts[2] !== ':' && parts[2] !== '=') return null;
  if (field.kind === 'fixed' && !field.choices?.includes(typed)) return null;
  return { field: field.name, value: typed };
}

/** What is being typed: a field's name, or the beginning of a value of a field. */
export function typing(text: string): { field: FilterField | null; prefix: string } {
  const parts = /^([a-z_ ]+?)\s*[:=]\s*(.*)$/i.exec(text.trimStart());
  const field = parts && fieldNamed(parts[1] as string);
  return field
    ? { field, prefix: (parts[2] as string).trim() }
    : { field: null, prefix: text.trim().toLowerCase() };
}
