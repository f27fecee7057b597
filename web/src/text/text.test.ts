import { describe, expect, it } from 'vitest';
import { parseInline } from './inline';
import { parseMarkdown } from './markdown';
import { pieces } from './redaction';

describe('redaction markers', () => {
  it('are cut out of the text', () => {
    expect(pieces('key [redacted:openai-key], user [hash:3f9a] [x]')).toEqual([
      { kind: 'text', text: 'key ' },
      { kind: 'redacted', text: 'openai-key' },
      { kind: 'text', text: ', user ' },
      { kind: 'hash', text: '3f9a' },
      { kind: 'text', text: ' [x]' },
    ]);
  });
});

describe('inline Markdown', () => {
  it('knows emphasis, code and links', () => {
    expect(parseInline('a **b *c*** `d*e*` [f](https://x.y/z)')).toEqual([
      { type: 'text', text: 'a ' },
      {
        type: 'strong',
        inlines: [
          { type: 'text', text: 'b ' },
          { type: 'emphasis', inlines: [{ type: 'text', text: 'c' }] },
        ],
      },
      { type: 'text', text: ' ' },
      { type: 'code', text: 'd*e*' },
      { type: 'text', text: ' ' },
      { type: 'link', url: 'https://x.y/z', inlines: [{ type: 'text', text: 'f' }] },
    ]);
  });

  it('finds bare addresses without their full stop', () => {
    expect(parseInline('see https://example.org/a_b.')).toMatchObject([
      { type: 'text' },
      { type: 'link', url: 'https://example.org/a_b' },
      { type: 'text', text: '.' },
    ]);
  });

  it.each([
    '[x](javascript:alert(1))',
    '[x](data:text/html,1)',
    '<img src=x onerror=alert(1)>',
    'snake_case_name',
    '2 * 3 * 4',
  ])('leaves %s as text', (text) => expect(parseInline(text)).toEqual([{ type: 'text', text }]));

  it('turns an image into a link, so that nothing is loaded', () => {
    expect(parseInline('![cat](https://x.y/cat.png)')).toEqual([
      { type: 'link', url: 'https://x.y/cat.png', inlines: [{ type: 'text', text: 'cat' }] },
    ]);
  });

  it('keeps markers', () => {
    expect(parseInline('**[redacted:iban]**')).toEqual([
      { type: 'strong', inlines: [{ type: 'redacted', text: 'iban' }] },
    ]);
  });
});

describe('Markdown blocks', () => {
  const types = (text: string) => parseMarkdown(text).map((block) => block.type);

  it('reads what models write', () => {
    const text =
      '# Title\n\nHello\nworld\n\n- a\n- b\n  - c\n\n1. one\n2. two\n\n> said\n\n---\n\n| x | y |\n|---|---|\n| 1 | 2 |\n';
    expect(types(text)).toEqual(['heading', 'paragraph', 'list', 'list', 'quote', 'rule', 'table']);
  });

  it('nests lists', () => {
    const [list] = parseMarkdown('- a\n- b\n  - c\n  - d');
    expect(list).toMatchObject({
      type: 'list',
      ordered: false,
      items: [[{ type: 'paragraph' }], [{ type: 'paragraph' }, { type: 'list' }]],
    });
  });

  it('keeps code as it stands, also when the fence is not closed yet', () => {
    expect(parseMarkdown('```python\nx = "**"\n\ny\n```')).toEqual([
      { type: 'code', language: 'python', text: 'x = "**"\n\ny' },
    ]);
    expect(parseMarkdown('```\nopen')).toEqual([{ type: 'code', language: '', text: 'open' }]);
  });

  it('keeps code inside a list item', () => {
    const [list] = parseMarkdown('1. run\n   ```sh\n   ls\n   ```\n2. done');
    expect(list).toMatchObject({
      type: 'list',
      items: [[{ type: 'paragraph' }, { type: 'code', text: 'ls' }], [{ type: 'paragraph' }]],
    });
  });

  it('does not take HTML for more than text', () => {
    expect(parseMarkdown('<script>alert(1)</script>')).toEqual([
      { type: 'paragraph', inlines: [{ type: 'text', text: '<script>alert(1)</script>' }] },
    ]);
  });

  it('ends on anything', () => {
    const nasty = [
      '> '.repeat(400),
      '- '.repeat(400),
      '*'.repeat(5000),
      '[('.repeat(3000),
      '|'.repeat(3000),
      '`'.repeat(999),
    ];
    for (const text of nasty) expect(Array.isArray(parseMarkdown(text))).toBe(true);
  });
});
