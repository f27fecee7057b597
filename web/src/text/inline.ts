/** Inline Markdown: emphasis, code, links, and the markers of redaction. */
import { pieces } from './redaction';

export type Inline =
  | { type: 'text'; text: string }
  | { type: 'redacted' | 'hash'; text: string }
  | { type: 'code'; text: string }
  | { type: 'strong' | 'emphasis' | 'deleted'; inlines: Inline[] }
  | { type: 'link'; url: string; inlines: Inline[] };

const PATTERNS: [RegExp, (match: RegExpExecArray) => Inline | null][] = [
  [/(`+)([^`]|[^`].*?[^`])\1(?!`)/gs, (match) => ({ type: 'code', text: (match[2] as string).trim() })],
  [
    /!?\[((?:[^[\]\\]|\\.){0,500})\]\(\s*<?([^\s()<>]+(?:\([^\s()<>]*\)[^\s()<>]*)?)>?(?:\s+"[^"]*")?\s*\)/g,
    (match) => link(match[2] as string, match[1] || (match[2] as string)),
  ],
  [
    /<?(https?:\/\/[^\s<>"'`]*[^\s<>"'`.,;:!?)\]}*_])>?/g,
    (match) => link(match[1] as string, match[1] as string),
  ],
  [/\*\*(?=\S)(.+?)(?<=\S)\*\*(?!\*)/gs, (match) => nested('strong', match)],
  [/(?<![\w_])__(?=\S)(.+?)(?<=\S)__(?![\w_])/gs, (match) => nested('strong', match)],
  [/\*(?=[^\s*])([^*]+?)(?<=\S)\*/gs, (match) => nested('emphasis', match)],
  [/(?<![\w_])_(?=[^\s_])([^_]+?)(?<=\S)_(?![\w_])/gs, (match) => nested('emphasis', match)],
  [/~~(?=\S)(.+?)(?<=\S)~~/gs, (match) => nested('deleted', match)],
];

function nested(type: 'strong' | 'emphasis' | 'deleted', match: RegExpExecArray): Inline {
  return { type, inlines: parseInline(match[1] as string) };
}

/** A link when the address is one that cannot run code; else nothing, and the text stays as it is. */
function link(address: string, label: string): Inline | null {
  if (!/^(https?:\/\/|mailto:)/i.test(address)) return null;
  return { type: 'link', url: address, inlines: [{ type: 'text', text: label }] };
}

function plain(text: string): Inline[] {
  return pieces(text.replace(/\\([!-/:-@[-`{-~])/g, '$1')).map(({ kind, text: piece }) => ({
    type: kind,
    text: piece,
  }));
}

/** Longer runs are shown as they are: a paragraph of this length is data, not prose. */
const MAX_INLINE = 50_000;

export function parseInline(text: string): Inline[] {
  if (text.length > MAX_INLINE) return plain(text);
  const inlines: Inline[] = [];
  // The next match of each pattern is kept until the text before it is used up, so that a long text is not
  // searched again from every position.
  const ahead = PATTERNS.map(() => ({
    match: null as RegExpExecArray | null,
    make: null as Inline | null,
    from: -1,
  }));
  let at = 0;
  while (at < text.length) {
    let first: (typeof ahead)[number] | null = null;
    PATTERNS.forEach(([pattern, build], index) => {
      const next = ahead[index] as (typeof ahead)[number];
      if (next.from < at) {
        do {
          pattern.lastIndex = next.match && next.match.index >= at ? next.match.index + 1 : at;
          next.match = pattern.exec(text);
          next.make = next.match && build(next.match);
        } while (next.match && !next.make);
        next.from = next.match ? next.match.index : Number.POSITIVE_INFINITY;
      }
      if (next.make && (!first || next.from < first.from)) first = next;
    });
    const found = first as (typeof ahead)[number] | null;
    if (!found?.match || !found.make) break;
    if (found.from > at) inlines.push(...plain(text.slice(at, found.from)));
    inlines.push(found.make);
    at = found.from + found.match[0].length;
  }
  if (at < text.length) inlines.push(...plain(text.slice(at)));
  return inlines;
}
