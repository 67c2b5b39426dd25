import { nextRuns, type Schedule } from "@transship/model";
import type { RuleTriggers, ScheduleStep } from "@transship/store";

/** A run that starts so much later than it fell due counts as on time, in milliseconds: a restart is no reason to speak of missed runs. */
export const ON_TIME_MS = 60_000;
/** A clock that is set back by so much or less makes nothing run twice, in milliseconds. Set back further, moments come again, and so do their runs. */
const SET_BACK_MS = 5 * 60_000;
/** Missed moments that are counted one by one; a schedule of every second would have millions a month. */
export const MOST_MISSED = 1000;

/** What is to be done about a schedule now. */
export interface DueSchedule {
  /** What to remember; undefined = nothing changed. */
  readonly step: ScheduleStep | undefined;
  /** What to start a run as; undefined = none is due. */
  readonly start: "schedule" | "missed" | undefined;
}

/**
 * Whether a schedule is due, given what is remembered of it. Pure. Moments that passed while nobody looked are missed unless the last of them is less than
 * `ON_TIME_MS` ago; they are made up for by one run, or only counted, as the schedule says.
 */
export function dueSchedule(schedule: Schedule | undefined, known: RuleTriggers | undefined, now: Date): DueSchedule {
  if (schedule === undefined) {
    // Forgotten while it is off, so that nothing counts as missed when it comes back.
    return { step: known?.schedule === undefined ? undefined : { schedule: undefined, nextAt: undefined }, start: undefined };
  }
  const text = `${schedule.cron} in ${schedule.timeZone ?? "UTC"}`;
  const next = nextAfter(schedule, now);
  const nextAt = next?.toISOString();
  if (known?.schedule !== text) return { step: { schedule: text, nextAt }, start: undefined };
  const due = known.nextAt === undefined ? undefined : new Date(known.nextAt);
  if (due === undefined || due > now) {
    const isBack = next !== undefined && (due === undefined || next < due) && !wasServed(next, known);
    return { step: isBack ? { schedule: text, nextAt } : undefined, start: undefined };
  }
  const passed = passedSince(schedule, due, now);
  const isOnTime = passed.at(-1) !== undefined && now.getTime() - (passed.at(-1) as Date).getTime() <= ON_TIME_MS;
  const late = passed.filter((moment) => now.getTime() - moment.getTime() > ON_TIME_MS);
  const last = late.at(-1);
  const missed = last === undefined ? undefined : { count: late.length, lastAt: last.toISOString() };
  const dueAt = (passed.at(-1) ?? due).toISOString();
  return {
    step: { schedule: text, nextAt, dueAt, missed },
    start: isOnTime ? "schedule" : schedule.missed === "run" ? "missed" : undefined,
  };
}

/** The moments from `due` to `now`; of very many the first `MOST_MISSED` and those that are on time. */
function passedSince(schedule: Schedule, due: Date, now: Date): Date[] {
  const passed = [due, ...upTo(now, schedule, due, MOST_MISSED - 1)];
  const last = passed.at(-1);
  if (passed.length < MOST_MISSED || last === undefined) return passed;
  const recent = new Date(Math.max(last.getTime(), now.getTime() - ON_TIME_MS - 1));
  return [...passed, ...upTo(now, schedule, recent, ON_TIME_MS / 1000 + 1)];
}

/** Moments after one and not after `now`, at most so many. Asked for in growing numbers: each costs, and mostly there is none. */
function upTo(now: Date, schedule: Schedule, after: Date, most: number): Date[] {
  const passed: Date[] = [];
  for (let ask = 1; passed.length < most; ask *= 2) {
    const asked = Math.min(ask, most - passed.length);
    const found = nextRuns(schedule, passed.at(-1) ?? after, asked).filter((moment) => moment <= now);
    passed.push(...found);
    if (found.length < asked) break;
  }
  return passed;
}

/** Whether a moment was served before the clock was set back a little. */
function wasServed(moment: Date, { lastDueAt }: RuleTriggers): boolean {
  return lastDueAt !== undefined && moment.getTime() <= Date.parse(lastDueAt) && Date.parse(lastDueAt) - moment.getTime() <= SET_BACK_MS;
}

function nextAfter(schedule: Schedule, now: Date): Date | undefined {
  return nextRuns(schedule, now, 1)[0];
}
