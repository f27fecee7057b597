/** The configuration in force, grouped as the file is. Pure. */
import type { ConfigurationItem } from '../api/types';

export interface Section {
  name: string;
  items: ConfigurationItem[];
}

export function valueText({ value }: ConfigurationItem): string {
  if (value === null) return 'not set';
  if (Array.isArray(value))
    return value.length > 0 ? value.map((each) => JSON.stringify(each)).join(', ') : 'none';
  if (typeof value === 'object') return Object.keys(value).length > 0 ? JSON.stringify(value) : 'none';
  return typeof value === 'string' ? value : String(value);
}

export function sourceText({ source, from }: ConfigurationItem): string {
  if (source === 'file') return from?.split('/').at(-1) ?? 'file';
  if (source === 'environment') return from ?? 'environment';
  return source === 'flag' ? 'command line' : 'default';
}

/** The section a key stands in: of several of a kind, which one, counted from 1. */
function sectionOf(key: string): string {
  const [first, second] = key.split('.');
  if (second === undefined) return 'top';
  return /^\d+$/.test(second) ? `${first} ${Number(second) + 1}` : (first ?? '');
}

/** Items that have all words in key or value; `own`: only those that are set. */
export function sections(items: readonly ConfigurationItem[], words: string, own: boolean): Section[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const found = new Map<string, ConfigurationItem[]>();
  for (const item of items) {
    if (own && item.source === 'default') continue;
    const text = `${item.key} ${valueText(item)} ${sourceText(item)}`.toLowerCase();
    if (!wanted.every((word) => text.includes(word))) continue;
    const name = sectionOf(item.key);
    found.set(name, [...(found.get(name) ?? []), item]);
  }
  return [...found].map(([name, list]) => ({ name, items: list }));
}
