import type { Schedule } from "@transship/model";
import type { RuleTriggers } from "@transship/store";
import { Cron } from "croner";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dueSchedule, MOST_MISSED } from "./due-schedule.ts";

const at = (text: string) => new Date(`2026-${text}Z`);
const schedule = (cron: string, timeZone?: string, missed: Schedule["missed"] = "run"): Schedule => ({ cron, timeZone, missed });

/** A rule's schedule as the store would remember it, looked at moment by moment. */
function memory() {
  let known: RuleTriggers | undefined;
  return {
    get known() {
      return known;
    },
    look(wanted: Schedule | undefined, now: Date) {
      const { step, start } = dueSchedule(wanted, known, now);
      if (step !== undefined) {
        known = {
          rule: "r",
          schedule: step.schedule,
          nextAt: step.nextAt,
          lastDueAt: step.dueAt ?? known?.lastDueAt,
          missed: (known?.missed ?? 0) + (step.missed?.count ?? 0),
          lastMissedAt: step.missed?.lastAt ?? known?.lastMissedAt,
          lastFullAt: undefined,
          lastEventAt: undefined,
          lastEvent: undefined,
        };
      }
      return start;
    },
  };
}

describe("a schedule", () => {
  it("starts nothing when it is new or changed, and one run when it is due", () => {
    const rule = memory();
    expect(rule.look(schedule("0 2 * * *", "Asia/Shanghai"), at("03-01T17:59:59"))).toBeUndefined();
    expect(rule.known?.nextAt).toBe("2026-03-01T18:00:00.000Z");
    expect(rule.look(schedule("0 2 * * *", "Asia/Shanghai"), at("03-01T18:00:00"))).toBe("schedule");
    expect(rule.look(schedule("0 2 * * *", "Asia/Shanghai"), at("03-01T18:00:00.001"))).toBeUndefined();
    expect(rule.known).toMatchObject({ nextAt: "2026-03-02T18:00:00.000Z", missed: 0 });
    expect(rule.look(schedule("0 3 * * *"), at("03-03T00:00:00"))).toBeUndefined();
    expect(rule.known).toMatchObject({ nextAt: "2026-03-03T03:00:00.000Z", missed: 0 });
  });

  it("is not missed by a restart of some seconds", () => {
    const rule = memory();
    rule.look(schedule("0 2 * * *"), at("03-01T01:00:00"));
    expect(rule.look(schedule("0 2 * * *"), at("03-01T02:00:50"))).toBe("schedule");
    expect(rule.known?.missed).toBe(0);
  });

  it.each([
    ["run", "missed"],
    ["report", undefined],
  ] as const)("that was missed three times counts them; with `%s` it starts %s", (missed, start) => {
    const rule = memory();
    rule.look(schedule("0 2 * * *", undefined, missed), at("03-01T01:00:00"));
    expect(rule.look(schedule("0 2 * * *", undefined, missed), at("03-03T12:00:00"))).toBe(start);
    expect(rule.known).toMatchObject({ missed: 3, lastMissedAt: "2026-03-03T02:00:00.000Z", nextAt: "2026-03-04T02:00:00.000Z" });
  });

  it("of every second that was away for a month counts only so far, and is on time again", () => {
    const rule = memory();
    rule.look(schedule("* * * * * *", undefined, "report"), at("03-01T00:00:00"));
    expect(rule.look(schedule("* * * * * *", undefined, "report"), at("04-01T00:00:00"))).toBe("schedule");
    expect(rule.known?.missed).toBeGreaterThanOrEqual(MOST_MISSED);
    expect(rule.known).toMatchObject({ lastDueAt: "2026-04-01T00:00:00.000Z", nextAt: "2026-04-01T00:00:01.000Z" });
  });

  it("that was switched off missed nothing", () => {
    const rule = memory();
    rule.look(schedule("0 2 * * *"), at("03-01T01:00:00"));
    rule.look(undefined, at("03-01T01:30:00"));
    expect(rule.look(schedule("0 2 * * *"), at("03-09T01:00:00"))).toBeUndefined();
    expect(rule.known).toMatchObject({ missed: 0, nextAt: "2026-03-09T02:00:00.000Z" });
  });

  it("runs again after the clock was far ahead, and not twice when it is set back a little", () => {
    const rule = memory();
    rule.look(schedule("0 2 * * *"), at("09-01T00:00:00"));
    rule.look(schedule("0 2 * * *"), at("03-01T00:00:00"));
    expect(rule.known?.nextAt).toBe("2026-03-01T02:00:00.000Z");
    expect(rule.look(schedule("0 2 * * *"), at("03-01T02:00:00.100"))).toBe("schedule");
    expect(rule.look(schedule("0 2 * * *"), at("03-01T01:59:59"))).toBeUndefined();
    expect(rule.look(schedule("0 2 * * *"), at("03-01T02:00:00"))).toBeUndefined();
    expect(rule.known?.nextAt).toBe("2026-03-02T02:00:00.000Z");
  });

  it("ends where no moment is left", () => {
    const rule = memory();
    rule.look(schedule("0 0 30 2 *"), at("03-01T00:00:00"));
    expect(rule.known?.nextAt).toBeUndefined();
  });
});

describe("a schedule over changes of daylight saving", () => {
  const zones = fc.constantFrom("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Shanghai", "UTC");
  const crons = fc.constantFrom("30 2 * * *", "*/20 * * * *", "0 0 * * *", "15 1-3 * * *", "0 */6 * * *", "30 1 * * 0");
  // Around the changes of both hemispheres in 2026.
  const days = fc.constantFrom("03-07", "03-28", "04-03", "09-05", "10-03", "10-24", "10-31");

  it("starts at the very moments that croner names", () => {
    fc.assert(
      fc.property(zones, crons, days, fc.integer({ min: 60, max: 600 }), (zone, cron, day, everyMinutes) => {
        const begin = at(`${day}T00:00:00`);
        const end = begin.getTime() + 60 * 3_600_000;
        const expected = new Cron(cron, { paused: true, timezone: zone })
          .nextRuns(200, begin)
          .map((moment) => moment.toISOString())
          .filter((moment) => Date.parse(moment) <= end);
        const rule = memory();
        const started: string[] = [];
        const wanted = schedule(cron, zone);
        rule.look(wanted, begin);
        // As the loop does: at the moment itself, and now and then before.
        for (let now = begin.getTime(); now < end; ) {
          const next = Date.parse(rule.known?.nextAt ?? "");
          now = Math.min(end, next, now + everyMinutes * 60_000);
          if (rule.look(wanted, new Date(now)) !== undefined) started.push(new Date(now).toISOString());
        }
        expect(started).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });
});
