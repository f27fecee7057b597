/** Traces: columns, many at once, saved views, files, the histogram by keys. */
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { agentTrace, singleCall } from './story';
import { expect, expectAccessible, inBothThemes, test, type Tracemeter } from './support';

async function seed(server: Tracemeter) {
  await server.send(singleCall('gpt-4o', 90_000, 'first').spans, 'support-bot');
  await server.send(agentTrace('plan_trip', 60_000).spans);
  await server.send(singleCall('gpt-4o-mini', 30_000, 'last').spans, 'support-bot');
}

const grid = (page: Page) => page.getByRole('grid', { name: 'Traces' });
const rows = (page: Page) =>
  grid(page)
    .getByRole('row')
    .filter({ has: page.getByRole('gridcell') });

test('columns are chosen, remembered, and part of the address', async ({ page, server }) => {
  await seed(server);
  await page.goto('/traces');
  await expect(rows(page)).toHaveCount(3);
  await page.getByRole('button', { name: 'Columns' }).click();
  const menu = page.getByRole('menu', { name: 'Columns' });
  await expect(menu.getByRole('menuitemcheckbox', { name: 'Name' })).toBeDisabled();
  await menu.getByRole('menuitemcheckbox', { name: 'Feature' }).click();
  await menu.getByRole('menuitemcheckbox', { name: 'Models' }).click();
  await expect(page).toHaveURL(/columns=time%2Cname%2Cfeature%2Ccalls/);
  await page.keyboard.press('Escape');
  const heads = grid(page).getByRole('columnheader');
  await expect(heads.filter({ hasText: 'Feature' })).toBeVisible();
  await expect(heads.filter({ hasText: 'Models' })).toHaveCount(0);
  await expect(rows(page).nth(1)).toContainText('trip-planning');

  await page.goto('/traces');
  await expect(heads.filter({ hasText: 'Feature' })).toBeVisible();
  // A link shows what it was made with.
  await page.goto('/traces?columns=name,cost');
  await expect(heads).toHaveCount(3);
});

test('many are chosen with keys, pinned, and deleted with a receipt', async ({ page, server }) => {
  await seed(server);
  await page.goto('/traces');
  await expect(rows(page)).toHaveCount(3);
  await grid(page).focus();
  await page.keyboard.press('x');
  const bar = page.getByRole('toolbar', { name: 'With the chosen traces' });
  await expect(bar).toContainText('1 chosen');
  await expect(page.getByRole('checkbox', { name: 'Choose last' })).toBeChecked();
  await page.keyboard.press('Control+a');
  await expect(bar).toContainText('3 chosen');
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(bar).toBeHidden();

  await page.getByRole('checkbox', { name: 'Choose last' }).click({ force: true });
  await rows(page)
    .nth(1)
    .click({ modifiers: ['Shift'] });
  await expect(bar).toContainText('2 chosen');
  await expect(bar.getByRole('link', { name: 'Compare' })).toHaveAttribute(
    'href',
    /^.traces.\w{32}.compare.\w{32}$/,
  );
  await bar.getByRole('button', { name: 'Pin' }).click();
  await expect(page.getByRole('status', { name: 'What was done' })).toContainText('Pinned: 2 traces');
  await page.getByRole('button', { name: 'Pinned', exact: true }).click();
  await expect(page).toHaveURL(/pinned=true/);
  await expect(rows(page)).toHaveCount(2);
  await page.goBack();
  await expect(rows(page)).toHaveCount(3);

  await grid(page).focus();
  await page.keyboard.press('x');
  await bar.getByRole('button', { name: 'Delete…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete 1 trace?' });
  await expect(dialog).toContainText('last');
  await expect(dialog).toContainText('This cannot be undone');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  const receipt = page.getByRole('dialog', { name: /^(Deleted|Being deleted)$/ });
  await expect(receipt).toContainText(/Receipt \d+/, { timeout: 40_000 });
  await receipt.getByRole('button', { name: 'To the list' }).click();
  await expect(rows(page)).toHaveCount(2);
  await expect(grid(page)).not.toContainText('last');
});

test('what is chosen or matches becomes a file', async ({ page, server }) => {
  await seed(server);
  await page.goto('/traces?service=support-bot');
  await expect(rows(page)).toHaveCount(2);
  const lines = async (start: () => Promise<void>) => {
    const [download] = await Promise.all([page.waitForEvent('download'), start()]);
    const text = readFileSync(await download.path(), 'utf8');
    return { name: download.suggestedFilename(), lines: text.trim().split('\n') };
  };
  await page.getByRole('button', { name: 'Export' }).click();
  const all = await lines(() =>
    page.getByRole('menuitem', { name: 'JSON, a line each', exact: true }).click(),
  );
  expect(all.name).toBe('tracemeter-traces.jsonl');
  expect(all.lines.map((line) => (JSON.parse(line) as { name: string }).name)).toEqual(['last', 'first']);

  await grid(page).focus();
  await page.keyboard.press('x');
  await page.getByRole('button', { name: 'Export' }).click();
  const one = await lines(() => page.getByRole('menuitem', { name: 'OTLP/JSON' }).click());
  expect(one.lines).toHaveLength(1);
  expect(one.lines[0]).toContain('"resourceSpans"');
});

test('a view is saved, opened by name, and removed', async ({ page, server }) => {
  await seed(server);
  await page.goto('/traces?model=gpt-4o&order=duration');
  await expect(rows(page)).toHaveCount(1);
  await page.getByRole('button', { name: 'Views' }).click();
  await page.getByRole('menuitem', { name: 'Save this view…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Save this view' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Big model');
  await expectAccessible(page);
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('button', { name: 'Big model' })).toBeVisible();

  await page.goto('/traces');
  await expect(rows(page)).toHaveCount(3);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('big model');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/model=gpt-4o&order=duration/);
  await expect(rows(page)).toHaveCount(1);

  await page.getByRole('button', { name: 'Big model' }).click();
  await page.getByRole('menuitem', { name: 'Remove views…' }).click();
  await page.getByRole('button', { name: 'Remove Big model' }).click();
  await expect(page.getByText('None is left.')).toBeVisible();
});

test('the histogram is walked with keys and zooms', async ({ page, server }) => {
  await seed(server);
  await page.goto('/traces?range=15m');
  await expect(page.getByText('3 traces, 1 with errors')).toBeVisible();
  const slider = page.getByRole('slider', { name: /Traces over time/ });
  await slider.focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Shift+Home');
  await expect(slider).toHaveAttribute('aria-valuetext', /3 traces, 1 with errors/);
  await expectAccessible(page);
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/since=.*until=/);
  await page.goBack();
  await expect(page).toHaveURL(/range=15m/);
});

test('the list is accessible in both themes', async ({ page, server }) => {
  await seed(server);
  await page.goto('/traces');
  await expect(rows(page)).toHaveCount(3);
  await inBothThemes(page, () => expectAccessible(page));
  await expect(page.getByRole('toolbar', { name: 'List' })).toMatchAriaSnapshot(`
    - toolbar "List":
      - text: 3 traces, 1 with errors
      - button "Pinned"
      - button "Views"
      - button "Columns"
      - button "Export"
  `);
});
