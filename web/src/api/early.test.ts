import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { asked, tz } from '../state/asked';
import { asking, takeEarly } from './early';

const script = readFileSync('public/first.js', 'utf8');
const fetched: string[] = [];

/** Runs the script as the page of `path` does. */
function open(path: string) {
  const url = new URL(path, 'http://tracemeter');
  const window: { early?: typeof globalThis.early } = {};
  const fetch = (url: string) => (fetched.push(url), Promise.resolve(new Response('{}')));
  const storage = { getItem: () => null };
  new Function('window', 'location', 'localStorage', 'fetch', script)(window, url, storage, fetch);
  globalThis.early = window.early;
}

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-20T12:00:00Z') });
  vi.spyOn(performance, 'now').mockReturnValue(300);
  fetched.length = 0;
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  globalThis.early = undefined;
});

it('asks what the overview asks, and hands each answer out once', async () => {
  open('/');
  vi.setSystemTime(new Date('2026-11-20T12:00:00.250Z'));
  const none = new URLSearchParams();
  const questions = [
    `/api/v1/overview?${asked(none, { tz })}`,
    `/api/v1/series?${asked(none, { by: 'model', metric: 'cost', bucket: 'hour', tz })}`,
  ];
  expect(fetched).toEqual(questions);
  for (const url of questions) expect((await takeEarly(url))?.ok).toBe(true);
  expect(takeEarly(questions[0] as string)).toBeNull();
  expect(asking()).toEqual(new Date('2026-11-20T12:00:00.250Z'));
});

it('asks nothing early on other pages, and keeps nothing for those who come later', () => {
  open('/costs');
  open('/?range=7d');
  expect(fetched).toEqual([]);
  open('/');
  vi.spyOn(performance, 'now').mockReturnValue(6000);
  expect(takeEarly(fetched[0] as string)).toBeNull();
  expect(asking()).toEqual(new Date());
});
