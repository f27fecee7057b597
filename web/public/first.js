// Runs before the first paint and before the code of the pages is there. A file, because the content security policy
// forbids inline scripts.

/** Whether a login was wanted here before. */
let guarded = false;
try {
  guarded = localStorage.getItem('tracemeter.login') !== null;
  // A remembered theme does not flash.
  const theme = localStorage.getItem('tracemeter.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage can be switched off; then the system's preference holds.
}

// What a browser reads before it formats its first number (30 ms), it reads while the code comes, not when a page draws.
const prepare = () => void new Intl.NumberFormat().format(1);

// The overview as most open it: its questions are asked while the browser reads the code. `src/api/early.ts` hands the
// answers out; its test holds that these are the questions of the page.
if (location.pathname === '/' && !location.search) {
  const ask = async (url) => {
    const answer = await fetch(url, { headers: { accept: 'application/json' } });
    // Read to its end, also when nobody takes it: the connection stays taken otherwise.
    return new Response(await answer.blob(), answer);
  };
  const account = ask('/api/v1/account');
  // Who is not signed in sees no overview, so there is nothing to ask for.
  const may = guarded ? account.then(async (answer) => (await answer.clone().json()).may) : true;
  const answers = new Map([['/api/v1/account', account]]);
  const also = (path, params) => {
    const url = `/api/v1/${path}${params ? `?${new URLSearchParams(params)}` : ''}`;
    answers.set(url, guarded ? may.then((may) => (may ? ask(url) : null)) : ask(url));
  };
  const now = new Date();
  const since = new Date(now.getTime() - 24 * 3600000).toISOString();
  const today = new Date(new Date(now).setHours(0, 0, 0, 0)).toISOString();
  // Temporal tells in a millisecond what Intl reads its data for.
  const tz = window.Temporal?.Now.timeZoneId() ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  also('overview', { since, tz });
  also('series', { since, by: 'model', metric: 'cost', bucket: 'hour', tz });
  also('series', { since: today, metric: 'cost', bucket: 'hour', tz });
  also('errors', { since, limit: 5 });
  also('health');
  // Who takes one hears of its failure.
  for (const answer of answers.values()) answer.catch(() => undefined);
  window.early = { now, answers };
  if (guarded) may.then(prepare, prepare);
  else prepare();
} else {
  prepare();
}

// The code of the other pages comes with that of the overview, not after it. Only a build names its file.
const { pages } = document.currentScript.dataset;
if (pages && location.pathname !== '/') {
  const code = document.createElement('link');
  code.rel = 'modulepreload';
  code.href = pages;
  document.head.append(code);
}
