import { wire } from "@transship/api";
import { openCheckpoint } from "@transship/checkpoint";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { Reports } from "./report.ts";

const logger = pino({ level: "silent" });
const outcomeOf = (taskId: string, epoch: number) => wire.Outcome.create({ lease: { taskId, epoch }, state: wire.TaskState.SUCCEEDED });

describe("reports", () => {
  it("know their leases, those of an earlier version too", () => {
    using checkpoint = openCheckpoint({ memory: true });
    // As the version before stored them; more than are read at once.
    for (let index = 0; index < 230; index++) checkpoint.outbox.add(wire.Outcome.encode(outcomeOf(`old-${index}`, index)).finish());
    const reports = new Reports(checkpoint.outbox, logger);
    reports.add(outcomeOf("new", 7));
    const leases = reports.leases();
    expect(leases).toHaveLength(231);
    expect(leases).toContainEqual({ taskId: "old-229", epoch: 229 });
    expect(leases).toContainEqual({ taskId: "new", epoch: 7 });
    expect(checkpoint.outbox.withoutLease(0, 1)).toEqual([]);
  });
});
