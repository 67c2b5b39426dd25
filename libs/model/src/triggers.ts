import { Cron } from "croner";
import { z } from "zod";
import { duration } from "./duration.ts";
import { timeZone } from "./time-zone.ts";

const cronText = z.string().superRefine((text, context) => {
  try {
    new Cron(text, { paused: true });
  } catch (error) {
    context.addIssue({ code: "custom", message: `is no cron expression: ${error instanceof Error ? error.message : String(error)}` });
  }
});

/** What becomes of runs that fell due while nobody was there to start them. `run`: one run makes up for all of them. `report`: they are only said. */
export const MISSED = ["run", "report"] as const;

/** When a rule runs by the clock. */
export const scheduleSchema = z.strictObject({
  /** Five fields (minute hour day month weekday), or six with seconds in front. */
  cron: cronText,
  /** Whose clock; absent = UTC. */
  timeZone: timeZone.optional(),
  missed: z.enum(MISSED, { error: `must be one of: ${MISSED.join(", ")}` }).default("run"),
});

/** Six hours: registries lose events in restarts and network failures, and say nothing of it. */
export const DEFAULT_POLL_MS = 6 * 3_600_000;

/** Why a rule runs without being asked. */
export const triggersSchema = z.strictObject({
  /** Pushes at the source (its webhooks, and what arrives there through Transship) start it for just what was pushed. */
  events: z.boolean().default(false),
  /** With events: a run of the whole rule at the latest so many milliseconds after the one before, since events get lost; absent = `DEFAULT_POLL_MS`. */
  poll: duration.optional(),
  schedule: scheduleSchema.optional(),
});

export type Schedule = z.infer<typeof scheduleSchema>;
export type Triggers = z.infer<typeof triggersSchema>;

/** The next moments at which a schedule falls due, after a moment; fewer than `count` where it ends. Pure: the clock is the caller's. */
export function nextRuns(schedule: Pick<Schedule, "cron" | "timeZone">, after: Date, count: number): Date[] {
  return new Cron(schedule.cron, { paused: true, timezone: schedule.timeZone ?? "UTC" }).nextRuns(count, after);
}
