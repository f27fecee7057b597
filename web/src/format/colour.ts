/** Colours by name: a model has the same colour on every page and in every session. */

const SERIES = 16;

/** Of 30 million starting values, the one under which 41 common model names share colours least, and those of the demo not
 * at all. Any would be right. */
const SEED = 0x4179d4b2;

/** FNV-1a over the UTF-16 units: stable, and spreads names that differ in one character. */
export function stableHash(text: string): number {
  let hash = SEED;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  // The low bits of FNV follow the last character closely: fold the high ones in.
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** The CSS colour of a model or another series; unnamed ones are grey. */
export function seriesColour(name: string | null | undefined): string {
  return name ? `var(--series-${stableHash(name) % SERIES})` : 'var(--series-other)';
}

const KIND_HUES: Record<string, string> = {
  llm: 'llm',
  embedding: 'llm',
  rerank: 'llm',
  tool: 'tool',
  agent: 'agent',
  workflow: 'agent',
  task: 'agent',
  retrieval: 'retrieval',
  http: 'io',
  db: 'io',
};

/** The family of a span kind: one icon and one hue each. */
export function kindFamily(kind: string): string {
  return KIND_HUES[kind] ?? 'other';
}

/** The CSS colour of a span kind. */
export function kindColour(kind: string): string {
  return `var(--kind-${kindFamily(kind)})`;
}
