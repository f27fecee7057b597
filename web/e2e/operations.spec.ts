/** SQL, metrics, logs, health and settings: what they say, and by which keys. */
import { expect, expectAccessible, inBothThemes, SECTIONS, seeded, test } from './support';
import { agentTrace } from './story';

seeded('a statement is completed, run by keys, and its fault found', async ({ page }) => {
  await page.goto('/sql');
  const box = page.getByRole('textbox', { name: 'Statement' });
  await box.fill('SELECT mod');
  await box.press('End');
  await page.keyboard.type('e');
  const offers = page.getByRole('listbox', { name: 'Completions' });
  await expect(offers.getByRole('option', { name: /^model / })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(box).toHaveValue('SELECT model');
  await page.keyboard.type(', count(*) AS calls FROM calls GROUP BY ALL ORDER BY calls DESC');
  await page.keyboard.press('Control+Enter');
  const result = page.getByRole('table', { name: 'Result' });
  await expect(result.getByRole('columnheader')).toHaveText(['model', 'calls']);
  expect(await result.getByRole('row').count()).toBeGreaterThan(2);
  await expect(page).toHaveURL(/sql=SELECT\+model/);
  await inBothThemes(page, () => expectAccessible(page));

  await page.getByRole('radio', { name: 'Chart' }).click();
  await expect(page).toHaveURL(/show=chart/);
  await page.goBack();
  await expect(result).toBeVisible();
  // A link shows the same.
  await page.reload();
  await expect(result).toBeVisible();

  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'CSV' }).click();
  expect((await download).suggestedFilename()).toBe('tracemeter.csv');
});

test('a statement that does more than ask is refused, with the place', async ({ page, server }) => {
  await server.send(agentTrace().spans);
  await page.goto('/sql');
  const box = page.getByRole('textbox', { name: 'Statement' });
  await box.fill('SELECT 1,\n  nothing FROM calls');
  await box.press('Control+Enter');
  await expect(page.getByRole('alert')).toContainText('nothing');
  await page.getByRole('button', { name: 'Go to line 2, column 3' }).click();
  await expect(box).toBeFocused();
  for (const attack of ["COPY calls TO '/tmp/x'", "FROM read_text('/etc/passwd')", 'DELETE FROM calls']) {
    await box.fill(attack);
    await box.press('Control+Enter');
    await expect(page.getByRole('alert')).toBeVisible();
    await expect(page.getByRole('table', { name: 'Result' })).toHaveCount(0);
  }
});

seeded('a metric is chosen and split', async ({ page }) => {
  await page.goto('/metrics-explorer?range=7d');
  const names = page.getByRole('navigation', { name: 'Metrics' });
  const first = names.getByRole('button').first();
  await expect(first).toBeVisible();
  await first.click();
  await expect(page).toHaveURL(/metric=/);
  await expect(page.getByRole('img', { name: /over time/ })).toBeVisible();
  const split = page.getByRole('combobox', { name: 'Split by' });
  const name = await split.locator('option').nth(1).textContent();
  await split.selectOption({ index: 1 });
  await expect(page).toHaveURL(/group=/);
  await expect(page.getByRole('button', { name: `No line per ${name}` })).toBeVisible();
  await expect(page.getByRole('region', { name: /^Lines of/ }).getByRole('row')).not.toHaveCount(0);
});

test('records are filtered by an attribute, and content does nothing', async ({ page, server }) => {
  const now = `${Date.now()}000000`;
  const record = (body: string, route: string) => ({
    timeUnixNano: now,
    severityNumber: 9,
    body: { stringValue: body },
    attributes: [{ key: 'http.route', value: { stringValue: route } }],
  });
  const bad = '<img src=x onerror=alert(1)><script>alert(1)</script> javascript:alert(1) \u202e';
  const logRecords = [record(bad, '/a'), record('fine', '/b'), record('x'.repeat(50_000), '/b')];
  const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
  const headers = { 'content-type': 'application/json' };
  expect((await fetch(`${server.http}/v1/logs`, { method: 'POST', headers, body })).status).toBe(200);
  page.on('dialog', () => expect(false, 'a dialog opened').toBe(true));
  await page.goto('/logs');
  await expect.poll(async () => (await page.reload(), page.locator('.log').count())).toBe(3);
  await expect(page.getByRole('status').filter({ hasText: '3 records' })).toBeVisible();
  await page.locator('.log').filter({ hasText: 'onerror' }).locator('summary').click();
  await page.getByRole('button', { name: 'http.route=/a' }).click();
  await expect(page.locator('.log')).toHaveCount(1);
  await expect(page).toHaveURL(/attr=http.route/);
  await page.getByRole('button', { name: 'Remove filter http.route=/a' }).click();
  await expect(page.locator('.log')).toHaveCount(3);
  await expect(page.locator('main img')).toHaveCount(0);
  await expectAccessible(page);
});

test('connecting waits for the first data and names the mistake', async ({ page, server }) => {
  await page.goto('/settings/connect');
  await page.getByRole('button', { name: 'LiteLLM' }).click();
  await expect(page).toHaveURL(/client=litellm/);
  await expect(page.getByRole('region', { name: 'LiteLLM settings, part 2' })).toContainText(server.http);
  await page.getByRole('button', { name: 'Wait for new data' }).click();
  await expect(page.getByText('Nothing yet.')).toBeVisible();
  await fetch(`${server.http}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: 'x',
  });
  await expect(page.getByText('Set OTEL_EXPORTER_OTLP_PROTOCOL')).toBeVisible();
  await server.send(agentTrace().spans);
  await expect(page.getByText('travel-desk')).toBeVisible();
  await expect(page.getByText('is connected')).toHaveCount(0);
  // It is nothing that LiteLLM would send; but any OpenTelemetry SDK would.
  await page.getByRole('button', { name: 'OpenTelemetry', exact: true }).click();
  await expect(page.getByText('OpenTelemetry is connected')).toBeVisible();
  await expect(page.getByRole('link', { name: 'See it' })).toHaveAttribute('href', '/traces');
  await expectAccessible(page);
});

seeded('settings are walked by links, and say what is in force', async ({ page }) => {
  await page.goto('/settings');
  const sections = page.getByRole('navigation', { name: 'Settings' });
  await expect(sections).toMatchAriaSnapshot(`
    - navigation "Settings":
      - link "Connect"
      - link "Keys"
      - link "Access"
      - link "Destinations"
      - link "Storage"
      - link "Redaction"
      - link "Prices"
      - link "Energy"
      - link "Configuration"
      - link "About"
  `);
  await sections.getByRole('link', { name: 'Configuration' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Configuration');
  await expect(page.getByText('TRACEMETER_WEB__LISTEN')).toBeVisible();
  await page.getByRole('radio', { name: 'All' }).click();
  await page.getByRole('searchbox', { name: 'Find a key or value' }).fill('retention days');
  await expect(page.getByRole('term').filter({ hasText: 'retention.content_days' })).toBeVisible();
  await expect(page).toHaveURL(/find=retention/);
  await sections.getByRole('link', { name: 'Storage' }).click();
  await expect(page.getByRole('heading', { name: 'By day' })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Configuration');
});

test('rules of redaction are tried before they hold', async ({ page, server }) => {
  await server.send(agentTrace().spans);
  await page.goto('/settings/redaction');
  const text = page.getByRole('textbox', { name: 'A text, as it could stand in a prompt' });
  await text.fill('ask anna@example.org');
  await expect(page.getByText('It stays as it is')).toBeVisible();
  await page.getByRole('radio', { name: 'Redacted' }).click();
  await expect(page.getByText(/\[email:[0-9a-f]{16}\]/)).toBeVisible();
  await page.getByRole('button', { name: 'Count', exact: true }).click();
  await expect(page.getByText(/records? read, \d+ changes?/)).toBeVisible();
  await expectAccessible(page);
});

test('a price of one’s own is added, changed and removed', async ({ page, server }) => {
  await server.send(agentTrace().spans);
  await page.goto('/settings/prices');
  await page.getByRole('button', { name: 'Add a price' }).click();
  const dialog = page.getByRole('dialog', { name: 'Set a price' });
  await dialog.getByRole('textbox', { name: 'Model' }).fill('my-model');
  await dialog.getByRole('textbox', { name: 'Input' }).fill('0,5');
  await dialog.getByRole('textbox', { name: 'Output' }).fill('1.5');
  await expectAccessible(page);
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(page.getByText('input 0.5, output 1.5 USD per million tokens')).toBeVisible();
  await page.getByRole('button', { name: 'Remove the price of my-model' }).click();
  const sure = page.getByRole('dialog', { name: 'Remove this price?' });
  await expect(sure).toContainText('New calls of my-model are priced by the tables again');
  await sure.getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByText('input 0.5, output 1.5')).toHaveCount(0);
});

seeded('a destination is paused, goes on, and is not rewound by accident', async ({ page }) => {
  await page.goto('/settings/destinations');
  await page.getByRole('link', { name: /archive/ }).click();
  await expect(page).toHaveURL(/\/settings\/destinations\/archive/);
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByText('Somebody paused it.')).toBeVisible();
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  await expect(page.getByText('Somebody paused it.')).toBeHidden();
  await page.getByRole('button', { name: 'Rewind…' }).click();
  const sure = page.getByRole('dialog', { name: 'Send again to archive?' });
  await expect(sure).toContainText('Everything that arrived from the day on is sent once more');
  await expect(sure.getByRole('button', { name: 'Send again' })).toBeDisabled();
  await page.keyboard.press('Escape');
  await expect(sure).toBeHidden();
});

seeded('health leads through the parts', async ({ page }) => {
  await page.goto('/health');
  await expect(page.getByRole('list').filter({ hasText: 'Receive' })).toMatchAriaSnapshot(`
    - list:
      - listitem:
        - strong: Receive
        - text: /taking data/
      - listitem:
        - strong: Journal
        - text: /sound/
      - listitem:
        - strong: Analytics
        - text: /up to date/
      - listitem:
        - strong: Search
        - text: /up to date/
      - listitem:
        - strong: Forward
        - text: /1 destination/
  `);
});

for (const [name, width] of [
  ['a desk', 1360],
  ['a phone', 360],
] as const) {
  seeded(`every section of the settings is accessible on ${name}`, async ({ page }) => {
    await page.setViewportSize({ width, height: 860 });
    for (const section of SECTIONS) {
      await page.goto(`/settings/${section}`);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expect(page.getByRole('status', { name: 'Loading' })).toHaveCount(0);
      await expectAccessible(page, expect.soft);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect.soft(wide, `${section} at ${width} px scrolls sideways`).toBeLessThanOrEqual(0);
    }
  });
}
