/** A trace as a command for the shell. Pure. */

/** Most characters of OTLP that stand in the command itself; a larger trace is fetched by it. */
const MOST = 60_000;

/** `text` as one word of a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * Posts a trace to `/v1/traces` of `target`, the base address of any OTLP/HTTP receiver: `otlp` stands in the command,
 * or is fetched from `source`, the address that gives it.
 */
export function curl(otlp: string, source: string, target: string): string {
  const url = quoted(`${target}/v1/traces`);
  const post = `curl -sS ${url} -H 'content-type: application/json'`;
  if (otlp.length > MOST) return `curl -sS ${quoted(source)} |\n  ${post} --data-binary @-`;
  return `${post} --data-binary ${quoted(otlp)}`;
}
