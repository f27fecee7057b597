/** The pages: what each is called, and where it stands in the navigation. App.svelte knows their components. */
import type { IconName } from './components/icons';
import { carried, rangeOnly, type PageName } from './router';

/** The groups of the navigation, in order; the last stands at the bottom. */
export const GROUPS = ['see', 'account', 'ask', 'keep'] as const;

export interface NavPlace {
  group: (typeof GROUPS)[number];
  icon: IconName;
  /** What a link to it keeps of the URL. */
  keeps: (params: URLSearchParams) => URLSearchParams;
  /** After `g`, opens the page. */
  key: string;
  /** Stands in the bar at the bottom of a phone; the others are behind "More". */
  phone?: boolean;
}

export interface PageEntry {
  title: string;
  /** Words under which the command palette finds it too. */
  words?: string;
  nav?: NavPlace;
  /** The entry of the navigation that is current on a page without one. */
  parent?: PageName;
}

export const PAGES: Record<PageName, PageEntry> = {
  overview: {
    title: 'Overview',
    words: 'home dashboard today',
    nav: { group: 'see', icon: 'overview', keeps: carried, key: 'o', phone: true },
  },
  traces: {
    title: 'Traces',
    words: 'spans calls search live tail',
    nav: { group: 'see', icon: 'traces', keeps: carried, key: 't', phone: true },
  },
  trace: {
    title: 'Trace',
    parent: 'traces',
  },
  compare: {
    title: 'Compare traces',
    parent: 'traces',
  },
  sessions: {
    title: 'Sessions',
    words: 'conversations threads chats turns',
    nav: { group: 'see', icon: 'sessions', keeps: carried, key: 's' },
  },
  session: {
    title: 'Session',
    parent: 'sessions',
  },
  users: {
    title: 'Users',
    words: 'people who customers',
    nav: { group: 'see', icon: 'users', keeps: carried, key: 'u' },
  },
  costs: {
    title: 'Costs',
    words: 'money spend board budget movers',
    nav: { group: 'account', icon: 'costs', keeps: carried, key: 'c', phone: true },
  },
  reconcile: {
    title: 'Reconcile',
    words: 'invoice bill reported',
    parent: 'costs',
  },
  models: {
    title: 'Models',
    words: 'llm providers latency tokens prices',
    nav: { group: 'account', icon: 'models', keeps: carried, key: 'm' },
  },
  model: {
    title: 'Model',
    parent: 'models',
  },
  workflows: {
    title: 'Workflows',
    words: 'n8n dify langflow runs nodes',
    nav: { group: 'account', icon: 'workflows', keeps: carried, key: 'w' },
  },
  workflow: {
    title: 'Workflow',
    parent: 'workflows',
  },
  agents: {
    title: 'Agents & tools',
    words: 'agent tool success rate mcp functions',
    nav: { group: 'account', icon: 'agent', keeps: carried, key: 'a' },
  },
  logs: {
    title: 'Logs',
    words: 'records events severity',
    nav: { group: 'ask', icon: 'logs', keeps: rangeOnly, key: 'l' },
  },
  metrics: {
    title: 'Metrics',
    words: 'counters gauges histograms rates percentiles',
    nav: { group: 'ask', icon: 'metrics', keeps: rangeOnly, key: 'e' },
  },
  sql: {
    title: 'SQL',
    words: 'query statement duckdb csv tables',
    nav: { group: 'ask', icon: 'sql', keeps: rangeOnly, key: 'q' },
  },
  settings: {
    title: 'Settings',
    words:
      'connect keys login tokens password destinations storage redaction prices energy configuration about version',
    nav: { group: 'keep', icon: 'settings', keeps: () => new URLSearchParams(), key: 's' },
  },
  settingsSection: {
    title: 'Settings',
    parent: 'settings',
  },
  destination: {
    title: 'Destination',
    parent: 'settings',
  },
  health: {
    title: 'Health',
    words: 'status problems disk lag',
    nav: { group: 'keep', icon: 'health', keeps: rangeOnly, key: 'h', phone: true },
  },
  kitchen: {
    title: 'Kitchen',
  },
};

/** Pages with a place in the navigation, in its order. */
export const NAVIGATION = GROUPS.map((group) => ({
  group,
  pages: (Object.entries(PAGES) as [PageName, PageEntry][]).flatMap(([name, page]) =>
    page.nav?.group === group ? [{ name, title: page.title, nav: page.nav }] : [],
  ),
}));
