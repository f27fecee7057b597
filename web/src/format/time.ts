/** Points in time for people. Input is RFC 3339; the browser's zone is used unless the text says UTC. */
import { UNKNOWN } from './number';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number) => value.toString().padStart(2, '0');

/** `2026-11-20`, in the browser's zone. */
export function localDate(time: Date): string {
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

function clock(time: Date): string {
  return `${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** `14:03:22` today, `Nov 18 14:03` this year, `2025-11-18 14:03` before. */
export function formatTime(text: string | null | undefined, now: Date): string {
  const time = text ? new Date(text) : null;
  if (!time || Number.isNaN(time.getTime())) return UNKNOWN;
  if (localDate(time) === localDate(now)) return `${clock(time)}:${two(time.getSeconds())}`;
  if (time.getFullYear() === now.getFullYear()) {
    return `${MONTHS[time.getMonth()]} ${time.getDate()} ${clock(time)}`;
  }
  return `${localDate(time)} ${clock(time)}`;
}

/** Two times, the day of the second only where it differs: `Nov 18 08:00 – 15:15`, `Nov 18 08:00 – Nov 19 09:30`. */
export function formatRange(since: Date, until: Date): string {
  const day = (time: Date) => `${MONTHS[time.getMonth()]} ${time.getDate()}`;
  const end = localDate(since) === localDate(until) ? clock(until) : `${day(until)} ${clock(until)}`;
  return `${day(since)} ${clock(since)} – ${end}`;
}

/** Local ISO time with its offset, and UTC: what stands in a hover. */
export function formatFullTime(text: string | null | undefined): string {
  const time = text ? new Date(text) : null;
  if (!time || Number.isNaN(time.getTime())) return UNKNOWN;
  const offset = -time.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  const millis = time.getMilliseconds().toString().padStart(3, '0');
  const local = `${localDate(time)}T${clock(time)}:${two(time.getSeconds())}.${millis}${zone}`;
  return `${local}\n${time.toISOString()} (UTC)`;
}

/** How long ago: `just now`, `4 min ago`, `3 h ago`, `2 d ago`. */
export function formatAge(ms: number): string {
  if (ms < 45_000) return 'just now';
  const minutes = Math.round(ms / 60_000);
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.round(hours / 24)} d ago`;
}

/** The label of a chart bucket that starts at `start`: the hour for short buckets, the day for long ones. */
export function formatBucket(start: Date, bucketMs: number): string {
  const day = `${MONTHS[start.getMonth()]} ${start.getDate()}`;
  return bucketMs >= 20 * 3_600_000 ? day : `${day} ${clock(start)}`;
}

/** Marks of a time axis: the hour, with the day where it turns; days alone for long buckets. */
export function formatMarks(starts: readonly Date[], bucketMs: number): string[] {
  if (bucketMs >= 20 * 3_600_000) return starts.map((start) => formatBucket(start, bucketMs));
  return starts.map((start, index) => {
    const before = starts[index - 1];
    return before && localDate(before) === localDate(start) ? clock(start) : formatBucket(start, bucketMs);
  });
}

/** An id shortened to the eight characters people compare. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}
