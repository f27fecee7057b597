import { describe, expect, it } from 'vitest';
import type { TraceItem } from '../api/types';
import { appended, refreshed } from './feed';

const item = (id: string, cost = 0) => ({ trace_id: id, cost_usd: cost }) as TraceItem;
const ids = (items: TraceItem[]) => items.map((each) => each.trace_id).join('');

describe('the list of traces', () => {
  it('grows at its end without repeating a trace', () => {
    expect(ids(appended([item('a'), item('b')], [item('b'), item('c')]))).toBe('abc');
  });

  it('takes news in at its top when asked, and corrects what is shown meanwhile', () => {
    const news = refreshed([item('b', 1), item('a', 1)], [item('c'), item('b', 2)]);
    expect(news.unseen).toBe(1);
    expect(ids(news.inPlace)).toBe('ba');
    expect(news.inPlace[0]?.cost_usd).toBe(2);
    expect(ids(news.whole)).toBe('cba');
    expect(news.gap).toBe(false);
  });

  it('starts over when a whole page is new', () => {
    const news = refreshed([item('a')], [item('d'), item('c')]);
    expect(news).toMatchObject({ gap: true, unseen: 2 });
    expect(ids(news.whole)).toBe('dc');
  });

  it('is filled from empty without a gap', () => {
    expect(refreshed([], [item('a')])).toMatchObject({ gap: false, unseen: 1 });
    expect(refreshed([item('a')], [])).toMatchObject({ gap: false, unseen: 0 });
  });
});
