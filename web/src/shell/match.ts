/** How well typed words fit an entry of the palette. */

/**
 * How well `typed` fits `text`: 0 not at all, higher is better. Every word must occur; the start of the text counts
 * most, then the start of a word, then anywhere.
 */
export function fit(typed: string, text: string): number {
  const target = text.toLowerCase();
  let score = 1;
  for (const word of typed.toLowerCase().split(/\s+/).filter(Boolean)) {
    const at = target.indexOf(word);
    if (at < 0) return 0;
    const startsWord = at === 0 || new RegExp(`[^\\p{L}\\p{N}]${escaped(word)}`, 'u').test(target);
    score += at === 0 ? 4 : startsWord ? 2 : 1;
  }
  return score;
}

const escaped = (word: string) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The entries that fit, best first; equals keep their order. */
export function best<T extends { title: string; words?: string | undefined }>(
  typed: string,
  entries: T[],
): T[] {
  if (!typed.trim()) return entries;
  return entries
    .map((entry) => ({
      entry,
      score: 2 * fit(typed, entry.title) || fit(typed, `${entry.title} ${entry.words ?? ''}`),
    }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ entry }) => entry);
}

/** The trace id in what was typed or pasted, as the pages spell it. */
export function traceIdIn(typed: string): string | null {
  const found = /(?:^|[^0-9a-f])([0-9a-f]{32})(?:$|[^0-9a-f])/i.exec(typed.replaceAll('-', ''));
  return found ? (found[1] as string).toLowerCase() : null;
}
