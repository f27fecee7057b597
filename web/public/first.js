// Runs before the first paint and before the code of the pages is there. A file, because the content security policy
// forbids inline scripts.

// A remembered theme does not flash.
try {
  const theme = localStorage.getItem('tracemeter.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage can be switched off; then the system's preference holds.
}

// The overview as most open it: who looks, and the questions that take longest, are asked while the browser reads the
// code. `src/api/early.ts` hands the answers out; its test holds that these are the questions of the page.
if (location.pathname === '/' && !location.search) {
  const now = new Date();
  const since = new Date(now.getTime() - 24 * 3600000).toISOString();
  const tz = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const ask = async (url) => {
    const answer = await fetch(url, { headers: { accept: 'application/json' } });
    // Read to its end, also when nobody takes it: the connection stays taken otherwise.
    return new Response(await answer.blob(), answer);
  };
  const account = ask('/api/v1/account');
  // Who is not signed in sees no overview, so there is nothing to ask for.
  const may = account.then(async (answer) => (await answer.clone().json()).may);
  const after = (path, params) => {
    const url = `/api/v1/${path}?${new URLSearchParams(params)}`;
    return [url, may.then((may) => (may ? ask(url) : null))];
  };
  const answers = new Map([
    ['/api/v1/account', account],
    after('overview', { since, tz }),
    after('series', { since, by: 'model', metric: 'cost', bucket: 'hour', tz }),
  ]);
  // Who takes one hears of its failure.
  for (const answer of answers.values()) answer.catch(() => undefined);
  window.early = { now, answers };
}
