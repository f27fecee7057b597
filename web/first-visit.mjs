/**
 * First visits without a debugger. A browser that is driven (Playwright, DevTools) keeps stack traces of everything
 * asynchronous, for which V8 reads all code once more: 50 to 110 ms of a first visit that no reader waits for. So pages
 * are opened by the browser's own "new tab", through a proxy that adds one script, and that script tells how long it took.
 * Each visit goes through a port of its own: another origin, of which nothing is in the cache.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/**
 * Runs in the page before its own code. `usable`: the page has its head, draws no skeleton, and has the answers to all that
 * it asked by then; `shown`: the browser drew the first text.
 */
function report() {
  let asked = 0;
  let open = 0;
  const ask = window.fetch;
  window.fetch = async (...args) => {
    asked += 1;
    open += 1;
    try {
      const answer = await ask(...args);
      void answer
        .clone()
        .arrayBuffer()
        .finally(() => (open -= 1));
      return answer;
    } catch (error) {
      open -= 1;
      throw error;
    }
  };
  const drawn = () => {
    const main = document.querySelector('main');
    return (
      document.title.includes('·') &&
      main?.querySelector('h1, h2') &&
      !main.querySelector('[aria-label="Loading"]')
    );
  };
  const frame = () => new Promise(requestAnimationFrame);
  const run = async () => {
    while (asked === 0 || open > 0 || !drawn()) await frame();
    // The frame after the one in which it was drawn: the reader sees it.
    await frame();
    await frame();
    const usable = performance.now();
    const shown = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? usable;
    await ask('/measured', { method: 'POST', body: JSON.stringify({ usable, shown }) });
  };
  void run();
}

/** A page of one word that asks one question: what a first visit takes at least, in this browser on this machine. */
export const EMPTY = '/measured-empty';
const EMPTY_PAGE =
  '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Empty · page</title><script src="/measure.js"></script></head>' +
  '<body><main><h1>Empty</h1></main><script>fetch("/measure.js")</script></body></html>';

/** Passes everything on to `target`, adds the script to pages, and calls `tell` with what it says. */
async function proxy(target, agent, tell) {
  const server = http.createServer((request, response) => {
    if (request.url === '/measure.js') {
      response.setHeader('content-type', 'text/javascript; charset=utf-8');
      response.end(`(${report})()`);
      return;
    }
    if (request.url === EMPTY) {
      response.setHeader('content-type', 'text/html');
      response.end(EMPTY_PAGE);
      return;
    }
    if (request.url === '/measured') {
      let body = '';
      request.on('data', (piece) => (body += piece));
      request.on('end', () => (response.end(), tell(JSON.parse(body))));
      return;
    }
    const page = (request.headers.accept ?? '').includes('text/html');
    const headers = { ...request.headers, host: new URL(target).host };
    if (page) delete headers['accept-encoding'];
    const passed = http.request(
      target + request.url,
      { method: request.method, headers, agent },
      (answer) => {
        if (!page) {
          response.writeHead(answer.statusCode, answer.headers);
          answer.pipe(response);
          return;
        }
        let html = '';
        answer.setEncoding('utf8').on('data', (piece) => (html += piece));
        answer.on('end', () => {
          const rest = { ...answer.headers };
          delete rest['content-length'];
          response.writeHead(answer.statusCode, rest);
          response.end(html.replace('<head>', '<head><script src="/measure.js"></script>'));
        });
      },
    );
    request.pipe(passed);
    passed.on('error', () => response.destroy());
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}

/** A Chromium of its own, and how to open pages in it. */
export async function firstVisits(executable, target) {
  const profile = mkdtempSync(join(tmpdir(), 'tracemeter-visits-'));
  const flags = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--remote-debugging-port=0',
  ];
  const browser = spawn(executable, [...flags, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: 'ignore',
  });
  const file = join(profile, 'DevToolsActivePort');
  for (let tries = 0; !existsSync(file); tries += 1) {
    if (tries > 600) throw new Error(`${executable} did not start`);
    await pause(50);
  }
  const control = `http://127.0.0.1:${readFileSync(file, 'utf8').split('\n')[0]}/json`;
  const agent = new http.Agent({ keepAlive: true });
  // What a browser does after its start is not part of a visit.
  await pause(3000);
  return {
    /** Milliseconds from the navigation until `path` is shown, and usable. */
    async visit(path) {
      let tell;
      const told = new Promise((done) => (tell = done));
      const server = await proxy(target, agent, tell);
      const url = `http://127.0.0.1:${server.address().port}${path}`;
      const tab = await (await fetch(`${control}/new?${encodeURIComponent(url)}`, { method: 'PUT' })).json();
      const times = await told;
      await fetch(`${control}/close/${tab.id}`);
      server.closeAllConnections();
      server.close();
      await pause(500);
      return times;
    },
    async close() {
      agent.destroy();
      browser.kill();
      await new Promise((done) => browser.once('exit', done));
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
