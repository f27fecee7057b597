import { agentTrace, dearCall, singleCall } from './story';
import { expect, test } from './support';

test('three clicks lead from a cost spike to the prompt that caused it', async ({ page, server }) => {
  const dear = dearCall('Summarise every book of the library, chapter by chapter.');
  for (const trace of [agentTrace(), singleCall('gpt-4o', 30_000), dear, singleCall('gpt-4o', 20_000)]) {
    await server.send(trace.spans, 'reading-room');
  }
  await page.goto('/');
  await expect(page.getByRole('group', { name: 'Cost today' })).toContainText('$5.09');

  // The model that the spike is made of.
  const legend = page.getByRole('region', { name: 'Over time' });
  await legend.getByRole('link', { name: /^gpt-4o(?!-)/ }).click();
  await expect(page).toHaveURL(/\/traces\?model=gpt-4o&order=cost/);

  // Its dearest trace.
  const traces = page
    .getByRole('grid', { name: 'Traces' })
    .getByRole('row')
    .filter({ hasText: 'reading-room' });
  await expect(traces).toHaveCount(3);
  await expect(traces.first()).toContainText('$5.09');
  await traces.first().click();

  // The call, and what was asked.
  await page
    .getByRole('treegrid')
    .getByRole('row', { name: /summarise_library/ })
    .click();
  const span = page.getByRole('region', { name: 'Span summarise_library' });
  await expect(span).toContainText('Summarise every book of the library');
  await span.getByRole('tab', { name: 'Cost' }).click();
  await expect(page).toHaveURL(new RegExp(dear.id));
  await expect(span).toContainText('$5.09');

  // Walking within a trace is one picture: one step leads back to the list.
  await page.goBack();
  await expect(page).toHaveURL(/\/traces\?model=gpt-4o&order=cost/);
});
