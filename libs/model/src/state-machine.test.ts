import { TransshipError } from "@transship/errors";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AGENT_TRANSITIONS } from "./agent-state.ts";
import { EXECUTION_TRANSITIONS } from "./execution-state.ts";
import { follow, isFinal, mayFollow, statesBefore, type Transitions } from "./state-machine.ts";
import { LEASED_STATES, TASK_TRANSITIONS, WAITING_STATES } from "./task-state.ts";

const machines: readonly { name: string; table: Transitions<string>; start: string; final: readonly string[] }[] = [
  { name: "task", table: TASK_TRANSITIONS, start: "queued", final: ["cancelled", "failed", "skipped", "succeeded"] },
  { name: "execution", table: EXECUTION_TRANSITIONS, start: "queued", final: ["failed", "partial", "stopped", "succeeded"] },
  { name: "agent", table: AGENT_TRANSITIONS, start: "enrolled", final: ["revoked"] },
];

describe.each(machines)("the $name's states", ({ table, start, final }) => {
  const states = Object.keys(table);

  it("end only where they should", () => {
    expect(states.filter((state) => isFinal(table, state)).sort()).toEqual(final);
  });

  it("lead nowhere but to known states, never to themselves", () => {
    for (const [state, next] of Object.entries(table)) {
      expect(states).toEqual(expect.arrayContaining([...next]));
      expect(next).not.toContain(state);
      expect(new Set(next).size).toBe(next.length);
    }
  });

  it("can all be reached, and can all end", () => {
    expect([...reachable(table, start)].sort()).toEqual([...states].sort());
    for (const state of states) expect([...reachable(table, state)].some((reached) => isFinal(table, reached))).toBe(true);
  });

  it("let no path out of a final state", () => {
    return fc.assert(
      fc.property(fc.array(fc.constantFrom(...states), { maxLength: 40 }), (wishes) => {
        let here = start;
        for (const wish of wishes) {
          const before = here;
          try {
            here = follow(table, "it", here, wish);
          } catch (error) {
            expect(error).toBeInstanceOf(TransshipError);
            expect((error as TransshipError).code).toBe("CONFLICT");
          }
          expect(here === before || table[before]?.includes(here)).toBe(true);
          if (isFinal(table, before)) expect(here).toBe(before);
        }
      }),
    );
  });

  it("are named by those before them exactly", () => {
    for (const to of states) expect(statesBefore(table, to)).toEqual(states.filter((from) => mayFollow(table, from, to)));
  });
});

describe("follow", () => {
  it("says where a state can go, or that it is final", () => {
    expect(follow(TASK_TRANSITIONS, "task t", "queued", "leased")).toBe("leased");
    expect(() => follow(TASK_TRANSITIONS, "task t", "queued", "verifying")).toThrow(
      "changing task t from queued to verifying: queued can only become leased, cancelled, failed",
    );
    expect(() => follow(TASK_TRANSITIONS, "task t", "failed", "queued")).toThrow("failed is final");
    expect(() => follow(TASK_TRANSITIONS, "task t", "leased", "leased")).toThrow("from leased to leased");
  });
});

describe("the groups of task states", () => {
  it("are all unfinished states, each in one group", () => {
    const unfinished = Object.keys(TASK_TRANSITIONS).filter((state) => !isFinal(TASK_TRANSITIONS, state as keyof typeof TASK_TRANSITIONS));
    expect([...LEASED_STATES, ...WAITING_STATES].sort()).toEqual(unfinished.sort());
  });

  it("let an agent that has a task give it back or end it in any way", () => {
    for (const state of LEASED_STATES) {
      for (const end of ["succeeded", "skipped", "failed", "retrying", "cancelled", "queued"] as const) {
        expect(mayFollow(TASK_TRANSITIONS, state, end)).toBe(true);
      }
    }
    for (const state of WAITING_STATES) expect(mayFollow(TASK_TRANSITIONS, state, "leased")).toBe(true);
  });
});

function reachable(table: Transitions<string>, from: string): Set<string> {
  const seen = new Set([from]);
  for (const state of seen) for (const next of table[state] ?? []) seen.add(next);
  return seen;
}
