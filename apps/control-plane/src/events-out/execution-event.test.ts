import { type ExecutionSummary, NO_BLOBS, NO_BYTES, NO_PROGRESS, type Task } from "@transship/model";
import { describe, expect, it } from "vitest";
import { executionEvent } from "./execution-event.ts";

const FAILURE = { code: "DENIED", side: "target", message: "w".repeat(9_000), hint: "h" } as const;

function ended(state: ExecutionSummary["state"], more: Partial<ExecutionSummary> = {}): ExecutionSummary {
  const tasks = { total: 40, succeeded: 10, failed: 30, skipped: 0, cancelled: 0, running: 0, retrying: 0 };
  const moments = { createdAt: "2026-01-01T00:00:00.000Z", startedAt: "2026-01-01T00:00:01.000Z", finishedAt: "2026-01-01T00:00:02.000Z" };
  const sums = { bytes: { ...NO_BYTES, copied: 7 }, totalBytes: 9, doneBytes: 8, fetchedBytes: 8, blobs: NO_BLOBS };
  const rest = { retryOf: undefined, scoped: false, hops: 0, unchanged: 3, repositories: 2, deleted: 0, failure: undefined };
  return { id: "x1", rule: "r", trigger: "schedule", state, tasks, ...moments, ...sums, ...rest, ...more };
}

function failedTask(id: string): Task {
  const place = { instance: "gz", repository: "team/app", tag: id };
  const terms = { operation: "copy", expected: undefined, platforms: undefined, refill: false, note: undefined } as const;
  const unset = {
    agent: undefined,
    placement: undefined,
    path: undefined,
    leg: "whole" as const,
    relay: undefined,
    leaseUntil: undefined,
    nextAttemptAt: undefined,
    skipReason: undefined,
  };
  const moments = { createdAt: "", startedAt: undefined, finishedAt: undefined };
  const counts = { epoch: 1, attempts: 4, progress: NO_PROGRESS, blobs: [], blobSums: NO_BLOBS };
  const what = { id, executionId: "x1", source: place, target: place, digest: "", overwrite: "always", state: "failed" } as const;
  return { ...what, ...terms, ...unset, ...moments, ...counts, failure: FAILURE };
}

describe("the event of an execution's end", () => {
  it("is a CloudEvent with the Execution that the CLI shows", () => {
    const event = executionEvent(ended("partial"), [failedTask("v1")]);
    expect(event).toMatchObject({ type: "execution.partial", rule: "r" });
    const { id, data, ...envelope } = JSON.parse(event?.body ?? "");
    expect(id).toBe(event?.id);
    expect(envelope).toEqual({
      specversion: "1.0",
      source: "/transship/control-plane",
      type: "dev.transship.execution.partial",
      subject: "executions/x1",
      time: "2026-01-01T00:00:02.000Z",
      datacontenttype: "application/json",
    });
    expect(data).toMatchObject({
      apiVersion: "transship/v1",
      kind: "Execution",
      metadata: { id: "x1", rule: "r", finishedAt: "2026-01-01T00:00:02.000Z" },
      status: { state: "partial", trigger: "schedule", tasks: { total: 40, failed: 30 }, unchanged: 3, bytes: { copied: 7 } },
    });
    expect(data.status.failures).toMatchObject([{ task: "v1", artifact: "team/app:v1", code: "DENIED", side: "target", attempts: 4 }]);
  });

  it("is bounded, with the failure of the whole first", () => {
    const tasks = Array.from({ length: 30 }, (_, index) => failedTask(`v${index}`));
    const body = executionEvent(ended("failed", { failure: { ...FAILURE, code: "NO_ROUTE", side: undefined } }), tasks)?.body ?? "";
    expect(body.length).toBeLessThan(16_384);
    const { failures } = JSON.parse(body).data.status;
    expect(failures).toHaveLength(10);
    expect(failures[0]).toMatchObject({ task: null, artifact: null, code: "NO_ROUTE", side: null });
  });

  it("has an id of its own each time, and is none of one that a person stopped", () => {
    expect(executionEvent(ended("failed"), [])?.id).not.toBe(executionEvent(ended("failed"), [])?.id);
    expect(executionEvent(ended("stopped"), [])).toBeUndefined();
  });
});
