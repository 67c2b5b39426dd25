import { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent } from "../testing/fake-agent.ts";
import { apply, call, run, startTest, tasks, until } from "../testing/test-control-plane.ts";
import { World } from "../testing/world.ts";
import { GateBoard } from "./gate-board.ts";

const SG = "https://sg.example";
const failure = { code: "CONNECTION_FAILED", side: 0, message: "reading: refused", hint: "look", tried: "" } as const;

function gate(more: Partial<wire.Gate> = {}): wire.Gate {
  return { ...wire.Gate.create({ instance: "sg", url: SG, circuit: wire.Circuit.CLOSED, concurrency: 64 }), ...more };
}

const open = gate({
  circuit: wire.Circuit.OPEN,
  circuitForMs: 2_000,
  probeInMs: 30_000,
  concurrency: 8,
  waiting: 3,
  lastFailure: failure,
  lastFailureMsAgo: 500,
});

describe("how agents stand with registries", () => {
  it("is shown with the instance, the agent, waiting tasks and metrics, until it changes or the agent leaves", async () => {
    await using plane = await startTest();
    const { client } = plane;
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    // Takes tasks and keeps them.
    const agent = new FakeAgent({ address: plane.address, world, name: "near", work: () => undefined });
    await apply(client);
    const { id } = (await run(client)).execution ?? { id: "" };
    await until("the task", () => agent.assignments.length === 1);
    const gatesOf = async (name: string) => (await call(client, client.instances, client.instances.getInstance, { name })).gates;
    const waiting = async () => (await tasks(client, id))[0]?.waiting;
    expect([await gatesOf("sg"), await waiting()]).toEqual([[], ""]);

    const before = Date.now();
    agent.say({ $case: "gates", value: { gates: [open, gate({ instance: "gz", url: "https://elsewhere.example" })] } });
    const [shown] = await until("the gate", async () => {
      const gates = await gatesOf("sg");
      return gates.length > 0 && gates;
    });
    expect(shown).toMatchObject({ agent: "near", instance: "sg", url: SG, circuit: wire.Circuit.OPEN, concurrency: 8, waiting: 3 });
    expect(shown?.lastFailure).toEqual(failure);
    expect(Date.parse(shown?.until ?? "") - before).toBeGreaterThanOrEqual(30_000);
    expect(Date.parse(shown?.until ?? "") - before).toBeLessThan(35_000);
    expect(before - Date.parse(shown?.since ?? "")).toBeLessThanOrEqual(2_000);
    // An endpoint that the instance no longer has.
    expect(await gatesOf("gz")).toEqual([]);
    const { gates } = await call(client, client.agents, client.agents.getAgent, { name: "near" });
    expect(gates.map(({ instance }) => instance)).toEqual(["gz", "sg"]);
    expect(await waiting()).toBe(`circuit of instance sg open until ${shown?.until} (near)`);
    const metrics = async () => (await fetch(`http://${plane.httpAddress}/metrics`)).text();
    expect(await metrics()).toContain('transship_instance_circuit_open{instance="sg",agent="near"} 1');
    expect(await metrics()).toContain('transship_instance_requests_waiting{instance="sg",agent="near"} 3');

    agent.say({ $case: "gates", value: { gates: [gate({ pausedForMs: 20_000 })] } });
    await until("the pause", async () => (await waiting())?.startsWith("instance sg asked to be left alone until "));
    expect(await metrics()).toContain('transship_instance_circuit_open{instance="sg",agent="near"} 0');
    expect(await metrics()).toContain('transship_instance_paused{instance="sg",agent="near"} 1');
    agent.say({ $case: "gates", value: { gates: [gate()] } });
    await until("the end of the pause", async () => (await waiting()) === "");

    agent.say({ $case: "gates", value: { gates: [open] } });
    await until("the open circuit", async () => (await waiting()) !== "");
    agent[Symbol.dispose]();
    await until("that the agent is gone", async () => (await gatesOf("sg")).length === 0);
    expect(await waiting()).toBe("");
    expect(await metrics()).not.toContain('agent="near"} 3');
  });

  it("does not hold a waiting task back while another agent gets through", async () => {
    await using plane = await startTest();
    const { client } = plane;
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    using shut = new FakeAgent({ address: plane.address, world, name: "a", slots: 0 });
    using through = new FakeAgent({ address: plane.address, world, name: "b", slots: 0 });
    await apply(client);
    const { id } = (await run(client)).execution ?? { id: "" };
    await until("the task", async () => (await tasks(client, id)).length === 1);
    shut.say({ $case: "gates", value: { gates: [open] } });
    const waiting = async () => (await tasks(client, id))[0]?.waiting ?? "";
    await until("the reason", async () => (await waiting()).startsWith("circuit of instance sg open until"));
    through.say({ $case: "gates", value: { gates: [gate()] } });
    await until("no reason", async () => (await waiting()) === "");
  });

  it("is bounded, whatever an agent says", () => {
    const board = new GateBoard();
    const gates = Array.from({ length: 3_000 }, (_, index) => gate({ url: `https://${index}` }));
    board.take("a", { gates: [...gates, gate({ url: "https://0", waiting: 7, circuitForMs: Number.MAX_SAFE_INTEGER })] }, new Date());
    expect(board.ofAgent("a")).toHaveLength(1_000);
    expect(board.ofAgent("a")[0]).toMatchObject({ url: "https://0", waiting: 7, since: new Date(0).toISOString() });
  });
});
