/** The rules of redaction in force, in words, and those that are tried. Pure. */
import type { RedactionFinding } from '../api/types';

/** `[redact]` as `/api/v1/config` tells it. */
export interface Rules {
  capture: string;
  detector: Record<string, string | null>;
  allow: string[];
  phone_country: number | null;
  rule: { key: string; action: string; length?: number | null }[];
  pattern: { name: string; regex: string; action: string }[];
}

export const CAPTURES = [
  { id: 'full', label: 'Full', title: 'Everything but secrets is kept' },
  { id: 'redacted', label: 'Redacted', title: 'Personal data goes, too' },
  { id: 'metadata', label: 'Metadata', title: 'No prompts, answers or other content' },
] as const;

interface Detector {
  id: string;
  label: string;
  /** What happens when nothing is said, from which capture mode on. */
  usual: 'mask' | 'hash' | 'off';
  personal: boolean;
}

/** As docs/redaction.md has them. */
export const DETECTORS: Detector[] = [
  { id: 'api_key', label: 'Keys of providers and services', usual: 'mask', personal: false },
  { id: 'jwt', label: 'JSON Web Tokens', usual: 'mask', personal: false },
  { id: 'pem', label: 'PEM blocks', usual: 'mask', personal: false },
  { id: 'url_password', label: 'Passwords in addresses', usual: 'mask', personal: false },
  { id: 'email', label: 'E-mail addresses', usual: 'hash', personal: true },
  { id: 'phone', label: 'Telephone numbers', usual: 'hash', personal: true },
  { id: 'iban', label: 'IBANs', usual: 'hash', personal: true },
  { id: 'credit_card', label: 'Credit cards', usual: 'mask', personal: true },
  { id: 'ip', label: 'Public IP addresses', usual: 'hash', personal: true },
  { id: 'private_ip', label: 'Addresses at home', usual: 'off', personal: true },
  { id: 'high_entropy', label: 'Strings that look drawn at random', usual: 'off', personal: false },
];

/** What becomes of what a detector finds. */
export function actionOf(detector: Detector, rules: Rules): string {
  const said = rules.detector[detector.id];
  if (said) return said;
  return detector.personal && rules.capture === 'full' ? 'off' : detector.usual;
}

/** Rules as they are sent: what is not set is left out. */
export function asked(rules: Rules): Record<string, unknown> {
  const detector = Object.fromEntries(Object.entries(rules.detector).filter(([, action]) => action));
  const plain = (item: object) =>
    Object.fromEntries(Object.entries(item).filter(([, value]) => value !== null));
  return {
    capture: rules.capture,
    detector,
    allow: rules.allow,
    ...(rules.phone_country !== null && { phone_country: rules.phone_country }),
    rule: rules.rule.map(plain),
    pattern: rules.pattern.map(plain),
  };
}

/** Why something was changed, in words. */
export function reasonOf(finding: Pick<RedactionFinding, 'by' | 'name' | 'action'>): string {
  const by =
    { rule: 'rule', capture: 'capture', detector: 'detector', pattern: 'pattern' }[finding.by] ?? finding.by;
  return `${finding.action} by ${by} ${finding.name}`;
}

export const SAMPLE =
  'Write to anna.lena@example.org or +49 151 23456789, and use sk-proj-Ab3dEfGhIjKlMnOpQrStUv0123456789 for now.';
