/** What the parts of the data directory are, in words. Pure. */

const PARTS: Record<string, { label: string; about: string; colour: string }> = {
  journal: { label: 'Journal', about: 'everything that was sent, as it was said', colour: 'var(--series-0)' },
  analytics: {
    label: 'Analytics',
    about: 'rows of lists and boards; made again when missing',
    colour: 'var(--series-1)',
  },
  search: {
    label: 'Search',
    about: 'the index of what was said; made again when missing',
    colour: 'var(--series-2)',
  },
  media: { label: 'Images and sounds', about: 'taken out of messages, each once', colour: 'var(--series-4)' },
  forward: { label: 'Forwarding', about: 'how far each destination has come', colour: 'var(--series-7)' },
  other: {
    label: 'Other',
    about: 'settings, pins, prices, keys, and a reserve for a full disk',
    colour: 'var(--series-other)',
  },
};

export function partOf(part: string): { label: string; about: string; colour: string } {
  return PARTS[part] ?? { label: part, about: '', colour: 'var(--series-other)' };
}
