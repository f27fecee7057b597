import { expect, expectAccessible, inBothThemes, test } from './support';

const attribute = (key: string, value: string | number) => ({
  key,
  value:
    typeof value === 'string'
      ? { stringValue: value }
      : Number.isInteger(value)
        ? { intValue: value }
        : { doubleValue: value },
});

test('costs are grouped by two, exported, and reconciled with a bill', async ({ page, server }) => {
  const now = Date.now();
  const call = (id: number, model: string, user: string, told: number) => ({
    traceId: `${id}`.padStart(32, '0'),
    spanId: `${id}`.padStart(16, '0'),
    name: `chat ${model}`,
    kind: 3,
    startTimeUnixNano: `${now - id * 1000}000000`,
    endTimeUnixNano: `${now - id * 1000 + 500}000000`,
    attributes: [
      attribute('gen_ai.operation.name', 'chat'),
      attribute('gen_ai.provider.name', 'openai'),
      attribute('gen_ai.request.model', model),
      attribute('gen_ai.usage.input_tokens', 1000),
      attribute('gen_ai.usage.output_tokens', 100),
      attribute('gen_ai.usage.cost', told),
      attribute('user.id', user),
    ],
  });
  // 1000 x 0.15 + 100 x 0.60 micro-dollars; the second client says twice as much.
  const spans = [call(1, 'gpt-4o-mini', 'ann', 0.00021), call(2, 'gpt-4o-mini', 'bob', 0.00042)];
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
  const headers = { 'content-type': 'application/json' };
  expect((await fetch(`${server.http}/v1/traces`, { method: 'POST', headers, body })).status).toBe(200);
  await expect.poll(async () => (await server.list()).length, { timeout: 20_000 }).toBe(2);

  await page.goto('/');
  await page.getByRole('navigation').getByRole('link', { name: 'Costs' }).click();
  await expect(page.getByRole('group', { name: 'Cost' })).toContainText('$0.0004');
  await page.getByRole('combobox', { name: 'and' }).selectOption('user');
  await expect(page).toHaveURL(/and=user/);
  const rows = page.locator('tbody tr');
  await expect(rows).toHaveCount(2);
  await expect(rows.first()).toContainText('50%');
  await inBothThemes(page, () => expectAccessible(page));
  const movers = page.getByRole('region', { name: 'Top movers' });
  await expect(movers.getByRole('listitem')).toHaveCount(2);
  await movers.getByText('gpt-4o-mini · ann').click();
  await expect(movers.getByRole('link', { name: /chat gpt-4o-mini/ })).toHaveAttribute(
    'href',
    /\/traces\/0*1$/,
  );
  await page.getByRole('region', { name: 'Groups' }).getByTitle('Only gpt-4o-mini · ann').click();
  await expect(page).toHaveURL(/\/costs\?.*model=gpt-4o-mini&user=ann/);
  await expect(rows).toHaveCount(1);
  await page.goBack();
  await expect(rows).toHaveCount(2);
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'CSV' }).click();
  expect((await download).suggestedFilename()).toBe('tracemeter-cost.csv');

  await page.getByRole('link', { name: 'Reconcile' }).click();
  await expect(page.getByText('1 of 2 calls')).toBeVisible();
  await page.locator('summary').click();
  await expect(page.getByRole('article')).toContainText('$0.00042');
  const day = new Date(now).toISOString().slice(0, 10);
  const bill = `start_time_iso,amount_value,amount_currency,line_item\n${day}T00:00:00,0.00042,usd,"gpt-4o-mini, input"\n`;
  await page.getByLabel('Choose a CSV').setInputFiles({
    name: 'cost.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(bill),
  });
  await expect(page.getByText('matches', { exact: true })).toBeVisible();
});

test('a call at home says what it lacks, and what it would have cost elsewhere', async ({ page, server }) => {
  const now = Date.now();
  const trace = '7'.padStart(32, '0');
  await server.send([
    {
      traceId: trace,
      spanId: '7'.padStart(16, '0'),
      name: 'chat qwen3:8b',
      kind: 3,
      startTimeUnixNano: `${now - 5000}000000`,
      endTimeUnixNano: `${now - 1000}000000`,
      attributes: [
        attribute('gen_ai.operation.name', 'chat'),
        attribute('gen_ai.provider.name', 'openai'),
        attribute('gen_ai.request.model', 'qwen3:8b'),
        attribute('server.address', 'gpu.lan'),
        attribute('gen_ai.usage.input_tokens', 1000),
        attribute('gen_ai.usage.output_tokens', 100),
      ],
    },
  ]);
  await page.goto(`/traces/${trace}?span=${'7'.padStart(16, '0')}`);
  await page.getByRole('tab', { name: 'Cost' }).click();
  await expect(
    page.getByText('runs locally at gpu.lan; no [[local]] rule for model "qwen3:8b"'),
  ).toBeVisible();
  await expect(page.getByText('docs/local-models.md')).toBeVisible();

  await page.goto('/costs');
  const box = page.getByLabel('What would this have cost at');
  await box.fill('openai/gpt-4o-mini');
  await box.press('Enter');
  await expect(page).toHaveURL(/compare=openai/);
  await expect(page.getByText('1 call would have cost $0.0002 at openai/gpt-4o-mini')).toBeVisible();
});
