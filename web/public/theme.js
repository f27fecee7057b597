// Runs before the first paint, so that a remembered theme does not flash. A file, because the content
// security policy forbids inline scripts.
try {
  const theme = localStorage.getItem('tracemeter.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage can be switched off; then the system's preference holds.
}
