/** What a saved view keeps of an address: what the list shows, not what is open in it. Pure. */
import type { View } from '../api/types';

/** Parameters of what is open or being done at the moment. */
const PASSING = ['trace', 'span', 'tab', 'find', 'show', 'cursor'];

/** The query to save. */
export function viewQuery(params: URLSearchParams): string {
  const kept = [...params].filter(([key]) => !PASSING.includes(key));
  return new URLSearchParams(kept).toString();
}

const sorted = (query: string) => {
  const params = new URLSearchParams(query);
  params.sort();
  return params.toString();
};

/** The view that shows what the address shows, whatever the order of its parts. */
export function currentView(views: readonly View[], params: URLSearchParams): View | null {
  const here = sorted(viewQuery(params));
  return views.find((view) => sorted(view.query) === here) ?? null;
}
