import { Cron } from "croner";
import { z } from "zod";
import { timeZone } from "./time-zone.ts";

const clockTime = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, "must be a time of day from 00:00 to 23:59");

/** When bytes may move: every day from one time to another; over midnight where `to` is the earlier. */
export const workWindowSchema = z
  .strictObject({
    from: clockTime,
    to: clockTime,
    /** Whose clock; absent = UTC. */
    timeZone: timeZone.optional(),
  })
  .refine(({ from, to }) => from !== to, { path: ["to"], message: "must differ from `from`; leave the window out to work all day" });

export type WorkWindow = z.infer<typeof workWindowSchema>;

/**
 * Whether bytes may move at a moment. The window begins with the minute `from` and ends before the minute `to`, by the clock of its zone. Where that clock skips
 * `from` or `to` the next minute that exists counts; of a minute that it shows twice, the first. Pure.
 */
export function isOpen(window: WorkWindow, at: Date): boolean {
  return next(window, window.to, at) < next(window, window.from, at);
}

/** The next moment at which the window opens or closes, after a moment. Pure. */
export function nextChange(window: WorkWindow, at: Date): Date {
  return new Date(Math.min(next(window, window.to, at), next(window, window.from, at)));
}

/** `22:00–06:00 Asia/Shanghai`. */
export function windowText({ from, to, timeZone: zone }: WorkWindow): string {
  return `${from}–${to} ${zone ?? "UTC"}`;
}

/** When a time of day comes next after a moment, in milliseconds since the epoch. */
function next({ timeZone: zone = "UTC" }: WorkWindow, time: string, after: Date): number {
  const [hour = "", minute = ""] = time.split(":");
  const runs = new Cron(`${Number(minute)} ${Number(hour)} * * *`, { paused: true, timezone: zone }).nextRuns(1, after);
  return runs[0]?.getTime() ?? Number.POSITIVE_INFINITY;
}
