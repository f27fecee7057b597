/** Which rows of a long list are worth drawing. */

export interface RowWindow {
  first: number;
  /** Exclusive. */
  last: number;
}

/** The rows that a viewport of `height` px at `scroll` px touches, and `spare` more on each side. */
export function rowWindow(
  scroll: number,
  height: number,
  rowHeight: number,
  count: number,
  spare = 8,
): RowWindow {
  const first = Math.max(0, Math.min(count, Math.floor(scroll / rowHeight)) - spare);
  const last = Math.min(count, Math.ceil((Math.max(0, scroll) + height) / rowHeight) + spare);
  return { first: Math.min(first, last), last };
}

/** The scroll position that brings row `index` into view with the least movement. */
export function scrollTo(index: number, scroll: number, height: number, rowHeight: number): number {
  const top = index * rowHeight;
  if (top < scroll) return top;
  return top + rowHeight > scroll + height ? top + rowHeight - height : scroll;
}
