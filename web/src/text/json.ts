/** JSON as coloured pieces of indented text. */

export type JsonPiece = { kind: 'key' | 'string' | 'number' | 'word' | 'plain'; text: string };

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** `value` as indented JSON; a text that is JSON itself is shown as what it says. */
export function jsonText(value: unknown): string {
  return JSON.stringify(unwrapped(value), null, 2) ?? '';
}

/** Clients like to put JSON into a string: the object or list inside, or the value itself. */
export function unwrapped(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

export function jsonPieces(text: string): JsonPiece[] {
  const found: JsonPiece[] = [];
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > at) found.push({ kind: 'plain', text: text.slice(at, match.index) });
    const [all, quoted, colon, word] = match;
    if (quoted) {
      found.push({ kind: colon ? 'key' : 'string', text: quoted });
      if (colon) found.push({ kind: 'plain', text: colon });
    } else {
      found.push({ kind: word ? 'word' : 'number', text: all });
    }
    at = match.index + all.length;
  }
  if (at < text.length) found.push({ kind: 'plain', text: text.slice(at) });
  return found;
}
