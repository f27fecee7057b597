/** The pages beside the overview, in a file of their own that is fetched when the overview stands: see `state/code.svelte.ts`. */
import type { Component } from 'svelte';
import type { Route } from '../router';
import AgentsPage from './AgentsPage.svelte';
import CompareTracesPage from './CompareTracesPage.svelte';
import CostsPage from './CostsPage.svelte';
import HealthPage from './HealthPage.svelte';
import KitchenPage from './KitchenPage.svelte';
import LogsPage from './LogsPage.svelte';
import MetricsPage from './MetricsPage.svelte';
import MissingPage from './MissingPage.svelte';
import ModelPage from './ModelPage.svelte';
import ModelsPage from './ModelsPage.svelte';
import ReconcilePage from './ReconcilePage.svelte';
import SessionPage from './SessionPage.svelte';
import SessionsPage from './SessionsPage.svelte';
import SettingsPage from './SettingsPage.svelte';
import SqlPage from './SqlPage.svelte';
import TracePage from './TracePage.svelte';
import TracesPage from './TracesPage.svelte';
import UsersPage from './UsersPage.svelte';
import WorkflowPage from './WorkflowPage.svelte';
import WorkflowsPage from './WorkflowsPage.svelte';

/** A page takes the parts of its path as properties. */
export type Page = Component<Record<string, string>>;
type Name = Exclude<Route['page'], 'overview'>;

const PAGES: Record<Name, unknown> = {
  traces: TracesPage,
  trace: TracePage,
  compare: CompareTracesPage,
  sessions: SessionsPage,
  session: SessionPage,
  users: UsersPage,
  costs: CostsPage,
  reconcile: ReconcilePage,
  models: ModelsPage,
  model: ModelPage,
  workflows: WorkflowsPage,
  workflow: WorkflowPage,
  agents: AgentsPage,
  logs: LogsPage,
  metrics: MetricsPage,
  sql: SqlPage,
  health: HealthPage,
  settings: SettingsPage,
  settingsSection: SettingsPage,
  destination: SettingsPage,
  kitchen: KitchenPage,
  missing: MissingPage,
};

export default PAGES as Record<Name, Page>;
