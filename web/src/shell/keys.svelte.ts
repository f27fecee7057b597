/** Keys that do something: those of the shell, and those that the page on screen adds. */

import { untrack } from 'svelte';

export interface Shortcut {
  /** As pressed, in order: `['g', 't']`, `['?']`. A single character, or the name of `KeyboardEvent.key`. */
  keys: string[];
  /** What it does, for the sheet. */
  what: string;
  /** Without it the key is taken elsewhere (a list that has the focus) and only stands in the sheet. */
  run?: () => void;
}

let added = $state.raw<readonly Shortcut[]>([]);
let sheet = $state(false);

export const keys = {
  /** What the page on screen adds. */
  get added() {
    return added;
  },
  get sheet() {
    return sheet;
  },
  set sheet(open: boolean) {
    sheet = open;
  },
  /** Adds shortcuts until the returned function is called: for an `$effect` of a page. */
  add(shortcuts: Shortcut[]): () => void {
    // Who adds in an effect must not be run again by what others add.
    added = [...untrack(() => added), ...shortcuts];
    return () => {
      added = added.filter((shortcut) => !shortcuts.includes(shortcut));
    };
  },
};

/** The shortcut that `pressed` completes, `waiting` when it begins one, null when it is none. */
export function reached(pressed: string[], shortcuts: readonly Shortcut[]): Shortcut | 'waiting' | null {
  let waiting = false;
  for (const shortcut of shortcuts) {
    if (!shortcut.run || pressed.some((key, at) => shortcut.keys[at] !== key)) continue;
    if (shortcut.keys.length === pressed.length) return shortcut;
    waiting = true;
  }
  return waiting ? 'waiting' : null;
}

/** Whether what has the focus takes characters itself. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}
