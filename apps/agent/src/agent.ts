import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { hostname } from "node:os";
import { join } from "node:path";
import { connectControlPlane, explainUnreachable, type wire } from "@transship/api";
import { openCheckpoint } from "@transship/checkpoint";
import { PUBLIC_NETWORK } from "@transship/model";
import { createCopyEngine } from "@transship/transfer";
import { type AgentOptions, DEFAULT_NAME_PATIENCE_MS, DEFAULT_SLOTS, DEFAULT_SPOOL_BYTES } from "./agent-options.ts";
import { Connection } from "./connection.ts";
import { homeOf } from "./home-of.ts";
import { Leases } from "./leases.ts";
import { keepConnected } from "./reconnect.ts";
import { Registries } from "./registries.ts";
import { Reports } from "./report.ts";
import { RetryBudget } from "./retry-budget.ts";
import { RulePaces } from "./rule-paces.ts";
import { holdSession } from "./session.ts";
import { Surveyor } from "./survey/surveyor.ts";
import { Assignments } from "./take-assignments.ts";
import { TaskLogs } from "./task-logs.ts";
import { VERSION } from "./version.ts";
import { watchLeases } from "./watch-leases.ts";
import { WorkStream } from "./work-stream.ts";

/** While draining, the control plane has so many milliseconds to acknowledge the last reports; what it has not stays in the outbox. */
const DELIVERY_MS = 5_000;

/** A running agent. Disposing stops it at once and gives its tasks back; what is on disk and at targets stays. */
export interface Agent extends AsyncDisposable {
  readonly name: string;
  /** Resolves when the agent was drained or disposed; rejects where the control plane refuses it (`UNAUTHENTICATED`, `NOT_ALLOWED`, `INVALID_ARGUMENT`, `AGENT_NAME_TAKEN`, `VERSION_SKEW`). */
  readonly finished: Promise<void>;
  /** Takes nothing new, finishes what it has, delivers its reports and ends the stream. */
  drain(): Promise<void>;
}

/**
 * Starts an agent. It connects in the background and for as long as it takes; `onReady` says when the control plane has taken it.
 * @throws TransshipError `DATA_DIR_IN_USE`, `DATA_DIR_TOO_NEW`, `DATA_DIR_UNUSABLE`, `DISK_FULL`, `INVALID_ARGUMENT` (plain gRPC beyond loopback).
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { name, logger } = options;
  await using starting = new AsyncDisposableStack();
  const checkpointPath = join(options.dataDirectory, "checkpoint.db");
  // Refuses an access that can never work before anything is opened; nothing is sent.
  connectControlPlane(options.server)[Symbol.dispose]();
  const checkpoint = starting.use(openCheckpoint({ path: checkpointPath }));
  for (const warning of checkpoint.warnings) logger.warn(warning);
  const { journal, outbox } = checkpoint;
  const spoolLimitBytes = options.spoolLimitBytes ?? DEFAULT_SPOOL_BYTES;
  const spoolDirectory = join(options.dataDirectory, "spool");
  const engine = starting.use(options.engine?.(journal) ?? createCopyEngine({ journal, spoolDirectory, spoolLimitBytes }));
  const registries = starting.use(new Registries());
  const surveyor = starting.use(new Surveyor(registries));

  const paces = new RulePaces();
  const connection = new Connection();
  const leases = new Leases();
  const reports = new Reports(outbox, logger);
  const logs = starting.use(new TaskLogs());
  const identity = identityOf(options, homeOf(`${checkpointPath}.lock`));
  const tell = connection.tell.bind(connection);
  const assignments = new Assignments({
    slots: identity.slots,
    engine,
    registries,
    paces,
    leases,
    reports,
    logs,
    budget: new RetryBudget(),
    logger,
    tell,
  });
  const means = { identity, assignments, leases, reports, logs, connection, registries, surveyor, paces, logger };

  const stopping = new AbortController();
  let ready = false;
  const session = async (welcomed: () => void, signal: AbortSignal) => {
    // A client of its own: it connects when it is told to, so that one back-off governs, not two.
    using client = connectControlPlane(options.server);
    let taken = false;
    const hello = (welcome: wire.Welcome) => {
      welcomed();
      taken = true;
      logger.info({ controlPlane: options.server.address, version: welcome.version, leaseMs: welcome.leaseMs }, "connected");
      if (!ready) options.onReady?.();
      ready = true;
    };
    try {
      await holdSession(new WorkStream(client), means, hello, signal);
    } catch (error) {
      throw taken ? error : await explainUnreachable(options.server, error);
    }
  };

  // The loops of an agent: leases that end, and the stream that carries everything else.
  starting.use(watchLeases(leases, (key) => assignments.lose(key)));
  const finished = keepConnected(session, logger, stopping.signal, options.namePatienceMs ?? DEFAULT_NAME_PATIENCE_MS).finally(() =>
    assignments.abandon(),
  );
  finished.catch(() => undefined);
  const running = starting.move();
  return {
    name,
    finished,
    async drain() {
      assignments.close();
      await assignments.idle();
      const enough = AbortSignal.any([stopping.signal, AbortSignal.timeout(DELIVERY_MS)]);
      if (!enough.aborted) await Promise.race([Promise.all([reports.delivered(), logs.delivered()]), once(enough, "abort")]);
      stopping.abort();
      await finished;
    },
    async [Symbol.asyncDispose]() {
      await assignments.abandon();
      stopping.abort();
      await finished.catch(() => undefined);
      await running.disposeAsync();
    },
  };
}

function identityOf(options: AgentOptions, home: string): Omit<wire.Hello, "holds"> {
  const { name, region, border, networks, slots, labels } = options;
  return {
    name,
    version: VERSION,
    region,
    border: border ?? "",
    networks: [...(networks ?? [PUBLIC_NETWORK])],
    slots: slots ?? DEFAULT_SLOTS,
    labels: { ...labels },
    run: randomUUID(),
    host: hostname(),
    home,
  };
}
