/** The columns of a table: what they are called, how they are aligned and ordered. */

export interface Column {
  id: string;
  label: string;
  /** Explains the column on hover. */
  title?: string;
  /** Numbers stand right-aligned. */
  number?: boolean;
  /** The list can be ordered by it; the value is what the address says. */
  order?: string;
  /** Left out on a phone. */
  minor?: boolean;
}

/** What `aria-sort` says of a column when the list is ordered by `order`: lists descend unless the order begins with `name`. */
export function sorted(column: Column, order: string): 'ascending' | 'descending' | 'none' | undefined {
  if (column.order === undefined) return undefined;
  if (column.order !== order) return 'none';
  return order.startsWith('name') ? 'ascending' : 'descending';
}
