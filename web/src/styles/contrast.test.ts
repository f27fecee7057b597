import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

type Rgb = [number, number, number];

/** Linear sRGB of an oklch colour; matrices of the OKLab definition (Ottosson 2020). */
function linearRgb(l: number, c: number, h: number): Rgb {
  const a = c * Math.cos((h * Math.PI) / 180);
  const b = c * Math.sin((h * Math.PI) / 180);
  const long = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clamp = (x: number) => Math.min(1, Math.max(0, x));
  return [
    clamp(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
    clamp(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
    clamp(-0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short),
  ];
}

const luminance = ([r, g, b]: Rgb) => 0.2126 * r + 0.7152 * g + 0.0722 * b;

function contrast(one: Rgb, other: Rgb): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');
const tokens = new Map<string, { light: Rgb; dark: Rgb }>();
const number = '([\\d.]+)';
const colour = `oklch\\(${number} ${number} ${number}\\)`;
for (const match of css.matchAll(new RegExp(`--([\\w-]+): light-dark\\(${colour}, ${colour}\\);`, 'g'))) {
  const [l1, c1, h1, l2, c2, h2] = match.slice(2).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  tokens.set(match[1] as string, { light: linearRgb(l1, c1, h1), dark: linearRgb(l2, c2, h2) });
}

function token(name: string) {
  const found = tokens.get(name);
  if (!found) throw new Error(`tokens.css has no colour --${name}`);
  return found;
}

const themes = ['light', 'dark'] as const;

describe('contrast', () => {
  const surfaces = ['bg', 'surface', 'raised', 'sunken', 'hover', 'selected'];
  const texts = ['text', 'text-soft', 'accent', 'error', 'warning', 'ok'];
  const pairs: [string, string][] = texts.flatMap((text) =>
    surfaces.map((on): [string, string] => [text, on]),
  );
  pairs.push(
    ['on-accent', 'accent'],
    ['on-error', 'error'],
    ['error', 'error-soft'],
    ['warning', 'warning-soft'],
    ['text', 'error-soft'],
  );
  it.each(pairs)('%s on %s reads at 4.5:1', (text, on) => {
    for (const theme of themes)
      expect(contrast(token(text)[theme], token(on)[theme])).toBeGreaterThanOrEqual(4.5);
  });

  const marks = [...tokens.keys()].filter((name) => /^(series|kind)-|^control-line$/.test(name));
  it.each(marks)('%s stands out at 3:1', (mark) => {
    for (const theme of themes) {
      expect(contrast(token(mark)[theme], token('surface')[theme])).toBeGreaterThanOrEqual(3);
      expect(contrast(token(mark)[theme], token('bg')[theme])).toBeGreaterThanOrEqual(3);
    }
  });
});
