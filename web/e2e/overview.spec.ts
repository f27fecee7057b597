import { agentTrace, singleCall } from './story';
import { expect, test } from './support';

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
  await page.getByLabel('by').selectOption('service');
  await expect(page).toHaveURL(/by=service/);
  await page.getByRole('button', { name: /travel-desk/ }).click();
  await expect(page).toHaveURL(/service=travel-desk/);
  await expect(page.getByRole('group', { name: 'Calls' })).toContainText('2');
  await expect(models.getByRole('row')).toHaveCount(2);
  await page.getByRole('button', { name: 'Remove filter service: travel-desk' }).click();
  await expect(models.getByRole('row')).toHaveCount(4);

  await models.getByRole('link', { name: 'gpt-4o', exact: true }).click();
  await expect(page).toHaveURL(/\/traces\?model=gpt-4o$/);
  await expect(
    page.getByRole('grid', { name: 'Traces' }).getByRole('row', { name: /support-bot/ }),
  ).toHaveCount(1);
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
