import { execFileSync } from 'node:child_process';
import { expect, test } from './support';

test('an empty Tracemeter shows how to send the first trace, and fills by itself', async ({
  page,
  server,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'Send the first trace' })).toBeVisible();
  const clients = page.getByRole('tablist', { name: 'Client' }).getByRole('tab');
  await expect(clients).toHaveText([
    'Try it',
    'OpenLLMetry',
    'OpenInference',
    'OpenTelemetry',
    'n8n',
    'LangFlow',
    'Dify',
  ]);

  await page.getByRole('tab', { name: 'n8n' }).click();
  await expect(page.getByRole('tabpanel')).toContainText('N8N_OTEL_ENABLED=true');
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('tabpanel')).toContainText(`TRACELOOP_BASE_URL=${server.http}`);

  // The shell command on the page is run as it stands.
  await page.getByRole('tab', { name: 'Try it' }).click();
  await page.getByRole('button', { name: 'Copy the Try it snippet' }).click();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  expect(command).toContain(`${server.http}/v1/traces`);
  execFileSync('sh', ['-c', command], { stdio: 'pipe' });

  await expect(page.getByRole('group', { name: 'Cost today' })).toBeVisible();
  await expect(page.getByRole('group', { name: 'Calls' })).toContainText('1');
  await page.getByRole('navigation').getByRole('link', { name: 'Traces' }).click();
  await expect(page.getByRole('row', { name: /chat gpt-4o-mini/ })).toContainText('hello');
});

test('an empty list of traces shows the same snippets', async ({ page, server }) => {
  expect(await server.list()).toEqual([]);
  await page.goto('/traces');
  await expect(page.getByRole('heading', { name: 'Send the first trace' })).toBeVisible();
});
