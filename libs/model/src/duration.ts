import { z } from "zod";

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };
const FORMS = "must be a time above zero such as 90s, 15m, 12h, 30d or 2w";
/** A hundred years: sums with a date stay dates. */
const LONGEST_MS = 36_525 * 86_400_000;

/** A span of time as text with a unit (s, m, h, d, w), or as milliseconds; always stored as milliseconds. A day is 24 hours here, whatever the clocks do. */
export const duration = z.union([z.number(), z.string()], { error: FORMS }).transform((given, context) => {
  const milliseconds = typeof given === "number" ? given : parse(given);
  if (Number.isSafeInteger(milliseconds) && milliseconds > 0 && milliseconds <= LONGEST_MS) return milliseconds;
  context.addIssue({ code: "custom", message: FORMS });
  return z.NEVER;
});

/** NaN for text that has another form. */
function parse(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([smhdw])$/.exec(text);
  return Math.round(Number(match?.[1]) * (UNITS[match?.[2] ?? ""] ?? Number.NaN));
}

/** A span of time as people write it, in the largest unit that keeps it whole: `90m`, `2h`, `30d`. */
export function durationText(milliseconds: number): string {
  for (const unit of ["w", "d", "h", "m", "s"]) {
    const size = UNITS[unit] ?? 1;
    if (milliseconds >= size && milliseconds % size === 0) return `${milliseconds / size}${unit}`;
  }
  return `${milliseconds}ms`;
}
