import { agentTrace } from './story';
import { expect, expectAccessible, inBothThemes, test } from './support';

test('the parts of the design system are accessible in both themes and fit a phone', async ({ page }) => {
  await page.goto('/kitchen');
  await expect(page.getByRole('heading', { name: 'Kitchen' })).toBeVisible();
  await inBothThemes(page, () => expectAccessible(page));
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
});

test('tabs, choices, menus and dialogs are worked by keys', async ({ page }) => {
  await page.goto('/kitchen');
  await page.getByRole('tab', { name: 'Starter' }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('tab', { name: /Main course/ })).toBeFocused();
  await expect(page.getByRole('tabpanel')).toContainText('two');

  await page.getByRole('radio', { name: 'Cost' }).focus();
  await page.keyboard.press('End');
  await expect(page.getByRole('radio', { name: 'Calls' })).toBeChecked();

  const menu = page.getByRole('button', { name: 'Menu', exact: true });
  await menu.click();
  await expect(page.getByRole('menuitem', { name: 'Copy' })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitemcheckbox', { name: 'With marks' })).not.toBeChecked();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toBeHidden();
  await expect(menu).toBeFocused();

  const opener = page.getByRole('button', { name: 'Open a dialog' });
  await opener.click();
  const dialog = page.getByRole('dialog', { name: 'Throw it away?' });
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(opener).toBeFocused();
  await opener.click();
  await dialog.getByRole('button', { name: 'Throw it away' }).click();
  await expect(page.getByRole('status', { name: 'What was done' })).toContainText('Thrown away');
});

test('pages are reached by two keys, by the palette, and by the id of a trace', async ({ page, server }) => {
  const trace = agentTrace();
  await server.send(trace.spans);
  await page.goto('/');
  await expect(page.getByRole('group', { name: 'Cost today' })).toBeVisible();
  await page.keyboard.press('g');
  await page.keyboard.press('t');
  await expect(page).toHaveURL(/\/traces$/);
  await expect(page).toHaveTitle('Traces · Tracemeter');

  await page.keyboard.press('Control+k');
  const box = page.getByRole('combobox', { name: 'Page, command, trace id or words' });
  await expect(box).toBeFocused();
  await box.fill('invoice');
  await expect(page.getByRole('option', { name: /Reconcile/ })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/reconcile/);
  await expect(box).toBeHidden();

  await page.keyboard.press('Control+k');
  await box.fill(trace.id);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`/traces/${trace.id}`));
  await page.goBack();
  await expect(page).toHaveURL(/\/reconcile/);
});

test('the sheet names the keys, and typing in a box is not taken for them', async ({ page, server }) => {
  await server.send(agentTrace().spans);
  await page.goto('/traces');
  await expect(
    page.getByRole('grid', { name: 'Traces' }).getByRole('row', { name: /plan_trip/ }),
  ).toBeVisible();
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keys' });
  await expect(sheet).toContainText('Go to anything');
  await inBothThemes(page, () => expectAccessible(page));
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();

  await page.keyboard.press('/');
  await page.keyboard.type('g?.');
  await expect(sheet).toBeHidden();
  await expect(page).toHaveURL(/\/traces/);
});

test('who cannot see lands in the page: the first link skips the navigation', async ({ page, server }) => {
  await server.send(agentTrace().spans);
  await page.goto('/');
  await expect(page.getByRole('group', { name: 'Cost today' })).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the page' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
});

test('on a phone the other pages are behind one button', async ({ page, server }) => {
  await server.send(agentTrace().spans);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/');
  const logs = page.getByRole('navigation').getByRole('link', { name: 'Logs' });
  await expect(logs).toBeHidden();
  await page.getByRole('button', { name: 'More' }).click();
  await logs.click();
  await expect(page).toHaveURL(/\/logs/);
  await expect(logs).toBeHidden();
});

test('the overview comes with its own code, and a click that finds the rest missing says what to do', async ({
  page,
  server,
}) => {
  await server.send(agentTrace().spans);
  const codes: string[] = [];
  page.on('request', (request) => {
    if (request.resourceType() === 'script') codes.push(new URL(request.url()).pathname);
  });
  await page.route('**/assets/others-*', (route) => route.abort());
  await page.goto('/');
  await expect(page.getByRole('region', { name: 'Top models' })).toBeVisible();
  await page.getByRole('link', { name: 'Traces' }).click();
  const fault = page.getByRole('alert');
  await expect(fault).toContainText('The code of this page did not arrive');
  await expect(page).toHaveURL('/traces');
  // It is asked for once, whatever was clicked.
  expect(codes.filter((path) => path.startsWith('/assets/others-'))).toHaveLength(1);
  await page.unroute('**/assets/others-*');
  await fault.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('row').nth(1)).toContainText('plan_trip');
});
