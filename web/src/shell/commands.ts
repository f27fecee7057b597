/** What the command palette offers everywhere: pages, time ranges, the look, a trace by its id, a search. */
import { PAGES } from '../pages';
import { changed, pagePath, rangeOnly, traceUrl, withParams, type PageName } from '../router';
import { account } from '../state/account.svelte';
import { TEXT } from '../state/filters';
import { live } from '../state/live.svelte';
import { go, goParams, here } from '../state/location.svelte';
import { theme } from '../state/theme.svelte';
import { SPANS } from '../state/time-range';
import { best, traceIdIn } from './match';
import type { Command } from './palette.svelte';

function pages(): Command[] {
  return (Object.keys(PAGES) as PageName[])
    .filter((name) => name !== 'kitchen' && !pagePath(name).includes('//') && !needsMore(name))
    .map((name) => {
      const { title, words, nav } = PAGES[name];
      const params = (nav?.keeps ?? rangeOnly)(here.params);
      return {
        title,
        ...(words && { words }),
        note: nav ? `g ${nav.key}` : 'page',
        icon: nav?.icon ?? 'chevron',
        run: () => go(withParams(pagePath(name), params)),
      };
    });
}

/** Whether the address of a page names one thing of many, which the palette cannot know. */
function needsMore(name: PageName): boolean {
  return (
    PAGES[name].parent !== undefined &&
    pagePath(name) !== pagePath(name, { id: 'x', name: 'x', traceId: 'x' })
  );
}

function ranges(): Command[] {
  return Object.entries(SPANS).map(([span, { label }]) => ({
    title: label,
    words: 'time range',
    note: 'time range',
    icon: 'clock' as const,
    run: () => goParams(changed(here.params, { range: span, since: null, until: null })),
  }));
}

function looks(): Command[] {
  const leaves = {
    title: 'Sign out',
    words: 'logout leave',
    icon: 'open' as const,
    run: () => void account.signOut(),
  };
  return [
    ...(account.known?.by === 'login' ? [leaves] : []),
    {
      title: theme.dark ? 'Light theme' : 'Dark theme',
      words: 'colour look night day',
      icon: theme.dark ? 'sun' : 'moon',
      run: () => theme.toggle(),
    },
    {
      title: live.on ? 'Stop following what arrives' : 'Follow what arrives',
      words: 'live tail refresh',
      icon: 'live',
      run: () => live.toggle(),
    },
  ];
}

/** What is offered for `typed`, best first; `added` is what the page on screen brings. */
export function offered(typed: string, added: readonly Command[]): Command[] {
  const id = traceIdIn(typed);
  const found = best(typed, [...added, ...pages(), ...looks(), ...ranges()]);
  const words = typed.trim();
  if (id) {
    found.unshift({
      title: `Open trace ${id.slice(0, 8)}`,
      note: 'trace',
      icon: 'traces',
      run: () => go(traceUrl(id)),
    });
  } else if (words) {
    const params = changed(rangeOnly(here.params), { [TEXT]: words });
    found.push({
      title: `Search traces for “${words}”`,
      note: 'search',
      icon: 'search',
      run: () => go(withParams('/traces', params)),
    });
  }
  return found.slice(0, 12);
}
