import { wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import { NO_PROGRESS } from "@transship/model";
import { digestOf } from "@transship/oci";
import type { CopyResult } from "@transship/transfer";
import { describe, expect, it } from "vitest";
import { readAssignment } from "./read-assignment.ts";
import { RetryBudget } from "./retry-budget.ts";
import { NO_COST } from "./run-task.ts";
import { badOutcome, deletionOutcome, goodOutcome } from "./task-outcome.ts";
import { assignment } from "./testing/assignment.ts";

const assigned = (more: Partial<wire.Assignment> = {}) => readAssignment({ taskId: "t", epoch: 1 }, { ...assignment("t").value, ...more });
const ended = (more: Partial<CopyResult>): CopyResult => ({
  outcome: "copied",
  digest: digestOf(Buffer.from("x")),
  progress: NO_PROGRESS,
  blobs: [],
  ...more,
});

describe("what a copy is reported to have brought", () => {
  it.each([
    ["copied", 1, true],
    ["unchanged", 1, false],
    // The attempt before may have moved the tag and not lived to say so.
    ["unchanged", 2, true],
  ] as const)("%s at attempt %i: %s", (outcome, attempt, movedTag) => {
    expect(goodOutcome(assigned({ attempt }), ended({ outcome }))).toMatchObject({ state: wire.TaskState.SUCCEEDED, movedTag });
  });

  it("is the platforms that the engine says, and after an attempt without a word those that were asked for", () => {
    const platforms = ["linux/amd64"];
    expect(goodOutcome(assigned({ platforms }), ended({ platforms })).broughtPlatforms).toEqual(platforms);
    expect(goodOutcome(assigned({ platforms }), ended({ note: "all" }))).toMatchObject({ broughtPlatforms: [], note: "all" });
    expect(goodOutcome(assigned({ platforms, attempt: 2 }), ended({ outcome: "unchanged" })).broughtPlatforms).toEqual(platforms);
  });
});

it("skips a tag that the target keeps from moving, and does not try again", () => {
  const error = new TransshipError("TAG_IMMUTABLE", { what: "putting app:v1", why: "answered 412", side: "target" });
  const report = badOutcome(assigned(), error, NO_COST, new RetryBudget());
  expect(report).toMatchObject({
    state: wire.TaskState.SKIPPED,
    skipReason: "the target forbids moving this tag: answered 412",
    movedTag: false,
  });
  expect(report.failure).toBeUndefined();
});

describe("a deletion", () => {
  const operation = wire.TaskOperation.DELETE;

  it.each([
    [{ outcome: "deleted", by: "tag" }, wire.TaskState.SUCCEEDED, ""],
    [{ outcome: "absent" }, wire.TaskState.SUCCEEDED, ""],
    [{ outcome: "returned" }, wire.TaskState.SKIPPED, "the source has it again"],
    [{ outcome: "moved" }, wire.TaskState.SKIPPED, "the target's tag is not what it was when the deletion was planned"],
    [
      { outcome: "shared", neededBy: "v2" },
      wire.TaskState.SKIPPED,
      "the target deletes manifests only, and another tag needs this one: v2",
    ],
    [{ outcome: "undeletable" }, wire.TaskState.SKIPPED, "the target does not allow deletions"],
  ] as const)("that ends with %j is reported", (result, state, skipReason) => {
    expect(deletionOutcome(assigned({ operation }), result)).toMatchObject({ state, skipReason, operation, movedTag: false });
  });

  it("is not taken for a copy by an agent that does not know what it is asked for", () => {
    expect(() => assigned({ operation: 99 as never })).toThrow("operation that this agent knows");
  });
});
