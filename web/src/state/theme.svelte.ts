/** Light or dark: what the system prefers until the reader chooses. `public/first.js` applies it before the first paint. */
import { remember, remembered } from './remembered';

const system = window.matchMedia('(prefers-color-scheme: dark)');
let chosen = $state(remembered('theme'));
let systemDark = $state(system.matches);
system.addEventListener('change', (event) => (systemDark = event.matches));

export const theme = {
  get dark() {
    return chosen === 'dark' || (chosen !== 'light' && systemDark);
  },
  toggle() {
    const next = this.dark ? 'light' : 'dark';
    // Choosing what the system prefers anyway gives the choice back to it.
    chosen = (next === 'dark') === systemDark ? null : next;
    remember('theme', chosen);
    if (chosen) document.documentElement.dataset.theme = chosen;
    else delete document.documentElement.dataset.theme;
  },
};
