import { agentTrace, singleCall } from './story';
import { expect, expectAccessible, inBothThemes, test } from './support';

test('the overview sums up cost, calls and errors and leads to the traces', async ({ page, server }) => {
  await server.send(agentTrace().spans);
  await server.send(singleCall('gpt-4o', 30_000).spans, 'support-bot');
  await server.send(singleCall('a-model-nobody-knows', 20_000).spans, 'support-bot');

  await page.goto('/');
  await expect(page.getByRole('group', { name: 'Calls' })).toContainText('4');
  // 0.000225 + 0.000315 for the agent, 0.000225 for gpt-4o: the unknown model makes it a lower bound.
  await expect(page.getByRole('group', { name: 'This month' })).toContainText('≥$0.0008');
  await expect(page.getByRole('img', { name: 'Cost over time' })).toBeVisible();

  const models = page.getByRole('region', { name: 'Top models' });
  await expect(models.getByRole('row')).toHaveCount(4);
  await expect(page.getByRole('region', { name: 'Needs attention' })).toContainText('1 call without a price');
  await expect(page.getByRole('region', { name: 'Needs attention' })).toContainText('a-model-nobody-knows');

  await page.getByRole('radio', { name: 'Tokens' }).click();
  await expect(page).toHaveURL(/show=tokens/);
  await expect(page.getByRole('img', { name: 'Tokens over time' })).toBeVisible();
  await page.getByRole('combobox', { name: 'by' }).selectOption('service');
  await expect(page).toHaveURL(/by=service/);
  const errors = page.getByRole('region', { name: 'Newest errors' });
  await expect(errors.getByRole('listitem')).toHaveCount(1);
  await expect(errors).toContainText('the hotel search timed out');
  await expect(page.getByRole('region', { name: 'Destinations and disk' })).toContainText(
    'Nothing is forwarded',
  );
  await inBothThemes(page, () => expectAccessible(page));

  await page.goto('/?service=travel-desk');
  await expect(page.getByRole('group', { name: 'Calls' })).toContainText('2');
  await expect(models.getByRole('row')).toHaveCount(2);
  await page.getByRole('button', { name: 'Remove filter service: travel-desk' }).click();
  await expect(models.getByRole('row')).toHaveCount(4);

  await models.getByRole('link', { name: 'gpt-4o', exact: true }).click();
  await expect(page).toHaveURL(/\/traces\?model=gpt-4o&order=cost$/);
  await expect(
    page.getByRole('grid', { name: 'Traces' }).getByRole('row', { name: /support-bot/ }),
  ).toHaveCount(1);

  // Words have no meaning for sums: they lead to the traces in which they are found.
  await page.goBack();
  await page.keyboard.press('/');
  await page.keyboard.type('hotel');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/traces\?q=hotel$/);
});

test('an entry of the legend and a bar lead to the traces behind them, dearest first', async ({
  page,
  server,
}) => {
  await server.send(agentTrace().spans);
  await server.send(singleCall('gpt-4o', 30_000).spans, 'support-bot');
  await page.goto('/?show=calls');
  const chart = page.getByRole('region', { name: 'Over time' });
  await expect(chart.getByRole('link', { name: /^gpt-4o-mini/ })).toHaveAttribute(
    'href',
    '/traces?model=gpt-4o-mini&order=cost',
  );
  // The last hours of the day are at the right; all calls are in the newest bar or the one before.
  const box = await page.locator('.u-over').boundingBox();
  const low = { x: (box?.x ?? 0) + (box?.width ?? 0) - 12, y: (box?.y ?? 0) + (box?.height ?? 0) - 4 };
  await page.mouse.click(low.x, low.y);
  await expect(page).toHaveURL(/\/traces\?.*since=.*until=.*order=cost/);
});

test.describe('with a budget', () => {
  test.use({ config: '[cost]\nbudget_usd_per_month = 0.001' });

  test('a budget shows how much of the month is used, and the page reads well to a screen reader', async ({
    page,
    server,
  }) => {
    await server.send(agentTrace().spans);
    await page.goto('/');
    await expect(page.getByRole('main')).toMatchAriaSnapshot(`
      - heading "Overview" [level=1]
      - group "Cost today"
      - group "This month":
        - img /5\\d% of the budget of \\$0\\.0010 is used/
      - group "Calls"
      - link /Errors/
      - link /Latency p95/
      - region "Over time":
        - radiogroup "Show"
        - img "Cost over time"
      - region "Top models":
        - table
      - region "Top features":
        - table
      - region "Needs attention"
      - region "Newest errors"
      - region "Destinations and disk"
    `);
  });
});

test('the health page tells how each part is', async ({ page, server }) => {
  await server.send(agentTrace().spans);
  await page.goto('/health');
  await expect(page.getByRole('heading', { name: 'Health' })).toBeVisible();
  // Analytics and search.
  await expect(page.getByText('up to date')).toHaveCount(2);
  await expect(page.getByText(/free on the disk/)).toBeVisible();
  const analytics = page.getByRole('listitem').filter({ hasText: 'Analytics' });
  await expect(analytics).toContainText('6 spans');
});
