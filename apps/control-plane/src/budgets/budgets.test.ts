import { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent } from "../testing/fake-agent.ts";
import { apply, execution, instance, messages, rule, run, startTest, until } from "../testing/test-control-plane.ts";
import { World } from "../testing/world.ts";

const idle = () => undefined;
const limits = { bytesPerSecond: 1001, requestsPerSecond: 10, connections: 3 };
const ruleLimits = { bytesPerSecond: 600, requestsPerSecond: 0, connections: 0 };

/** The newest share that an agent was told of an instance. */
const shareOf = (agent: FakeAgent, name: string) =>
  agent
    .heardOf("budget")
    .flatMap(({ instances }) => instances)
    .filter((share) => share.instance === name)
    .at(-1);
const rateOf = (agent: FakeAgent, name: string) =>
  agent
    .heardOf("budget")
    .flatMap(({ rules }) => rules)
    .filter((share) => share.rule === name)
    .at(-1)?.bytesPerSecond;

async function open(tags: number, more: Partial<wire.InstanceSpec> = { limits }) {
  const plane = await startTest();
  const world = new World();
  world.push("gz", Object.fromEntries(Array.from({ length: tags }, (_, index) => [`team/app:v${index}`, index + 1])));
  await apply(plane.client, { resources: [instance("gz", more), instance("sg"), rule("r", { limits: ruleLimits })] });
  return { plane, world };
}

describe("limits", () => {
  it("are divided among the agents that work with the instance, told before the work, and given back when it ends", async () => {
    const { plane, world } = await open(2);
    await using _plane = plane;
    using a = new FakeAgent({ address: plane.address, world, name: "a", work: idle, slots: 1 });
    await until("a", () => a.heardOf("welcome")[0]);
    await run(plane.client);
    const first = await until("the first task", () => a.assignments[0]);
    expect(first).toMatchObject({ rule: "r", sourceAccess: { limits } });
    expect([shareOf(a, "gz")?.limits, rateOf(a, "r")]).toEqual([limits, 600]);
    expect(a.heard.findIndex(({ $case }) => $case === "budget")).toBeLessThan(a.heard.findIndex(({ $case }) => $case === "assignment"));

    using b = new FakeAgent({ address: plane.address, world, name: "b", work: idle, slots: 1 });
    const second = await until("the second task", () => b.assignments[0]);
    const [half, rest] = [
      { bytesPerSecond: 501, requestsPerSecond: 5, connections: 2 },
      { bytesPerSecond: 500, requestsPerSecond: 5, connections: 1 },
    ];
    expect(second.sourceAccess?.limits).toEqual(rest);
    expect(await until("a's smaller share", () => shareOf(a, "gz")?.limits?.connections === 2 && shareOf(a, "gz")?.limits)).toEqual(half);
    expect([rateOf(a, "r"), rateOf(b, "r")]).toEqual([300, 300]);
    // The target has no limits, and nothing is said of it.
    expect(shareOf(a, "sg")).toBeUndefined();

    a.succeed(first);
    // It was asked for the list too, and keeps its share for a while after that.
    const whole = () => shareOf(b, "gz")?.limits?.connections === 3 && shareOf(b, "gz")?.limits;
    expect(await until("b's whole", whole, 15_000)).toEqual(limits);
    expect(rateOf(b, "r")).toBe(600);
    b.succeed(second);
  }, 20_000);

  it("of one connection are for one agent: another is given nothing there", async () => {
    const { plane, world } = await open(3, { limits: { ...limits, connections: 1 } });
    await using _plane = plane;
    using a = new FakeAgent({ address: plane.address, world, name: "a", work: idle, slots: 1 });
    await until("a", () => a.heardOf("welcome")[0]);
    const id = (await run(plane.client)).execution?.id ?? "";
    const first = await until("the first task", () => a.assignments[0]);
    using b = new FakeAgent({ address: plane.address, world, name: "b", work: idle, slots: 1 });
    await until("b", () => b.heardOf("welcome")[0]);
    b.demand(1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(b.assignments).toEqual([]);
    a.succeed(first);
    await until("the next", () => a.assignments[1] ?? b.assignments[0]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await execution(plane.client, id)).tasks).toMatchObject({ running: 1, succeeded: 1 });
    const told = (await messages(plane.client, id)).filter((message) => message.includes("shares"));
    expect(told[0]).toBe("agent b gets no tasks for now: other agents have all shares of the limits of instance gz");
    expect(new Set(told).size).toBe(told.length);
  });
});

describe("a registry's pause", () => {
  it("that one agent was asked for reaches the others, once, and not back", async () => {
    const { plane, world } = await open(2, {});
    await using _plane = plane;
    using a = new FakeAgent({ address: plane.address, world, name: "a", work: idle, slots: 1 });
    using b = new FakeAgent({ address: plane.address, world, name: "b", work: idle, slots: 1 });
    for (const agent of [a, b]) await until("an agent", () => agent.heardOf("welcome")[0]);
    await run(plane.client);
    for (const agent of [a, b]) await until("a task", () => agent.assignments[0]);
    const gate = { instance: "gz", url: "https://gz.example", circuit: wire.Circuit.CLOSED, circuitForMs: 0, probeInMs: 0 };
    const numbers = { inFlight: 0, concurrency: 1, waiting: 0, lastFailureMsAgo: 0 };
    a.say({ $case: "gates", value: { gates: [{ ...gate, ...numbers, pausedForMs: 30_000 }] } });
    const told = await until("the pause", () => shareOf(b, "gz"));
    expect(told.pausedForMs).toBeGreaterThan(29_000);
    expect(told.pausedForMs).toBeLessThanOrEqual(30_000);
    b.say({ $case: "gates", value: { gates: [{ ...gate, ...numbers, pausedForMs: told.pausedForMs }] } });
    a.say({ $case: "gates", value: { gates: [{ ...gate, ...numbers, pausedForMs: 29_900 }] } });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([a, b].map((agent) => agent.heardOf("budget").flatMap(({ instances }) => instances).length)).toEqual([0, 1]);
  });
});
