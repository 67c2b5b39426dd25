import { wire } from "@transship/api";
import { type ExecutionState, NO_BYTES } from "@transship/model";
import { describe, expect, it } from "vitest";
import { blobSumsDocument } from "./blobs.ts";
import type { ExecutionDocument } from "./execution.ts";
import { sumExecutions } from "./sum-executions.ts";

function execution(state: ExecutionState, copied = 0): ExecutionDocument {
  return {
    apiVersion: "transship/v1",
    kind: "Execution",
    metadata: { id: `x-${state}`, rule: state, createdAt: "2026-11-21T10:00:00Z" },
    status: {
      state,
      trigger: "manual",
      tasks: { total: 2, succeeded: 1, failed: 1, skipped: 0, cancelled: 0, running: 0, retrying: 0 },
      unchanged: 3,
      repositories: 1,
      deleted: 0,
      bytes: { ...NO_BYTES, copied },
      totalBytes: 10,
      doneBytes: 5,
      fetchedBytes: 6,
      ...blobSumsDocument([{ rung: wire.Rung.JOINED, count: 2, bytes: 20, retries: 3 }]),
      failures: [],
    },
  };
}

describe("sumExecutions", () => {
  it("adds up counts and bytes", () => {
    const sum = sumExecutions([execution("succeeded", 5), execution("partial", 7)]);
    expect(sum.metadata.rule).toBe("succeeded, partial");
    expect(sum.status).toMatchObject({ tasks: { total: 4, succeeded: 2, failed: 2 }, unchanged: 6, bytes: { copied: 12 }, totalBytes: 20 });
    expect(sum.status).toMatchObject({
      fetchedBytes: 12,
      blobs: { joined: { count: 4, bytes: 40 }, copied: { count: 0, bytes: 0 } },
      retries: 6,
    });
  });

  it.each([
    [["succeeded", "succeeded"], "succeeded"],
    [["failed", "failed"], "failed"],
    [["succeeded", "failed"], "partial"],
    [["partial", "partial"], "partial"],
    [["succeeded", "stopped"], "stopped"],
    [["succeeded", "copying"], "copying"],
    [["queued", "inventory"], "inventory"],
    [[], "succeeded"],
  ] as const)("of %j is %s", (states, state) => {
    expect(sumExecutions(states.map((each) => execution(each))).status.state).toBe(state);
  });
});
