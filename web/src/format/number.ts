/** Counts and token figures for people: exact while short, then three significant digits with a unit. */

/** What stands where a value is unknown. Never a zero. */
export const UNKNOWN = '—';

const UNITS: [number, string][] = [
  [1e9, 'B'],
  [1e6, 'M'],
  [1e3, 'k'],
];

function grouped(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `842`, `12.4k`, `124k`, `3.1M`. */
export function formatTokens(count: number | null | undefined): string {
  if (count == null || !Number.isFinite(count)) return UNKNOWN;
  for (const [size, unit] of UNITS) {
    const scaled = count / size;
    // 999,500 would round to "1000k": it belongs to the next unit already.
    if (scaled < 0.9995) continue;
    return (scaled < 99.95 ? scaled.toFixed(1).replace(/\.0$/, '') : scaled.toFixed(0)) + unit;
  }
  return grouped(count);
}

/** Tokens of a sum over calls, of which those that told no tokens add nothing: a sum of zero is unknown. */
export function formatTokenSum(count: number): string {
  return count === 0 ? UNKNOWN : formatTokens(count);
}

/** `842`, `9,128`, `12.4k`: a number of things, exact up to five digits. */
export function formatCount(count: number | null | undefined): string {
  if (count == null || !Number.isFinite(count)) return UNKNOWN;
  return Math.abs(count) < 10_000 ? grouped(count) : formatTokens(count);
}

/** All digits, for hovers: `12,431`. */
export function formatExact(count: number | null | undefined): string {
  return count == null || !Number.isFinite(count) ? UNKNOWN : grouped(count);
}

/** A share of one as per cent, one decimal below 10: `4.2%`, `12%`, `<0.1%`. */
export function formatPercent(share: number | null | undefined): string {
  if (share == null || !Number.isFinite(share)) return UNKNOWN;
  const percent = share * 100;
  if (percent === 0) return '0%';
  if (Math.abs(percent) < 0.05) return '<0.1%';
  return `${Math.abs(percent) < 9.95 ? percent.toFixed(1) : percent.toFixed(0)}%`;
}

/** `512 B`, `1.4 MiB`, `23 GiB`. */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes == null || !Number.isFinite(bytes)) return UNKNOWN;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1023.5 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 || size >= 9.95 ? size.toFixed(0) : size.toFixed(1)} ${units[unit]}`;
}

/** `1 call`, `3 calls`. */
export function plural(count: number, singular: string, several = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : several}`;
}
