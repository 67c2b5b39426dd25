/*
 * The process that `crash.test.ts` kills: adds, leases and finishes tasks in the data directory named by its argument, for ever, and prints the id of each
 * task once its outcome is stored.
 */
import { writeSync } from "node:fs";
import type { Resource } from "@transship/model";
import type { Store } from "../store.ts";
import { openSqliteStore } from "./open-sqlite-store.ts";

const progress = { totalBytes: 1, doneBytes: 1, fetchedBytes: 1, bytes: { copied: 1, mounted: 0, existing: 0, resumed: 0, wasted: 0 } };
const document = { apiVersion: "transship/v1", metadata: { name: "x", labels: {} } } as const;
const topology: Resource[] = [
  {
    ...document,
    kind: "Instance",
    spec: { provider: "registry", region: "r", account: "default", endpoints: [{ url: "https://x.test", network: "public" }] },
  },
  {
    ...document,
    kind: "Rule",
    spec: { source: { instance: "x" }, targets: [{ instance: "x", namespace: "mirror" }], overwrite: "always", enabled: true },
  },
];

await using store = await openSqliteStore({ directory: process.argv[2] ?? "" });
await begin(store);
for (;;) await writeSome(store);

async function begin(to: Store): Promise<void> {
  const now = new Date();
  await to.topology.apply(
    topology.map((apply) => ({ apply })),
    { now },
  );
  if ((await to.executions.unfinished()).length === 0) await to.executions.open({ id: "e1", rule: "x", trigger: "manual" }, now);
}

async function writeSome(to: Store): Promise<void> {
  const now = new Date();
  const place = { instance: "x", repository: "app", tag: "v1" };
  const rest = { executionId: "e1", source: place, target: place, digest: "sha256:0", overwrite: "always" } as const;
  await to.tasks.add(
    Array.from({ length: 20 }, () => ({ id: crypto.randomUUID(), ...rest })),
    now,
  );
  const pairs = [{ executionId: "e1", source: "x", target: "x", placement: "only one" }];
  const leased = await to.tasks.lease({ agent: "a", pairs, limit: 20, leaseMs: 1000, preferMs: 0, online: ["a"] }, now);
  for (const { id, epoch } of leased) {
    await to.tasks.finish({ taskId: id, epoch }, { state: "succeeded", progress, blobs: [] }, now);
    writeSync(1, `${id}\n`);
  }
}
