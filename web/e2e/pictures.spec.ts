/** Every page on a large screen and a phone, light and dark: photographed, free of serious faults, and fitting. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { PATHS, pagePath, type PageName } from '../src/router';
import { expect, expectAccessible, seeded as test } from './support';

/** Where the pictures are kept, to be looked at. */
const FOLDER = join(import.meta.dirname, '..', 'pictures');
mkdirSync(FOLDER, { recursive: true });

const SIZES = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

/** What the seed has for the parts that paths leave open. */
async function examples(web: string): Promise<Record<string, string>> {
  const first = async (path: string) => {
    const { items } = (await (await fetch(`${web}/api/v1/${path}`)).json()) as { items: object[] };
    return items;
  };
  const traces = (await first('traces?limit=2&order=cost')) as { trace_id: string }[];
  const sessions = (await first('sessions?limit=1&order=cost')) as { session: string }[];
  return {
    traceId: traces[0]?.trace_id ?? '',
    otherTraceId: traces[1]?.trace_id ?? '',
    id: sessions[0]?.session ?? '',
    section: 'configuration',
    destination: 'archive',
  };
}

/** The address of every page that users meet. */
async function addresses(web: string): Promise<[PageName, string][]> {
  const known = await examples(web);
  const names = (Object.keys(PATHS) as PageName[]).filter((name) => name !== 'kitchen');
  return names.map((name) => {
    const missing = [...PATHS[name].matchAll(/:(\w+)/g)].filter(([, part]) => !known[part as string]);
    if (missing.length > 0) throw new Error(`examples() does not know ${missing[0]?.[0]} of ${PATHS[name]}`);
    return [name, pagePath(name, known)];
  });
}

/** Nothing is asked any more and nothing is drawn as a skeleton. */
async function settled(page: Page) {
  await page.waitForLoadState('networkidle');
  await expect(page.getByRole('status', { name: 'Loading' })).toHaveCount(0);
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
          await settled(page);
          await page.screenshot({ path: join(FOLDER, `${name}-${size}-${colorScheme}.png`) });
          expect.soft(await misfits(page), `${name} fits`).toEqual([]);
          await expectAccessible(page, expect.soft);
        });
      }
    });
  }
}
