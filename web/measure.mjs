/**
 * Measures the UI of a binary in headless Chromium and prints a table: time until a page is usable on a first visit
 * and on a change of page, layout shift, what a page weighs, and frames while a long trace scrolls.
 *
 *   node measure.mjs [BINARY]      # the release binary by default
 */
import { chromium } from '@playwright/test';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const target = process.env.CARGO_TARGET_DIR ?? join(homedir(), '.cache', 'tracemeter', 'target');
const binary = process.argv[2] ?? join(target, 'release', 'tracemeter');
const RUNS = 7;
/** Spans of the trace that is scrolled. */
const SPANS = 10_000;

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

async function until(what, check) {
  for (let tries = 0; tries < 600; tries += 1) {
    const answer = await check();
    if (answer) return answer;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`gave up waiting: ${what}`);
}

async function startServer(dir) {
  const child = spawn(binary, ['serve'], {
    env: {
      PATH: process.env.PATH,
      TRACEMETER_DATA_DIR: dir,
      TRACEMETER_RECEIVE__GRPC: '127.0.0.1:0',
      TRACEMETER_RECEIVE__HTTP: '127.0.0.1:0',
      TRACEMETER_WEB__LISTEN: '127.0.0.1:0',
    },
    stdio: 'ignore',
  });
  const file = join(dir, 'run', 'addresses.json');
  await until('the server', () => existsSync(file));
  const { http, web } = JSON.parse(readFileSync(file, 'utf8'));
  await until('readiness', async () => (await fetch(`http://${web}/readyz`).catch(() => null))?.ok);
  return { child, http: `http://${http}`, web: `http://${web}` };
}

/** One trace with `count` spans, ten levels deep. */
function longTrace(count) {
  const hex = (number, digits) => number.toString(16).padStart(digits, '0');
  const now = BigInt(Date.now() - 120_000) * 1_000_000n;
  const traceId = 'c'.repeat(32);
  const spans = Array.from({ length: count }, (_, at) => ({
    traceId,
    spanId: hex(at + 1, 16),
    ...(at > 0 && { parentSpanId: hex(at % 10 === 1 ? 1 : at, 16) }),
    name: `step ${at}`,
    kind: 1,
    startTimeUnixNano: String(now + BigInt(at) * 1_000_000n),
    endTimeUnixNano: String(now + BigInt(at + 40) * 1_000_000n),
    attributes: [{ key: 'step', value: { intValue: String(at) } }],
  }));
  return { traceId, body: { resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ spans }] }] } };
}

/** Milliseconds until the page has a heading and nothing is loading, the layout shift until then, and the bytes. */
async function visit(browser, url) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    window.shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
    const look = () => {
      const main = document.querySelector('main');
      const usable = main?.querySelector('h1, h2') && !main.querySelector('[aria-label="Loading"]');
      // The frame after the one in which it was drawn: the reader sees it.
      if (usable)
        requestAnimationFrame(() => requestAnimationFrame(() => (window.usable = performance.now())));
      else requestAnimationFrame(look);
    };
    look();
  });
  await page.goto(url);
  const ms = await page.waitForFunction(() => window.usable).then((handle) => handle.jsonValue());
  await page.waitForLoadState('networkidle');
  const { shift, bytes } = await page.evaluate(() => ({
    shift: window.shift,
    bytes: performance
      .getEntriesByType('resource')
      .filter((entry) => entry.name.includes('/assets/'))
      .map((entry) => [new URL(entry.name).pathname, entry.encodedBodySize]),
  }));
  await context.close();
  return { ms, shift, files: new Map(bytes) };
}

/** Milliseconds from a click in the navigation until the other page is drawn. */
async function change(page, name) {
  return page.evaluate(async (name) => {
    const link = [...document.querySelectorAll('nav a')].find(
      (each) => each.getAttribute('aria-label') === name,
    );
    const began = performance.now();
    link.click();
    await new Promise((done) => {
      const look = () => {
        const main = document.querySelector('main');
        const there = document.title.startsWith(name) && main?.querySelector('h1, h2');
        if (there && !main.querySelector('[aria-label="Loading"]'))
          requestAnimationFrame(() => requestAnimationFrame(done));
        else requestAnimationFrame(look);
      };
      look();
    });
    return performance.now() - began;
  }, name);
}

/** Frames a second, and the longest frame, while the waterfall scrolls by a screen every few frames. */
async function scroll(browser, url) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(url);
  await page.getByRole('treegrid').waitFor();
  const result = await page.evaluate(async () => {
    const grid = [...document.querySelectorAll('main *')].find(
      (each) => each.scrollHeight > 50_000 && each.clientHeight < 2000,
    );
    const frames = [];
    let last = performance.now();
    const end = last + 4000;
    while (last < end) {
      grid.scrollTop = (grid.scrollTop + 180) % (grid.scrollHeight - grid.clientHeight);
      const now = await new Promise(requestAnimationFrame);
      frames.push(now - last);
      last = now;
    }
    frames.shift();
    const total = frames.reduce((sum, frame) => sum + frame, 0);
    return { fps: (1000 * frames.length) / total, longest: Math.max(...frames) };
  });
  await page.close();
  return result;
}

const dir = mkdtempSync(join(tmpdir(), 'tracemeter-measure-'));
const server = await startServer(dir);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  execFileSync(binary, ['demo', '--to', server.http, '--traces', '300'], { env: { PATH: process.env.PATH } });
  const long = longTrace(SPANS);
  const headers = { 'content-type': 'application/json' };
  await fetch(`${server.http}/v1/traces`, { method: 'POST', headers, body: JSON.stringify(long.body) });
  await until('the traces', async () => {
    const answer = await fetch(`${server.web}/api/v1/traces/${long.traceId}`);
    return answer.ok && (await answer.json()).span_count === SPANS;
  });

  const first = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await first.goto(server.web);
  await first.waitForLoadState('networkidle');
  const pages = await first.$$eval('nav a.entry', (links) =>
    links.map((link) => [link.getAttribute('aria-label'), new URL(link.href).pathname]),
  );
  const all = new Map();
  console.log('page                 first visit   change of page   layout shift   files (gzip)');
  for (const [name, path] of pages) {
    const visits = [];
    for (let run = 0; run < RUNS; run += 1) visits.push(await visit(browser, server.web + path));
    const changes = [];
    const other = name === 'Overview' ? 'Traces' : 'Overview';
    for (let run = 0; run < RUNS; run += 1) {
      await change(first, other);
      changes.push(await change(first, name));
    }
    // What is fetched later is of other pages: the least of all visits is this page's own.
    const own = visits.reduce(
      (least, each) => (each.files.size < least.size ? each.files : least),
      visits[0].files,
    );
    for (const each of visits) for (const [file, size] of each.files) all.set(file, size);
    const size = [...own.values()].reduce((sum, bytes) => sum + bytes, 0);
    console.log(
      `${name.padEnd(20)} ${median(visits.map((each) => each.ms))
        .toFixed(0)
        .padStart(8)} ms ` +
        `${median(changes).toFixed(0).padStart(13)} ms ` +
        `${Math.max(...visits.map((each) => each.shift))
          .toFixed(4)
          .padStart(14)} ` +
        `${(size / 1000).toFixed(1).padStart(11)} kB`,
    );
  }
  const total = [...all.values()].reduce((sum, bytes) => sum + bytes, 0);
  console.log(`all pages together: ${(total / 1000).toFixed(1)} kB gzip`);
  const { fps, longest } = await scroll(browser, `${server.web}/traces/${long.traceId}`);
  console.log(
    `scrolling a trace of ${SPANS} spans: ${fps.toFixed(0)} frames/s, longest frame ${longest.toFixed(0)} ms`,
  );
} finally {
  await browser.close();
  server.child.kill('SIGTERM');
  await new Promise((done) => server.child.once('exit', done));
  rmSync(dir, { recursive: true, force: true });
}
