/** What a screen reader is told of every page: one file each, beside this one. Figures stand, as clock and data do. */
import type { Page } from '@playwright/test';
import { pagePath, type PageName } from '../src/router';
import { expect, seeded as test } from './support';

/** Sizes on disk, lags, ports and the like are patterns in the files: they are different at each run. */
const PAGES: [name: string, page: PageName, parts?: Record<string, string>][] = [
  ['overview', 'overview'],
  ['traces', 'traces'],
  ['sessions', 'sessions'],
  ['users', 'users'],
  ['costs', 'costs'],
  ['reconcile', 'reconcile'],
  ['models', 'models'],
  ['model', 'model', { name: 'claude-sonnet-4-5-20250929' }],
  ['workflows', 'workflows'],
  ['workflow', 'workflow', { name: 'plan_trip' }],
  ['agents', 'agents'],
  ['logs', 'logs'],
  ['metrics-explorer', 'metrics'],
  ['sql', 'sql'],
  ['health', 'health'],
  ['settings', 'settings'],
  ['settings-keys', 'settingsSection', { section: 'keys' }],
  ['settings-access', 'settingsSection', { section: 'access' }],
  ['settings-destinations', 'settingsSection', { section: 'destinations' }],
  ['destination', 'destination', { destination: 'archive' }],
  ['settings-storage', 'settingsSection', { section: 'storage' }],
  ['settings-prices', 'settingsSection', { section: 'prices' }],
  ['settings-configuration', 'settingsSection', { section: 'configuration' }],
  ['settings-about', 'settingsSection', { section: 'about' }],
  ['settings-redaction', 'settingsSection', { section: 'redaction' }],
  ['settings-energy', 'settingsSection', { section: 'energy' }],
];

// What is said of the destination depends on whether it was tried.
test.beforeAll(async ({ server }) => {
  const tried = async () => {
    const answer = await fetch(`${server.web}/api/v1/destinations`);
    return ((await answer.json()) as { items: { last_error: string | null }[] }).items[0]?.last_error ?? null;
  };
  await expect.poll(tried, { timeout: 30_000 }).not.toBeNull();
});

async function expectStructure(window: Page, name: string, path: string) {
  // Of the price table one model: it changes with every release.
  await window.goto(`${path}?range=7d${name === 'settings-prices' ? '&q=claude-2' : ''}`);
  await window.waitForLoadState('networkidle');
  await expect(window.getByRole('status', { name: 'Loading' })).toHaveCount(0);
  await expect(window.getByRole('main')).toMatchAriaSnapshot({ name: `${name}.aria.yml` });
}

for (const [name, page, parts] of PAGES) {
  test(`the structure of ${name}`, async ({ page: window }) => {
    await expectStructure(window, name, pagePath(page, parts));
  });
}

test('the structure of traces, sessions, and an address that leads nowhere', async ({ page, server }) => {
  const list = async (path: string) =>
    ((await (await fetch(`${server.web}/api/v1/${path}`)).json()) as { items: Record<string, string>[] })
      .items;
  // The clock and the stories stand: these are the same at each run.
  const [first, second] = await list('traces?limit=2&order=cost&since=7d');
  const [talk] = await list('sessions?limit=1&order=cost&since=7d');
  const traceId = first?.trace_id ?? '';
  await expectStructure(page, 'trace', pagePath('trace', { traceId }));
  const otherTraceId = second?.trace_id ?? '';
  await expectStructure(page, 'compare', pagePath('compare', { traceId, otherTraceId }));
  await expectStructure(page, 'session', pagePath('session', { id: talk?.session ?? '' }));
  await expectStructure(page, 'missing', '/nowhere');
});
