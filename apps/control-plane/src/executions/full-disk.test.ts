import { TransshipError } from "@transship/errors";
import type { ExecutionState, Resource } from "@transship/model";
import { openSqliteStore, type Store } from "@transship/store";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { Changes } from "../changes.ts";
import { executionLog } from "../logs/execution-log.ts";
import { LogWriter } from "../logs/log-writer.ts";
import { Metrics } from "../metrics.ts";
import { until } from "../testing/test-control-plane.ts";
import { KnownTopology } from "../topology/known-topology.ts";
import { WakeUp } from "../wake-up.ts";
import { ConnectedAgents } from "../work/connected-agents.ts";
import { GateBoard } from "../work/gate-board.ts";
import { ReachBoard } from "../work/reach-board.ts";
import type { ExecutionDesk } from "./execution-desk.ts";
import { Executions } from "./executions.ts";
import { Rates } from "./rates.ts";

const now = () => new Date();
const endpoints = [{ url: "https://x.example", network: "public" }];
const instance: Resource = {
  apiVersion: "transship/v1",
  kind: "Instance",
  metadata: { name: "x", labels: {} },
  spec: { provider: "registry", region: "r", account: "default", endpoints },
};
const rule: Resource = {
  apiVersion: "transship/v1",
  kind: "Rule",
  metadata: { name: "r", labels: {} },
  spec: { source: { instance: "x" }, targets: [{ instance: "x", namespace: "copy" }], overwrite: "always", enabled: true },
};

/** A store with an execution that has nothing left to do, and one that waits behind it; it refuses so many moves. */
async function storeThatRefuses(refusals: number): Promise<{ readonly store: Store; readonly asked: ExecutionState[] }> {
  const store = await openSqliteStore({ memory: true });
  await store.topology.apply([{ apply: instance }, { apply: rule }], { now: now() });
  for (const id of ["x1", "x2"]) await store.executions.open({ id, rule: "r", trigger: "event" }, now());
  for (const state of ["inventory", "planning", "copying"] as const) await store.executions.advance("x1", state, now());
  const asked: ExecutionState[] = [];
  const advance: Store["executions"]["advance"] = (...args) => {
    asked.push(args[1]);
    if (asked.length <= refusals) throw new TransshipError("DISK_FULL", { what: "using the data directory", why: "disk is full" });
    return store.executions.advance(...args);
  };
  const executions = new Proxy(store.executions, { get: (all, name) => (name === "advance" ? advance : Reflect.get(all, name).bind(all)) });
  return { store: new Proxy(store, { get: (all, name) => (name === "executions" ? executions : Reflect.get(all, name)) }), asked };
}

function deskOn(store: Store): ExecutionDesk {
  const log = pino({ level: "silent" });
  const logWriter = new LogWriter(store.logs, log);
  const reach = new ReachBoard();
  const topology = new KnownTopology(store.topology);
  const metrics = new Metrics({ store, topology, gates: new GateBoard(), reach, version: "test" });
  const rest = {
    changes: new Changes(),
    rates: new Rates(),
    work: new WakeUp(),
    tidings: new WakeUp(),
    agents: new ConnectedAgents(reach),
  };
  return {
    store,
    log,
    metrics,
    topology,
    reach,
    now,
    routePatienceMs: 0,
    executionLog: executionLog(log, logWriter, now),
    ...rest,
  } as unknown as ExecutionDesk;
}

describe("a store whose disk is full for a while", () => {
  it("ends no execution, and what waits behind it starts", async () => {
    const { store, asked } = await storeThatRefuses(2);
    await using _store = store;
    await using executions = new Executions(deskOn(store));
    await executions.resume();
    await until("the end", async () => (await store.executions.get("x1")).state === "succeeded");
    // No agent is there: that is no fault of the store's, and ends it.
    await until("the end of the next", async () => (await store.executions.get("x2")).state === "failed");
    expect(asked).toEqual(["succeeded", "succeeded", "succeeded", "inventory", "failed"]);
    expect((await store.executions.get("x2")).failure).toMatchObject({ code: "NO_ROUTE" });
  });
});
