/** A retrieved document as clients send it: an object of some shape, or a text. Pure. */

export interface ShownDocument {
  title: string | null;
  score: number | null;
  content: unknown;
}

const TITLES = ['title', 'name', 'source', 'url', 'id'];
const TEXTS = ['content', 'page_content', 'text', 'document'];

export function documentOf(document: unknown): ShownDocument {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return { title: null, score: null, content: document };
  }
  const fields = document as Record<string, unknown>;
  const metadata =
    typeof fields.metadata === 'object' && fields.metadata !== null
      ? (fields.metadata as Record<string, unknown>)
      : {};
  const title = TITLES.map((name) => fields[name] ?? metadata[name]).find(
    (value) => typeof value === 'string' && value !== '',
  );
  const score = Number(fields.score ?? metadata.score ?? Number.NaN);
  const text = TEXTS.map((name) => fields[name]).find((value) => typeof value === 'string');
  return {
    title: (title as string | undefined) ?? null,
    score: Number.isFinite(score) ? Math.round(score * 1000) / 1000 : null,
    content: text ?? document,
  };
}
