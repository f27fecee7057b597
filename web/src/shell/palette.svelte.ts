/** Whether the command palette is open; what pages add to it while they are shown. */
import { untrack } from 'svelte';
import type { IconName } from '../components/icons';

export interface Command {
  title: string;
  /** Words under which it is found too. */
  words?: string;
  /** Shown at the end of its line: a kind, or the keys that do the same. */
  note?: string;
  icon?: IconName;
  run: () => void;
}

let open = $state(false);
let added = $state.raw<readonly Command[]>([]);

export const palette = {
  get open() {
    return open;
  },
  /** What pages have added. */
  get added() {
    return added;
  },
  show() {
    open = true;
  },
  hide() {
    open = false;
  },
  /** Adds commands until the returned function is called: for an `$effect` of a page. */
  add(commands: Command[]): () => void {
    // Who adds in an effect must not be run again by what others add.
    added = [...untrack(() => added), ...commands];
    return () => {
      added = added.filter((command) => !commands.includes(command));
    };
  },
};
