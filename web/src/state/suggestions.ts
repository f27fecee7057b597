/** What the filter box offers while somebody types. Pure. */
import type { ValueCount } from '../api/types';
import { formatCount } from '../format/number';
import { FIELDS, typing, type Filter, type FilterField } from './filters';

export interface Suggestion {
  text: string;
  /** Beside it in grey: how often a value occurs, or an example. */
  note: string;
  /** Applied at once when chosen; without it `typed` goes on being typed. */
  filter: Filter | null;
  typed: string;
}

const EXAMPLES: Record<string, string> = {
  min_cost_usd: 'e.g. cost > 0.10',
  min_duration_ms: 'e.g. duration > 2s',
};

/** Fields that fit what is typed, or values of the field that was named; `values` are those the API found. */
export function suggestionsFor(text: string, values: readonly ValueCount[]): Suggestion[] {
  const { field, prefix } = typing(text);
  if (!field) return fields(prefix);
  const offer = (value: string, note: string): Suggestion => ({
    text: value,
    note,
    filter: { field: field.name, value },
    typed: '',
  });
  if (field.kind === 'value') return values.map((each) => offer(each.value, formatCount(each.count)));
  return (field.choices ?? [])
    .filter((choice) => choice.startsWith(prefix))
    .map((choice) => offer(choice, ''));
}

function fields(prefix: string): Suggestion[] {
  const start = (field: FilterField) => `${field.label}${field.kind === 'number' ? ' >' : ':'}`;
  return FIELDS.filter((field) => field.label.includes(prefix))
    .slice(0, prefix ? 6 : 8)
    .map((field) => ({
      text: start(field),
      note: EXAMPLES[field.name] ?? '',
      filter: null,
      typed: field.kind === 'number' ? `${start(field)} ` : start(field),
    }));
}

/** Parts of the content that a search can be narrowed to. */
const CONTENT = /(^|[\s(-])(name|prompt|completion|tool|error|log):/i;

/** Whether `text` names a filter, so that it is no search for words. */
export function namesField(text: string): boolean {
  if (CONTENT.test(text) || text.trimStart().startsWith('"')) return false;
  return typing(text).field !== null || /[:=<>≥]/.test(text);
}

/** The next of `count` entries in direction `step`, round and round; -1 stands for none. */
export function nextActive(active: number, step: 1 | -1, count: number): number {
  if (count === 0) return -1;
  return active < 0 ? (step > 0 ? 0 : count - 1) : (active + step + count) % count;
}
