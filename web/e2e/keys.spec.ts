/** The way in, keys and tokens: what a person meets who sets up a server for others. */
import type { Page } from '@playwright/test';
import { expect, expectAccessible, inBothThemes, test as base, type Tracemeter } from './support';
import { agentTrace } from './story';

/** Everybody is asked for a login and a key, though the server listens on this machine. */
const test = base.extend({ config: '[web]\nrequire_login = true\n' });

const PASSWORD = 'correct horse';

// Each walks through many pages.
test.slow();

async function setUp(page: Page, server: Tracemeter) {
  await page.goto(server.setupLink());
  await page.getByRole('textbox', { name: 'Name' }).fill('anna');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('The same again').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set up' }).click();
  await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible();
}

test('a one-time link opens the pages, and the password does from then on', async ({ page, server }) => {
  await page.goto('/settings/access');
  await expect(page.getByRole('heading', { name: 'Not set up yet' })).toBeVisible();
  await inBothThemes(page, () => expectAccessible(page));

  await page.goto('/setup');
  await expect(page.getByRole('heading', { name: 'This link is not whole' })).toBeVisible();
  await page.goto(server.setupLink());
  await page.reload();
  await page.getByRole('textbox', { name: 'Name' }).fill('anna');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('The same again').fill('correct house');
  await expect(page.getByText('That is another password.')).toBeVisible();
  await inBothThemes(page, () => expectAccessible(page));
  await page.getByLabel('The same again').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set up' }).click();
  await expect(page.getByRole('heading', { name: 'Send the first trace' })).toBeVisible();
  await expect(page).toHaveURL(/\/$/);

  await page.goto(server.setupLink());
  await page.reload();
  await page.getByRole('textbox', { name: 'Name' }).fill('eve');
  await page.getByLabel('Password', { exact: true }).fill('another horse');
  await page.getByLabel('The same again').fill('another horse');
  await page.getByRole('button', { name: 'Set up' }).click();
  await expect(page.getByRole('alert')).toContainText('this link has been used already');

  await page.goto('/settings/access');
  await expect(page.getByRole('heading', { name: 'Signed in as anna' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Browsers that are signed in' })).toContainText('(this one)');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await inBothThemes(page, () => expectAccessible(page));
  await page.getByRole('textbox', { name: 'Name' }).fill('anna');
  await page.getByLabel('Password').fill('wrong horse');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toContainText('name or password is wrong');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  // Back where the login was asked for.
  await expect(page.getByRole('heading', { name: 'Signed in as anna' })).toBeVisible();
});

test('a key is made, copied once, rotated and revoked', async ({ page, server }) => {
  await setUp(page, server);
  await page.goto('/settings/keys');
  await expect(page.getByText('Nobody is asked for one yet')).toBeVisible();
  await page.getByRole('button', { name: 'New key' }).click();
  const form = page.getByRole('dialog', { name: 'New ingest key' });
  await expect(form).toContainText('This is the first one.');
  await form.getByRole('textbox', { name: 'Name' }).fill('n8n');
  await form.getByRole('checkbox', { name: 'metrics' }).uncheck();
  await expectAccessible(page);
  await page.keyboard.press('Enter');
  const made = page.getByRole('dialog', { name: 'n8n: the key' });
  const key = (await made.getByRole('region', { name: 'key' }).textContent()) ?? '';
  expect(key).toMatch(/^tm_ingest_[0-9a-f]{64}$/);
  await expectAccessible(page);
  await made.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByText('Who sends is asked for one.')).toBeVisible();
  expect(await page.content()).not.toContain(key);

  expect(await server.sendWith(null, agentTrace().spans)).toBe(401);
  expect(await server.sendWith(key, agentTrace().spans)).toBe(200);
  await page.reload();
  const row = page.getByRole('row').filter({ hasText: 'n8n' });
  await expect(row).toContainText('traces and logs');
  await expect(row).toContainText('last used');
  await inBothThemes(page, () => expectAccessible(page));

  await row.getByRole('button', { name: 'Rotate…' }).click();
  await page.getByRole('dialog', { name: 'Rotate n8n?' }).getByRole('combobox').selectOption('not at all');
  await page.getByRole('button', { name: 'Rotate', exact: true }).click();
  const rotated = page.getByRole('dialog', { name: 'n8n: the key' });
  const other = (await rotated.getByRole('region', { name: 'key' }).textContent()) ?? '';
  await rotated.getByRole('button', { name: 'Done' }).click();
  expect(await server.sendWith(key, agentTrace().spans)).toBe(401);
  expect(await server.sendWith(other, agentTrace().spans)).toBe(200);
  await row.getByRole('button', { name: 'Revoke n8n' }).click();
  await page.getByRole('dialog', { name: 'Revoke n8n?' }).getByRole('button', { name: 'Revoke' }).click();
  await expect(row).toHaveCount(0);
  expect(await server.sendWith(other, agentTrace().spans)).toBe(401);
  await page.getByRole('button', { name: 'Show 1 revoked' }).click();
  await expect(row).toContainText('revoked');

  await page.goto('/settings/connect?client=otel');
  await expect(page.getByText('OTEL_EXPORTER_OTLP_HEADERS=x-api-key=YOUR_KEY').first()).toBeVisible();
  await page.getByRole('button', { name: 'Make one for OpenTelemetry' }).click();
  await expect(page.getByText(/OTEL_EXPORTER_OTLP_HEADERS=x-api-key=tm_ingest_/).first()).toBeVisible();
  await expectAccessible(page);
});

test('a token for scripts reads', async ({ page, server }) => {
  await setUp(page, server);
  await page.goto('/settings/access');
  await page.getByRole('button', { name: 'New token' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('grafana');
  await page.getByRole('button', { name: 'Make it' }).click();
  const made = page.getByRole('dialog', { name: 'grafana: the token' });
  const token = (await made.getByRole('region', { name: 'token' }).textContent()) ?? '';
  const ask = (method: string) =>
    fetch(`${server.web}/api/v1/keys`, { method, headers: { authorization: `Bearer ${token}` } });
  expect((await ask('GET')).status).toBe(200);
  expect((await ask('POST')).status).toBe(403);
  await made.getByRole('button', { name: 'Done' }).click();
  await page.setViewportSize({ width: 360, height: 780 });
  await expectAccessible(page);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(wide).toBeLessThanOrEqual(0);
});
