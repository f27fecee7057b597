/** The URL as reactive state. Pages read it, and change it through `go`; nothing else holds what they show. */
import { parseRoute, withParams } from '../router';

let path = $state(window.location.pathname);
let search = $state(window.location.search);
const params = $derived(new URLSearchParams(search));
const route = $derived(parseRoute(path));

export const here = {
  get path() {
    return path;
  },
  get params() {
    return params;
  },
  get route() {
    return route;
  },
};

function read() {
  path = window.location.pathname;
  search = window.location.search;
}

/** Moves to `url`. `replace` is for refinements of the same picture (typing, walking a list), which Back skips. */
export function go(url: string, how: { replace?: boolean } = {}) {
  if (url === window.location.pathname + window.location.search) return;
  if (how.replace) window.history.replaceState(null, '', url);
  else window.history.pushState(null, '', url);
  read();
}

/** Stays on the page and changes its parameters. */
export function goParams(next: URLSearchParams, how: { replace?: boolean } = {}) {
  go(withParams(window.location.pathname, next), how);
}

/** Lets links within the page go through `go`. Other buttons, modifiers and other origins stay the browser's. */
export function interceptLinks() {
  window.addEventListener('popstate', read);
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.('a[href]');
    if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute('download')) return;
    const url = new URL(link.href);
    if (url.origin !== window.location.origin || url.pathname.startsWith('/api/')) return;
    event.preventDefault();
    go(url.pathname + url.search);
  });
}
