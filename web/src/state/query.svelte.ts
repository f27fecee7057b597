/** One question to the API as reactive state: the last answer stays until the next one is there. */
import { untrack } from 'svelte';
import { get, toApiError, type ApiError } from '../api/client';

export interface Query<T> {
  readonly data: T | null;
  /** The path whose answer `data` is. */
  readonly of: string | null;
  readonly error: ApiError | null;
  /** There is nothing to show yet, and it takes longer than 150 ms: draw a skeleton. */
  readonly slow: boolean;
  readonly loading: boolean;
  reload(): void;
}

/** Whether each of `queries` has an answer or a fault: drawn together, they do not push each other around. */
export function settled(...queries: Pick<Query<unknown>, 'data' | 'error'>[]): boolean {
  return queries.every(({ data, error }) => data !== null || error !== null);
}

export interface Question {
  path: string;
  params: URLSearchParams;
}

/**
 * Asks whenever `question` changes; null asks nothing. A different `path` forgets the answer, different `params`
 * keep it on screen meanwhile. Call it while a component is set up.
 */
export function query<T>(question: () => Question | null): Query<T> {
  let data = $state.raw<T | null>(null);
  let error = $state.raw<ApiError | null>(null);
  let loading = $state(false);
  let slow = $state(false);
  let again = $state(0);
  let answered = $state.raw<string | null>(null);

  function ask({ path, params }: Question) {
    const abort = new AbortController();
    return { path, abort, answer: get<T>(path, params, abort.signal) };
  }
  // At once: effects run when the whole page is drawn, which on a first visit is 40 ms later.
  const first = untrack(question);
  let early = first && ask(first);
  // Who waits for it hears of a failure.
  early?.answer.catch(() => undefined);

  $effect(() => {
    const asked = question();
    void again;
    const begun = early;
    early = null;
    if (!asked) {
      begun?.abort.abort();
      data = null;
      return;
    }
    const { path, abort, answer } = begun?.path === asked.path ? begun : ask(asked);
    if (untrack(() => answered) !== path) data = error = null;
    loading = true;
    const patience = setTimeout(() => (slow = true), 150);
    answer
      .then((answer) => {
        if (abort.signal.aborted) return;
        answered = path;
        data = answer;
        error = null;
      })
      .catch((thrown: unknown) => {
        if (!abort.signal.aborted) error = toApiError(thrown);
      })
      .finally(() => {
        clearTimeout(patience);
        if (!abort.signal.aborted) loading = slow = false;
      });
    return () => {
      clearTimeout(patience);
      abort.abort();
    };
  });

  return {
    get data() {
      return data;
    },
    get of() {
      return answered;
    },
    get error() {
      return error;
    },
    get slow() {
      return slow && data === null;
    },
    get loading() {
      return loading;
    },
    reload() {
      again += 1;
    },
  };
}
