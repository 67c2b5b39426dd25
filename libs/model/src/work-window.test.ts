import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isOpen, nextChange, type WorkWindow } from "./work-window.ts";

const at = (text: string) => new Date(text);
const HOUR = 3_600_000;

describe("work windows", () => {
  it.each<[WorkWindow, string, boolean, string]>([
    [{ from: "08:00", to: "18:00" }, "2026-03-02T07:59:59.999Z", false, "2026-03-02T08:00:00.000Z"],
    [{ from: "08:00", to: "18:00" }, "2026-03-02T08:00:00.000Z", true, "2026-03-02T18:00:00.000Z"],
    [{ from: "08:00", to: "18:00" }, "2026-03-02T18:00:00.000Z", false, "2026-03-03T08:00:00.000Z"],
    // 23:30 and 06:00 in Shanghai.
    [{ from: "22:00", to: "06:00", timeZone: "Asia/Shanghai" }, "2026-03-02T15:30:00.000Z", true, "2026-03-02T22:00:00.000Z"],
    [{ from: "22:00", to: "06:00", timeZone: "Asia/Shanghai" }, "2026-03-02T22:00:00.000Z", false, "2026-03-03T14:00:00.000Z"],
    // Berlin skips 02:00–03:00 on 29 March 2026, and shows that hour twice on 25 October.
    [{ from: "01:00", to: "05:00", timeZone: "Europe/Berlin" }, "2026-03-29T00:00:00.000Z", true, "2026-03-29T03:00:00.000Z"],
    [{ from: "01:00", to: "05:00", timeZone: "Europe/Berlin" }, "2026-10-25T00:30:00.000Z", true, "2026-10-25T04:00:00.000Z"],
  ])("%j at %s", (window, moment, open, change) => {
    expect(isOpen(window, at(moment))).toBe(open);
    expect(nextChange(window, at(moment)).toISOString()).toBe(change);
  });

  it("stay as they are until their next change, in zones with and without daylight saving", () => {
    const time = fc.tuple(fc.nat(23), fc.nat(59)).map((parts) => parts.map((part) => String(part).padStart(2, "0")).join(":"));
    const zone = fc.constantFrom("UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe");
    // Around the changes of 2026 in each of these zones, and days without any.
    const day = fc.constantFrom("2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01", "2026-07-01");
    fc.assert(
      fc.property(
        time,
        time,
        zone,
        day,
        fc.nat(47 * 60),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (from, to, timeZone, date, minutes, part) => {
          fc.pre(from !== to);
          const window = { from, to, timeZone };
          const moment = new Date(Date.parse(`${date}T00:00:00Z`) - 12 * HOUR + minutes * 60_000);
          const change = nextChange(window, moment);
          expect(change.getTime()).toBeGreaterThan(moment.getTime());
          // A window lasts less than a day, and a day at most 25 hours.
          expect(change.getTime() - moment.getTime()).toBeLessThanOrEqual(26 * HOUR);
          const between = new Date(moment.getTime() + Math.floor((change.getTime() - moment.getTime() - 1) * part));
          expect(isOpen(window, between)).toBe(isOpen(window, moment));
          expect(nextChange(window, between)).toEqual(change);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("agree with the clock on the wall on days without a change of time", () => {
    const time = fc.nat(1439);
    fc.assert(
      fc.property(time, time, time, (from, to, now) => {
        fc.pre(from !== to);
        const text = (minute: number) => new Date(minute * 60_000).toISOString().slice(11, 16);
        const open = from < to ? from <= now && now < to : now >= from || now < to;
        expect(isOpen({ from: text(from), to: text(to) }, new Date(Date.UTC(2026, 6, 1) + now * 60_000))).toBe(open);
      }),
    );
  });
});
