/** Sessions as conversations, users, a trace as a graph, two traces side by side; and content that attacks. */
import { agentTrace, ATTACKS, hostileTrace, singleCall } from './story';
import { expect, expectAccessible, inBothThemes, test } from './support';

test('a session reads as a chat with the cost of each turn', async ({ page, server }) => {
  await server.send(agentTrace('plan_trip', 120_000).spans);
  await server.send(agentTrace('plan_trip again', 60_000).spans);
  await page.goto('/sessions');
  const table = page.getByRole('region', { name: 'Sessions' });
  await expect(table.getByRole('row')).toHaveCount(2);
  await expect(table.getByRole('row').nth(1)).toContainText('holiday-7');
  await expect(table.getByRole('row').nth(1)).toContainText('anna');
  await inBothThemes(page, () => expectAccessible(page));
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await table.getByRole('link', { name: /holiday-7/ }).click();
  await expect(page).toHaveURL(/\/sessions\/holiday-7/);

  await expect(page.getByRole('main')).toMatchAriaSnapshot(`
    - main:
      - link "Sessions"
      - heading "holiday-7" [level=1]
      - link "As a list of traces"
      - term: User
      - definition:
        - link "anna"
      - term: Cost
      - definition: $0.0011
      - term: Turns
      - definition: "2"
  `);
  const turn = page.getByRole('article', { name: 'Turn 2' });
  await expect(turn.getByRole('region', { name: 'Asked' })).toContainText('Two days in Lisbon, please.');
  await expect(turn.getByRole('region', { name: 'Answered' })).toContainText('Belém by tram');
  const steps = turn.getByRole('group').first();
  await expect(steps).toContainText('2 calls');
  // They ran at the same moment: either may come first.
  await expect(steps).toContainText('get_weather');
  await expect(steps).toContainText('find_hotel');
  await expect(steps).toContainText('1 failed');
  await expect(turn).toContainText('the hotel search timed out');
  await expect(turn).toContainText('$0.0005');
  await inBothThemes(page, () => expectAccessible(page));
  await turn.getByRole('link', { name: 'Trace' }).click();
  await expect(page).toHaveURL(/\/traces\/[0-9a-f]{32}\?span=/);
  await expect(page.getByRole('tabpanel', { name: 'Messages' })).toContainText('Belém by tram');
  // And back: the session is a link of its traces.
  await page.getByRole('link', { name: 'holiday-7' }).click();
  await expect(page).toHaveURL(/\/sessions\/holiday-7/);
});

test('sessions are found by what was asked, users by their names', async ({ page, server }) => {
  await server.send(agentTrace().spans);
  await server.send(singleCall('gpt-4o', 30_000).spans, 'support-bot');
  await page.goto('/sessions');
  const rows = page.getByRole('region', { name: 'Sessions' }).getByRole('row');
  const bar = page.getByRole('combobox', { name: 'Search or filter' });
  // The code of this page comes after the page has loaded.
  await expect(bar).toBeVisible();
  await page.keyboard.press('/');
  await page.keyboard.type('LISBON');
  await expect(page).toHaveURL(/\/sessions\?q=LISBON/);
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(1)).toContainText('holiday-7');
  await bar.fill('nothing like it');
  await expect(page.getByRole('heading', { name: 'No sessions fit what is asked for' })).toBeVisible();
  await page.getByRole('button', { name: 'Remove all filters' }).click();
  await expect(rows).toHaveCount(2);

  await page.goto('/users?q=ANN');
  const users = page.getByRole('region', { name: 'Users' }).getByRole('row');
  await expect(users).toHaveCount(2);
  // The words that found the user are none of its traces.
  await users.getByRole('link', { name: 'anna', exact: true }).click();
  await expect(page).toHaveURL(/\/traces\?user=anna$/);
  await page.goBack();
  await expect(bar).toHaveValue('ANN');
});

test('a user leads to traces, sessions and costs', async ({ page, server }) => {
  await server.send(agentTrace().spans);
  await server.send(singleCall('gpt-4o', 30_000).spans, 'support-bot');
  await page.goto('/users');
  const table = page.getByRole('region', { name: 'Users' });
  await expect(table.getByRole('row')).toHaveCount(3);
  await inBothThemes(page, () => expectAccessible(page));
  await expect(table.getByRole('table')).toMatchAriaSnapshot(`
    - table:
      - rowgroup:
        - row "User Traces Sessions Calls Tokens Cost Failed traces First seen Last seen"
      - rowgroup:
        - row /bruno 1 trace of bruno 1 60/
        - row /anna 1 trace of anna 1 session of anna 2 3\\.1k \\$0\\.0005 1 failed trace of anna/
  `);
  await expect(table.getByRole('row', { name: /anna/ })).toContainText('$0.0005');
  await table.getByRole('button', { name: 'Failed traces' }).click();
  await expect(page).toHaveURL(/order=errors/);
  await expect(table.getByRole('row').nth(1)).toContainText('anna');
  await table.getByRole('link', { name: '1 session of anna' }).click();
  await expect(page).toHaveURL(/\/sessions\?user=anna/);
  await expect(page.getByRole('link', { name: /holiday-7/ })).toBeVisible();
  await page.goBack();
  await table.getByRole('link', { name: '1 failed trace of anna' }).click();
  await expect(page).toHaveURL(/\/traces\?user=anna&status=error/);
});

test('without sessions and users the pages teach how they come', async ({ page }) => {
  await page.goto('/sessions');
  await expect(page.getByText('session.id')).toBeVisible();
  await expectAccessible(page);
  await page.goto('/users');
  await expect(page.getByText('user.id')).toBeVisible();
  await page.goto('/users?model=none');
  await page.getByRole('button', { name: 'Remove all filters' }).click();
  await expect(page).toHaveURL(/\/users$/);
});

test('a trace is a graph that is walked with keys', async ({ page, server }) => {
  const trace = agentTrace();
  await server.send(trace.spans);
  await page.goto(`/traces/${trace.id}`);
  await page.getByRole('radio', { name: 'Graph' }).click();
  await expect(page).toHaveURL(/view=graph/);
  const graph = page.getByRole('region', { name: 'Graph' });
  await expect(graph.getByRole('button')).toHaveCount(5);
  await expect(graph.getByRole('button', { name: /tool find_hotel.*1 failed/ })).toBeVisible();
  await graph.getByRole('button').first().focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const model = graph.getByRole('button', { name: /llm gpt-4o-mini, 2 runs/ });
  await expect(model).toHaveAttribute('aria-pressed', 'true');
  const first = new URL(page.url()).searchParams.get('span');
  // Pressed again, the next of its runs.
  await page.keyboard.press('Enter');
  await expect.poll(() => new URL(page.url()).searchParams.get('span')).not.toBe(first);
  await inBothThemes(page, () => expectAccessible(page));
});

test('two traces are compared side by side', async ({ page, server }) => {
  const [one, other] = [agentTrace('plan_trip', 90_000), agentTrace('plan_trip', 60_000)];
  const extra = other.span('execute_tool find_train', other.spans[1] ?? null, 2450, 2500, {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'find_train',
  });
  expect(extra.traceId).toBe(other.id);
  await server.send(one.spans);
  await server.send(other.spans);
  await page.goto(`/traces/${one.id}`);
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Compare with…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Compare with' });
  await expectAccessible(page);
  await dialog.getByRole('link').first().click();
  await expect(page).toHaveURL(new RegExp(`/traces/${one.id}/compare/${other.id}`));

  await expect(page.getByRole('region', { name: 'Figures' }).getByRole('table')).toContainText('the same');
  const tree = page.getByRole('treegrid', { name: 'Spans of both' });
  await expect(tree.getByRole('row', { name: /find_train/ })).toContainText('not in A');
  const detail = page.getByRole('region', { name: 'What was said in both' });
  await expect(detail).toContainText('the same in both');
  await expect(page.getByRole('region', { name: 'Figures' }).getByRole('table')).toMatchAriaSnapshot(`
    - table:
      - rowgroup:
        - row:
          - cell
          - columnheader "Duration"
          - columnheader "Cost"
          - columnheader "Calls"
          - columnheader "Input tokens"
          - columnheader "Cached tokens"
          - columnheader "Output tokens"
          - columnheader "Spans"
          - columnheader "Failed spans"
      - rowgroup:
        - row "A 5.00 s $0.0005 2 1,300 1,400 400 6 1"
        - row "B 5.00 s $0.0005 2 1,300 1,400 400 7 1"
        - row /A to B the same the same the same the same the same the same \\+17 % the same/
  `);
  await tree.focus();
  await page.keyboard.press('Home');
  await expect(tree.getByRole('row', { selected: true })).toContainText('plan_trip');
  await expect(page).toHaveURL(/span=/);
  await inBothThemes(page, () => expectAccessible(page));
  await page.getByRole('link', { name: 'Swap' }).click();
  await expect(tree.getByRole('row', { name: /find_train/ })).toContainText('not in B');
});

test('a trace is copied as JSON, OTLP and a command that sends it', async ({ page, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const trace = agentTrace();
  await server.send(trace.spans);
  await page.goto(`/traces/${trace.id}`);
  const copied = async (what: string) => {
    await page.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByRole('menuitem', { name: what }).click();
    await expect(page.getByRole('status', { name: 'What was done' })).toContainText('Copied');
    const text = await page.evaluate(() => navigator.clipboard.readText());
    await page.getByRole('button', { name: 'Close', exact: true }).last().click();
    return text;
  };
  expect((JSON.parse(await copied('Copy as JSON')) as { trace_id: string }).trace_id).toBe(trace.id);
  expect(JSON.parse(await copied('Copy as OTLP'))).toHaveProperty('resourceSpans');
  const command = await copied('Copy as curl');
  expect(command).toContain(`${server.http}/v1/traces`);
  expect(command).toContain(trace.id);
});

test('content that attacks does nothing', async ({ page, server }) => {
  test.setTimeout(240_000);
  const [trace, other] = [hostileTrace(), hostileTrace(1000)];
  await server.send(trace.spans);
  await server.send(other.spans);
  page.on('dialog', () => expect(false, 'nothing opens a dialog').toBe(true));
  const call = trace.spans[1]?.spanId;
  const session = encodeURIComponent(ATTACKS[0] as string);
  const paths = [
    '/traces',
    `/traces/${trace.id}?span=${call}`,
    ...['attributes', 'events', 'raw', 'cost'].map((tab) => `/traces/${trace.id}?span=${call}&tab=${tab}`),
    `/traces/${trace.id}?view=graph`,
    `/traces/${trace.id}/compare/${other.id}`,
    '/sessions',
    `/sessions/${session}`,
    '/users',
  ];
  for (const path of paths) {
    await page.goto(path);
    // Of the users only their name is shown, which is another attack.
    await expect(page.locator('main')).toContainText(path === '/users' ? 'gnp.evil' : 'onerror');
    const found = await page.evaluate(() => ({
      owned: /owned/.test(document.title),
      elements: document.querySelectorAll('main :is(script, iframe, object, embed, img)').length,
      links: [...document.querySelectorAll('main a[href]')].filter(
        (link) => !/^https?:$/.test(new URL((link as HTMLAnchorElement).href).protocol),
      ).length,
      sideways: document.documentElement.scrollWidth > window.innerWidth,
    }));
    expect(found, path).toEqual({ owned: false, elements: 0, links: 0, sideways: false });
  }
  // Marks of direction in a name end with the name.
  await page.goto('/users');
  const name = page.getByRole('region', { name: 'Users' }).getByRole('link').first().locator('bdi');
  await expect(name).toHaveCSS('unicode-bidi', 'isolate');
});
