import { type Arrival, NO_BLOBS, NO_PROGRESS, type Rule, type Task } from "@transship/model";
import type { Difference } from "@transship/planner";
import { describe, expect, it } from "vitest";
import type { EdgeFacts } from "./edge-facts.ts";
import { explainDifference, explainExtra } from "./explain-difference.ts";

const T = "2026-01-01T00:00:00.000Z";
const missing: Difference = {
  kind: "missing",
  entry: { repository: "a", tag: "v1", digest: "d1" },
  repository: "a",
  tag: "v1",
  atTarget: undefined,
};
const different: Difference = { ...missing, kind: "different", atTarget: "d9" };

function rule(more: Partial<Rule["spec"]> = {}): Rule {
  const spec: Rule["spec"] = { source: { instance: "gz" }, targets: [{ instance: "sh" }], overwrite: "always", enabled: true, ...more };
  return { name: "tree:sh", labels: {}, createdAt: T, updatedAt: T, spec, edge: { replication: "tree", from: "gz", to: "sh" } };
}

function edge(more: Partial<EdgeFacts> = {}): EdgeFacts {
  return { rule: rule(), paused: "", pending: [], failed: undefined, nextLookAt: "2026-01-01T06:00:00.000Z", ...more };
}

function task(more: Partial<Task>): Task {
  const place = { instance: "sh", repository: "a", tag: "v1" };
  const terms = { operation: "copy", expected: undefined, platforms: undefined, refill: false, overwrite: "always" } as const;
  const way = { path: undefined, leg: "whole", relay: undefined } as const;
  const life = { epoch: 1, agent: "a1", placement: "near", attempts: 2, leaseUntil: undefined, nextAttemptAt: undefined } as const;
  const end = { failure: undefined, skipReason: undefined, note: undefined, createdAt: T, startedAt: T, finishedAt: T } as const;
  const sums = { progress: NO_PROGRESS, blobs: [], blobSums: NO_BLOBS } as const;
  return {
    id: "t1",
    executionId: "x1",
    source: { ...place, instance: "gz" },
    target: place,
    digest: "d1",
    state: "queued",
    ...terms,
    ...way,
    ...life,
    ...end,
    ...sums,
    ...more,
  };
}

const failure = { code: "TIMED_OUT", side: "target", message: "no progress", hint: "" } as const;
const arrival = (by: string, digest: string): Arrival => ({
  ...{ rule: by, digest, at: T, platforms: undefined },
  source: { instance: "gz", repository: "a" },
  target: { instance: "sh", repository: "a", tag: "v1" },
});
const look = { executionId: "x2", createdAt: T, begun: false };

describe("why a tag is missing or different", () => {
  it.each<[string, Difference, Partial<Parameters<typeof explainDifference>[1]>, object]>([
    ["the rule never overwrites", different, { edge: edge({ rule: rule({ overwrite: "never" }) }) }, { reason: "kept" }],
    ["somebody else's tag", different, { edge: edge({ rule: rule({ overwrite: "ours" }) }) }, { reason: "foreign" }],
    [
      "a tag of ours that waits",
      different,
      { edge: edge({ rule: rule({ overwrite: "ours" }) }), arrival: arrival("tree:sh", "d9"), task: task({}) },
      { reason: "waiting", since: T, taskId: "t1" },
    ],
    [
      "an agent has it",
      missing,
      { task: task({ state: "copying" }) },
      { reason: "running", explanation: "agent a1 has task t1 (copying)" },
    ],
    [
      "it waits outside a window",
      missing,
      { task: task({}), edge: edge({ paused: "paused until noon" }) },
      { reason: "waiting", explanation: "task t1 waits for an agent: paused until noon" },
    ],
    [
      "it waits for a registry",
      missing,
      { task: task({}), waitingFor: "circuit open" },
      { explanation: "task t1 waits for an agent: circuit open" },
    ],
    [
      "it is tried again",
      missing,
      { task: task({ state: "retrying", failure, nextAttemptAt: T }) },
      {
        reason: "retrying",
        code: "TIMED_OUT",
        explanation: `task t1 failed (TIMED_OUT: no progress) and is tried again at ${T}, attempt 3`,
      },
    ],
    [
      "disabled",
      missing,
      { edge: edge({ rule: rule({ enabled: false }) }) },
      { reason: "disabled", explanation: "replication tree is disabled" },
    ],
    [
      "an execution waits for just that",
      missing,
      { edge: edge({ pending: [{ ...look, names: new Set(["a:v1"]) }] }) },
      { reason: "planned", since: T, executionId: "x2" },
    ],
    [
      "an execution looks at everything",
      missing,
      { edge: edge({ pending: [{ ...look, begun: true, names: undefined }] }) },
      { reason: "planned", explanation: "execution x2 is listing it" },
    ],
    [
      "an execution looks at something else",
      missing,
      { edge: edge({ pending: [{ ...look, names: new Set(["a:v2"]) }] }) },
      { reason: "unknown" },
    ],
    [
      "another rule brought what is there",
      different,
      { arrival: arrival("other", "d9") },
      { reason: "replaced", explanation: `other brought d9 there at ${T}` },
    ],
    ["it was brought and is gone", missing, { task: task({ state: "succeeded" }) }, { reason: "removed", taskId: "t1" }],
    ["it was brought long ago and is gone", missing, { arrival: arrival("tree:sh", "d1") }, { reason: "removed" }],
    ["it was brought and replaced", different, { arrival: arrival("tree:sh", "d1") }, { reason: "replaced" }],
    ["its task failed", missing, { task: task({ state: "failed", failure }) }, { reason: "failed", code: "TIMED_OUT", since: T }],
    ["its task was cancelled", missing, { task: task({ state: "cancelled" }) }, { reason: "cancelled" }],
    [
      "its task was skipped",
      missing,
      { task: task({ state: "skipped", skipReason: "moved on" }) },
      { reason: "skipped", explanation: "task t1 was skipped: moved on" },
    ],
    ["a task of another digest says nothing", missing, { task: task({ state: "failed", failure, digest: "d0" }) }, { reason: "unknown" }],
    [
      "the last execution failed",
      missing,
      { edge: edge({ failed: { executionId: "x3", code: "UNAUTHORIZED", message: "401", at: T } }) },
      { reason: "failing", code: "UNAUTHORIZED", executionId: "x3" },
    ],
    [
      "nothing",
      missing,
      {},
      { reason: "unknown", explanation: "nothing told of it yet; tree:sh looks at everything again at 2026-01-01T06:00:00.000Z" },
    ],
    [
      "nothing, and nobody comes",
      missing,
      { edge: edge({ nextLookAt: undefined }) },
      { explanation: expect.stringContaining("runs only when it is asked to") },
    ],
  ])("%s", (_, difference, more, expected) => {
    const facts = { edge: edge(), task: undefined, arrival: undefined, waitingFor: "", ...more };
    expect(explainDifference(difference, facts)).toMatchObject(expected);
  });
});

describe("why a tag is extra", () => {
  it("was brought once, or by nobody known", () => {
    expect(explainExtra(rule(), undefined).reason).toBe("stranger");
    expect(explainExtra(rule(), arrival("r", "d1"))).toMatchObject({
      reason: "brought",
      explanation: expect.stringContaining("tree:sh does not delete"),
    });
    const deleting = rule({ deletion: { propagate: true, maxCount: 20, maxShare: 10 } });
    expect(explainExtra(deleting, arrival("r", "d1")).explanation).not.toContain("does not delete");
  });
});
