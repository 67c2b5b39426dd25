import { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent, type FakeAgentOptions } from "../testing/fake-agent.ts";
import {
  apply,
  call,
  finished,
  instance,
  messages,
  rule,
  run,
  runToEnd,
  startTest,
  type TestControlPlane,
  tasks,
  until,
} from "../testing/test-control-plane.ts";
import { fakeDigest, World } from "../testing/world.ts";

const RELAY: wire.Relay = { instance: "hub", namespace: "between" };
const LAX: wire.Deletion = { propagate: true, maxCount: 20, maxSharePercent: 100 };

function inNetwork(name: string, network: string, more: Partial<wire.InstanceSpec> = {}): wire.Resource {
  return instance(name, { endpoints: [{ url: `https://${name}.example`, network, address: "", ca: "" }], ...more });
}

interface Played extends AsyncDisposable {
  readonly plane: TestControlPlane;
  readonly world: World;
  readonly near: Record<"gz" | "sg", FakeAgent>;
}

/** Two instances that no agent reaches both of, a hub that both sides' agents reach, and a rule. */
async function play(spec: Partial<wire.RuleSpec> = { relay: RELAY }, more: Partial<FakeAgentOptions> = {}): Promise<Played> {
  const plane = await startTest();
  const world = new World();
  world.push("gz", { "team/app:v1": 1 });
  const agent = (name: string, network: string) =>
    new FakeAgent({ address: plane.address, world, name, region: network, networks: [network, "transit"], ...more });
  const near = { gz: agent("gz-1", "vpc-gz"), sg: agent("sg-1", "vpc-sg") };
  await apply(plane.client, {
    resources: [inNetwork("gz", "vpc-gz"), inNetwork("sg", "vpc-sg"), inNetwork("hub", "transit"), rule("r", spec)],
  });
  await until("both", () => [near.gz, near.sg].every((one) => one.heardOf("welcome").length > 0));
  const stop = async () => {
    for (const one of Object.values(near)) one[Symbol.dispose]();
    await plane[Symbol.asyncDispose]();
  };
  return { plane, world, near, [Symbol.asyncDispose]: stop };
}

async function routes(plane: TestControlPlane): Promise<string[]> {
  const plan = plane.client.rules.planRule({ save: false, name: "r" }, plane.client.metadata) as AsyncIterable<wire.PlanEvent>;
  return (await Array.fromAsync(plan)).flatMap(({ event }) => (event?.$case === "item" ? [event.value.route] : []));
}

describe("a copy by way of a relay", () => {
  it("is refused with the missing link where the rule names none", async () => {
    await using played = await play({});
    expect(await runToEnd(played.plane.client)).toMatchObject({
      failure: {
        code: "NO_ROUTE",
        message:
          "copying from gz to sg: no agent reaches both gz and sg: gz-1 reaches gz (vpc-gz) but not sg: it is in vpc-gz, transit, and sg in vpc-sg; " +
          "sg-1 reaches sg (vpc-sg) but not gz: it is in vpc-sg, transit, and gz in vpc-gz",
      },
    });
  });

  it("goes in two hops, each at an agent that reaches both its ends, as one task that counts both", async () => {
    await using played = await play();
    const { plane, world, near } = played;
    expect(await routes(plane)).toEqual(["in two hops through hub: gz-1, then sg-1"]);
    const ended = await runToEnd(plane.client);
    expect(ended).toMatchObject({ state: wire.ExecutionState.SUCCEEDED, tasks: { total: 1, succeeded: 1 } });

    const place = { instance: "hub", repository: "between/gz/team/app", tag: `relay-sha256-${fakeDigest(1).slice(7)}` };
    const [first] = near.gz.assignments;
    expect(first).toMatchObject({
      source: { instance: "gz" },
      target: place,
      digest: fakeDigest(1),
      refill: true,
      overwrite: wire.Overwrite.ALWAYS,
    });
    expect([first?.sourceAccess?.instance, first?.targetAccess?.instance]).toEqual(["gz", "hub"]);
    const [second] = near.sg.assignments;
    expect(second).toMatchObject({ source: place, target: { instance: "sg", repository: "mirror/app", tag: "v1" }, digest: fakeDigest(1) });
    expect([second?.sourceAccess?.instance, second?.targetAccess?.instance, second?.attempt]).toEqual(["hub", "sg", 1]);
    // Both agents report absolute numbers: the second goes on from those of the first.
    expect(second?.bytesSoFar?.copied).toBe(10);
    expect([near.gz.assignments.length, near.sg.assignments.length]).toEqual([1, 1]);
    expect(world.at("sg").get("mirror/app:v1")).toBe(fakeDigest(1));

    const [task] = await tasks(plane.client, ended.id);
    expect(task).toMatchObject({
      agent: "sg-1",
      leg: wire.TaskLeg.SECOND,
      path: { source: { instance: "hub" }, target: { instance: "sg" } },
      relay: {
        place,
        there: true,
        firstAgent: "gz-1",
        firstHops: 1,
        firstPath: { source: { instance: "gz" }, target: { instance: "hub" } },
      },
    });
    expect(task?.relay?.firstPlacement).toMatch(/^agent gz-1: .*; first of two hops, to the relay hub$/);
    expect(task?.placement).toMatch(/^agent sg-1: .*; second of two hops, from the relay hub$/);
    expect(await messages(plane.client, ended.id)).toContain(
      "first hop done by agent gz-1: it is at the relay hub and waits for the second",
    );
  });

  it("is not made where one agent reaches both sides, even when the first hop is done", async () => {
    await using played = await play({ relay: RELAY }, { work: () => undefined });
    const { plane, world, near } = played;
    const { id } = (await run(plane.client)).execution ?? { id: "" };
    const first = await until("the first hop", () => near.gz.assignments[0]);
    near.sg.demand(0);
    near.gz.report(first, wire.TaskState.SUCCEEDED);
    await until("the relay", async () => (await tasks(plane.client, id))[0]?.relay?.there === true);
    using whole = new FakeAgent({ address: plane.address, world, name: "both", networks: ["vpc-gz", "vpc-sg"] });
    expect(await finished(plane.client, id)).toMatchObject({ state: wire.ExecutionState.SUCCEEDED });
    expect(whole.assignments).toMatchObject([{ source: { instance: "gz" }, target: { instance: "sg" } }]);
    expect((await tasks(plane.client, id))[0]).toMatchObject({ agent: "both", leg: wire.TaskLeg.WHOLE });
  });

  it("says of a failure which hop it was, and of a task that waits which hop nobody does", async () => {
    const failure = { code: "DENIED", side: wire.Side.TARGET, message: "writing blob: the registry answered 403", hint: "", tried: "" };
    await using played = await play({ relay: RELAY }, { work: (task, self) => void self.report(task, wire.TaskState.FAILED, { failure }) });
    expect((await runToEnd(played.plane.client)).failures[0]?.failure).toMatchObject({
      code: "DENIED",
      message: "first hop, gz to relay hub: writing blob: the registry answered 403",
    });

    await using waiting = await play({ relay: RELAY }, { work: () => undefined });
    const { plane, near } = waiting;
    const { id } = (await run(plane.client)).execution ?? { id: "" };
    const first = await until("the first hop", () => near.gz.assignments[0]);
    near.sg[Symbol.dispose]();
    await until(
      "its end",
      async () =>
        (await call(plane.client, plane.client.agents, plane.client.agents.getAgent, { name: "sg-1" })).state === wire.AgentState.OFFLINE,
    );
    near.gz.report(first, wire.TaskState.SUCCEEDED);
    const [task] = await tasks(plane.client, id);
    const why = await until("the reason", async () => {
      const found = await call(plane.client, plane.client.tasks, plane.client.tasks.getTask, { id: task?.id ?? "" });
      return found.relay?.there === true && found.waiting;
    });
    expect(why).toBe("no agent reaches both hub and sg: gz-1 reaches hub (transit) but not sg: it is in vpc-gz, transit, and sg in vpc-sg");
  });

  it("names the hop that nobody can do, where the relay does not help", async () => {
    await using played = await play();
    const { plane } = played;
    await apply(plane.client, { resources: [inNetwork("hub", "vpc-gz")] });
    expect((await runToEnd(plane.client)).failure?.message).toMatch(
      /^copying from gz to sg: no agent reaches both gz and sg: .*; by way of the relay no agent reaches both hub and sg: gz-1 reaches hub \(vpc-gz\) but not sg/,
    );
  });

  it("is refused by a relay of a third account or border, whichever document changes", async () => {
    await using played = await play();
    const { client } = played.plane;
    await expect(apply(client, { resources: [inNetwork("hub", "transit", { account: "third" })] })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "the topology: rule r: spec.relay.instance: hub belongs to account third, and neither gz nor sg does",
    });
    await expect(apply(client, { resources: [inNetwork("hub", "transit", { border: "eu" })] })).rejects.toMatchObject({
      message: expect.stringContaining("hub is inside border eu, and neither gz nor sg is"),
    });
    await expect(apply(client, { resources: [], deletes: [{ kind: "Instance", name: "hub" }] })).rejects.toMatchObject({
      code: "CONFLICT",
    });
  });
});

describe("a deletion without an agent at both sides", () => {
  it("goes to the target alone, right after another agent found the source without the tag", async () => {
    await using played = await play({ relay: RELAY, deletion: LAX });
    const { plane, world, near } = played;
    world.push("gz", { "team/app:v2": 2 });
    await runToEnd(plane.client);
    world.at("gz").delete("team/app:v2");
    const { id, deleted } = await runToEnd(plane.client);
    expect([deleted, [...world.at("sg").keys()]]).toEqual([1, ["mirror/app:v1"]]);
    const last = near.sg.assignments.at(-1);
    expect(last).toMatchObject({ operation: wire.TaskOperation.DELETE, sourceGone: true, sourceAccess: undefined, target: { tag: "v2" } });
    const looked = near.gz.heardOf("question").at(-1);
    expect(looked).toMatchObject({
      access: { instance: "gz" },
      ask: { $case: "resolveTags", value: { tags: [{ repository: "team/app", tag: "v2" }] } },
    });
    expect((await tasks(plane.client, id))[0]?.placement).toMatch(/; gz is looked at by another agent before$/);
  });

  it("is not done where the source has the tag again, or nobody can say", async () => {
    let looks = 0;
    const failure = { code: "DENIED", side: wire.Side.UNSPECIFIED, message: "reading: denied", hint: "", tried: "" };
    const answer: FakeAgentOptions["answer"] = ({ ask, access }) => {
      if (ask?.$case !== "resolveTags" || access?.instance !== "gz") return undefined;
      looks += 1;
      if (looks > 1) return { $case: "failure", value: failure };
      return { $case: "tags", value: { tags: [{ repository: "team/app", tag: "v2", digest: fakeDigest(9) }] } };
    };
    await using played = await play({ relay: RELAY, deletion: LAX }, { answer });
    const { plane, world, near } = played;
    world.push("gz", { "team/app:v2": 2 });
    await runToEnd(plane.client);
    world.at("gz").delete("team/app:v2");
    const again = await runToEnd(plane.client);
    expect(await tasks(plane.client, again.id)).toMatchObject([{ state: wire.TaskState.SKIPPED, skipReason: "the source has it again" }]);
    const unknown = await runToEnd(plane.client);
    expect(await tasks(plane.client, unknown.id)).toMatchObject([
      { state: wire.TaskState.FAILED, failure: { code: "DENIED", side: wire.Side.SOURCE } },
    ]);
    expect(world.at("sg").has("mirror/app:v2")).toBe(true);
    expect(near.sg.assignments.some(({ operation }) => operation === wire.TaskOperation.DELETE)).toBe(false);
  });
});
