import { expect, test } from './support';
import { Trace } from './story';

test('a call without a price is never free, says why, and gets a price on the spot', async ({
  page,
  server,
}) => {
  const trace = new Trace();
  const root = trace.span('answer', null, 0, 900, {});
  const call = trace.span('chat', root, 10, 800, {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'home-made-7b',
    'gen_ai.usage.input_tokens': 5000,
    'gen_ai.usage.output_tokens': 700,
    'gen_ai.usage.cache_read.input_tokens': 1000,
  });
  await server.send(trace.spans);
  await page.goto('/traces');
  const row = page.getByRole('row').filter({ hasText: 'answer' });
  await expect(row).toContainText('no price');

  await page.goto(`/traces/${trace.id}?span=${call.spanId}&tab=cost`);
  const panel = page.getByRole('tabpanel', { name: 'Cost' });
  await expect(panel).toContainText('No amount: unknown model "home-made-7b" (provider "openai").');
  await expect(panel).toContainText('tracemeter prices set');
  await expect(page.getByText('$0', { exact: true })).toHaveCount(0);
  await panel.getByText('How this was worked out').click();
  await expect(panel).toContainText('gen_ai.usage.cache_read.input_tokens');
  await expect(panel).toContainText('5000 - 1000 = 4000 uncached');

  await panel.getByRole('button', { name: 'Set a price' }).click();
  const dialog = page.getByRole('dialog', { name: 'Set a price' });
  await expect(dialog.getByLabel('Model')).toHaveValue('home-made-7b');
  await expect(dialog.getByRole('button', { name: 'Save' })).toBeDisabled();
  await dialog.getByLabel('Input').fill('0,5');
  await dialog.getByLabel('Output').fill('2');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(panel).toContainText('prices.toml');
  // 5,000 x 0.50 (what is cached costs as input) and 700 x 2.00 per million.
  await expect(panel.getByRole('table').first()).toContainText('Total5,700$0.0039');
});
