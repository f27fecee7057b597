import { agentTrace, SECRET, wideTrace } from './story';
import { expect, test } from './support';

test('the waterfall shows the tree, what failed and what it cost', async ({ page, server }) => {
  const trace = agentTrace();
  await server.send(trace.spans);
  await page.goto(`/traces/${trace.id}`);
  await expect(page.getByRole('heading', { name: 'plan_trip' }).first()).toBeVisible();
  const tree = page.getByRole('treegrid', { name: 'Spans' });
  const rows = tree.getByRole('row').filter({ has: page.getByRole('gridcell') });
  await expect(rows).toHaveCount(6);
  await expect(rows.nth(0)).toHaveAttribute('aria-level', '1');
  await expect(rows.nth(2)).toHaveAttribute('aria-level', '3');
  await expect(rows.nth(0)).toContainText('5.00 s');
  await expect(rows.nth(0)).toContainText('$0.0005');
  const failed = tree.getByRole('row', { name: /find_hotel/ });
  await expect(failed.getByRole('img', { name: 'failed' })).toBeVisible();

  await failed.click();
  await expect(page).toHaveURL(/span=[0-9a-f]{16}/);
  const detail = page.getByRole('region', { name: 'Span execute_tool find_hotel' });
  await expect(detail).toContainText('TimeoutError');
  await expect(detail).toContainText('the hotel search timed out');

  await tree.focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowLeft');
  await expect(rows).toHaveCount(1);
  await page.keyboard.press('ArrowRight');
  await expect(rows).toHaveCount(6);
  await page.getByLabel('Fold').selectOption('One level');
  await expect(rows).toHaveCount(2);

  const find = page.getByRole('searchbox', { name: 'Search in this trace' });
  await find.fill('get_weather');
  await expect(page.getByText('1 found')).toBeVisible();
  await find.press('Enter');
  await expect(tree.getByRole('row', { name: /get_weather/ })).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByRole('region', { name: 'Span execute_tool get_weather' })).toContainText(
    'light rain',
  );
});

test('messages read as a conversation, secrets as chips', async ({ page, server }) => {
  const trace = agentTrace();
  await server.send(trace.spans);
  const calls = trace.spans.filter((span) => span.name.startsWith('chat'));
  await page.goto(`/traces/${trace.id}?span=${calls[0]?.spanId}`);
  const panel = page.getByRole('tabpanel', { name: 'Messages' });
  await expect(panel).toContainText('Two days in Lisbon, please.');
  await expect(panel).toContainText('redacted');
  expect(await page.content()).not.toContain(SECRET);
  await expect(panel.getByRole('button', { name: 'Show all of the message' })).toBeVisible();
  const weather = panel.getByRole('region', { name: 'Tool get_weather' });
  await expect(weather).toMatchAriaSnapshot(`
    - region "Tool get_weather":
      - text: get_weather
      - button "its span"
      - group "Arguments":
        - term: city
        - definition: Lisbon
      - group "Result": /light rain/
  `);
  await weather.getByRole('button', { name: 'its span' }).click();
  await expect(page.getByRole('region', { name: 'Span execute_tool get_weather' })).toBeVisible();

  // The second call repeats the first: its history is one line, what is new stands below.
  await page.goto(`/traces/${trace.id}?span=${calls[1]?.spanId}`);
  await expect(panel.getByRole('heading', { name: 'Two days in Lisbon' })).toBeVisible();
  await expect(panel.getByRole('table')).toContainText('Belém by tram');
  await expect(panel.getByText('Rule 1')).toBeHidden();
  await panel.getByRole('button', { name: '3 earlier messages' }).click();
  await expect(panel.getByText('Rule 1')).toBeVisible();
  // An image in an answer is a link: nothing is loaded from elsewhere.
  await expect(panel.getByRole('link', { name: 'map' })).toHaveAttribute('rel', /noopener/);
  await expect(panel.locator('img')).toHaveCount(0);
});

test('the cost explains itself bucket by bucket', async ({ page, server }) => {
  const trace = agentTrace();
  await server.send(trace.spans);
  const call = trace.spans.find((span) => span.name.startsWith('chat'));
  await page.goto(`/traces/${trace.id}?span=${call?.spanId}&tab=cost`);
  await expect(page.getByRole('tabpanel', { name: 'Cost' }).getByRole('table')).toMatchAriaSnapshot(`
    - table:
      - rowgroup:
        - row "Bucket Tokens Price Amount"
      - rowgroup:
        - row "Input 1,000 $0.15 / M $0.00015"
        - row "Cache read 200 $0.075 / M $0.000015"
        - row "Output 100 $0.60 / M $0.00006"
      - rowgroup:
        - row "Total 1,300 $0.000225"
  `);
  const panel = page.getByRole('tabpanel', { name: 'Cost' });
  await expect(panel).toContainText('genai-prices');
  await expect(panel).toContainText('Effective from');

  await page.getByRole('tab', { name: 'Attributes' }).click();
  await expect(page).toHaveURL(/tab=attributes/);
  await page.getByRole('searchbox', { name: 'Find an attribute' }).fill('temperature');
  await expect(page.getByRole('tabpanel', { name: 'Attributes' }).getByRole('term')).toHaveText([
    'gen_ai.request.temperature',
  ]);
  await page.getByRole('tab', { name: 'Raw OTLP' }).click();
  const raw = page.getByRole('tabpanel', { name: 'Raw OTLP' });
  await expect(raw).toContainText(`"spanId": "${call?.spanId}"`);
  await raw.getByRole('radio', { name: 'As read' }).click();
  await expect(page).toHaveURL(/raw=read/);
  await expect(raw).toContainText(`"span_id": "${call?.spanId}"`);
});

test('ten thousand spans are drawn as the few that are in view', async ({ page, server }) => {
  const trace = wideTrace(10_000);
  await server.send(trace.spans);
  await page.goto(`/traces/${trace.id}`);
  const tree = page.getByRole('treegrid', { name: 'Spans' });
  await expect(tree).toHaveAttribute('aria-rowcount', '10001');
  await tree.focus();
  await page.keyboard.press('End');
  await expect(tree.getByRole('row', { name: /step 9999/ })).toBeVisible();
  expect(await tree.getByRole('row').count()).toBeLessThan(80);
});

test('a trace that does not exist says so', async ({ page, server }) => {
  await server.send(agentTrace().spans);
  const missing = '1'.repeat(32);
  await page.goto(`/traces/${missing}`);
  await expect(page.getByRole('alert')).toContainText(missing.slice(0, 8));
  await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
});
