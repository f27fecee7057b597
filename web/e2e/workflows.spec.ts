import { agentTrace, Trace } from './story';
import { expect, expectAccessible, inBothThemes, test } from './support';

/** A run of n8n: two nodes, the second of which fails. */
function flow(startedMsAgo = 40_000): Trace {
  const trace = new Trace(startedMsAgo);
  const name = { 'n8n.workflow.name': 'Invoice intake' };
  const root = trace.span('workflow.execute', null, 0, 1000, name);
  trace.span('node.execute', root, 10, 110, {
    'n8n.node.name': 'Fetch rows',
    'n8n.node.type': 'n8n-nodes-base.postgres',
  });
  const post = trace.span('node.execute', root, 120, 900, {
    'n8n.node.name': 'Post to Slack',
    'n8n.node.type': 'n8n-nodes-base.slack',
    'error.type': 'NodeApiError',
  });
  post.status = { code: 2, message: '429 rate limited' };
  root.status = { code: 2, message: 'the workflow failed' };
  return trace;
}

test('a workflow shows its runs, its slowest steps and where it failed', async ({ page, server }) => {
  await server.send(agentTrace().spans);
  const failing = flow();
  await server.send(failing.spans, 'n8n');

  await page.goto('/workflows');
  const rows = page.getByRole('region', { name: 'Workflows' }).getByRole('row');
  await expect(rows).toHaveCount(3);
  await expect(rows.filter({ hasText: 'plan_trip' })).toContainText('$0.0005');
  await inBothThemes(page, () => expectAccessible(page));

  await page.getByRole('link', { name: /Invoice intake/ }).focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/workflows\/Invoice%20intake$/);
  await expect(page.getByRole('main')).toMatchAriaSnapshot(`
    - heading "Invoice intake" [level=1]
    - link /Runs 1 last/
    - link "Failed 100% 1 run with an error"
    - group "Cost"
    - group "A run costs"
    - group "Duration p95"
    - region "Runs over time"
    - region "Steps":
      - heading "Steps" [level=2]
      - region "Where the time goes":
        - table:
          - rowgroup
          - rowgroup:
            - row "task Post to Slack 78% 1 1 (100%) 780 ms 780 ms"
            - row "task Fetch rows 10% 1 100 ms 100 ms"
    - region "How long runs take"
    - region "What failed last":
      - list:
        - listitem: /Post to Slack/
    - region "Newest runs":
      - list:
        - listitem: /Invoice intake/
  `);
  await inBothThemes(page, () => expectAccessible(page));
  await page.getByRole('region', { name: 'What failed last' }).getByRole('link').click();
  await expect(page).toHaveURL(new RegExp(`/traces/${failing.id}\\?span=`));
});

test('a workflow that only its kind tells leads to its runs as well', async ({ page, server }) => {
  await server.send(agentTrace().spans);
  await page.goto('/workflows/plan_trip');
  const failures = page.getByRole('region', { name: 'What failed last' });
  await expect(failures.getByRole('listitem')).toContainText('find_hotel');
  await expect(failures).toContainText('the hotel search timed out');
  await expect(page.getByRole('region', { name: 'Newest runs' }).getByRole('listitem')).toHaveCount(1);
  await page.getByRole('link', { name: 'All runs' }).click();
  await expect(page).toHaveURL(/kind=workflow/);
  await expect(page.getByRole('row', { name: /plan_trip/ })).toBeVisible();
});

test('agents and tools tell who uses what, and open beside the list', async ({ page, server }) => {
  await server.send(agentTrace().spans);
  await page.goto('/agents');
  const agents = page.getByRole('region', { name: 'Agents' }).getByRole('row');
  await expect(agents).toHaveCount(2);
  await expect(agents.nth(1)).toContainText('find_hotel 1, get_weather 1');
  await expect(agents.nth(1)).toContainText('$0.0005');
  await inBothThemes(page, () => expectAccessible(page));

  await page.getByRole('tab', { name: /Agents/ }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(page).toHaveURL(/tab=tools/);
  await expect(page.getByRole('tab', { name: /Tools/ })).toBeFocused();
  await expect(page.getByRole('region', { name: 'Tools' }).getByRole('row')).toHaveCount(3);
  await page.getByRole('link', { name: 'find_hotel' }).click();
  await expect(page).toHaveURL(/open=find_hotel/);
  const detail = page.getByRole('region', { name: 'find_hotel', exact: true });
  await expect(detail).toContainText('0% of 1 went well');
  await expect(detail).toContainText('TimeoutError');
  await expectAccessible(page);
  await detail.getByRole('link', { name: 'planner' }).click();
  await expect(page).toHaveURL(/\/agents\?open=planner/);
  await expect(page.getByRole('region', { name: 'planner', exact: true })).toContainText(
    '100% of 1 went well',
  );
  await page.goBack();
  await expect(detail).toBeVisible();
  await detail.getByRole('link', { name: 'Close find_hotel' }).click();
  await expect(detail).toBeHidden();
});

test('workflows, agents and tools fit a phone, and say what comes when there are none', async ({
  page,
  server,
}) => {
  await server.send(flow().spans, 'n8n');
  await page.setViewportSize({ width: 360, height: 740 });
  for (const path of ['/workflows', '/workflows/Invoice%20intake', '/agents']) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  }
  await expect(page.getByRole('heading', { name: 'No agents in this time' })).toBeVisible();
  await expect(page.getByText('invoke_agent')).toBeVisible();
});
