import { describe, expect, it } from 'vitest';
import { documentOf } from './documents';

describe('a retrieved document', () => {
  it('shows its text, title and score', () => {
    expect(documentOf({ id: 'doc-1', score: 0.87654, content: 'Hello' })).toEqual({
      title: 'doc-1',
      score: 0.877,
      content: 'Hello',
    });
    expect(documentOf({ page_content: 'Hi', metadata: { source: 'a.md', score: '0.5' } })).toEqual({
      title: 'a.md',
      score: 0.5,
      content: 'Hi',
    });
  });

  it('is shown as it came when its shape is unknown', () => {
    expect(documentOf({ x: 1 })).toEqual({ title: null, score: null, content: { x: 1 } });
    expect(documentOf('plain')).toEqual({ title: null, score: null, content: 'plain' });
  });
});
