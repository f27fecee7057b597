/** Every page on a large screen and a phone, light and dark: photographed, free of serious faults, and fitting. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { PATHS, type PageName } from '../src/router';
import { expect, expectAccessible, seeded as test } from './support';

/** Where the pictures are kept, to be looked at. */
const FOLDER = join(import.meta.dirname, '..', 'pictures');
mkdirSync(FOLDER, { recursive: true });

const SIZES = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

interface Ids {
  traces: string[];
}

/** Addresses of things that the seed made, for pages about one thing. */
async function addresses(web: string): Promise<Map<string, string>> {
  const answer = await fetch(`${web}/api/v1/traces?limit=50&order=cost`);
  const { items } = (await answer.json()) as { items: { trace_id: string }[] };
  const ids: Ids = { traces: items.map((item) => item.trace_id) };
  const sessions = (await (await fetch(`${web}/api/v1/sessions?limit=1`)).json()) as {
    items: { session: string }[];
  };
  const session = encodeURIComponent(sessions.items[0]?.session ?? '');
  return new Map(
    (Object.entries(PATHS) as [PageName, string][])
      .filter(([name]) => name !== 'kitchen')
      .map(([name, path]) => [
        name,
        path
          .replace(':traceId', ids.traces[0] as string)
          .replace(':otherTraceId', ids.traces[1] as string)
          .replace('/sessions/:id', `/sessions/${session}`),
      ]),
  );
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
          expect(await misfits(page), `${name} fits`).toEqual([]);
          await expectAccessible(page);
        });
      }
    });
  }
}
