import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteStore, type Store } from "@transship/store";
import { fillTopology } from "./topology.ts";

const EXECUTIONS = 100;
const TASKS = 200;
/** Claims or reports of one transaction, as the control plane makes them. */
const AT_ONCE = 100;
const LEASE_MS = 90_000;

/** Transitions a second, by the clock and by CPU. */
export interface StoreAlone {
  readonly aSecond: number;
  readonly aCpuSecond: number;
}

/** The store without agents: tasks on SQLite on disk go from queued by leased and copying to succeeded, a hundred at a time. */
export async function measureStore(signal: AbortSignal): Promise<StoreAlone> {
  const directory = await mkdtemp(join(tmpdir(), "transship-bench-"));
  try {
    await fillTopology(directory, EXECUTIONS);
    await using store = await openSqliteStore({ directory });
    await fill(store);
    const begun = performance.now();
    const cpu = process.cpuUsage();
    let transitions = 0;
    for (let got = await step(store); got > 0; got = await step(store)) {
      signal.throwIfAborted();
      transitions += 3 * got;
    }
    const { user, system } = process.cpuUsage(cpu);
    if (transitions !== 3 * EXECUTIONS * TASKS) throw new Error(`${transitions} transitions`);
    return { aSecond: transitions / ((performance.now() - begun) / 1000), aCpuSecond: transitions / ((user + system) / 1_000_000) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function fill(store: Store): Promise<void> {
  const now = new Date();
  for (let number = 0; number < EXECUTIONS; number++) {
    await store.executions.open({ id: `x${number}`, rule: `edge-${number}`, trigger: "manual" }, now);
    const tasks = Array.from({ length: TASKS }, (_, tag) => ({
      id: `x${number}.${tag}`,
      executionId: `x${number}`,
      source: { instance: `i${number}`, repository: `ns-${number}/app`, tag: `v${tag}` },
      target: { instance: `i${number + 1}`, repository: `copies-${number}/app`, tag: `v${tag}` },
      digest: `sha256:${"0".repeat(64)}`,
      overwrite: "always" as const,
    }));
    await store.tasks.add(tasks, now);
  }
}

/** Takes a hundred tasks, by as many agents, through their life; returns how many there were. */
async function step({ tasks }: Store): Promise<number> {
  const now = new Date();
  const claims = (await tasks.waitingWork(now)).slice(0, AT_ONCE).map(({ executionId, source, target }, index) => ({
    agent: `agent-${index}`,
    pairs: [{ executionId, source, target, placement: "near" }],
    limit: 1,
    preferMs: 0,
  }));
  const leased = (await tasks.leaseAll(claims, { leaseMs: LEASE_MS, online: new Set() }, now)).flat();
  const leases = leased.map(({ id, epoch }) => ({ taskId: id, epoch }));
  await tasks.progressAll(leases.map((lease) => ({ lease, state: "copying", progress })));
  const outcome = () => ({ state: "succeeded", progress, blobs: [], arrival: {} }) as const;
  await tasks.finishAll(
    leases.map((lease) => ({ lease, outcome })),
    now,
  );
  return leased.length;
}

const bytes = { copied: 20_000_000, mounted: 0, existing: 0, resumed: 0, wasted: 0 };
const progress = { totalBytes: 20_000_000, doneBytes: 20_000_000, fetchedBytes: 20_000_000, bytes };
