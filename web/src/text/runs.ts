/** Long runs without a space, such as base64: a browser takes a minute to find where 200,000 such characters wrap. Pure. */

/** Longer runs get places to wrap, each so many characters apart. */
const LONG = 256;
const STEP = 64;

const RUN = new RegExp(`\\S{${LONG},}`, 'g');

/** `text` in pieces between which it may wrap; one piece for what people write. Surrogate pairs stay together. */
export function wrappable(text: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  for (const run of text.matchAll(RUN)) {
    const end = run.index + run[0].length;
    for (let at = run.index + STEP; at < end; at += STEP) {
      const pair = (text.charCodeAt(at) & 0xfc00) === 0xdc00 ? 1 : 0;
      pieces.push(text.slice(from, at - pair));
      from = at - pair;
    }
  }
  pieces.push(text.slice(from));
  return pieces;
}
