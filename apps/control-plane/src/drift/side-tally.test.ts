import { type DriftItem, MOST_DRIFT_ITEMS } from "@transship/model";
import { describe, expect, it } from "vitest";
import { driftEvent } from "./drift-event.ts";
import { SideTally } from "./side-tally.ts";

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const SUBJECT = { kind: "replication", name: "tree" } as const;

function item(tag: string, kind: DriftItem["kind"], minute: number): DriftItem {
  const why = { reason: "unknown", explanation: "", edge: "tree:sh" } as const;
  return { kind, repository: "app", tag, sourceRepository: "app", digest: "d", atReplica: undefined, since: at(minute), ...why };
}

describe("what a check finds at one side", () => {
  it("counts all and keeps so many; what is too much is not behind", () => {
    const tally = new SideTally([]);
    for (let tag = 0; tag < MOST_DRIFT_ITEMS + 5; tag++) {
      tally.count("missing");
      if (tally.hasRoom) tally.keep(item(`t${tag}`, tag === 0 ? "extra" : "missing", tag === 0 ? 1 : 3));
    }
    tally.countEqual(7, new Map([["app", 2]]));
    tally.countEqual(1, new Map([["app", 1]]));
    expect(tally.items).toHaveLength(MOST_DRIFT_ITEMS);
    expect(tally.present.get("app")).toBe(3);
    expect(tally.check(SUBJECT, "sh", new Date(at(9)))).toEqual({
      ...{ subject: SUBJECT, replica: "sh", checkedAt: at(9), equal: 8 },
      ...{ missing: MOST_DRIFT_ITEMS + 5, different: 0, extra: 0, behindSince: at(3) },
    });
  });

  it("knows since when from the check before: behind is behind, and too much is another matter", () => {
    const tally = new SideTally([item("a", "missing", 1), item("b", "extra", 2)]);
    expect(tally.sinceBefore({ repository: "app", tag: "a" }, "different")).toBe(at(1));
    expect(tally.sinceBefore({ repository: "app", tag: "a" }, "extra")).toBeUndefined();
    expect(tally.sinceBefore({ repository: "app", tag: "b" }, "extra")).toBe(at(2));
    for (const one of [item("a", "different", 1), item("b", "missing", 5), item("c", "extra", 5)]) tally.keep(one);
    expect(tally.news().map(({ tag }) => tag)).toEqual(["b", "c"]);
  });

  it("is an event where anything is new, with the first ten", () => {
    const check = new SideTally([]).check(SUBJECT, "sh", new Date(at(9)));
    expect(driftEvent(check, "tree:sh", "gz", [])).toBeUndefined();
    const event = driftEvent(
      check,
      "tree:sh",
      "gz",
      Array.from({ length: 12 }, (_, tag) => item(`t${tag}`, "missing", 1)),
    );
    expect(event).toMatchObject({ type: "drift.found", rule: "tree:sh" });
    const { type, subject, data } = JSON.parse(event?.body ?? "");
    expect([type, subject]).toEqual(["dev.transship.drift.found", "replications/tree"]);
    expect(data).toMatchObject({ replication: "tree", primary: "gz", replica: "sh", counts: { new: 12 } });
    expect(data.items).toHaveLength(10);
    expect(data.items[0]).toEqual({ artifact: "app:t0", kind: "missing", digest: "d", since: at(1), reason: "unknown" });
  });
});
