import type { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent } from "./testing/fake-agent.ts";
import {
  apply,
  call,
  finished,
  instance,
  rule,
  run,
  runToEnd,
  startTest,
  type TestControlPlane,
  tasks,
  until,
} from "./testing/test-control-plane.ts";
import { World } from "./testing/world.ts";

const agentDocument = (name: string, labels: Record<string, string>): wire.Resource => ({
  kind: { $case: "agent", value: { name, labels } },
});
const FAST = { labels: { tier: "fast" }, names: [] };

function threeAgents(plane: TestControlPlane, world: World) {
  const open = (name: string, labels: Record<string, string>) => new FakeAgent({ address: plane.address, world, name, said: { labels } });
  return [open("a1", { tier: "slow" }), open("a2", { tier: "fast" }), open("a3", {})] as const;
}

const worked = (agent: FakeAgent) => agent.assignments.length + agent.heardOf("question").length;

describe("a rule that names its agents", () => {
  it("is listed, resolved and copied by them only", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1, "team/app:v2": 2 });
    const [a1, a2, a3] = threeAgents(plane, world);
    using _a1 = a1;
    using _a2 = a2;
    using _a3 = a3;
    await until("all three", async () => (await agentsOf(plane)).length === 3);
    await apply(plane.client, { resources: [instance("gz"), instance("sg"), rule("r", { agents: FAST })] });
    expect(await runToEnd(plane.client)).toMatchObject({ tasks: { succeeded: 2 } });
    expect(a2.assignments.length).toBe(2);
    expect(worked(a2)).toBeGreaterThan(2);
    expect(worked(a1) + worked(a3)).toBe(0);
    await apply(plane.client, { resources: [rule("r", { agents: { labels: {}, names: ["a3"] } })] });
    world.push("gz", { "team/app:v3": 3 });
    await runToEnd(plane.client);
    expect(a3.assignments.length).toBe(1);
    expect(worked(a1)).toBe(0);
  });

  it("has no route where none fits, and says what each lacks", async () => {
    await using plane = await startTest();
    const agents = threeAgents(plane, new World());
    using _all = new DisposableStack();
    for (const agent of agents) _all.use(agent);
    await until("all three", async () => (await agentsOf(plane)).length === 3);
    const picky = rule("r", { agents: { labels: { tier: "best" }, names: ["a1", "a2"] } });
    await apply(plane.client, { resources: [instance("gz"), instance("sg"), picky] });
    const end = await runToEnd(plane.client);
    expect(end.failure).toMatchObject({
      code: "NO_ROUTE",
      message:
        "copying from gz to sg: the rule's `agents` asks for label tier=best, name a1 or a2; online: a1 (tier=slow); a2 (tier=fast); a3 (not named, no label tier)",
      hint: expect.stringContaining("kind: Agent"),
    });
  });

  it("tells of a task that waits what the agents that are there lack", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    // Lists, and takes no task.
    using _fast = new FakeAgent({ address: plane.address, world, name: "a2", slots: 0, said: { labels: { tier: "fast" } } });
    await apply(plane.client, { resources: [instance("gz"), instance("sg"), rule("r", { agents: FAST })] });
    const id = (await run(plane.client)).execution?.id ?? "";
    const [waiting] = await until("the task", async () => {
      const found = await tasks(plane.client, id);
      return found.length > 0 && found;
    });
    await apply(plane.client, { resources: [agentDocument("a2", { tier: "slow" })] });
    const { tasks: service } = plane.client;
    const shown = await call(plane.client, service, service.getTask, { id: waiting?.id ?? "" });
    expect(shown.waiting).toContain("the rule's `agents` asks for label tier=fast; online: a2 (tier=slow)");
  });

  it("goes to an agent as soon as its document gives it the label, above what its process says", async () => {
    await using plane = await startTest({ routePatienceMs: 20_000 });
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    const agents = threeAgents(plane, world);
    using _all = new DisposableStack();
    for (const agent of agents) _all.use(agent);
    await until("all three", async () => (await agentsOf(plane)).length === 3);
    const documents = [agentDocument("a2", { tier: "busy" }), agentDocument("a9", { tier: "fast" })];
    await apply(plane.client, { resources: [instance("gz"), instance("sg"), rule("r", { agents: FAST }), ...documents] });
    expect((await agentsOf(plane)).map(({ name, labels }) => `${name} ${labels.tier}`)).toEqual([
      "a1 slow",
      "a2 busy",
      "a3 undefined",
      "a9 fast",
    ]);
    // Nothing but the document lets this agent in.
    const response = await apply(plane.client, { resources: [agentDocument("a1", { tier: "fast" })] });
    expect(response.changes).toMatchObject([{ resource: { kind: "Agent", name: "a1" } }]);
    expect(await runToEnd(plane.client)).toMatchObject({ tasks: { succeeded: 1 } });
    expect(agents[0].assignments.length).toBe(1);
    // An agent that nobody saw waits in its document; it is applied to it when it comes.
    await apply(plane.client, { resources: [agentDocument("a1", {})] });
    world.push("gz", { "team/app:v2": 2 });
    using late = new FakeAgent({ address: plane.address, world, name: "a9" });
    await until("the ninth", async () => (await agentsOf(plane)).find(({ name }) => name === "a9")?.version !== "");
    const id = (await run(plane.client)).execution?.id ?? "";
    expect(await finished(plane.client, id)).toMatchObject({ tasks: { succeeded: 1 } });
    expect(late.assignments.length).toBe(1);
  });

  it("is pruned with what no file names, and shows what differs", async () => {
    await using plane = await startTest();
    await apply(plane.client, { resources: [agentDocument("a1", { tier: "slow" }), agentDocument("a2", {})] });
    const again = await apply(plane.client, { resources: [agentDocument("a1", { tier: "fast" })], prune: true, dryRun: true });
    expect(again.changes.map(({ resource, outcome }) => `${resource?.kind}/${resource?.name} ${outcome}`)).toEqual([
      "Agent/a1 2",
      "Agent/a2 4",
    ]);
    expect(again.changes[0]?.fields).toEqual([{ path: "metadata.labels.tier", before: '"slow"', after: '"fast"' }]);
  });
});

const agentsOf = async (plane: TestControlPlane) =>
  (await call(plane.client, plane.client.agents, plane.client.agents.listAgents, {})).agents;
