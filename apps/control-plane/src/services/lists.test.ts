import type { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent } from "../testing/fake-agent.ts";
import { apply, call, runToEnd, startTest } from "../testing/test-control-plane.ts";
import { World } from "../testing/world.ts";

describe("lists", () => {
  it("come page by page, without gaps or doubles", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", Object.fromEntries(Array.from({ length: 5 }, (_, n) => [`team/app:v${n}`, n])));
    using _agent = new FakeAgent({ address: plane.address, world });
    await apply(plane.client);
    const { id } = await runToEnd(plane.client);
    const { client } = plane;
    const seen: wire.Task[] = [];
    let pageToken = "";
    let pages = 0;
    do {
      const page = await call(client, client.tasks, client.tasks.listTasks, { executionId: id, states: [], pageSize: 2, pageToken });
      seen.push(...page.tasks);
      pageToken = page.nextPageToken;
      pages++;
    } while (pageToken !== "");
    expect(pages).toBe(3);
    expect(new Set(seen.map((task) => task.source?.tag)).size).toBe(5);
    const list = (pageSize: number) =>
      call(client, client.executions, client.executions.listExecutions, { rule: "", state: 0, pageSize, pageToken: "" });
    expect((await list(0)).executions.map((execution) => execution.id)).toEqual([id]);
    await expect(list(1001)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    const odd = call(client, client.tasks, client.tasks.listTasks, { executionId: id, states: [99], pageSize: 0, pageToken: "" } as never);
    await expect(odd).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("show a rule with its newest execution", async () => {
    await using plane = await startTest();
    using _agent = new FakeAgent({ address: plane.address, world: new World() });
    await apply(plane.client);
    const { rules } = plane.client;
    expect((await call(plane.client, rules, rules.getRule, { name: "r" })).lastExecution).toBeUndefined();
    await runToEnd(plane.client);
    const second = await runToEnd(plane.client);
    const list = await call(plane.client, rules, rules.listRules, {});
    expect(list.rules.map((rule) => rule.lastExecution?.id)).toEqual([second.id]);
    await expect(call(plane.client, rules, rules.getRule, { name: "none" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
