import { agentTrace } from './story';
import { expect, test } from './support';

const background = () => getComputedStyle(document.body).backgroundColor;

test('dark and light follow the system until the reader chooses, and the choice is kept', async ({
  page,
  server,
}) => {
  await server.send(agentTrace().spans);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto('/');
  const light = await page.evaluate(background);
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await page.evaluate(background);
  expect(dark).not.toBe(light);

  const toggle = page.getByRole('button', { name: 'Dark theme' });
  await expect(toggle).toHaveAttribute('aria-pressed', 'true');
  await toggle.click();
  await expect(toggle).toHaveAttribute('aria-pressed', 'false');
  expect(await page.evaluate(background)).toBe(light);
  await page.reload();
  await expect(toggle).toHaveAttribute('aria-pressed', 'false');
  expect(await page.evaluate(background)).toBe(light);
});

test('on a phone the bar is at the bottom and the detail slides over', async ({ page, server }) => {
  const trace = agentTrace();
  await server.send(trace.spans);
  await page.setViewportSize({ width: 390, height: 844 });
  const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);

  await page.goto('/');
  await expect(page.getByRole('group', { name: 'Cost today' })).toBeVisible();
  const bar = await page.getByRole('navigation').boundingBox();
  expect((bar?.y ?? 0) + (bar?.height ?? 0)).toBe(844);
  expect(await fits()).toBe(true);

  await page.getByRole('navigation').getByRole('link', { name: 'Traces' }).click();
  await page.getByRole('row', { name: /plan_trip/ }).click();
  await expect(page).toHaveURL(new RegExp(`/traces/${trace.id}`));
  const detail = page.getByRole('region', { name: /^Span / });
  await expect(detail).toBeHidden();
  await page
    .getByRole('treegrid')
    .getByRole('row', { name: /get_weather/ })
    .click();
  await expect(detail).toContainText('light rain');
  expect(Math.round((await detail.boundingBox())?.width ?? 0)).toBe(390);
  expect(await fits()).toBe(true);
  await page.goBack();
  await expect(detail).toBeHidden();
  await expect(page.getByRole('treegrid')).toBeVisible();
});

test('on a phone the section of the settings that is open stands in view', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/settings/about');
  const sections = page.getByRole('navigation', { name: 'Settings' });
  const about = sections.getByRole('link', { name: 'About' });
  await expect(about).toBeInViewport({ ratio: 1 });
  await expect(sections.getByRole('link', { name: 'Connect' })).not.toBeInViewport();
  await sections.getByRole('link', { name: 'Prices' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Prices' })).toBeVisible();
  await expect(sections.getByRole('link', { name: 'Prices' })).toBeInViewport({ ratio: 1 });
  await expect(sections.getByRole('link', { name: 'Redaction' })).toBeInViewport({ ratio: 1 });
});

test('the divider is moved by keys and stays where it was left', async ({ page, server }) => {
  const trace = agentTrace();
  await server.send(trace.spans);
  await page.goto(`/traces/${trace.id}`);
  const divider = page.getByRole('separator', { name: 'Width of the waterfall' });
  const before = Number(await divider.getAttribute('aria-valuenow'));
  await divider.focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await expect(divider).toHaveAttribute('aria-valuenow', String(before - 4));
  await page.reload();
  await expect(divider).toHaveAttribute('aria-valuenow', String(before - 4));
});
