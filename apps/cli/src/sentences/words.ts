import { printable } from "../output/printable.ts";

const UNITS = [
  ["week", 7 * 86_400_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
] as const;

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[], word: "and" | "or" = "and"): string {
  const last = items.at(-1) ?? "";
  return items.length < 2 ? last : `${items.slice(0, -1).join(", ")} ${word} ${last}`;
}

/** What a user wrote, as it is; in quotes where its end could not be told from the sentence around it. */
export function verbatim(text: string): string {
  const shown = printable(text);
  return /^[^\s,;"]+$/.test(shown) ? shown : `"${shown}"`;
}

/** A number with its noun: `1 tag`, `20 tags`. */
export function counted(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}

/** A span of time that somebody chose, exactly, in the largest unit that keeps it whole: `6 hours`, `90 minutes`. */
export function spanInWords(milliseconds: number): string {
  for (const [unit, size] of UNITS) if (milliseconds >= size && milliseconds % size === 0) return counted(milliseconds / size, unit);
  return `${milliseconds} ms`;
}

/** A span of time that passed or will, in its largest unit, without fractions: `45 s`, `3 min`, `9 h`, `2 days`. */
export function roughly(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 2 * 86_400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} days`;
}

/** A moment on somebody's clock: `2026-11-22 02:00 Asia/Shanghai`, with seconds where it has any. */
export function momentInWords(iso: string, timeZone: string): string {
  const moment = new Date(iso);
  const seconds = moment.getUTCSeconds() === 0 ? {} : ({ second: "2-digit" } as const);
  const day = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
  // Sweden writes dates as ISO 8601 does.
  const clock = new Intl.DateTimeFormat("sv-SE", { ...day, hour: "2-digit", minute: "2-digit", ...seconds, timeZone });
  return `${clock.format(moment)} ${timeZone}`;
}

/** The same with a capital at its start. */
export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
