/** The list of traces as reactive state: asks for pages, keeps them for Back, takes in what arrives live. */
import { get, toApiError, type ApiError } from '../api/client';
import type { TraceItem, TraceList } from '../api/types';
import { appended, refreshed } from './feed';

const PAGE = 50;

/** What is known of traces from lists, so that the page of a trace has a header at once. */
export const knownTraces = new Map<string, TraceItem>();

export class TraceFeed {
  items = $state.raw<TraceItem[]>([]);
  error = $state.raw<ApiError | null>(null);
  loading = $state(false);
  /** The first answer is there. */
  ready = $state(false);
  /** New traces that wait for the reader. */
  unseen = $state(0);
  /** There may be more new traces than were counted. */
  manyUnseen = $state(false);
  /** Where the reader was, for when the page is opened again. */
  scroll = 0;
  #cursor: string | null = null;
  #waiting: { items: TraceItem[]; cursor: string | null; gap: boolean } | null = null;

  /** `query` answers the parameters for now: a range that follows the clock moves. */
  constructor(private readonly query: () => URLSearchParams) {}

  get complete(): boolean {
    return this.ready && this.#cursor === null;
  }

  async #page(cursor: string | null): Promise<TraceList> {
    const params = this.query();
    params.set('limit', String(PAGE));
    if (cursor) params.set('cursor', cursor);
    const list = await get<TraceList>('traces', params);
    for (const item of list.items) knownTraces.set(item.trace_id, item);
    return list;
  }

  /** The first page, or the next one. */
  async more() {
    if (this.loading || this.complete) return;
    this.loading = true;
    try {
      const list = await this.#page(this.#cursor);
      this.items = appended(this.items, list.items);
      this.#cursor = list.next_cursor;
      this.ready = true;
      this.error = null;
    } catch (thrown) {
      this.error = toApiError(thrown);
    } finally {
      this.loading = false;
    }
  }

  /** Reads the first page again. With `show` the news stand at the top at once, else they are counted. */
  async refresh(show: boolean) {
    if (this.loading || !this.ready) return;
    try {
      const list = await this.#page(null);
      const news = refreshed(this.items, list.items);
      this.#waiting = { items: news.whole, cursor: list.next_cursor, gap: news.gap };
      this.error = null;
      if (show) {
        this.showNews();
      } else {
        this.items = news.inPlace;
        this.unseen = news.unseen;
        this.manyUnseen = news.gap;
      }
    } catch (thrown) {
      this.error = toApiError(thrown);
    }
  }

  /** Takes deleted traces out of the list. */
  remove(ids: readonly string[]) {
    const gone = new Set(ids);
    this.items = this.items.filter((trace) => !gone.has(trace.trace_id));
    if (this.#waiting) this.#waiting.items = this.#waiting.items.filter((trace) => !gone.has(trace.trace_id));
  }

  showNews() {
    if (!this.#waiting) return;
    const { items, cursor, gap } = this.#waiting;
    if (gap || this.items.length === 0) this.#cursor = cursor;
    this.items = items;
    this.unseen = 0;
    this.manyUnseen = false;
    this.#waiting = null;
  }
}
