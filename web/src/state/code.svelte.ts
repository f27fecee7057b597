/**
 * The code of the pages beside the overview. It is fetched at once where one of them is opened, and shortly after the
 * overview stands otherwise: a click does not wait for it, and an old tab stays whole when Tracemeter is updated.
 */
import { ApiError } from '../api/client';
import type { Route } from '../router';
import type { Page } from '../pages/others';

/** Long after an overview is drawn (300 to 700 ms), and before most people have found what to click. */
const AFTER_MS = 1500;

let pages = $state.raw<Partial<Record<Route['page'], Page>>>({});
let error = $state.raw<ApiError | null>(null);
let asked = false;

export const others = {
  /** Those that are there. */
  get pages() {
    return pages;
  },
  get error() {
    return error;
  },
  fetch() {
    if (asked) return;
    asked = true;
    import('../pages/others')
      .then((module) => {
        pages = module.default;
      })
      .catch(() => {
        error = new ApiError(
          'unreachable',
          'The code of this page did not arrive',
          'Tracemeter was updated or does not answer: load the page again.',
        );
      });
  },
  /** Fetches it a little later, or as soon as somebody begins to do something. */
  fetchSoon() {
    const fetch = () => this.fetch();
    setTimeout(fetch, AFTER_MS);
    for (const sign of ['pointerdown', 'keydown'])
      addEventListener(sign, fetch, { once: true, capture: true });
  },
};
