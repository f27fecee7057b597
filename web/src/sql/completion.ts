/** What the box for statements offers while one types: tables, columns, words of SQL. Pure. */
import type { SqlTable } from '../api/types';

export interface Offer {
  text: string;
  /** What it is: `table`, the type of a column, or `word`. */
  kind: string;
  about: string;
}

const WORDS = [
  'SELECT',
  'FROM',
  'WHERE',
  'GROUP BY ALL',
  'ORDER BY',
  'LIMIT',
  'HAVING',
  'JOIN',
  'LEFT JOIN',
  'USING',
  'WITH',
  'AND',
  'OR',
  'NOT',
  'IN',
  'LIKE',
  'ILIKE',
  'IS NULL',
  'BETWEEN',
  'CASE WHEN',
  'COUNT(*)',
  'DISTINCT',
  'DESC',
  'INTERVAL',
  'FILTER (WHERE',
  'date_trunc',
  'quantile_cont',
  'list_contains',
  'coalesce',
  'round',
  'DESCRIBE',
  'SUMMARIZE',
];

/** `$since` and `$until` stand for the range of time of the page. */
const RANGE: Offer[] = [
  { text: '$since', kind: 'time', about: 'Start of the range of time above' },
  { text: '$until', kind: 'time', about: 'End of it' },
];

/** The word that ends at `cursor`, and where it begins. */
export function wordBefore(text: string, cursor: number): { word: string; start: number } {
  const word = /[$\w]*$/.exec(text.slice(0, cursor))?.[0] ?? '';
  return { word, start: cursor - word.length };
}

/** Whether `cursor` stands in a comment or in quotes, where nothing is to be completed. */
export function isQuoted(text: string, cursor: number): boolean {
  const before = text.slice(0, cursor);
  let quote = '';
  for (let at = 0; at < before.length; at += 1) {
    const char = before.charAt(at);
    if (quote) {
      if (char === quote) quote = '';
    } else if (char === "'" || char === '"') quote = char;
    else if (before.startsWith('--', at)) {
      const end = before.indexOf('\n', at);
      if (end < 0) return true;
      at = end;
    }
  }
  return quote === "'";
}

/** The tables that the statement names. */
function named(text: string, tables: readonly SqlTable[]): SqlTable[] {
  const words = new Set(text.toLowerCase().match(/\w+/g) ?? []);
  return tables.filter((table) => words.has(table.name));
}

/** What fits the word before the cursor, best first: columns of the tables that are named, tables, then words. */
export function offers(text: string, cursor: number, tables: readonly SqlTable[], most = 8): Offer[] {
  const { word } = wordBefore(text, cursor);
  if (!word || isQuoted(text, cursor)) return [];
  const wanted = word.toLowerCase();
  const begins = (offer: Offer) =>
    offer.text.toLowerCase().startsWith(wanted) && offer.text.toLowerCase() !== wanted;
  const here = named(text, tables);
  const columns = (here.length ? here : tables).flatMap((table) =>
    table.columns.map(({ name, kind, about }) => ({ text: name, kind, about })),
  );
  const seen = new Set<string>();
  const all = [
    ...columns,
    ...tables.map(({ name, about }) => ({ text: name, kind: 'table', about })),
    ...RANGE,
    ...WORDS.map((each) => ({ text: each, kind: 'word', about: '' })),
  ];
  return all.filter((offer) => begins(offer) && !seen.has(offer.text) && seen.add(offer.text)).slice(0, most);
}

/** `text` with the word before `cursor` replaced by `offer`, and where the cursor then stands. */
export function completed(text: string, cursor: number, offer: string): { text: string; cursor: number } {
  const { start } = wordBefore(text, cursor);
  return { text: text.slice(0, start) + offer + text.slice(cursor), cursor: start + offer.length };
}

/** Characters before line `line` and column `column`, both counted from 1. */
export function offsetOf(text: string, line: number, column: number): number {
  const lines = text.split('\n').slice(0, line - 1);
  return lines.reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
}
