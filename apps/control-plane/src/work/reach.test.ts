import { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent } from "../testing/fake-agent.ts";
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
import { World } from "../testing/world.ts";
import { ReachBoard } from "./reach-board.ts";

const NOW = new Date("2026-11-21T10:00:00.000Z");

/** What an agent says that it found at an endpoint of an instance. */
function found(instanceName: string, network: string, reached: boolean, more: Partial<wire.EndpointReach> = {}): wire.EndpointReach {
  const failure: wire.Failure = {
    code: "TIMED_OUT",
    side: 0,
    message: `reaching the registry ${instanceName}: no connection in time`,
    hint: "",
    tried: "",
  };
  const url = `https://${instanceName}.${network}.example`;
  return { instance: instanceName, url, reached, roundTripMs: 0, forMs: 0, ...(reached ? {} : { failure }), ...more };
}

/** An instance with one endpoint in each network. */
function inNetworks(name: string, ...networks: string[]): wire.Resource {
  const endpoints = networks.map((network) => ({ url: `https://${name}.${network}.example`, network, address: "", ca: "" }));
  return instance(name, { endpoints });
}

async function settled(plane: TestControlPlane, agent: string, count: number): Promise<wire.InstanceReach[]> {
  return until(`what ${agent} reaches`, async () => {
    const { reach } = await call(plane.client, plane.client.agents, plane.client.agents.getAgent, { name: agent });
    return reach.length === count && reach;
  });
}

describe("which endpoints agents reach", () => {
  it("is asked of each agent when it comes and when the topology changes, of what concerns it", async () => {
    await using plane = await startTest();
    const world = new World();
    using near = new FakeAgent({ address: plane.address, world, name: "near", region: "sg", networks: ["public", "vpc-sg"] });
    await apply(plane.client, {
      resources: [inNetworks("gz", "vpc-gz", "public"), inNetworks("sg", "public", "vpc-sg"), rule("r"), instance("idle")],
    });
    const [survey] = await until("the survey", () => near.heardOf("survey").length > 0 && near.heardOf("survey"));
    expect(survey?.places.map((place) => `${place.instance} ${place.endpoint?.network}`)).toEqual(["sg vpc-sg", "sg public", "gz public"]);
    expect(survey?.everyMs).toBe(300_000);
    using late = new FakeAgent({ address: plane.address, world, name: "late", networks: ["vpc-gz"] });
    const [other] = await until("its survey", () => late.heardOf("survey").length > 0 && late.heardOf("survey"));
    expect(other?.places.map((place) => `${place.instance} ${place.endpoint?.network}`)).toEqual(["gz vpc-gz"]);

    await apply(plane.client, { resources: [inNetworks("gz", "idc")] });
    await until("fewer places", () => near.heardOf("survey").at(-1)?.places.length === 2);
    await until("none", () => late.heardOf("survey").at(-1)?.places.length === 0);
    // What changes nothing is not told.
    await apply(plane.client, { resources: [instance("other")] });
    await apply(plane.client, { resources: [inNetworks("gz", "idc", "public")] });
    await until("all again", () => near.heardOf("survey").at(-1)?.places.length === 3);
    expect(near.heardOf("survey")).toHaveLength(3);
  });

  it("is shown with the agent, the instance and in metrics, and forgotten with the agent or a changed endpoint", async () => {
    await using plane = await startTest();
    const agent = new FakeAgent({ address: plane.address, world: new World(), name: "a1", networks: ["public", "vpc-sg"] });
    await apply(plane.client, { resources: [inNetworks("gz", "public"), inNetworks("sg", "public", "vpc-sg"), rule("r")] });
    await until("the survey", () => agent.heardOf("survey").length > 0);
    const endpoints = [
      found("gz", "public", true, { roundTripMs: 41 }),
      found("sg", "vpc-sg", false, { forMs: 20_000 }),
      found("sg", "public", true, { roundTripMs: 7 }),
    ];
    agent.say({ $case: "reach", value: { endpoints } });
    expect((await settled(plane, "a1", 3)).map(({ instance: name, network, reached }) => `${name} ${network} ${reached}`)).toEqual([
      "gz public true",
      "sg public true",
      "sg vpc-sg false",
    ]);
    const getInstance = async () =>
      (await call(plane.client, plane.client.instances, plane.client.instances.getInstance, { name: "sg" })).reach;
    const [, private_] = await getInstance();
    expect(private_).toMatchObject({ agent: "a1", network: "vpc-sg", reached: false, failure: { code: "TIMED_OUT" } });
    expect(Date.now() - Date.parse(private_?.since ?? "")).toBeGreaterThanOrEqual(20_000);
    const metrics = await (await fetch(`http://${plane.httpAddress}/metrics`)).text();
    expect(metrics).toContain('transship_instance_agents{instance="sg",reached="yes"} 1');
    expect(metrics).toContain('transship_instance_round_trip_seconds{instance="sg"} 0.007');
    const moved = { url: "https://sg.vpc-sg.example", network: "vpc-sg", address: "10.0.0.9", ca: "" };
    await apply(plane.client, { resources: [instance("sg", { endpoints: [moved] })] });
    expect((await settled(plane, "a1", 1)).map((one) => one.instance)).toEqual(["gz"]);
    agent[Symbol.dispose]();
    await settled(plane, "a1", 0);
  });

  it("decides by which endpoint, and who copies", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    const networks = ["public", "vpc-sg"];
    using cut = new FakeAgent({ address: plane.address, world, name: "cut", region: "sg", networks });
    using near = new FakeAgent({ address: plane.address, world, name: "near", region: "sg", networks });
    await apply(plane.client, { resources: [inNetworks("gz", "public"), inNetworks("sg", "public", "vpc-sg"), rule("r")] });
    cut.say({ $case: "reach", value: { endpoints: [found("sg", "vpc-sg", false), found("sg", "public", false)] } });
    near.say({ $case: "reach", value: { endpoints: [found("sg", "vpc-sg", false), found("sg", "public", true, { roundTripMs: 3.04 })] } });
    await settled(plane, "cut", 2);
    await settled(plane, "near", 2);
    const route = "agent near: same region as sg (public, 3 ms, since it does not reach vpc-sg); source gz by public";
    const plan = plane.client.rules.planRule({ save: false, name: "r" }, plane.client.metadata) as AsyncIterable<wire.PlanEvent>;
    const items = (await Array.fromAsync(plan)).flatMap(({ event }) => (event?.$case === "item" ? [event.value.route] : []));
    expect(items).toEqual([route]);
    const { id } = await runToEnd(plane.client);
    const [task] = await tasks(plane.client, id);
    expect(task).toMatchObject({
      agent: "near",
      placement: route,
      path: { target: { network: "public", url: "https://sg.public.example" } },
    });
    expect(near.assignments[0]?.targetAccess?.endpoint?.url).toBe("https://sg.public.example");
    expect(cut.assignments).toEqual([]);
    expect(await messages(plane.client, id)).toContain(`given to ${route}`);
  });

  it("refuses with the missing link where nobody reaches both sides, and waits for one that lately did", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    using agent = new FakeAgent({ address: plane.address, world, name: "gz-1", networks: ["public"] });
    await apply(plane.client, { resources: [inNetworks("gz", "public"), inNetworks("sg", "public"), rule("r")] });
    agent.say({ $case: "reach", value: { endpoints: [found("gz", "public", true), found("sg", "public", false, { forMs: 20_000 })] } });
    await settled(plane, "gz-1", 2);
    const refused = await runToEnd(plane.client);
    expect(refused).toMatchObject({ state: wire.ExecutionState.FAILED, failure: { code: "NO_ROUTE" } });
    expect(refused.failure?.message).toMatch(
      /^copying from gz to sg: no agent reaches both gz and sg: gz-1 reaches gz \(public\) but not sg: by public no connection in time, for 2\d s$/,
    );

    agent.say({ $case: "reach", value: { endpoints: [found("sg", "public", true, { roundTripMs: 5 })] } });
    agent.say({ $case: "reach", value: { endpoints: [found("sg", "public", false)] } });
    await until("the loss", async () =>
      (await settled(plane, "gz-1", 2)).some(({ reached, since }) => !reached && Date.now() - Date.parse(since) < 10_000),
    );
    const { id } = (await run(plane.client)).execution ?? { id: "" };
    await until("the inventory", async () => (await messages(plane.client, id)).length > 0);
    agent.say({ $case: "reach", value: { endpoints: [found("sg", "public", true)] } });
    expect(await finished(plane.client, id)).toMatchObject({ state: wire.ExecutionState.SUCCEEDED });
  });

  it("keeps tasks waiting, with the reason, until an agent gets through again", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    let held: wire.Assignment | undefined;
    using agent = new FakeAgent({
      address: plane.address,
      world,
      name: "a1",
      work: (task, self) => {
        if (held !== undefined) self.succeed(task);
        held ??= task;
      },
    });
    await apply(plane.client, { resources: [inNetworks("gz", "public"), inNetworks("sg", "public"), rule("r")] });
    const { id } = (await run(plane.client)).execution ?? { id: "" };
    const task = await until("the task", () => held);
    agent.say({ $case: "reach", value: { endpoints: [found("sg", "public", false)] } });
    await settled(plane, "a1", 1);
    agent.report(task, wire.TaskState.QUEUED, {});
    agent.demand(4);
    const waiting = await until("the reason", async () => {
      const { waiting: why } = await call(plane.client, plane.client.tasks, plane.client.tasks.getTask, { id: task.lease?.taskId ?? "" });
      return why !== "" && why;
    });
    expect(waiting).toMatch(
      /^no agent reaches both gz and sg: a1 reaches gz \(public\) but not sg: by public no connection in time, for \d+ s$/,
    );
    expect(agent.assignments).toHaveLength(1);
    agent.say({ $case: "reach", value: { endpoints: [found("sg", "public", true)] } });
    expect(await finished(plane.client, id)).toMatchObject({ state: wire.ExecutionState.SUCCEEDED });
  });

  it("asks the next agent where the nearest turns out not to reach an instance", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    const failure = { code: "CONNECTION_FAILED", side: wire.Side.UNSPECIFIED, message: "reaching gz: refused", hint: "", tried: "" };
    using cut = new FakeAgent({ address: plane.address, world, name: "a-cut", answer: () => ({ $case: "failure", value: failure }) });
    using other = new FakeAgent({ address: plane.address, world, name: "b-other" });
    await until("both", () => cut.heardOf("welcome").length + other.heardOf("welcome").length === 2);
    await apply(plane.client);
    expect(await runToEnd(plane.client)).toMatchObject({ state: wire.ExecutionState.SUCCEEDED });
    expect(cut.heardOf("question").length).toBeGreaterThan(0);
  });
});

describe("a registry that nobody reaches", () => {
  it("is tried by three agents, and what the nearest says is told", async () => {
    await using plane = await startTest();
    const world = new World();
    const names = ["a1", "a2", "a3", "a4", "a5"];
    const refusal = (name: string) => ({
      code: "CONNECTION_FAILED",
      side: wire.Side.UNSPECIFIED,
      message: `${name}: refused`,
      hint: "",
      tried: "",
    });
    const agents = names.map(
      (name) => new FakeAgent({ address: plane.address, world, name, answer: () => ({ $case: "failure", value: refusal(name) }) }),
    );
    await until("all", () => agents.every((agent) => agent.heardOf("welcome").length === 1));
    await apply(plane.client);
    expect((await runToEnd(plane.client)).failure).toMatchObject({
      code: "CONNECTION_FAILED",
      message: "a1: refused",
      side: wire.Side.SOURCE,
    });
    expect(agents.map((agent) => agent.heardOf("question").length)).toEqual([1, 1, 1, 0, 0]);
    for (const agent of agents) agent[Symbol.dispose]();
  });

  it("is the side of the refusal", async () => {
    await using plane = await startTest();
    using agent = new FakeAgent({ address: plane.address, world: new World(), name: "gz-1" });
    await apply(plane.client, { resources: [inNetworks("gz", "public"), inNetworks("sg", "idc"), rule("r")] });
    await until("the welcome", () => agent.heardOf("welcome").length > 0);
    expect((await runToEnd(plane.client)).failure).toMatchObject({ code: "NO_ROUTE", side: wire.Side.TARGET });
  });
});

describe("the board of what is reached", () => {
  it("is bounded by agent, whatever it says, and takes durations that make no sense", () => {
    const board = new ReachBoard();
    const endpoints = [...Array(1_000).keys()].map((index) => found(`i${index}`, "public", true, { forMs: 9e15, roundTripMs: -4 }));
    board.take("a1", { endpoints }, NOW);
    expect(board.ofAgent("a1")).toHaveLength(128);
    board.take("a2", { endpoints: [found("sg", "public", true, { url: "x".repeat(10_000) })] }, NOW);
    expect(board.ofAgent("a2")).toEqual([]);
    expect(board.ofAgent("a1")[0]).toMatchObject({ since: "1970-01-01T00:00:00.000Z", roundTripMs: 0 });
  });

  it("says what is news for those who hand out work", () => {
    const board = new ReachBoard();
    const say = (reached: boolean, roundTripMs = 0) =>
      board.take("a1", { endpoints: [found("sg", "public", reached, { roundTripMs })] }, NOW);
    expect([say(true, 5), say(true, 6), say(true, 90), say(false), say(false), say(true, 90)]).toEqual([
      false,
      false,
      true,
      true,
      false,
      true,
    ]);
  });

  it("forgives what was lost lately, and not what never was reached", () => {
    const board = new ReachBoard();
    board.take("a1", { endpoints: [found("sg", "public", true), found("gz", "public", false)] }, NOW);
    board.take("a1", { endpoints: [found("sg", "public", false)] }, NOW);
    const later = (minutes: number) => board.forgiving(600_000, new Date(NOW.getTime() + minutes * 60_000));
    const [sg, gz] = ["https://sg.public.example", "https://gz.public.example"];
    expect([later(9).of("a1", "sg", sg), later(9).of("a1", "gz", gz)?.reached, later(11).of("a1", "sg", sg)?.reached]).toEqual([
      undefined,
      false,
      false,
    ]);
  });
});
