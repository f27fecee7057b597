/** Small preferences that outlive the page. Storage may be switched off: then they last as long as the page. */

export function remember(name: string, value: string | null) {
  try {
    if (value === null) localStorage.removeItem(`tracemeter.${name}`);
    else localStorage.setItem(`tracemeter.${name}`, value);
  } catch {
    // Nothing depends on it.
  }
}

export function remembered(name: string): string | null {
  try {
    return localStorage.getItem(`tracemeter.${name}`);
  } catch {
    return null;
  }
}
