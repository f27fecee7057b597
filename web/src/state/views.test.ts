import { describe, expect, it } from 'vitest';
import { currentView, viewQuery } from './views';

const url = (text: string) => new URLSearchParams(text);
const view = (name: string, query: string) => ({ page: 'traces', name, query, saved_at: '' });

describe('a saved view', () => {
  it('keeps filters, range, order and columns, not what is open', () => {
    expect(viewQuery(url('model=a&trace=1&span=2&tab=cost&order=cost&columns=name&range=7d'))).toBe(
      'model=a&order=cost&columns=name&range=7d',
    );
  });

  it('is recognised in any order', () => {
    const views = [view('all', ''), view('two', 'model=a&range=7d&model=b')];
    expect(currentView(views, url('range=7d&model=a&model=b&trace=9'))?.name).toBe('two');
    expect(currentView(views, url('trace=9'))?.name).toBe('all');
    expect(currentView(views, url('model=a'))).toBeNull();
  });
});
