/** A number that grows when new data was loaded: questions that read it ask again. */
import { onMount } from 'svelte';
import { live } from './live.svelte';

/** Figures that people read change every two seconds at most, though a busy sender commits several times a second. */
const PAUSE_MS = 2000;

/** Call it while a component is set up. */
export function freshness(): { readonly count: number } {
  let count = $state(0);
  onMount(() => {
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const grow = () => ((waiting = undefined), (count += 1));
    const stop = live.listen(() => (waiting ??= setTimeout(grow, count === 0 ? 0 : PAUSE_MS)));
    return () => {
      clearTimeout(waiting);
      stop();
    };
  });
  return {
    get count() {
      return count;
    },
  };
}
