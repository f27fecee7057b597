import { agentTrace, singleCall } from './story';
import { expect, test, type Tracemeter } from './support';

async function seed(server: Tracemeter) {
  await server.send(singleCall('gpt-4o', 90_000).spans, 'support-bot');
  await server.send(agentTrace('plan_trip', 60_000).spans);
  await server.send(singleCall('gpt-4o-mini', 30_000).spans, 'support-bot');
}

test('the list shows what people compare, newest first', async ({ page, server }) => {
  await seed(server);
  await page.goto('/traces');
  const grid = page.getByRole('grid', { name: 'Traces' });
  await expect(grid.getByRole('columnheader')).toHaveText(
    ['^$', 'Time', 'Name', 'Models', 'Calls', 'Tokens', 'Cost', 'Duration', 'User, session'].map(
      (name) => new RegExp(name),
    ),
  );
  const rows = grid.getByRole('row').filter({ has: page.getByRole('gridcell') });
  await expect(rows).toHaveCount(3);
  await expect(rows.nth(0)).toContainText('chat gpt-4o-mini');
  const agent = rows.nth(1);
  await expect(agent).toContainText('plan_trip');
  await expect(agent).toContainText('travel-desk');
  await expect(agent).toContainText('3.1k');
  await expect(agent).toContainText('$0.0005');
  await expect(agent).toContainText('5.00 s');
  await expect(agent).toContainText('holiday-7');
  await expect(agent.getByRole('img', { name: '1 error' })).toBeVisible();

  await grid.getByRole('button', { name: 'Duration' }).click();
  await expect(page).toHaveURL(/order=duration/);
  await expect(rows.nth(0)).toContainText('plan_trip');
});

test('filters live in the URL and Back returns to the same picture', async ({ page, server }) => {
  await seed(server);
  await page.goto('/traces');
  const rows = page
    .getByRole('grid')
    .getByRole('row')
    .filter({ has: page.getByRole('gridcell') });
  await expect(rows).toHaveCount(3);

  await page.keyboard.press('/');
  const box = page.getByRole('combobox', { name: 'Search or filter' });
  await expect(box).toBeFocused();
  await box.pressSequentially('model:');
  await expect(page.getByRole('option')).toHaveCount(2);
  await page.getByRole('option', { name: /^gpt-4o \d/ }).click();
  await expect(page).toHaveURL(/model=gpt-4o$/);
  await expect(rows).toHaveCount(1);

  await box.pressSequentially('cost > 99');
  await box.press('Enter');
  await expect(page).toHaveURL(/min_cost_usd=99/);
  await expect(page.getByRole('heading', { name: 'No trace fits these filters' })).toBeVisible();
  await page.goBack();
  await expect(rows).toHaveCount(1);
  await page.goBack();
  await expect(page).toHaveURL(/\/traces$/);
  await expect(rows).toHaveCount(3);

  await page.goto('/traces?status=error');
  await expect(rows).toHaveCount(1);
  await page.getByRole('button', { name: 'Remove filter status: error' }).click();
  await expect(rows).toHaveCount(3);

  await box.fill('plan');
  await expect(page).toHaveURL(/q=plan/);
  await expect(rows).toHaveCount(1);
});

test('the list is walked with the keyboard', async ({ page, server }) => {
  await seed(server);
  await page.goto('/traces');
  const grid = page.getByRole('grid', { name: 'Traces' });
  await expect(grid.getByRole('row', { name: /plan_trip/ })).toBeVisible();
  await grid.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(grid.getByRole('row', { name: /plan_trip/ })).toHaveAttribute('aria-selected', 'true');
  const panel = page.getByRole('article', { name: 'Trace' });
  await expect(panel.getByRole('treegrid', { name: 'Spans' })).toBeVisible();

  await page.keyboard.press('Escape');
  await expect(panel).toBeHidden();
  await expect(page).toHaveURL(/\/traces$/);

  await grid.focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/traces\/[0-9a-f]{32}/);
  await page.goBack();
  await expect(grid.getByRole('row', { name: /plan_trip/ })).toBeVisible();
});

test('what arrives shows without a reload, and never moves what is being read', async ({ page, server }) => {
  await seed(server);
  await page.goto('/traces');
  const rows = page
    .getByRole('grid')
    .getByRole('row')
    .filter({ has: page.getByRole('gridcell') });
  await expect(rows).toHaveCount(3);
  await page.evaluate(() => Object.assign(window, { sameDocument: true }));

  await server.send(singleCall('gpt-4o', 5_000, 'came live').spans);
  await expect(rows.nth(0)).toContainText('came live');

  await rows.nth(1).click();
  await expect(page.getByRole('article', { name: 'Trace' })).toBeVisible();
  await server.send(singleCall('gpt-4o', 1_000, 'came later').spans);
  const pill = page.getByRole('button', { name: '1 new' });
  await expect(pill).toBeVisible();
  await expect(rows.nth(0)).toContainText('came live');
  await pill.click();
  await expect(rows.nth(0)).toContainText('came later');
  expect(await page.evaluate(() => 'sameDocument' in window)).toBe(true);
});

test('the list pages on while it is scrolled', async ({ page, server }) => {
  const all = Array.from({ length: 120 }, (_, index) =>
    singleCall('gpt-4o-mini', 200_000 - index * 1000, `call ${index}`),
  );
  await server.send(all.flatMap((trace) => trace.spans));
  await page.goto('/traces');
  const grid = page.getByRole('grid', { name: 'Traces' });
  await expect(grid.getByRole('row', { name: /call 119/ })).toBeVisible();
  await grid.focus();
  // Each press goes to the end of what is loaded, which brings the next page.
  await expect(async () => {
    await page.keyboard.press('End');
    await expect(grid.getByRole('row', { name: /call 0\b/ })).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 30_000 });
  await expect(page.getByText('That is all in this time range.')).toBeVisible();
  // Rows out of view do not exist.
  expect(await grid.getByRole('row').count()).toBeLessThan(60);
});
