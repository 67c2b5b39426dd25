import { TransshipError } from "@transship/errors";
import type { OutgoingEvent } from "@transship/store";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { Happenings } from "../happenings.ts";
import { WakeUp } from "../wake-up.ts";
import { keepHappenings } from "./keep-happenings.ts";

const at = new Date("2026-01-01T00:00:00.000Z");

function desk(post: (event: OutgoingEvent) => Promise<string[]>) {
  const logged: Record<string, unknown>[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const store = { deliveries: { post } } as unknown as Parameters<typeof keepHappenings>[0]["store"];
  return { store, happenings: new Happenings(), tidings: new WakeUp(), log, now: () => at, logged };
}

describe("keeping what happens", () => {
  it("stores it as an event, all of it before it ends", async () => {
    const posted: OutgoingEvent[] = [];
    const keeper = desk(async (event) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      posted.push(event);
      return [];
    });
    {
      await using _kept = keepHappenings(keeper);
      keeper.happenings.happened({ type: "schedule.missed", rule: "r", at, data: { missed: 3 } });
      expect(posted).toEqual([]);
    }
    expect(posted).toMatchObject([{ type: "schedule.missed", rule: "r" }]);
    expect(JSON.parse(posted[0]?.body ?? "")).toMatchObject({
      type: "dev.transship.schedule.missed",
      subject: "rules/r",
      time: at.toISOString(),
      data: { rule: "r", missed: 3 },
    });
    keeper.happenings.happened({ type: "schedule.missed", rule: "r", at, data: {} });
    expect(posted).toHaveLength(1);
  });

  it("logs what it could not store", async () => {
    const keeper = desk(() => Promise.reject(new TransshipError("DISK_FULL", { what: "storing", why: "of this test" })));
    {
      await using _kept = keepHappenings(keeper);
      keeper.happenings.happened({ type: "schedule.missed", rule: "r", at, data: {} });
    }
    expect(keeper.logged).toMatchObject([{ msg: "an event could not be kept for webhooks", rule: "r" }]);
  });
});
