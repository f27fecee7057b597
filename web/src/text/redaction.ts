/** Finds the markers that redaction leaves in a text, so that they can be drawn as chips. */

export type Piece = { kind: 'text'; text: string } | { kind: 'redacted' | 'hash'; text: string };

const MARKER = /\[(redacted|hash):([^\]\s]{1,80})\]/g;

/** `text` cut at its markers: `[redacted:rule]` and `[hash:3f9a...]`. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(MARKER)) {
    if (match.index > at) found.push({ kind: 'text', text: text.slice(at, match.index) });
    found.push({ kind: match[1] as 'redacted' | 'hash', text: match[2] as string });
    at = match.index + match[0].length;
  }
  if (at < text.length) found.push({ kind: 'text', text: text.slice(at) });
  return found;
}
