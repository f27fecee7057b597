/** The stream of what was just loaded. One connection for all pages, opened while somebody listens and live is on. */
import type { Live } from '../api/types';
import { remember, remembered } from './remembered';

type Listener = (event: Live) => void;

const listeners = new Set<Listener>();
let source: EventSource | null = null;
let on = $state(remembered('live') !== 'off');
let connected = $state(false);

function connect() {
  if (source || !on || listeners.size === 0) return;
  source = new EventSource('/api/v1/live');
  source.onopen = () => (connected = true);
  // The browser reconnects by itself.
  source.onerror = () => (connected = false);
  source.addEventListener('loaded', (event) => {
    const data = JSON.parse((event as MessageEvent<string>).data) as Live;
    for (const listener of listeners) listener(data);
  });
}

function disconnect() {
  source?.close();
  source = null;
  connected = false;
}

export const live = {
  get on() {
    return on;
  },
  get connected() {
    return connected;
  },
  toggle() {
    on = !on;
    remember('live', on ? null : 'off');
    if (on) connect();
    else disconnect();
  },
  /** Calls `listener` for every commit until the returned function is called. */
  listen(listener: Listener): () => void {
    listeners.add(listener);
    connect();
    return () => {
      listeners.delete(listener);
      // A page that opens next listens at once; only a lasting silence closes the connection.
      setTimeout(() => listeners.size === 0 && disconnect(), 1000);
    };
  },
};
