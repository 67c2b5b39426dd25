import { fromServiceError, wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent, type FakeAgentOptions } from "../testing/fake-agent.ts";
import {
  apply,
  finished,
  instance,
  rule,
  run,
  runToEnd,
  startTest,
  type TestControlPlane,
  tasks,
  until,
} from "../testing/test-control-plane.ts";
import { World } from "../testing/world.ts";

const VERSIONS = { names: undefined, semver: ">=1", prereleases: false, newest: 0, newestBy: "", pushedWithinMs: 0 };

async function stage(
  plane: TestControlPlane,
  more: Partial<wire.RuleSpec>,
  options: Partial<FakeAgentOptions> = {},
): Promise<{ agent: FakeAgent; world: World }> {
  const world = options.world ?? new World();
  const agent = new FakeAgent({ address: plane.address, world, ...options });
  await until("the welcome", () => agent.heardOf("welcome").length > 0);
  await apply(plane.client, { resources: [instance("gz"), instance("sg"), rule("r", more)] });
  return { agent, world };
}

async function all<T>(stream: unknown): Promise<T[]> {
  try {
    return await Array.fromAsync(stream as AsyncIterable<T>);
  } catch (thrown) {
    throw fromServiceError(thrown, "asking");
  }
}

function plan(plane: TestControlPlane, request: wire.PlanRuleRequest): Promise<wire.PlanEvent[]> {
  return all(plane.client.rules.planRule(request, plane.client.metadata));
}

describe("a rule's filter", () => {
  it("is what a run copies, and a plan of all tells why it leaves the rest", async () => {
    await using plane = await startTest();
    const { agent, world } = await stage(plane, { tags: VERSIONS, repositories: { include: [], exclude: ["old"] } });
    using _agent = agent;
    world.push("gz", { "team/app:1.0.0": 1, "team/app:0.9.0": 2, "team/app:dev": 3, "team/old:1.0.0": 4 });
    const events = await plan(plane, { name: "r", all: true });
    const lines = events.flatMap(({ event }) => (event?.$case === "item" ? [event.value] : []));
    expect(
      lines.map(({ source, target, action, reason }) => [source?.repository, source?.tag, target?.repository, action, reason]),
    ).toEqual([
      ["team/app", "1.0.0", "mirror/app", wire.PlanAction.COPY, "missing"],
      ["team/app", "0.9.0", undefined, wire.PlanAction.SKIP, "outside-range"],
      ["team/app", "dev", undefined, wire.PlanAction.SKIP, "not-a-version"],
      ["team/old", "1.0.0", undefined, wire.PlanAction.SKIP, "repository-excluded"],
    ]);
    expect(events.at(-1)?.event).toMatchObject({ $case: "summary", value: { copy: 1, skip: 0, refused: 3 } });
    expect((await plan(plane, { name: "r" })).map(({ event }) => event?.$case)).toEqual(["item", "summary"]);
    await runToEnd(plane.client);
    expect([...world.at("sg").keys()]).toEqual(["mirror/app:1.0.0"]);
  });

  it("can be looked at without a target, also of a rule that is not stored, and for one repository", async () => {
    await using plane = await startTest();
    const { agent, world } = await stage(plane, { tags: VERSIONS });
    using _agent = agent;
    world.push("gz", { "team/app:1.0.0": 1, "team/app:dev": 2, "team/web:2.0.0": 3 });
    const test = async (request: Partial<wire.TestFilterRequest>) => {
      const events = await all<wire.FilterEvent>(
        plane.client.rules.testFilter({ name: "r", repository: "", ...request }, plane.client.metadata),
      );
      return events.map(({ event }) =>
        event?.$case === "line" ? `${event.value.repository}:${event.value.tag} ${event.value.reason}` : event?.value,
      );
    };
    expect(await test({})).toEqual([
      "team/app:1.0.0 ",
      "team/web:2.0.0 ",
      "team/app:dev not-a-version",
      { selected: 2, refused: 1, repositories: 2 },
    ]);
    expect(await test({ repository: "team/web" })).toEqual(["team/web:2.0.0 ", { selected: 1, refused: 0, repositories: 1 }]);
    const other = rule("other", { tags: { ...VERSIONS, semver: ">=2" } }).kind;
    if (other?.$case !== "rule") throw new Error("no rule");
    expect((await test({ name: "", rule: other.value })).at(-1)).toEqual({ selected: 1, refused: 2, repositories: 1 });
    expect(agent.heardOf("question").every(({ ask }) => ask?.$case === "listTags")).toBe(true);
    await expect(test({ name: "absent" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    const bad = { ...other.value, spec: rule("x", { tags: { ...VERSIONS, semver: "newer" } }).kind };
    if (bad.spec?.$case !== "rule" || bad.spec.value.spec === undefined) throw new Error("no rule");
    await expect(test({ rule: { ...other.value, spec: bad.spec.value.spec } })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("is never passed over by an agent that is too old for it", async () => {
    await using plane = await startTest();
    const old: FakeAgentOptions["answer"] = ({ ask }, agent) => {
      const tags = [{ repository: "team/app", tag: "dev", digest: "sha256:1" }];
      return ask?.$case === "listTags" && agent.name === "a1" ? { $case: "tags", value: { tags } } : undefined;
    };
    const { agent } = await stage(plane, { tags: VERSIONS }, { answer: old });
    using _agent = agent;
    const { execution } = await run(plane.client);
    const end = await finished(plane.client, execution?.id ?? "");
    expect(end).toMatchObject({ state: wire.ExecutionState.FAILED, failure: { code: "UNSUPPORTED", side: wire.Side.SOURCE } });
    expect(await tasks(plane.client, end.id)).toEqual([]);
  });
});

describe("names at the target that two repositories get", () => {
  it("go to the first one, in every run, and the plan names it", async () => {
    await using plane = await startTest();
    const targets = [{ instance: "sg", namespace: "mirror", repository: "", flatten: -1 }];
    const { agent, world } = await stage(plane, { targets });
    using _agent = agent;
    world.push("gz", { "team/a/app:v1": 1, "team/b/app:v1": 2, "team/b/app:v2": 3 });
    await runToEnd(plane.client);
    expect([...world.at("sg")].map(([name, digest]) => [name, digest.at(-1)])).toEqual([
      ["mirror/app:v1", "1"],
      ["mirror/app:v2", "3"],
    ]);
    const events = await plan(plane, { name: "r" });
    const items = events.flatMap(({ event }) => (event?.$case === "item" ? [[event.value.reason, event.value.explanation]] : []));
    expect(items).toEqual([["collides", "team/a/app has this name at the target"]]);
    expect(agent.heardOf("question").find(({ ask }) => ask?.$case === "listTags")?.ask).toMatchObject({
      value: { selection: { inOrder: true } },
    });
  });

  it("are planned once where two targets are one place", async () => {
    await using plane = await startTest();
    const target = { instance: "sg", namespace: "mirror", repository: "", flatten: 0 };
    const { agent, world } = await stage(plane, { targets: [target, { ...target, repository: "{{name}}" }] });
    using _agent = agent;
    world.push("gz", { "team/app:v1": 1 });
    const end = await runToEnd(plane.client);
    expect(await tasks(plane.client, end.id)).toHaveLength(1);
  });
});
