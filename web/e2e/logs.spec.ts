import { expect, test } from './support';

const attribute = (key: string, value: string | number) => ({
  key,
  value: typeof value === 'number' ? { intValue: value } : { stringValue: value },
});

test('log records are listed, found, and lead to the trace they make', async ({ page, server }) => {
  const now = Date.now();
  const common = [attribute('session.id', 's-1'), attribute('prompt.id', 'p-1')];
  const record = (name: string, ms: number, ...more: ReturnType<typeof attribute>[]) => ({
    timeUnixNano: `${now + ms}000000`,
    body: { stringValue: `claude_code.${name}` },
    attributes: [attribute('event.name', name), attribute('event.sequence', ms), ...common, ...more],
  });
  const logRecords = [
    record('user_prompt', 0, attribute('prompt', 'Tidy up the attic')),
    record(
      'api_request',
      900,
      attribute('model', 'claude-sonnet-4-5'),
      attribute('input_tokens', 1000),
      attribute('output_tokens', 100),
      attribute('duration_ms', 800),
      attribute('request_id', 'req-1'),
    ),
    {
      timeUnixNano: `${now}000000`,
      severityNumber: 17,
      body: { stringValue: 'the pump has stopped' },
      attributes: [],
    },
  ];
  const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
  const headers = { 'content-type': 'application/json' };
  expect((await fetch(`${server.http}/v1/logs`, { method: 'POST', headers, body })).status).toBe(200);
  await expect.poll(async () => (await server.list()).length, { timeout: 20_000 }).toBe(1);

  await page.goto('/');
  await page.getByRole('navigation').getByRole('link', { name: 'Logs' }).click();
  await expect(page.locator('.log')).toHaveCount(3);
  await page.getByRole('combobox', { name: 'Least severity' }).selectOption('error');
  await expect(page.locator('.log')).toHaveText([/the pump has stopped/]);
  await expect(page).toHaveURL(/severity=error/);
  await page.getByRole('combobox', { name: 'Least severity' }).selectOption('');
  await page.getByRole('searchbox', { name: 'Search the text of log records' }).fill('api_REQUEST');
  await expect(page.locator('.log')).toHaveCount(1);

  // A prompt without spans is a trace made of its records.
  await page.locator('.log').getByRole('link').click();
  await expect(page.getByRole('heading', { name: 'claude_code.user_prompt' }).first()).toBeVisible();
  await page.getByRole('tab', { name: /^Logs/ }).click();
  await expect(page.locator('.log')).toHaveCount(2);
  // 1000 x 3 + 100 x 15 micro-dollars.
  await expect(page.getByRole('article', { name: 'Trace' })).toContainText('$0.0045');
});
