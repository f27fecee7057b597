// Runs before the first paint and before the code of the pages is there. A file, because the content security policy
// forbids inline scripts.

// A remembered theme does not flash.
try {
  const theme = localStorage.getItem('tracemeter.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage can be switched off; then the system's preference holds.
}

// The overview as most open it: its questions that take longest are asked while the browser reads the code.
// `src/api/early.ts` takes the answers; its test holds that these are the questions of the page.
if (location.pathname === '/' && !location.search) {
  const now = new Date();
  const since = new Date(now.getTime() - 24 * 3600000).toISOString();
  const tz = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const ask = (path, params) => {
    const url = `/api/v1/${path}?${new URLSearchParams(params)}`;
    const answer = fetch(url, { headers: { accept: 'application/json' } });
    // Who takes it hears of a failure.
    answer.catch(() => undefined);
    return [url, answer];
  };
  window.early = {
    now,
    answers: new Map([
      ask('overview', { since, tz }),
      ask('series', { since, by: 'model', metric: 'cost', bucket: 'hour', tz }),
    ]),
  };
}
