/**
 * The Markdown that models write, as a tree that components draw. Never HTML: tags stay text, images become
 * links, and only http, https and mailto addresses are links at all.
 */
import { parseInline, type Inline } from './inline';

export type Block =
  | { type: 'paragraph'; inlines: Inline[] }
  | { type: 'heading'; level: number; inlines: Inline[] }
  | { type: 'code'; language: string; text: string }
  | { type: 'list'; ordered: boolean; start: number; items: Block[][] }
  | { type: 'quote'; blocks: Block[] }
  | { type: 'table'; head: Inline[][]; rows: Inline[][][] }
  | { type: 'rule' };

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^\s`]*)[^`]*$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const RULE = /^ {0,3}([-*_])(\s*\1){2,}\s*$/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(\s+)(.*)$/;
const TABLE_LINE = /^\s*\|?(\s*:?-+:?\s*\|)+\s*(:?-+:?\s*)?$/;
/** Deeper nesting is shown as text: no answer needs it, and recursion stays bounded. */
const MAX_DEPTH = 12;

export function parseMarkdown(text: string, depth = 0): Block[] {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  const blocks: Block[] = [];
  let paragraph: string[] = [];
  const flush = () => {
    if (paragraph.length)
      blocks.push({ type: 'paragraph', inlines: parseInline(paragraph.join('\n').trim()) });
    paragraph = [];
  };
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] as string;
    const block = depth < MAX_DEPTH ? blockAt(lines, at, depth, paragraph.length > 0) : null;
    if (block) {
      flush();
      blocks.push(block.block);
      at = block.next;
    } else {
      if (line.trim() === '') flush();
      else paragraph.push(line.trimStart());
      at += 1;
    }
  }
  flush();
  return blocks;
}

type Found = { block: Block; next: number };

function blockAt(lines: string[], at: number, depth: number, inParagraph: boolean): Found | null {
  const line = lines[at] as string;
  const fence = FENCE.exec(line);
  if (fence) return codeBlock(lines, at, fence[1] as string, fence[2] ?? '');
  const heading = HEADING.exec(line);
  if (heading) {
    const level = (heading[1] as string).length;
    return { block: { type: 'heading', level, inlines: parseInline(heading[2] as string) }, next: at + 1 };
  }
  if (RULE.test(line)) return { block: { type: 'rule' }, next: at + 1 };
  if (/^ {0,3}>/.test(line)) return quote(lines, at, depth);
  const item = ITEM.exec(line);
  // A number in running text ("in\n2024. Then") opens a list only when it is 1, as CommonMark has it.
  if (item && !(inParagraph && /^\d/.test(item[2] as string) && !/^1[.)]/.test(item[2] as string))) {
    return list(lines, at, depth, /\d/.test(item[2] as string));
  }
  if (line.includes('|') && TABLE_LINE.test(lines[at + 1] ?? '')) return table(lines, at);
  return null;
}

function codeBlock(lines: string[], at: number, fence: string, language: string): Found {
  let end = at + 1;
  const closing = new RegExp(`^ {0,3}${fence[0]}{${fence.length},}\\s*$`);
  while (end < lines.length && !closing.test(lines[end] as string)) end += 1;
  return { block: { type: 'code', language, text: lines.slice(at + 1, end).join('\n') }, next: end + 1 };
}

function quote(lines: string[], at: number, depth: number): Found {
  let end = at;
  while (end < lines.length && /^ {0,3}>/.test(lines[end] as string)) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(/^ {0,3}> ?/, ''));
  return { block: { type: 'quote', blocks: parseMarkdown(inner.join('\n'), depth + 1) }, next: end };
}

function list(lines: string[], at: number, depth: number, ordered: boolean): Found {
  const items: string[][] = [];
  const start = Number.parseInt(ITEM.exec(lines[at] as string)?.[2] ?? '1', 10) || 1;
  let indent = 0;
  let next = at;
  while (next < lines.length) {
    const line = lines[next] as string;
    const item = ITEM.exec(line);
    if (item && /\d/.test(item[2] as string) === ordered && (items.length === 0 || leading(line) < indent)) {
      indent =
        (item[1] as string).length + (item[2] as string).length + Math.min(4, (item[3] as string).length);
      items.push([item[4] as string]);
    } else if (line.trim() === '') {
      const following = lines[next + 1];
      const goesOn =
        following !== undefined &&
        (leading(following) >= Math.min(indent, 2) || sameList(following, ordered));
      if (!goesOn || following.trim() === '') break;
      items.at(-1)?.push('');
    } else if (leading(line) >= Math.min(indent, 2)) {
      items.at(-1)?.push(line.slice(Math.min(indent, leading(line))));
    } else if (!item && !HEADING.test(line) && !FENCE.test(line) && lines[next - 1]?.trim() !== '') {
      items.at(-1)?.push(line);
    } else {
      break;
    }
    next += 1;
  }
  const parsed = items.map((item) => parseMarkdown(item.join('\n'), depth + 1));
  return { block: { type: 'list', ordered, start, items: parsed }, next };
}

function sameList(line: string, ordered: boolean): boolean {
  const item = ITEM.exec(line);
  return item !== null && /\d/.test(item[2] as string) === ordered;
}

function leading(line: string): number {
  return line.length - line.trimStart().length;
}

function cells(line: string): Inline[][] {
  return line
    .trim()
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => parseInline(cell.trim().replaceAll('\\|', '|')));
}

function table(lines: string[], at: number): Found {
  const head = cells(lines[at] as string);
  const rows: Inline[][][] = [];
  let next = at + 2;
  while (next < lines.length && (lines[next] as string).includes('|')) {
    const row = cells(lines[next] as string);
    rows.push(head.map((_, column) => row[column] ?? []));
    next += 1;
  }
  return { block: { type: 'table', head, rows }, next };
}
