/** The columns of the list of traces: what there is, what is chosen, and what fits. Pure. */

export interface TraceColumn {
  id: string;
  label: string;
  /** Least width in pixels. */
  least: number;
  /** Its track of the grid. */
  track: string;
  number?: boolean;
  /** The list can be ordered by it. */
  order?: 'newest' | 'cost' | 'duration';
  /** Of columns that do not fit, the one with the lowest figure goes first. */
  keep: number;
}

const column = (
  id: string,
  label: string,
  least: number,
  keep: number,
  more: Partial<TraceColumn> = {},
): TraceColumn => ({ id, label, least, track: `${least}px`, keep, ...more });
const text = (id: string, label: string, keep: number) =>
  column(id, label, 110, keep, { track: 'minmax(0, 130px)' });

/** In the order in which they stand in the list. */
export const COLUMNS: readonly TraceColumn[] = [
  column('time', 'Time', 92, 95, { order: 'newest' }),
  column('name', 'Name', 180, 100, { track: 'minmax(180px, 1fr)' }),
  column('models', 'Models', 150, 60, { track: 'minmax(0, 250px)' }),
  text('provider', 'Provider', 20),
  text('service', 'Service', 35),
  text('feature', 'Feature', 34),
  text('team', 'Team', 33),
  text('environment', 'Environment', 25),
  text('workflow', 'Workflow', 32),
  text('agent', 'Agent', 31),
  text('tags', 'Tags', 22),
  column('input', 'Asked', 160, 40, { track: 'minmax(0, 320px)' }),
  column('output', 'Answered', 160, 39, { track: 'minmax(0, 320px)' }),
  column('spans', 'Spans', 50, 28, { number: true }),
  column('errors', 'Errors', 50, 45, { number: true }),
  column('calls', 'Calls', 44, 70, { number: true }),
  column('tokens', 'Tokens', 58, 65, { number: true }),
  column('cost', 'Cost', 92, 90, { number: true, order: 'cost' }),
  column('duration', 'Duration', 100, 80, { track: 'minmax(90px, 130px)', order: 'duration' }),
  column('who', 'User, session', 110, 50, { track: '130px' }),
];

export const DEFAULT_COLUMNS: readonly string[] = [
  'time',
  'name',
  'models',
  'calls',
  'tokens',
  'cost',
  'duration',
  'who',
];

/** The columns that `text` names, in their order; the name is always among them. Nothing known: null. */
export function parseColumns(text: string | null): string[] | null {
  const asked = new Set(text?.split(',') ?? []);
  const known = COLUMNS.filter(({ id }) => asked.has(id)).map(({ id }) => id);
  if (known.length === 0) return null;
  return COLUMNS.filter(({ id }) => id === 'name' || asked.has(id)).map(({ id }) => id);
}

/** What the address says of `chosen`: nothing where it is the default. */
export function columnsParam(chosen: readonly string[]): string | null {
  const names = COLUMNS.filter(({ id }) => chosen.includes(id)).map(({ id }) => id);
  const same = names.length === DEFAULT_COLUMNS.length && names.every((id) => DEFAULT_COLUMNS.includes(id));
  return same ? null : names.join(',');
}

/** `chosen` with `id` switched on or off. */
export function toggledColumn(chosen: readonly string[], id: string): string[] {
  const next = chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id];
  return COLUMNS.filter((each) => next.includes(each.id) || each.id === 'name').map((each) => each.id);
}

/** Pixels between two columns, and beside the first and the last together. */
const GAP = 16;
const BESIDE = 32;

/** The chosen columns that fit into `width` beside `lead` pixels: the least important go, the name never. */
export function fitting(chosen: readonly string[], width: number, lead: number): TraceColumn[] {
  const columns = COLUMNS.filter(({ id }) => chosen.includes(id));
  const needed = () => columns.reduce((sum, { least }) => sum + least + GAP, lead + BESIDE);
  while (width > 0 && columns.length > 1 && needed() > width) {
    const least = columns.reduce((worst, each) => (each.keep < worst.keep ? each : worst));
    columns.splice(columns.indexOf(least), 1);
  }
  return columns;
}
