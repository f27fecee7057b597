/** What stands at the marks of an axis. */

/**
 * The text of each mark; of several that read the same only the roundest keeps it: `$0.01` stands at 0.01, not at
 * 0.015 as well.
 */
export function axisTexts(marks: readonly number[], format: (value: number) => string): string[] {
  const texts = marks.map(format);
  // Sums of steps carry rounding: 0.30000000000000004.
  const digits = (at: number) => String(Number((marks[at] as number).toPrecision(9))).length;
  return texts.map((text, at) => {
    const alike = texts.flatMap((other, index) => (other === text ? [index] : []));
    const roundest = alike.reduce((best, index) => (digits(index) < digits(best) ? index : best));
    return at === roundest ? text : '';
  });
}
