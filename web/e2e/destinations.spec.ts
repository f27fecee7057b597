/** A destination that refuses records: where they are, why, and what becomes of them. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, expectAccessible, test as base, Tracemeter } from './support';
import { agentTrace } from './story';

interface Refuser {
  url: string;
  /** From now on everything is taken. */
  relent: () => void;
  taken: () => number;
}

/** A receiver of webhooks that refuses for good what is sent to it, until it relents. */
const test = base.extend<{ refuser: Refuser }>({
  // eslint-disable-next-line no-empty-pattern
  refuser: async ({}, use) => {
    let [relenting, taken] = [false, 0];
    const receiver: Server = createServer((request, response) => {
      request.resume().on('end', () => {
        if (relenting) taken += 1;
        response.writeHead(relenting ? 200 : 422).end(relenting ? '' : 'no such shelf');
      });
    });
    await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
    const { port } = receiver.address() as AddressInfo;
    await use({
      url: `http://127.0.0.1:${port}/`,
      relent: () => (relenting = true),
      taken: () => taken,
    });
    receiver.closeAllConnections();
    await new Promise((done) => receiver.close(done));
  },
  server: async ({ refuser }, use) => {
    const config = `[[destination]]\nname = "shelf"\nkind = "webhook"\nurl = "${refuser.url}"\nfrom = "beginning"\n`;
    const server = await Tracemeter.start({ config });
    await use(server);
    await server.stop();
  },
});

test('what a destination refuses stands there with its answer, is sent again, or forgotten', async ({
  page,
  server,
  refuser,
}) => {
  await server.send(agentTrace().spans);
  await page.goto('/settings/destinations/shelf');
  const letters = page.getByRole('region', { name: 'Not taken' });
  const fresh = async () => {
    await page.reload();
    await page.waitForLoadState('networkidle');
    return letters.getByRole('button', { name: 'Forget this record' }).count();
  };
  await expect.poll(fresh, { timeout: 60_000 }).toBeGreaterThan(0);
  await expect(letters.getByText('no such shelf').first()).toBeVisible();
  await expectAccessible(page);

  await letters.getByRole('button', { name: 'Forget this record' }).first().click();
  const before = await letters.getByRole('button', { name: 'Forget this record' }).count();
  await page.getByRole('dialog').getByRole('button', { name: 'Forget' }).click();
  await expect(letters.getByRole('button', { name: 'Forget this record' })).toHaveCount(before - 1);

  refuser.relent();
  await server.send(agentTrace().spans);
  if (before > 1) await letters.getByRole('button', { name: 'Send all again' }).click();
  await expect.poll(fresh, { timeout: 60_000 }).toBe(0);
  expect(refuser.taken()).toBeGreaterThan(0);
});
