/** Every page on a large screen and a phone, light and dark: photographed, free of serious faults, and fitting. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { PATHS, pagePath, type PageName } from '../src/router';
import { expect, expectAccessible, inBothThemes, SECTIONS, seeded as test, test as alone } from './support';

/** Where the pictures are kept, to be looked at. */
const FOLDER = join(import.meta.dirname, '..', 'pictures');
mkdirSync(FOLDER, { recursive: true });

const SIZES = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

/** What the seed has for the parts that paths leave open, page by page. */
async function examples(web: string): Promise<Partial<Record<PageName, Record<string, string>>>> {
  const first = async <T>(path: string) => {
    const { items } = (await (await fetch(`${web}/api/v1/${path}`)).json()) as { items: T[] };
    return items;
  };
  const traces = await first<{ trace_id: string }>('traces?limit=2&order=cost');
  const [session] = await first<{ session: string }>('sessions?limit=1&order=cost');
  const traceId = traces[0]?.trace_id ?? '';
  return {
    trace: { traceId },
    compare: { traceId, otherTraceId: traces[1]?.trace_id ?? '' },
    session: { id: session?.session ?? '' },
    model: { name: 'claude-sonnet-4-5-20250929' },
    workflow: { name: 'plan_trip' },
    destination: { destination: 'archive' },
  };
}

/** The address of every page, of the settings each part. */
async function addresses(web: string): Promise<[string, string][]> {
  const known = await examples(web);
  const pages = (Object.keys(PATHS) as PageName[]).flatMap((name): [string, string][] => {
    if (name === 'settingsSection') {
      // The settings without a section are the first of them.
      return SECTIONS.slice(1).map((section) => [`settings-${section}`, pagePath(name, { section })]);
    }
    const missing = [...PATHS[name].matchAll(/:(\w+)/g)].find(([, part]) => !known[name]?.[part as string]);
    if (missing) throw new Error(`examples() does not know ${missing[0]} of ${PATHS[name]}`);
    return [[name, pagePath(name, known[name])]];
  });
  return [...pages, ['missing', '/nowhere']];
}

/** Nothing is asked any more and nothing is drawn as a skeleton, but for the one that the kitchen shows. */
async function settled(page: Page, name = '') {
  await page.waitForLoadState('networkidle');
  if (name !== 'kitchen') await expect(page.getByRole('status', { name: 'Loading' })).toHaveCount(0);
}

/** Texts that are cut off without a sign of it, and elements that reach beyond the window. */
async function misfits(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    if (document.documentElement.scrollWidth > window.innerWidth) found.push('the page scrolls sideways');
    for (const element of document.querySelectorAll<HTMLElement>(
      'main :is(button, h1, h2, dt, dd, label, a)',
    )) {
      const style = getComputedStyle(element);
      const cut = element.scrollWidth > element.clientWidth + 1 && style.overflowX === 'hidden';
      if (cut && style.textOverflow !== 'ellipsis' && element.clientWidth > 1) {
        found.push(`cut: ${element.outerHTML.slice(0, 120)}`);
      }
    }
    return found;
  });
}

test.describe.configure({ timeout: 300_000 });

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`every page, ${size}, ${colorScheme}`, async ({ page, server }) => {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      for (const [name, path] of await addresses(server.web)) {
        await test.step(name, async () => {
          await page.goto(path);
          await expect(page.getByRole('heading').first()).toBeAttached();
          await settled(page, name);
          await page.screenshot({ path: join(FOLDER, `${name}-${size}-${colorScheme}.png`) });
          expect.soft(await misfits(page), `${name} fits`).toEqual([]);
          await expectAccessible(page, expect.soft);
        });
      }
    });
  }
}

/** What a server shows to who is not signed in, and before anything was sent. */
const way = alone.extend({ config: '[web]\nrequire_login = true\n' });
const WAYS = { first: alone, 'not-set-up': way, setup: way, 'sign-in': way };

for (const [name, test] of Object.entries(WAYS)) {
  test(`${name}, before there is anything to see`, async ({ page, server }) => {
    if (name === 'sign-in') {
      const [, token] = server.setupLink().split('#');
      const body = JSON.stringify({ token, name: 'anna', password: 'correct horse' });
      const headers = { 'content-type': 'application/json', 'x-tracemeter': '1' };
      const answer = await fetch(`${server.web}/api/v1/account/setup`, { method: 'POST', headers, body });
      expect(answer.status).toBe(200);
    }
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport);
      // Another address first: of one that differs behind the # alone nothing is loaded anew.
      await page.goto('/health');
      await page.goto(name === 'setup' ? server.setupLink() : '/');
      await expect(page.getByRole('heading').first()).toBeVisible();
      await settled(page);
      await inBothThemes(page, async () => {
        const dark = await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches);
        const theme = dark ? 'dark' : 'light';
        await page.screenshot({ path: join(FOLDER, `${name}-${size}-${theme}.png`) });
        expect.soft(await misfits(page), `${name} fits`).toEqual([]);
        await expectAccessible(page, expect.soft);
      });
    }
    await expect(page.locator('#app')).toMatchAriaSnapshot({ name: `${name}.aria.yml` });
  });
}
