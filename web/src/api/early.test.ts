import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { asked, tz } from '../state/asked';
import { midnight } from '../state/time-range';
import { asking, takeEarly } from './early';

const script = readFileSync('public/first.js', 'utf8');
const fetched: string[] = [];
const preloaded: unknown[] = [];

const account = '/api/v1/account';

interface Visit {
  /** What the account says of who looks. */
  may?: string | null;
  /** What the browser remembers of this server. */
  login?: string;
}

/** Runs the script as the page of `path` does. */
function open(path: string, { may = 'all', login }: Visit = {}) {
  const url = new URL(path, 'http://tracemeter');
  const window: { early?: typeof globalThis.early } = {};
  const fetch = (url: string) => (fetched.push(url), Promise.resolve(Response.json({ may })));
  const localStorage = { getItem: (name: string) => (name === 'tracemeter.login' && login) || null };
  const document = {
    currentScript: { dataset: { pages: '/assets/others.js' } },
    createElement: (name: string) => ({ name }),
    head: { append: (element: unknown) => preloaded.push(element) },
  };
  const given = { window, location: url, localStorage, fetch, document };
  new Function(...Object.keys(given), script)(...Object.values(given));
  globalThis.early = window.early;
}

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-20T12:00:00Z') });
  vi.spyOn(performance, 'now').mockReturnValue(300);
  fetched.length = preloaded.length = 0;
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
  const since = midnight(new Date()).toISOString();
  const questions = [
    `/api/v1/overview?${asked(none, { tz })}`,
    `/api/v1/series?${asked(none, { by: 'model', metric: 'cost', bucket: 'hour', tz })}`,
    `/api/v1/series?${asked(none, { since, metric: 'cost', bucket: 'hour', tz })}`,
    `/api/v1/errors?${asked(none, { limit: '5' })}`,
    '/api/v1/health',
  ];
  for (const url of [account, ...questions]) expect((await takeEarly(url))?.ok).toBe(true);
  expect(fetched).toEqual([account, ...questions]);
  expect(await takeEarly(account)).toBeNull();
  expect(asking()).toEqual(new Date('2026-11-20T12:00:00.250Z'));
  // The other pages' code comes when the overview stands.
  expect(preloaded).toEqual([]);
});

it('asks first who looks where a login was wanted before', async () => {
  open('/', { login: 'wanted', may: null });
  const [who, ...others] = await Promise.all(globalThis.early?.answers.values() ?? []);
  expect(await who?.json()).toEqual({ may: null });
  expect(others).toEqual([null, null, null, null, null]);
  expect(fetched).toEqual([account]);
  open('/', { login: 'wanted' });
  const answers = await Promise.all(globalThis.early?.answers.values() ?? []);
  expect(answers.every((answer) => answer?.ok)).toBe(true);
  expect(fetched).toHaveLength(2 + 5);
});

it('asks nothing early on other pages but for their code, and keeps nothing for those who come later', async () => {
  open('/costs');
  expect(preloaded).toEqual([{ name: 'link', rel: 'modulepreload', href: '/assets/others.js' }]);
  open('/?range=7d');
  expect(fetched).toEqual([]);
  expect(preloaded).toHaveLength(1);
  open('/');
  vi.spyOn(performance, 'now').mockReturnValue(6000);
  expect(await takeEarly(fetched[0] as string)).toBeNull();
  expect(asking()).toEqual(new Date());
});
