import { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent } from "../testing/fake-agent.ts";
import { apply, call, runToEnd, startTest, until } from "../testing/test-control-plane.ts";
import { World } from "../testing/world.ts";

describe("HTTP", () => {
  it("serves health and nothing else", async () => {
    await using plane = await startTest();
    const get = (path: string, init?: RequestInit) => fetch(`http://${plane.httpAddress}${path}`, init);
    expect([(await get("/livez")).status, (await get("/readyz?verbose")).status]).toEqual([200, 200]);
    const missing = await get("/constructor");
    expect([missing.status, await missing.json()]).toMatchObject([404, { kind: "Error", code: "NOT_FOUND" }]);
    expect((await get("/livez", { method: "POST" })).status).toBe(405);
    expect(await (await get("/livez", { method: "HEAD" })).text()).toBe("");
  });

  it("serves metrics of what happened", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    using _agent = new FakeAgent({ address: plane.address, world });
    await apply(plane.client);
    await runToEnd(plane.client);
    const text = await (await fetch(`http://${plane.httpAddress}/metrics`)).text();
    const expected = [
      'transship_build_info{version="0.1.0"} 1',
      'transship_executions_total{rule="r",result="succeeded"} 1',
      'transship_tasks_total{rule="r",result="succeeded",reason=""} 1',
      'transship_tasks_active{state="running"} 0',
      'transship_task_duration_seconds_count{rule="r"} 1',
      'transship_transfer_bytes_total{src="gz",dst="sg"} 10',
      'transship_agent_connected{agent="a1"} 1',
      'transship_grpc_server_handled_total{method="/transship.v1.TopologyService/Apply",code="OK"} 1',
    ];
    for (const line of expected) expect(text).toContain(line);
    expect(text).toMatch(/transship_agent_last_seen_timestamp_seconds{agent="a1"} \d{10}/);
  });
});

describe("grpc.health.v1", () => {
  const { SERVING, NOT_SERVING } = wire.HealthCheckResponse_ServingStatus;

  it("tells the status of the server and of each service, and says so at a stop", async () => {
    await using plane = await startTest();
    const { HealthClient } = wire;
    const { credentials, Metadata } = await import("@grpc/grpc-js");
    const health = new HealthClient(plane.address, credentials.createInsecure());
    const client = { ...plane.client, metadata: new Metadata() };
    const check = (service: string) => call(client, health, health.check, { service });
    expect(await check("")).toEqual({ status: SERVING });
    expect(await check("transship.v1.WorkService")).toEqual({ status: SERVING });
    await expect(check("no.such.Service")).rejects.toMatchObject({ code: "NOT_FOUND" });
    const seen: wire.HealthCheckResponse[] = [];
    const watch = health.watch({ service: "" });
    watch.on("data", (status) => seen.push(status)).on("error", () => undefined);
    await until("the first status", () => seen.length === 1);
    await plane.drain();
    expect(seen.map(({ status }) => status)).toEqual([SERVING, NOT_SERVING]);
    health.close();
  });
});

describe("the watch of an execution", () => {
  it("shows each change and ends when it is final", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    using _agent = new FakeAgent({ address: plane.address, world });
    await apply(plane.client);
    const { execution } = await call(plane.client, plane.client.rules, plane.client.rules.runRule, { name: "r" });
    const states: wire.ExecutionState[] = [];
    const watch = plane.client.executions.watchExecution({ id: execution?.id ?? "" }, plane.client.metadata);
    for await (const { state } of watch as AsyncIterable<wire.Execution>) states.push(state);
    expect(states.at(-1)).toBe(wire.ExecutionState.SUCCEEDED);
    expect(states.length).toBeGreaterThan(1);
  });
});
