/** A list that is read page by page: the first again and again, the next ones when the reader comes to the end. */
import { get, toApiError, type ApiError } from '../api/client';

export interface Paged<T> {
  items: T[];
  next_cursor: string | null;
}

export class Pages<T> {
  items = $state.raw<T[]>([]);
  error = $state.raw<ApiError | null>(null);
  loading = $state(false);
  ready = $state(false);
  /** There is nothing to show yet, and it takes longer than 150 ms: draw a skeleton. */
  slow = $state(false);
  #cursor = $state.raw<string | null>(null);
  #abort = new AbortController();

  /** `read` takes the page that `get` answers `params` with. */
  constructor(
    private readonly path: () => string,
    private readonly params: () => URLSearchParams,
    private readonly read: (answer: never) => Paged<T> = (answer) => answer,
  ) {}

  get complete(): boolean {
    return this.ready && this.#cursor === null;
  }

  /** Starts anew, with what is shown staying until the answer is there. */
  async first() {
    this.#abort.abort();
    this.#abort = new AbortController();
    await this.#ask(null);
  }

  async more() {
    if (!this.loading && this.#cursor !== null) await this.#ask(this.#cursor);
  }

  async #ask(cursor: string | null) {
    const { signal } = this.#abort;
    const params = this.params();
    if (cursor) params.set('cursor', cursor);
    this.loading = true;
    const patience = setTimeout(() => (this.slow = !this.ready), 150);
    try {
      const page = this.read((await get(this.path(), params, signal)) as never);
      if (signal.aborted) return;
      this.items = cursor ? [...this.items, ...page.items] : page.items;
      this.#cursor = page.next_cursor;
      this.ready = true;
      this.error = null;
    } catch (thrown) {
      if (!signal.aborted) this.error = toApiError(thrown);
    } finally {
      clearTimeout(patience);
      if (!signal.aborted) this.loading = this.slow = false;
    }
  }
}
