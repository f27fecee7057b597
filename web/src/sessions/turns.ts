/** What a turn of a session shows of its messages. Pure. */
import type { Message, Part, SessionTurn, TurnStep } from '../api/types';
import type { IconName } from '../components/icons';
import { plural } from '../format/number';

type Shown = Extract<Part, { type: 'text' } | { type: 'media' }>;

/** The parts of a message that are read or looked at. */
export function shownParts(message: Message | null): Shown[] {
  return (message?.parts ?? []).filter(
    (part): part is Shown => part.type === 'text' || part.type === 'media',
  );
}

/** Why a turn has no text, in a sentence; null when it has. */
export function whyEmpty(turn: Pick<SessionTurn, 'without'>): string | null {
  switch (turn.without) {
    case null:
      return null;
    case 'dropped':
      return 'What was said was left out to save room. Figures are kept.';
    case 'too large':
      return 'A very large trace: open it to read what was said.';
    case 'gone':
      return 'Its spans are no longer stored.';
    default:
      return 'The client sent no content with this trace.';
  }
}

/** `search ×3, book (1 failed)` */
export function toolText(tool: { name: string; runs: number; failed: number }): string {
  const times = tool.runs > 1 ? ` ×${tool.runs}` : '';
  return `${tool.name}${times}${tool.failed > 0 ? ` (${tool.failed} failed)` : ''}`;
}

/** Cost of the turns so far, turn by turn; null until one has an amount. */
export function runningCost(turns: readonly { cost_usd: number | null }[]): (number | null)[] {
  let sum: number | null = null;
  return turns.map(({ cost_usd }) => {
    if (cost_usd !== null) sum = (sum ?? 0) + cost_usd;
    return sum;
  });
}

/** Steps that failed or were not allowed. */
export function failures(steps: readonly Pick<TurnStep, 'error' | 'decision'>[]): number {
  return steps.filter(({ error, decision }) => error !== null || decision?.startsWith('rejected')).length;
}

/** `3 calls, Bash ×2, Edit` */
export function stepsText(steps: readonly Pick<TurnStep, 'kind' | 'name'>[]): string {
  const tools = new Map<string, number>();
  for (const { kind, name } of steps) if (kind === 'tool') tools.set(name, (tools.get(name) ?? 0) + 1);
  const count = (wanted: string) => steps.filter(({ kind }) => kind === wanted).length;
  const parts = [...tools].map(([name, runs]) => toolText({ name, runs, failed: 0 }));
  if (count('call') > 0) parts.unshift(plural(count('call'), 'call'));
  if (count('prompt') > 0) parts.unshift(plural(count('prompt'), 'prompt'));
  return parts.join(', ') || plural(steps.length, 'step');
}

export function stepIcon({ kind, error }: Pick<TurnStep, 'kind' | 'error'>): IconName {
  if (error !== null) return 'error';
  const icons: Record<string, IconName> = { call: 'llm', tool: 'tool', prompt: 'users' };
  return icons[kind] ?? 'info';
}
