import { expect, test } from './support';

test('what a Langfuse client sends is found by the link it prints, with its scores', async ({
  page,
  server,
}) => {
  const now = Date.now();
  const at = (ago: number) => new Date(now - ago).toISOString();
  const event = (type: string, body: object) => ({ id: crypto.randomUUID(), type, timestamp: at(0), body });
  const batch = [
    event('trace-create', { id: 'order 7', name: 'Answer a guest', userId: 'anna', timestamp: at(3000) }),
    event('generation-create', {
      id: 'g1',
      traceId: 'order 7',
      name: 'reply',
      model: 'gpt-4o',
      startTime: at(3000),
      endTime: at(1000),
      input: [{ role: 'user', content: 'Is the terrace open?' }],
      output: { role: 'assistant', content: 'From nine to five.' },
      usage: { input: 1000, output: 100, unit: 'TOKENS' },
    }),
    event('score-create', {
      id: 's1',
      traceId: 'order 7',
      name: 'helpful',
      value: 0.5,
      comment: 'too short',
    }),
  ];
  const response = await fetch(`${server.web}/api/public/ingestion`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Basic ${btoa('pk-lf-desk:sk')}` },
    body: JSON.stringify({ batch }),
  });
  expect(response.status, await response.text()).toBe(207);
  await expect.poll(async () => (await server.list()).length).toBe(1);

  await page.goto('/project/default/traces/order%207');
  await expect(page).toHaveURL(/\/traces\/[0-9a-f]{32}$/);
  await expect(page.getByRole('heading', { name: 'Answer a guest' }).first()).toBeVisible();
  const tree = page.getByRole('treegrid', { name: 'Spans' });
  await expect(tree.getByRole('row', { name: /reply/ })).toContainText('$0.0035');
  await expect(page.getByRole('article', { name: 'Trace' })).toContainText('helpful');
  await tree.getByRole('row', { name: /reply/ }).click();
  await expect(page.getByRole('tabpanel', { name: 'Messages' })).toContainText('From nine to five.');
});
