import { TransshipError } from "@transship/errors";
import { parseResource, type Rule, type ScopeEntry, scopeName } from "@transship/model";
import fc from "fast-check";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import type { Opened } from "../executions/executions.ts";
import { Metrics } from "../metrics.ts";
import { TopologySnapshot } from "../topology/topology-snapshot.ts";
import { GateBoard } from "../work/gate-board.ts";
import { ReachBoard } from "../work/reach-board.ts";
import { HintFollower } from "./follow-hints.ts";
import type { Hint } from "./formats/hint.ts";

function ruleNamed(name: string): Rule {
  const spec = { source: { instance: "gz" }, targets: [{ instance: "sg" }], triggers: { events: true } };
  const parsed = parseResource({ apiVersion: "transship/v1", kind: "Rule", metadata: { name }, spec });
  if (!("resource" in parsed) || parsed.resource.kind !== "Rule") throw new Error(JSON.stringify(parsed));
  return { name, labels: {}, spec: parsed.resource.spec, createdAt: "2026-01-01T00:00:00.000Z", updatedAt: "2026-01-01T00:00:00.000Z" };
}

type Trigger = (rule: string, scope: readonly ScopeEntry[]) => Promise<void>;

function followerWith(rules: readonly string[], trigger: Trigger): HintFollower {
  const store = { executions: { unfinished: async () => [] }, agents: { list: async () => [] } };
  const topology = { current: async () => new TopologySnapshot([], rules.map(ruleNamed)) };
  return new HintFollower({
    topology,
    executions: {
      trigger: async (rule, _trigger, scope = []) => {
        await trigger(rule, scope);
        return {} as Opened;
      },
    },
    metrics: new Metrics({
      store: store as unknown as ConstructorParameters<typeof Metrics>[0]["store"],
      topology,
      gates: new GateBoard(),
      reach: new ReachBoard(),
      version: "0",
    }),
    log: pino({ level: "silent" }),
    now: () => new Date("2026-01-01T00:00:00.000Z"),
  });
}

const push = (tag: string, digest = "sha256:1"): Hint => ({ repository: "team/app", tag, digest, action: "push" });
const follow = (follower: HintFollower, ...hints: Hint[]) => follower.follow({ instance: "gz", trigger: "event", hints, hops: 0 });

describe("following hints", () => {
  it("loses none, however slowly executions are opened, and ends only when its own are stored", async () => {
    const tags = fc.array(fc.array(fc.constantFrom("v1", "v2", "v3", "v4"), { minLength: 1, maxLength: 3 }), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), tags, async (scheduler, requests) => {
        const stored: string[] = [];
        const follower = followerWith(["r", "s"], async (rule, scope) => {
          await scheduler.schedule(Promise.resolve());
          stored.push(...scope.map((entry) => `${rule} ${scopeName(entry)}`));
        });
        const all = requests.map(async (list, index) => {
          await scheduler.schedule(Promise.resolve());
          await follow(follower, ...list.map((tag) => push(tag, `sha256:${index}`)));
          for (const tag of list) for (const rule of ["r", "s"]) expect(stored).toContain(`${rule} team/app:${tag}`);
        });
        await scheduler.waitFor(Promise.all(all));
      }),
    );
  });

  it("gathers what comes while an execution is being opened", async () => {
    const opened: string[][] = [];
    const gate = Promise.withResolvers<void>();
    const follower = followerWith(["r"], async (_rule, scope) => {
      opened.push(scope.map(scopeName));
      await gate.promise;
    });
    const all = [follow(follower, push("v1"))];
    await new Promise((resolve) => setImmediate(resolve));
    all.push(...["v2", "v3", "v4"].map((tag) => follow(follower, push(tag))));
    await new Promise((resolve) => setImmediate(resolve));
    gate.resolve();
    await Promise.all(all);
    expect(opened).toEqual([["team/app:v1"], ["team/app:v2", "team/app:v3", "team/app:v4"]]);
  });

  it("fails where the store does, and follows the same hint when it is sent again; a rule that is gone is no failure", async () => {
    const codes: ("DISK_FULL" | "NOT_FOUND")[] = ["DISK_FULL", "NOT_FOUND"];
    let calls = 0;
    const follower = followerWith(["r"], async () => {
      calls += 1;
      const code = codes.shift();
      if (code !== undefined) throw new TransshipError(code, { what: "opening", why: "of this test" });
    });
    await expect(follow(follower, push("v1"))).rejects.toMatchObject({ code: "DISK_FULL" });
    await follow(follower, push("v1"));
    await follow(follower, push("v1"));
    expect(calls).toBe(2);
  });
});
