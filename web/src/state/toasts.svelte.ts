/** Short words about what the user just did. Nothing else speaks here: problems have their places on the pages. */

export interface Toast {
  id: number;
  text: string;
  tone: 'done' | 'failed';
  /** Takes it back. */
  undo?: () => void;
}

/** How long a toast stays: time to read it twice, and to reach its button. */
const STAY_MS = 6000;

let list = $state.raw<readonly Toast[]>([]);
let last = 0;

export const toasts = {
  get list() {
    return list;
  },
  /** Says that something was done. */
  done(text: string, undo?: () => void) {
    add({ text, tone: 'done', ...(undo && { undo }) });
  },
  /** Says that what the user did failed, and what to do; it stays until it is closed. */
  failed(text: string) {
    add({ text, tone: 'failed' });
  },
  close(id: number) {
    list = list.filter((toast) => toast.id !== id);
  },
};

function add(toast: Omit<Toast, 'id'>) {
  const id = (last += 1);
  // More than three at once are a wall, not words.
  list = [...list, { ...toast, id }].slice(-3);
  if (toast.tone === 'done') setTimeout(() => toasts.close(id), STAY_MS);
}
