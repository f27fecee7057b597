/** Who looks: asked once at the start, and again when the server says that nobody is signed in. */
import { change, get, lost, toApiError, type ApiError } from '../api/client';
import type { Account } from '../api/types';
import { remember, remembered } from './remembered';

let known = $state.raw<Account | null>(null);
let failed = $state.raw<ApiError | null>(null);

function is(now: Account) {
  known = now;
  failed = null;
  // The next visit waits for the answer instead of drawing pages that stay empty.
  remember('login', now.login_wanted ? 'wanted' : null);
}

export const account = {
  get known() {
    return known;
  },
  get failed() {
    return failed;
  },
  /** What to draw: the pages, the way in, or nothing yet. */
  get shows(): 'pages' | 'login' | 'nothing' {
    if (known) return known.may === null ? 'login' : 'pages';
    return remembered('login') && !failed ? 'nothing' : 'pages';
  },
  async load() {
    try {
      is(await get<Account>('account', new URLSearchParams()));
    } catch (thrown) {
      failed = toApiError(thrown);
    }
  },
  async signIn(name: string, password: string) {
    is(await change<Account>('POST', 'account/login', { name, password }));
  },
  async setUp(token: string, name: string, password: string) {
    is(await change<Account>('POST', 'account/setup', { token, name, password }));
  },
  async signOut() {
    is(await change<Account>('DELETE', 'account/login'));
  },
};

lost.call = () => void account.load();
