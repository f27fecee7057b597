/** Starts the real binary on a temporary data directory, sends it OTLP/JSON, and watches the page for misconduct. */
import { test as base, expect, type Page } from '@playwright/test';
import axe from 'axe-core';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OtlpSpan } from './story';

/** The sections of the settings, in the order of their list. */
export const SECTIONS = [
  'connect',
  'keys',
  'access',
  'destinations',
  'storage',
  'redaction',
  'prices',
  'energy',
  'configuration',
  'about',
];

function binary(): string {
  if (process.env.TRACEMETER_BIN) return process.env.TRACEMETER_BIN;
  // As ../.ci/with-build-env chooses it.
  const target = process.env.CARGO_TARGET_DIR ?? join(homedir(), '.cache', 'tracemeter', 'target');
  return join(target, 'debug', 'tracemeter');
}

/** Our environment without settings meant for other servers: an unknown TRACEMETER_ variable is refused. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TRACEMETER_')));
}

export class Tracemeter {
  readonly #child: ChildProcess;
  readonly #dir: string;
  #said = '';
  #addresses: { http: string; web: string } | null = null;

  private constructor({ standingAt, config }: { standingAt?: Date; config?: string }) {
    const path = binary();
    if (!existsSync(path)) throw new Error(`${path} does not exist: run cargo build, or set TRACEMETER_BIN`);
    this.#dir = mkdtempSync(join(tmpdir(), 'tracemeter-e2e-'));
    const args = ['serve'];
    if (standingAt) args.push('--standing-at', standingAt.toISOString());
    if (config) {
      const file = join(this.#dir, 'tracemeter.toml');
      writeFileSync(file, config);
      args.push('--config', file);
    }
    this.#child = spawn(path, args, {
      env: {
        ...cleanEnvironment(),
        TRACEMETER_DATA_DIR: this.#dir,
        TRACEMETER_RECEIVE__GRPC: '127.0.0.1:0',
        TRACEMETER_RECEIVE__HTTP: '127.0.0.1:0',
        TRACEMETER_WEB__LISTEN: '127.0.0.1:0',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (text: Buffer) => (this.#said += text.toString()));
    this.#child.stderr?.on('data', (text: Buffer) => (this.#said += text.toString()));
  }

  /** Started with an empty store; with `standingAt` its clock stands at that time; `config` is TOML. */
  static async start(how: { standingAt?: Date; config?: string } = {}): Promise<Tracemeter> {
    const server = new Tracemeter(how);
    const file = join(server.#dir, 'run', 'addresses.json');
    for (let tries = 0; tries < 300; tries += 1) {
      if (server.#child.exitCode !== null) break;
      if (existsSync(file)) {
        server.#addresses = JSON.parse(readFileSync(file, 'utf8')) as { http: string; web: string };
        const ready = await fetch(`${server.web}/readyz`).catch(() => null);
        if (ready?.ok) return server;
      }
      await new Promise((done) => setTimeout(done, 100));
    }
    await server.stop();
    throw new Error(`the binary did not become ready:\n${server.#said}`);
  }

  get web(): string {
    return `http://${this.#addresses?.web}`;
  }

  get http(): string {
    return `http://${this.#addresses?.http}`;
  }

  /** The link for setting up the admin, as the log has it. */
  setupLink(): string {
    const link = /http:\/\/\S+\/setup#[0-9a-f]+/.exec(this.#said)?.[0];
    if (!link) throw new Error(`there is no link in the log:\n${this.#said}`);
    return link;
  }

  /** The status that spans of one service are answered with, sent with `key`. */
  async sendWith(key: string | null, spans: OtlpSpan[], service = 'travel-desk'): Promise<number> {
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
    const scope = { name: 'e2e', version: '1' };
    const body = JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] });
    const headers = { 'content-type': 'application/json', ...(key && { 'x-api-key': key }) };
    return (await fetch(`${this.http}/v1/traces`, { method: 'POST', headers, body })).status;
  }

  /** Sends spans of one service and waits until lists show their traces. */
  async send(spans: OtlpSpan[], service = 'travel-desk') {
    expect(await this.sendWith(null, spans, service)).toBe(200);
    for (const id of new Set(spans.map((span) => span.traceId))) {
      await expect.poll(async () => (await this.list()).includes(id), { timeout: 20_000 }).toBe(true);
    }
  }

  /** Sends the traces of `tracemeter demo` up to `at`, always the same, and waits until lists show them. */
  async tellStories(at: Date, traces = 60) {
    const args = ['demo', '--to', this.http, '--at', at.toISOString(), '--traces', String(traces)];
    execFileSync(binary(), args, { env: cleanEnvironment() });
    const list = async () => {
      const since = new Date(at.getTime() - 30 * 86_400_000).toISOString();
      const answer = await fetch(`${this.web}/api/v1/traces?limit=500&since=${since}`);
      return ((await answer.json()) as { items: unknown[] }).items.length;
    };
    await expect.poll(list, { timeout: 30_000 }).toBe(traces);
  }

  async list(): Promise<string[]> {
    const answer = (await (await fetch(`${this.web}/api/v1/traces?limit=500`)).json()) as {
      items: { trace_id: string }[];
    };
    return answer.items.map((item) => item.trace_id);
  }

  async stop() {
    if (this.#child.exitCode === null) {
      const ended = new Promise((done) => this.#child.once('exit', done));
      this.#child.kill('SIGTERM');
      await ended;
    }
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** Notes console errors, exceptions and requests that leave the origin. */
function watch(page: Page, origin: string): string[] {
  const faults: string[] = [];
  page.on('console', (message) => {
    // What the browser says of failed requests is judged by their status below.
    if (message.text().startsWith('Failed to load resource')) return;
    if (message.type() === 'error' || message.type() === 'warning') faults.push(`console: ${message.text()}`);
  });
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    // Answers to what a test does wrong on purpose.
    const meant =
      (response.status() === 404 && pathname.startsWith('/api/v1/traces/')) ||
      (response.status() === 400 && pathname === '/api/v1/sql') ||
      // Nobody is signed in yet, or any more.
      [401, 410].includes(response.status());
    if (response.status() >= 400 && !meant) faults.push(`${response.status()} from ${response.url()}`);
  });
  page.on('pageerror', (error) => faults.push(`exception at ${page.url()}: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('data:')) {
      faults.push(`request to ${request.url()}`);
    }
  });
  return faults;
}

/** When the seeded server's clock stands: a Thursday afternoon in Vienna. */
export const STANDS_AT = new Date('2026-11-19T14:30:00Z');

/** Each test has a server of its own; `test.use({ config })` gives it a configuration, in TOML. */
export const test = base.extend<{ config: string; server: Tracemeter }>({
  config: ['', { option: true }],
  server: async ({ config }, use) => {
    const server = await Tracemeter.start({ config });
    await use(server);
    await server.stop();
  },
  baseURL: async ({ server }, use) => use(server.web),
  page: async ({ page, server }, use) => {
    const faults = watch(page, server.web);
    await use(page);
    expect(faults, 'the page stays quiet and at home').toEqual([]);
  },
});

/** Of the seeded server: a budget, and a destination that is away. */
const SETTINGS = `
[cost]
budget_usd_per_month = 20.0

[[destination]]
name = "archive"
kind = "webhook"
url = "http://127.0.0.1:9/traces"
`;

/** One server for a whole file of tests that only read, with the stories of the demo and a clock that stands. */
export const seeded = base.extend<object, { server: Tracemeter }>({
  server: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const server = await Tracemeter.start({ standingAt: STANDS_AT, config: SETTINGS });
      await server.tellStories(STANDS_AT);
      await use(server);
      await server.stop();
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ server }, use) => use(server.web),
  page: async ({ page, server }, use) => {
    const faults = watch(page, server.web);
    await page.clock.setFixedTime(STANDS_AT);
    await use(page);
    expect(faults, 'the page stays quiet and at home').toEqual([]);
  },
});

/**
 * axe-core finds nothing serious on the page as it stands. Run from here, since the content security policy lets no
 * foreign script in.
 */
export async function expectAccessible(page: Page, wish: typeof expect.soft = expect) {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run(document, {
      resultTypes: ['violations'],
    });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
      );
  });
  wish(found, `what axe finds on ${page.url()}`).toEqual([]);
}

/** `check` in both themes, as the system would choose them. */
export async function inBothThemes(page: Page, check: () => Promise<void>) {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await check();
  }
  await page.emulateMedia({ colorScheme: null });
}

export { expect };
