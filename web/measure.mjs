/**
 * Measures the UI of a binary in headless Chromium and prints a table: time until a page shows its first text and until it
 * is usable (its head is there, nothing is drawn as a skeleton, all that it asked is answered) on a first visit, without a
 * debugger, beside those of an empty page; time until it is usable and until it is whole (nothing is asked for any more) on a change of page; layout shift,
 * on a desk and on a phone; what a page weighs; and frames while a long trace scrolls.
 *
 *   node measure.mjs [BINARY]      # the release binary by default
 */
import { chromium } from '@playwright/test';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMPTY, firstVisits } from './first-visit.mjs';

const target = process.env.CARGO_TARGET_DIR ?? join(homedir(), '.cache', 'tracemeter', 'target');
const binary = process.argv[2] ?? join(target, 'release', 'tracemeter');
const RUNS = 7;
/** Spans of the trace that is scrolled. */
const SPANS = 10_000;

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** Processor time so far, and what of it the host of this virtual machine gave to others; nothing where nobody tells. */
function processor() {
  const told = existsSync('/proc/stat') ? readFileSync('/proc/stat', 'utf8').split('\n')[0] : '';
  const times = told.split(/\s+/).slice(1, 9).map(Number);
  return { total: times.reduce((sum, time) => sum + time, 0), stolen: times[7] ?? 0, idle: times[3] ?? 0 };
}

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

/** Runs in the page before its own code: notes layout shift, and when the page is drawn and has its answers. */
function watch() {
  window.shift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
  let open = 0;
  const ask = window.fetch;
  window.fetch = async (...args) => {
    open += 1;
    try {
      const answer = await ask(...args);
      const whole = answer.clone().arrayBuffer();
      whole.finally(() => (open -= 1));
      return answer;
    } catch (error) {
      open -= 1;
      throw error;
    }
  };
  const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const until = async (check) => {
    while (!check()) await new Promise(requestAnimationFrame);
    // The frame after the one in which it was drawn: the reader sees it.
    await frames();
    return performance.now();
  };
  const drawn = (title) => {
    const main = document.querySelector('main');
    return (
      document.title.startsWith(title) &&
      main?.querySelector('h1, h2') &&
      !main.querySelector('[aria-label="Loading"]')
    );
  };
  /** When the page called `title` has its head and no skeleton, and when nothing of it is asked for any more. */
  window.shown = async (title) => {
    const usable = await until(() => drawn(title));
    let whole = await until(() => drawn(title) && open === 0);
    // An answer may bring a further question.
    while (open > 0) whole = await until(() => drawn(title) && open === 0);
    return { usable, whole };
  };
}

const SIZES = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

/** The layout shift of a first visit until the page is whole, and the bytes. */
async function visit(browser, url, name, viewport = SIZES.desk) {
  const context = await browser.newContext({ viewport });
  const page = await context.newPage();
  await page.addInitScript(watch);
  await page.goto(url);
  await page.evaluate((name) => window.shown(name), name);
  await page.waitForLoadState('networkidle');
  const { shift, bytes } = await page.evaluate(() => ({
    shift: window.shift,
    bytes: performance
      .getEntriesByType('resource')
      .filter((entry) => entry.name.includes('/assets/'))
      .map((entry) => [new URL(entry.name).pathname, entry.encodedBodySize]),
  }));
  await context.close();
  return { shift, files: new Map(bytes) };
}

/** Milliseconds from a click in the navigation until the other page is usable, and whole. */
async function change(page, name) {
  return page.evaluate(async (name) => {
    const link = [...document.querySelectorAll('nav a')].find(
      (each) => each.getAttribute('aria-label') === name,
    );
    const began = performance.now();
    link.click();
    const { usable, whole } = await window.shown(name);
    return { usable: usable - began, whole: whole - began };
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
const chrome = process.env.CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({
  executablePath: chrome,
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

  const began = processor();
  const open = async () => {
    const page = await browser.newPage({ viewport: SIZES.desk });
    await page.addInitScript(watch);
    await page.goto(server.web);
    await page.waitForLoadState('networkidle');
    return page;
  };
  const map = await open();
  const pages = await map.$$eval('nav a.entry', (links) =>
    links.map((link) => [link.getAttribute('aria-label'), new URL(link.href).pathname]),
  );
  await map.close();
  // While nothing else is open.
  const alone = await firstVisits(chrome, server.web);
  const visited = new Map();
  for (const [name, path] of [['(an empty page)', EMPTY], ...pages]) {
    const visits = [];
    for (let run = 0; run < RUNS; run += 1) visits.push(await alone.visit(path));
    visited.set(name, visits);
  }
  await alone.close();
  const first = await open();
  const ms = (list, of) =>
    `${median(list.map((each) => each[of]))
      .toFixed(0)
      .padStart(5)} ms`;
  const all = new Map();
  console.log('                       first visit        change of page');
  console.log('page                  shown   usable     usable    whole   layout shift   files (gzip)');
  const least = visited.get('(an empty page)');
  console.log(`(an empty page)    ${ms(least, 'shown')} ${ms(least, 'usable')}`);
  for (const [name, path] of pages) {
    const visits = visited.get(name);
    const large = await visit(browser, server.web + path, name);
    const changes = [];
    const other = name === 'Overview' ? 'Traces' : 'Overview';
    for (let run = 0; run < RUNS; run += 1) {
      await change(first, other);
      changes.push(await change(first, name));
    }
    const small = await visit(browser, server.web + path, name, SIZES.phone);
    for (const [file, size] of large.files) all.set(file, size);
    const size = [...large.files.values()].reduce((sum, bytes) => sum + bytes, 0);
    const shift = Math.max(large.shift, small.shift);
    console.log(
      `${name.padEnd(18)} ${ms(visits, 'shown')} ${ms(visits, 'usable')}   ${ms(changes, 'usable')} ` +
        `${ms(changes, 'whole')} ${shift.toFixed(4).padStart(14)} ${(size / 1000).toFixed(1).padStart(11)} kB`,
    );
  }
  const total = [...all.values()].reduce((sum, bytes) => sum + bytes, 0);
  console.log(`all pages together: ${(total / 1000).toFixed(1)} kB gzip`);
  const { fps, longest } = await scroll(browser, `${server.web}/traces/${long.traceId}`);
  console.log(
    `scrolling a trace of ${SPANS} spans: ${fps.toFixed(0)} frames/s, longest frame ${longest.toFixed(0)} ms`,
  );
  const ended = processor();
  const wanted = ended.total - began.total - (ended.idle - began.idle);
  if (wanted > 0) {
    const share = (100 * (ended.stolen - began.stolen)) / wanted;
    console.log(`of the processor time wanted meanwhile, the host gave ${share.toFixed(0)} % to others`);
  }
} finally {
  await browser.close();
  server.child.kill('SIGTERM');
  await new Promise((done) => server.child.once('exit', done));
  rmSync(dir, { recursive: true, force: true });
}
