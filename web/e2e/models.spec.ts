import { agentTrace, singleCall, Trace } from './story';
import { expect, expectAccessible, inBothThemes, test } from './support';

test('models are listed with speed, errors and cost, and each has a page of its own', async ({
  page,
  server,
}) => {
  await server.send(agentTrace().spans);
  await server.send(singleCall('gpt-4o', 30_000).spans, 'support-bot');
  await server.send(singleCall('home-made-7b', 20_000).spans, 'support-bot');
  const failing = new Trace(10_000);
  const failed = failing.span('chat gpt-4o', null, 0, 300, {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'error.type': 'RateLimitError',
  });
  failed.status = { code: 2, message: 'too many requests' };
  await server.send(failing.spans, 'support-bot');

  await page.goto('/');
  await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible();
  await page.keyboard.press('g');
  await page.keyboard.press('m');
  await expect(page).toHaveURL(/\/models$/);
  const rows = page.getByRole('region', { name: 'Models' }).getByRole('row');
  await expect(rows).toHaveCount(4);
  await expect(rows.filter({ hasText: 'home-made-7b' })).toContainText('no price');
  await expect(rows.filter({ has: page.getByRole('link', { name: 'gpt-4o', exact: true }) })).toContainText(
    '1 (50%)',
  );
  await inBothThemes(page, () => expectAccessible(page));

  await page.getByRole('button', { name: 'calls', exact: true }).click();
  await expect(page).toHaveURL(/order=calls/);
  await expect(page.getByRole('columnheader', { name: 'calls', exact: true })).toHaveAttribute(
    'aria-sort',
    'descending',
  );

  await page.getByRole('link', { name: 'gpt-4o', exact: true }).click();
  await expect(page).toHaveURL(/\/models\/gpt-4o\?.*provider=openai/);
  await expect(page.getByRole('heading', { name: 'gpt-4o' })).toBeVisible();
  await expect(page.getByRole('img', { name: /^Latency: 2 measured, p50 / })).toBeVisible();
  await expect(page.getByRole('main')).toMatchAriaSnapshot(`
    - heading "gpt-4o" [level=1]
    - group "Cost"
    - group "Calls"
    - link /Errors 50% 1 failed/
    - group "Latency p95"
    - group "Tokens a second"
    - region "Over time":
      - radiogroup "Show":
        - radio "Cost" [checked]
        - radio "Tokens"
        - radio "Calls"
        - radio "Latency"
        - radio "Errors"
      - img "Cost over time"
    - region "How long calls take":
      - heading "How long calls take" [level=2]
    - region "Until the first token":
      - heading "Until the first token" [level=2]
    - region "Tokens":
      - heading "Tokens" [level=2]
    - region "Errors":
      - list:
        - listitem: RateLimitError 1
    - region "Price":
      - table:
        - rowgroup:
          - row "input $2.50 a million tokens"
          - row "output $10.00 a million tokens"
    - region "Dearest calls":
      - heading "Dearest calls" [level=2]
  `);
  await inBothThemes(page, () => expectAccessible(page));

  await page.getByRole('radio', { name: 'Cost' }).focus();
  await page.keyboard.press('End');
  await expect(page).toHaveURL(/show=errors/);
  await expect(page.getByRole('img', { name: 'Errors over time' })).toBeVisible();
  await page.getByRole('link', { name: /^Errors/ }).click();
  await expect(page).toHaveURL(/\/traces\?.*model=gpt-4o&status=error/);
  await page.goBack();
  await expect(page.getByRole('img', { name: 'Errors over time' })).toBeVisible();
});

test('a model without a price gets one where it is missed', async ({ page, server }) => {
  await server.send(singleCall('home-made-7b', 20_000).spans);
  await page.goto('/models/home-made-7b');
  const price = page.getByRole('region', { name: 'Price' });
  await expect(price).toContainText('No price: unknown model "home-made-7b"');
  await price.getByRole('button', { name: 'Set a price' }).click();
  const dialog = page.getByRole('dialog', { name: 'Set a price' });
  await expect(dialog.getByLabel('Model')).toHaveValue('home-made-7b');
  await dialog.getByLabel('Input').fill('0.5');
  await dialog.getByLabel('Output').fill('2');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(price).toContainText('prices.toml');
  await expect(price.getByRole('row', { name: 'output $2.00 a million tokens' })).toBeVisible();
});

test('models fit a phone, and an empty time says what to do', async ({ page, server }) => {
  await server.send(agentTrace().spans);
  await page.setViewportSize({ width: 360, height: 740 });
  for (const path of ['/models', '/models/gpt-4o-mini']) {
    await page.goto(path);
    await expect(page.getByText('gpt-4o-mini').first()).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  }
  await page.goto('/models?since=2020-01-01T00:00:00Z&until=2020-01-02T00:00:00Z');
  await expect(page.getByRole('heading', { name: 'No model was called in this time' })).toBeVisible();
});
