import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { wire } from "@transship/api";
import { openSqliteStore } from "@transship/store";
import { afterEach, beforeEach, expect, it } from "vitest";
import { apply, call, instance, rule, startTest, until } from "../testing/test-control-plane.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "transship-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** Half a day from now, so that no moment is just over. */
const cron = `0 ${(new Date().getUTCHours() + 12) % 24} * * *`;
const daily = (name: string, missed: string) =>
  rule(name, { triggers: { events: false, pollMs: 0, schedule: { cron, timeZone: "UTC", missed } } });

/** As if the control plane had been away for some days. */
async function moveBack(days: number): Promise<void> {
  await using store = await openSqliteStore({ directory });
  for (const { rule: name, schedule, nextAt } of await store.triggers.list()) {
    const before = new Date(Date.parse(nextAt ?? "") - days * 86_400_000).toISOString();
    await store.triggers.scheduled(name, { schedule, nextAt: before });
  }
}

it("a control plane that was away makes up for missed runs with one, or only says so", async () => {
  {
    await using plane = await startTest({ store: { directory } });
    await apply(plane.client, { resources: [instance("gz"), instance("sg"), daily("made-up-for", "run"), daily("reported", "report")] });
    const next = (name: string) => call(plane.client, plane.client.rules, plane.client.rules.getRule, { name });
    await until("the schedules", async () => (await next("reported")).triggers?.nextRuns.length === 5);
    await plane.drain();
  }
  await moveBack(3);
  await using plane = await startTest({ store: { directory } });
  const rules = await until("what was missed", async () => {
    const list = await call(plane.client, plane.client.rules, plane.client.rules.listRules, {});
    return list.rules.every(({ triggers }) => (triggers?.missedRuns ?? 0) > 0) && list.rules;
  });
  const shown = (message: wire.Rule) => [message.resource?.name, message.triggers?.missedRuns, message.lastExecution?.trigger];
  expect(rules.map(shown)).toEqual([
    ["made-up-for", 3, "missed"],
    ["reported", 3, undefined],
  ]);
  const metrics = await (await fetch(`http://${plane.httpAddress}/metrics`)).text();
  expect(metrics).toContain('transship_schedule_missed_total{rule="reported"} 3');
  expect(plane.logged.filter(({ msg }) => msg === "scheduled runs were missed")).toHaveLength(2);
});
