/** What a screen reader is told of every page: one file each, beside this one. Figures stand, as clock and data do. */
import { pagePath, type PageName } from '../src/router';
import { expect, seeded as test } from './support';

/** Pages without what is different at each run: sizes on disk, lags, versions. */
const PAGES: [name: string, page: PageName, parts?: Record<string, string>][] = [
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
  ['settings-redaction', 'settingsSection', { section: 'redaction' }],
  ['settings-energy', 'settingsSection', { section: 'energy' }],
];

for (const [name, page, parts] of PAGES) {
  test(`the structure of ${name}`, async ({ page: window }) => {
    await window.goto(`${pagePath(page, parts)}?range=7d`);
    await window.waitForLoadState('networkidle');
    await expect(window.getByRole('status', { name: 'Loading' })).toHaveCount(0);
    await expect(window.getByRole('main')).toMatchAriaSnapshot({ name: `${name}.aria.yml` });
  });
}
