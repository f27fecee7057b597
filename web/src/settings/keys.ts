/** Keys and tokens as the pages show them. Pure. */
import type { KeyItem } from '../api/types';

export type Kind = 'ingest' | 'api';

/** Those of one kind that are good, and those that are revoked, the newest of them first. */
export function sorted(items: readonly KeyItem[], kind: Kind): { good: KeyItem[]; revoked: KeyItem[] } {
  const all = items.filter((item) => item.kind === kind);
  return {
    good: all.filter((item) => item.revoked_at === null),
    revoked: all.filter((item) => item.revoked_at !== null).toReversed(),
  };
}

/** What a key is good for, in words. */
export function purpose(item: Pick<KeyItem, 'signals' | 'scope'>): string {
  if (item.scope) return item.scope === 'admin' ? 'everything' : 'reading';
  return item.signals.length === 3 ? 'everything' : item.signals.join(' and ');
}

/** How a key begins and ends, which is all that is known of it. */
export function shortened(item: Pick<KeyItem, 'kind' | 'hint'>): string {
  return `${item.kind === 'ingest' ? 'tm_ingest_' : 'tm_api_'}…${item.hint}`;
}

/** `wanted`, with a number behind it where the name is taken. */
export function freeName(items: readonly KeyItem[], wanted: string): string {
  const taken = new Set(items.filter((item) => item.revoked_at === null).map((item) => item.name));
  if (!taken.has(wanted)) return wanted;
  for (let number = 2; ; number += 1) if (!taken.has(`${wanted} ${number}`)) return `${wanted} ${number}`;
}

/** What a browser is by what it calls itself: `Firefox on Linux`. */
export function browserName(agent: string): string {
  const first = (names: [RegExp, string][]) => names.find(([pattern]) => pattern.test(agent))?.[1];
  const browser = first([
    [/Edg\//, 'Edge'],
    [/Firefox\//, 'Firefox'],
    [/Chrom(e|ium)\//, 'Chrome'],
    [/Safari\//, 'Safari'],
  ]);
  const system = first([
    [/Android/, 'Android'],
    [/iPhone|iPad/, 'iOS'],
    [/Windows/, 'Windows'],
    [/Mac OS/, 'macOS'],
    [/Linux/, 'Linux'],
  ]);
  if (!browser) return agent.split(' ')[0] || 'unknown';
  return system ? `${browser} on ${system}` : browser;
}
