import type { Schedule } from "@transship/model";
import { capitalised, counted, listed, verbatim } from "./words.ts";

const NICKNAMES: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
};
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const DAY_NAMES = ["Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays"] as const;
/** More times of day, or days, than this say less than the expression itself. */
const MOST_LISTED = 4;

interface Times {
  readonly text: string;
  /** Whether they are times of day, to which a time zone belongs. */
  readonly ofDay: boolean;
}

/**
 * When a schedule falls due: `every day at 02:00 Asia/Shanghai`, `every 10 minutes on weekdays`, `monthly on the 1st at 04:30 UTC`.
 * What has no common form is quoted: `by the schedule "0 2 * 1-3 *" UTC`.
 */
export function scheduleInWords(schedule: Pick<Schedule, "cron" | "timeZone">): string {
  const zone = schedule.timeZone ?? "UTC";
  const fields = (NICKNAMES[schedule.cron.trim().toLowerCase()] ?? schedule.cron).trim().split(/\s+/);
  const words = fieldsInWords(fields.length === 5 ? ["0", ...fields] : fields);
  if (words === undefined) return `by the schedule "${verbatim(schedule.cron).replaceAll('"', "")}" ${zone}`;
  if (words.ofDay) return `${words.text} ${zone}`;
  return schedule.timeZone === undefined ? words.text : `${words.text} (${zone})`;
}

function fieldsInWords(fields: readonly string[]): Times | undefined {
  const [second = "", minute = "", hour = "", day = "", month = "", weekday = ""] = fields;
  const times = timesInWords(second, minute, hour);
  const days = daysInWords(day, weekday);
  if (fields.length !== 6 || month !== "*" || times === undefined || days === undefined) return undefined;
  if (times.ofDay) return { text: `${days === "" ? "every day" : days} ${times.text}`, ofDay: true };
  return { text: days === "" ? times.text : `${times.text}, ${days}`, ofDay: false };
}

function timesInWords(second: string, minute: string, hour: string): Times | undefined {
  const interval = (text: string): Times => ({ text, ofDay: false });
  if (minute === "*" && hour === "*" && second !== "0") return mapped(stepOf(second, 60), (step) => interval(every(step, "second")));
  if (second !== "0") return undefined;
  const minuteStep = stepOf(minute, 60);
  if (minuteStep !== undefined) return hour === "*" ? interval(every(minuteStep, "minute")) : undefined;
  const minutes = valuesOf(minute, 0, 59);
  if (minutes === undefined) return undefined;
  const hourStep = stepOf(hour, 24);
  if (hourStep !== undefined) return interval(`${every(hourStep, "hour")} at ${listed(minutes.map((value) => `:${two(value)}`))}`);
  const clock = valuesOf(hour, 0, 23)?.flatMap((value) => minutes.map((past) => `${two(value)}:${two(past)}`));
  if (clock === undefined || clock.length > MOST_LISTED) return undefined;
  return { text: `at ${listed(clock)}`, ofDay: true };
}

/** Which days; empty for all of them. Both fields given is "either" to cron, which few know: that is left as it is written. */
function daysInWords(day: string, weekday: string): string | undefined {
  if (day === "*") return weekday === "*" ? "" : weekdaysInWords(weekday);
  if (weekday !== "*") return undefined;
  if (day.toUpperCase() === "L") return "monthly on the last day";
  const days = valuesOf(day, 1, 31);
  if (days === undefined || days.length > MOST_LISTED) return undefined;
  const short = days.some((value) => value > 28) ? ", in months that have it," : "";
  return `monthly on the ${listed(days.map(ordinal))}${short}`;
}

function weekdaysInWords(field: string): string | undefined {
  const numbers = field.toLowerCase().replaceAll(/[a-z]+/g, (name) => String(WEEKDAYS.indexOf(name as (typeof WEEKDAYS)[number])));
  const values = valuesOf(numbers, 0, 7);
  if (values === undefined) return undefined;
  const days = [...new Set(values.map((value) => value % 7))].sort();
  if (days.length === 7) return "";
  if (days.join() === "1,2,3,4,5") return "on weekdays";
  if (days.join() === "0,6") return "on weekends";
  // A week that is listed begins on Monday.
  const fromMonday = days.map((value) => (value + 6) % 7).sort();
  return `on ${listed(fromMonday.map((value) => DAY_NAMES[(value + 1) % 7] ?? ""))}`;
}

/** N of `*` (1) and of a step that divides the round: others, such as every 7 of 60 minutes, do not come every 7 minutes. */
function stepOf(field: string, round: number): number | undefined {
  if (field === "*") return 1;
  const step = Number(/^\*\/(\d+)$/.exec(field)?.[1]);
  return step >= 1 && step < round && round % step === 0 ? step : undefined;
}

/** The values of `5`, `1,15` and `1-5`, in order; undefined for other forms and for values out of bounds. */
function valuesOf(field: string, least: number, most: number): number[] | undefined {
  const values = new Set<number>();
  for (const part of field.split(",")) {
    const match = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(part);
    const from = Number(match?.[1]);
    const to = Number(match?.[2] ?? match?.[1]);
    if (!(from >= least && to <= most && from <= to)) return undefined;
    for (let value = from; value <= to; value++) values.add(value);
  }
  return [...values].sort((one, other) => one - other);
}

function every(step: number, unit: string): string {
  return step === 1 ? `every ${unit}` : `every ${counted(step, unit)}`;
}

function mapped<T, R>(value: T | undefined, to: (value: T) => R): R | undefined {
  return value === undefined ? undefined : to(value);
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function ordinal(value: number): string {
  const tens = Math.floor((value % 100) / 10);
  return `${value}${tens === 1 ? "th" : (["th", "st", "nd", "rd"][value % 10] ?? "th")}`;
}

/** What starts a rule by itself, for the start of a sentence: `Every day at 02:00 UTC and on every push to gz`; `When asked` for nothing. */
export function triggersInWords(triggers: { events: boolean; schedule?: Schedule | undefined } | undefined, source: string): string {
  const { events = false, schedule } = triggers ?? {};
  const causes = [...(schedule === undefined ? [] : [scheduleInWords(schedule)]), ...(events ? [`on every push to ${source}`] : [])];
  return causes.length === 0 ? "When asked" : capitalised(listed(causes));
}
