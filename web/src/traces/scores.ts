/** Scores of a trace in few words. Pure. */
import type { Score } from '../api/types';

/** What stands for a score: a word where it has one, else its number. */
export function scoreText(score: Score): string {
  if (score.data_type === 'BOOLEAN') return score.value === 0 || score.label === 'false' ? 'no' : 'yes';
  if (score.label !== null) return score.label;
  if (score.value === null) return '—';
  return Number(score.value.toFixed(3)).toString();
}

/** All of it, for who wants to know more. */
export function scoreTitle(score: Score): string {
  const parts = [score.comment, score.span_id === null ? null : `of span ${score.span_id}`];
  return parts.filter((part) => part !== null && part !== '').join(', ');
}
