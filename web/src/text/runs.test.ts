import { describe, expect, it } from 'vitest';
import { wrappable } from './runs';

describe('long runs', () => {
  it('leave what people write alone', () => {
    const text = 'A sentence, and https://example.org/a/long/address?with=parameters\n\nand more. '.repeat(
      50,
    );
    expect(wrappable(text)).toEqual([text]);
    expect(wrappable('')).toEqual(['']);
  });

  it('may wrap every few characters, and lose none', () => {
    for (const run of ['A'.repeat(1000), '😀'.repeat(500), `x${'😀'.repeat(500)}`]) {
      const text = `before ${run} between ${run}`;
      const pieces = wrappable(text);
      expect(pieces.join('')).toBe(text);
      expect(pieces.length).toBeGreaterThan(20);
      expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(256);
      for (const piece of pieces) expect(piece).not.toMatch(/^[\udc00-\udfff]/);
    }
  });
});
