import { nextRuns } from "@transship/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scheduleInWords, triggersInWords } from "./tell-schedule.ts";

const zone = "Asia/Shanghai";

describe("scheduleInWords", () => {
  it.each([
    ["* * * * *", "every minute (Asia/Shanghai)"],
    ["*/10 * * * *", "every 10 minutes (Asia/Shanghai)"],
    ["*/30 * * * * *", "every 30 seconds (Asia/Shanghai)"],
    ["5 * * * *", "every hour at :05 (Asia/Shanghai)"],
    ["0,30 * * * *", "every hour at :00 and :30 (Asia/Shanghai)"],
    ["15 */6 * * *", "every 6 hours at :15 (Asia/Shanghai)"],
    ["0 2 * * *", "every day at 02:00 Asia/Shanghai"],
    ["0 0 2 * * *", "every day at 02:00 Asia/Shanghai"],
    ["@daily", "every day at 00:00 Asia/Shanghai"],
    ["30 2,14 * * *", "every day at 02:30 and 14:30 Asia/Shanghai"],
    ["0 2 * * 1-5", "on weekdays at 02:00 Asia/Shanghai"],
    ["0 2 * * MON-FRI", "on weekdays at 02:00 Asia/Shanghai"],
    ["0 2 * * 0,6", "on weekends at 02:00 Asia/Shanghai"],
    ["0 2 * * mon", "on Mondays at 02:00 Asia/Shanghai"],
    ["0 2 * * 7,3", "on Wednesdays and Sundays at 02:00 Asia/Shanghai"],
    ["*/10 * * * 1-5", "every 10 minutes, on weekdays (Asia/Shanghai)"],
    ["0 4 1 * *", "monthly on the 1st at 04:00 Asia/Shanghai"],
    ["0 4 1,12,22,23 * *", "monthly on the 1st, 12th, 22nd and 23rd at 04:00 Asia/Shanghai"],
    ["0 4 31 * *", "monthly on the 31st, in months that have it, at 04:00 Asia/Shanghai"],
    ["0 4 L * *", "monthly on the last day at 04:00 Asia/Shanghai"],
  ])("tells %s", (cron, words) => {
    expect(scheduleInWords({ cron, timeZone: zone })).toBe(words);
  });

  it.each(["*/7 * * * *", "0 2 13 * 5", "0 2 * 1-3 *", "0 2 * * 1#2", "15 0 2 * * *", "0 9-17 * * *", "@yearly", "0 */5 * * *"])(
    "quotes %s",
    (cron) => {
      expect(scheduleInWords({ cron, timeZone: zone })).toBe(`by the schedule "${cron}" ${zone}`);
    },
  );

  it("names UTC only with times of day", () => {
    expect(scheduleInWords({ cron: "0 2 * * *" })).toBe("every day at 02:00 UTC");
    expect(scheduleInWords({ cron: "*/5 * * * *" })).toBe("every 5 minutes");
  });

  it("gives the same words only to what falls due at the same moments", () => {
    // Few values, so that many expressions fall together.
    const number = (least: number, most: number) => fc.integer({ min: least, max: Math.min(most, least + 3) }).map(String);
    const field = (least: number, most: number) =>
      fc.oneof(
        fc.constant("*"),
        number(least, most),
        fc.tuple(number(least, most), number(least, most)).map((pair) => pair.join()),
        fc.constantFrom(...[2, 3, 5, 6, 12].map((step) => `*/${step}`)),
      );
    const weekday = fc.oneof(fc.constant("*"), number(0, 7), fc.constantFrom("1-5", "MON-FRI", "SAT,SUN", "6-7", "0-6", "mon", "1"));
    const cron = fc
      .tuple(fc.constantFrom([], ["0"], ["*"]), field(0, 59), field(0, 23), fc.oneof(fc.constant("*"), field(1, 28)), weekday)
      .map(([seconds, minute, hour, day, days]) => [...seconds, minute, hour, day, "*", days].join(" "));
    const known = new Map<string, string>();
    const start = new Date("2026-11-21T15:00:00Z");
    fc.assert(
      fc.property(cron, (text) => {
        const words = scheduleInWords({ cron: text });
        const due = nextRuns({ cron: text }, start, 12).map(String).join();
        const before = known.get(words);
        if (before !== undefined) expect([text, due]).toEqual([text, before]);
        known.set(words, due);
      }),
      { numRuns: 600 },
    );
  });
});

describe("triggersInWords", () => {
  const schedule = { cron: "0 2 * * *", missed: "run" } as const;
  it.each([
    [undefined, "When asked"],
    [{ events: false }, "When asked"],
    [{ events: true }, "On every push to gz"],
    [{ events: false, schedule }, "Every day at 02:00 UTC"],
    [{ events: true, schedule }, "Every day at 02:00 UTC and on every push to gz"],
  ])("tells %j", (triggers, words) => {
    expect(triggersInWords(triggers, "gz")).toBe(words);
  });
});
