import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectControlPlane, fromServiceError, type wire } from "@transship/api";
import { startControlPlane } from "@transship/control-plane";
import { type NewTask, openSqliteStore, type Store } from "@transship/store";
import { pino } from "pino";
import type { BenchOptions } from "./bench-options.ts";
import { publish } from "./report.ts";

const EXECUTIONS = 1000;
const TASKS = 100;
const ROUNDS = 20;

/** History: a thousand executions with their tasks, listed by one call. */
export async function benchHistory(options: BenchOptions): Promise<void> {
  const { rounds = ROUNDS } = options;
  const directory = await mkdtemp(join(tmpdir(), "transship-bench-"));
  try {
    {
      await using store = await openSqliteStore({ directory });
      await fill(store, options.signal);
    }
    const walls = await list(directory, rounds, options.signal);
    const sorted = [...walls].sort((a, b) => a - b);
    const conditions = [
      `A control plane on a file with ${EXECUTIONS} finished executions of ten rules with ${TASKS} tasks each; one ListExecutions call for all of them over gRPC on loopback,`,
      `client in the same process; ${rounds} calls, the first of which finds nothing cached.`,
    ].join(" ");
    const ms = (wall: number | undefined) => (wall ?? Number.NaN).toFixed(1);
    const row = {
      executions: String(EXECUTIONS),
      "first (ms)": ms(walls[0]),
      "median (ms)": ms(sorted[Math.floor(sorted.length / 2)]),
      "slowest (ms)": ms(sorted.at(-1)),
    };
    await publish(
      { name: "history", command: "history", title: "History: a thousand executions", conditions, rows: [row] },
      { ...options, rounds },
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function fill(store: Store, signal: AbortSignal): Promise<void> {
  const rules = Array.from({ length: 10 }, (_, index) => `rule-${index}`);
  const spec = {
    provider: "registry" as const,
    region: "r",
    account: "default",
    endpoints: [{ url: "https://x.example", network: "public" }],
  };
  const document = { apiVersion: "transship/v1" as const, metadata: { name: "x", labels: {} } };
  const ruleSpec = {
    source: { instance: "x" },
    targets: [{ instance: "x", namespace: "copy" }],
    overwrite: "always" as const,
    enabled: true,
  };
  const resources = [
    { ...document, kind: "Instance" as const, spec },
    ...rules.map((name) => ({ ...document, metadata: { name, labels: {} }, kind: "Rule" as const, spec: ruleSpec })),
  ];
  await store.topology.apply(
    resources.map((resource) => ({ apply: resource })),
    { now: new Date() },
  );
  for (let number = 0; number < EXECUTIONS; number++) {
    signal.throwIfAborted();
    const id = `x${String(number).padStart(6, "0")}`;
    const rule = rules[number % rules.length] ?? "";
    const now = new Date(Date.now() - (EXECUTIONS - number) * 60_000);
    await store.executions.open({ id, rule, trigger: "manual" }, now);
    await store.tasks.add(
      Array.from({ length: TASKS }, (_, index): NewTask => {
        const place = { instance: "x", repository: `team/app${index}`, tag: "v1" };
        return {
          id: `${id}.${index}`,
          executionId: id,
          source: place,
          target: place,
          digest: `sha256:${"0".repeat(64)}`,
          overwrite: "always",
        };
      }),
      now,
    );
    await store.executions.advance(id, "copying", now);
    await store.tasks.cancelAll(id, now);
    await store.executions.advance(id, "failed", now);
  }
}

/** Milliseconds of each call. */
async function list(directory: string, rounds: number, signal: AbortSignal): Promise<number[]> {
  const logger = pino({ level: "silent" });
  const grpc = { host: "127.0.0.1", port: 0 };
  await using plane = await startControlPlane({ store: { directory }, grpc, insecure: true, logger });
  using client = connectControlPlane({ address: plane.grpcAddress, insecure: true });
  const walls: number[] = [];
  for (let round = 0; round < rounds; round++) {
    signal.throwIfAborted();
    const begun = performance.now();
    const { executions } = await new Promise<wire.ListExecutionsResponse>((resolve, reject) => {
      client.executions.listExecutions({ rule: "", state: 0, pageSize: 1000, pageToken: "" }, client.metadata, {}, (error, answer) =>
        error === null ? resolve(answer) : reject(fromServiceError(error, "listing")),
      );
    });
    walls.push(performance.now() - begun);
    if (executions.length !== EXECUTIONS || executions.some(({ tasks }) => tasks?.cancelled !== TASKS))
      throw new Error("not all were listed");
  }
  return walls;
}
