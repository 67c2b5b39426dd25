import { describe, expect, it } from "vitest";
import { findSecondOwners, type GivenLease, leasesIn, type TagPut } from "./one-owner.ts";
import type { TaskRow } from "./stored-tasks.ts";

const task: TaskRow = {
  id: "x.1",
  executionId: "x",
  state: "succeeded",
  agent: "agent-2",
  epoch: 2,
  failure: null,
  target: { instance: "b", repository: "r1/app", tag: "v1" },
};
const first: GivenLease = { task: "x.1", epoch: 1, agent: "agent-1", at: 1_000 };
const second: GivenLease = { task: "x.1", epoch: 2, agent: "agent-2", at: 5_000 };
const put = (agent: TagPut["agent"], at: number, more: Partial<TagPut> = {}): TagPut => ({
  agent,
  registry: "b",
  repository: "r1/app",
  tag: "v1",
  at,
  ...more,
});

describe("the owners of a task", () => {
  it("may follow one another", () => {
    const puts = [put("agent-1", 4_000), put("agent-2", 6_000)];
    expect(findSecondOwners([task], [first, second], puts)).toEqual([]);
  });

  it("may not write once somebody else has the lease", () => {
    const [fault, ...more] = findSecondOwners([task], [first, second], [put("agent-1", 5_500)]);
    expect(more).toEqual([]);
    expect(fault).toBe("agent-1 wrote b/r1/app:v1 500 ms after agent-2 had its lease of task x.1 (2)");
  });

  it("may write as soon as they have it", () => {
    expect(findSecondOwners([task], [first, second], [put("agent-2", 5_050)])).toEqual([]);
  });

  it("are those of their own tag only", () => {
    expect(
      findSecondOwners([task], [first, second], [put("agent-1", 5_500, { tag: "v2" }), put("agent-1", 5_500, { registry: "c" })]),
    ).toEqual([]);
  });

  it("have an epoch each", () => {
    expect(findSecondOwners([{ ...task, agent: "agent-3" }], [first, second, { ...second, agent: "agent-3" }], [])).toEqual([
      "task x.1: epoch 2 was given to agent-3 after epoch 2 to agent-2",
    ]);
  });

  it("are told from the one who is said to have done it", () => {
    expect(findSecondOwners([{ ...task, agent: "agent-1", epoch: 1 }], [first, second], [])).toEqual([
      "task x.1 was last given to agent-2 (2) and done by agent-1 (1)",
    ]);
  });

  it("are read from the control plane's log", () => {
    const line = {
      time: "2026-01-01T00:00:00.000Z",
      level: 30,
      msg: "given to agent agent-1: near",
      task: "x.1",
      epoch: 1,
      agent: "agent-1",
    };
    expect(leasesIn([{ time: line.time, level: 30, msg: "agent connected" }, line])).toEqual([{ ...first, at: Date.parse(line.time) }]);
  });
});
