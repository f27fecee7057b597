import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { asked, tz } from '../state/asked';
import { asking, takeEarly } from './early';

const script = readFileSync('public/first.js', 'utf8');
const fetched: string[] = [];

const account = '/api/v1/account';

/** Runs the script as the page of `path` does, for somebody who may do what `may` says. */
function open(path: string, may: string | null = 'all') {
  const url = new URL(path, 'http://tracemeter');
  const window: { early?: typeof globalThis.early } = {};
  const fetch = (url: string) => (fetched.push(url), Promise.resolve(Response.json({ may })));
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
  for (const url of [account, ...questions]) expect((await takeEarly(url))?.ok).toBe(true);
  expect(fetched).toEqual([account, ...questions]);
  expect(await takeEarly(account)).toBeNull();
  expect(asking()).toEqual(new Date('2026-11-20T12:00:00.250Z'));
});

it('asks only who looks when nobody is signed in', async () => {
  open('/', null);
  const answers = [...(globalThis.early?.answers.values() ?? [])];
  const [who, ...others] = await Promise.all(answers);
  expect(await who?.json()).toEqual({ may: null });
  expect(others).toEqual([null, null]);
  expect(fetched).toEqual([account]);
});

it('asks nothing early on other pages, and keeps nothing for those who come later', async () => {
  open('/costs');
  open('/?range=7d');
  expect(fetched).toEqual([]);
  open('/');
  vi.spyOn(performance, 'now').mockReturnValue(6000);
  expect(await takeEarly(fetched[0] as string)).toBeNull();
  expect(asking()).toEqual(new Date());
});
