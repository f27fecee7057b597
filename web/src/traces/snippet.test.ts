import { describe, expect, it } from 'vitest';
import { snippetParts } from './snippet';

describe('snippetParts', () => {
  it('marks hits counted in code points', () => {
    expect(
      snippetParts({
        text: '🏨 hotel in Vienna',
        hits: [
          { start: 2, end: 7 },
          { start: 11, end: 17 },
        ],
      }),
    ).toEqual([
      { text: '🏨 ', hit: false },
      { text: 'hotel', hit: true },
      { text: ' in ', hit: false },
      { text: 'Vienna', hit: true },
    ]);
  });

  it('begins near the first hit', () => {
    const parts = snippetParts({ text: `${'x'.repeat(100)}hit`, hits: [{ start: 100, end: 103 }] });
    expect(parts.map((part) => part.text)).toEqual(['…', 'x'.repeat(40), 'hit']);
  });

  it('shows a text without hits as it is', () => {
    expect(snippetParts({ text: 'plain', hits: [] })).toEqual([{ text: 'plain', hit: false }]);
  });
});
