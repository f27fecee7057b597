/** Severities of log records, as OTLP ranks them. */

export const SEVERITIES = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/** How much a record should catch the eye. */
export function weight(severity: string): 'error' | 'warn' | 'quiet' {
  if (severity === 'error' || severity === 'fatal') return 'error';
  return severity === 'warn' ? 'warn' : 'quiet';
}
