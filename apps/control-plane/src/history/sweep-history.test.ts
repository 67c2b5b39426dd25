import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { FakeAgent } from "../testing/fake-agent.ts";
import { apply, call, runToEnd, startTest, until } from "../testing/test-control-plane.ts";
import { World } from "../testing/world.ts";

it("keeps as many executions of each rule as it was told, and the record and last success of the rule are there", async () => {
  await using stack = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "history-"));
  stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  const world = new World();
  const ids: string[] = [];
  {
    await using plane = await startTest({ store: { directory } });
    using _agent = new FakeAgent({ address: plane.address, world });
    await until("the agent", () => _agent.heardOf("welcome")[0]);
    await apply(plane.client);
    for (let round = 1; round <= 4; round++) {
      world.push("gz", { [`team/app:v${round}`]: round });
      ids.push((await runToEnd(plane.client)).id);
    }
    const metrics = await (await fetch(`http://${plane.httpAddress}/metrics`)).text();
    expect(metrics).toMatch(/transship_rule_last_success_timestamp_seconds\{rule="r"\} 1[0-9.]{9}/);
  }
  await using plane = await startTest({ store: { directory }, history: { executions: 2, days: 90 } });
  const { client } = plane;
  const list = () => call(client, client.executions, client.executions.listExecutions, { rule: "", state: 0, pageSize: 0, pageToken: "" });
  const left = await until("the sweep", async () => {
    const { executions } = await list();
    return executions.length === 2 && executions;
  });
  expect(left.map(({ id }) => id)).toEqual([ids[3], ids[2]]);
  const rule = await call(client, client.rules, client.rules.getRule, { name: "r" });
  expect(rule.record).toMatchObject({ executions: 2, succeeded: 2, lastSuccessAt: left[0]?.finishedAt });
}, 30_000);

it("refuses to keep nothing", async () => {
  await expect(startTest({ history: { executions: 0, days: 90 } })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});
