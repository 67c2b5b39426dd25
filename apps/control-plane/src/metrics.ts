import {
  type Agent,
  type ByteCounts,
  type ExecutionState,
  NO_BYTES,
  RUNGS,
  skipReasonOf,
  type Task,
  type TaskState,
} from "@transship/model";
import type { Store } from "@transship/store";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { gaugeDeliveries } from "./metrics-of-deliveries.ts";
import { gaugeDrift } from "./metrics-of-drift.ts";
import { gaugeEdges } from "./metrics-of-edges.ts";
import { gaugeGates } from "./metrics-of-gates.ts";
import { gaugeReach } from "./metrics-of-reach.ts";
import { RuleSuccesses } from "./metrics-of-rules.ts";
import type { KnownTopology } from "./topology/known-topology.ts";
import type { GateBoard } from "./work/gate-board.ts";
import type { ReachBoard } from "./work/reach-board.ts";

/** What the metrics read when they are scraped. */
export interface Scraped {
  readonly store: Pick<Store, "executions" | "agents" | "deliveries" | "drift" | "topology">;
  readonly topology: Pick<KnownTopology, "current">;
  readonly gates: Pick<GateBoard, "all">;
  readonly reach: Pick<ReachBoard, "sums">;
  readonly version: string;
}

/** The control plane's Prometheus metrics. Labels are bounded: no repository, tag or digest ever is one. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #executions = this.#counter("transship_executions_total", "Executions that ended.", ["rule", "result"]);
  readonly #tasks = this.#counter("transship_tasks_total", "Tasks that ended.", ["rule", "result", "reason"]);
  readonly #moves = this.#counter("transship_task_transitions_total", "Tasks that were leased or moved by reports, by the state reached.", [
    "to",
  ]);
  readonly #bytes = this.#counter("transship_transfer_bytes_total", "Payload bytes fetched from a source.", ["src", "dst"]);
  readonly #resumed = this.#counter("transship_transfer_resumed_bytes_total", "Bytes not fetched again thanks to a checkpoint.", []);
  readonly #wasted = this.#counter("transship_transfer_wasted_bytes_total", "Bytes fetched more than once or thrown away.", []);
  readonly #kinds = this.#counter("transship_bytes_total", "Payload bytes of tasks that ended, by how they came.", ["kind"]);
  readonly #blobs = this.#counter("transship_blobs_total", "Blobs that reached the target, over all attempts of tasks that ended.", [
    "rung",
  ]);
  readonly #blobBytes = this.#counter("transship_blob_bytes_total", "Sizes of the blobs that reached the target, likewise.", ["rung"]);
  readonly #retries = this.#counter("transship_blob_retries_total", "Requests for blobs that had to be repeated, of tasks that ended.", [
    "rung",
  ]);
  readonly #fenced = this.#counter("transship_lease_fenced_total", "Reports refused because their lease was not the newest.", []);
  readonly #events = this.#counter("transship_events_total", "Events of registries, and arrivals that may start rules.", [
    "instance",
    "action",
    "result",
  ]);
  readonly #conflicts = this.#counter("transship_conflicts_total", "Tags that were found to have moved on both sides, each once.", [
    "rule",
  ]);
  readonly #missed = this.#counter("transship_schedule_missed_total", "Scheduled runs that nobody was there to start.", ["rule"]);
  readonly #deliveries = this.#counter("transship_webhook_deliveries_total", "Events for webhooks, and attempts to deliver them.", [
    "webhook",
    "result",
  ]);
  readonly #calls = this.#counter("transship_grpc_server_handled_total", "gRPC calls that ended.", ["method", "code"]);
  readonly #duration = new Histogram({
    name: "transship_task_duration_seconds",
    help: "Time from a task's first lease to its success.",
    labelNames: ["rule"],
    buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200],
    registers: [this.#registry],
  });

  readonly #successes: RuleSuccesses;

  constructor(scraped: Scraped) {
    const info = new Gauge({
      name: "transship_build_info",
      help: "1, with the version.",
      labelNames: ["version"],
      registers: [this.#registry],
    });
    info.set({ version: scraped.version }, 1);
    this.#gaugeTasks(scraped.store);
    this.#gaugeAgents(scraped.store);
    this.#successes = new RuleSuccesses(this.#registry, { topology: scraped.topology, executions: scraped.store.executions });
    gaugeGates(this.#registry, scraped.gates);
    gaugeReach(this.#registry, scraped.reach);
    gaugeDrift(this.#registry, scraped.store);
    gaugeEdges(this.#registry, scraped.store);
    gaugeDeliveries(this.#registry, scraped.store.deliveries);
  }

  executionEnded(rule: string, result: ExecutionState, at: string): void {
    if (result === "succeeded") this.#successes.succeeded(rule, at);
    this.#executions.inc({ rule, result });
  }

  /** Counts a task that became final, with the bytes of all its attempts. */
  taskEnded(rule: string, task: Task): void {
    this.#tasks.inc({ rule, result: task.state, reason: reasonOf(task) });
    this.#countBytes(task, task.progress.bytes);
    for (const rung of RUNGS) {
      this.#blobs.inc({ rung }, task.blobSums[rung].count);
      this.#blobBytes.inc({ rung }, task.blobSums[rung].bytes);
      this.#retries.inc({ rung }, task.blobSums[rung].retries);
    }
    if (task.state !== "succeeded" || task.startedAt === undefined || task.finishedAt === undefined) return;
    this.#duration.observe({ rule }, (Date.parse(task.finishedAt) - Date.parse(task.startedAt)) / 1000);
  }

  /** Counts a task that was leased, or that an agent's report moved to another state. */
  taskMoved(to: TaskState): void {
    this.#moves.inc({ to });
  }

  reportFenced(): void {
    this.#fenced.inc();
  }

  /**
   * Counts an event of a registry (`push`, `delete`; empty where that is not known) or an `arrival`. `followed`: rules look at it. `unmatched`: none does.
   * `repeated`, `own`, `other`, `unreadable`: not followed. `refused`: without the secret.
   */
  eventTaken(instance: string, action: string, result: string): void {
    this.#events.inc({ instance, action, result });
  }

  conflictsFound(rule: string, count: number): void {
    this.#conflicts.inc({ rule }, count);
  }

  scheduleMissed(rule: string, count: number): void {
    this.#missed.inc({ rule }, count);
  }

  /** Counts events that were `delivered`, `given-up` or `dropped`, and attempts that `failed`. */
  delivery(webhook: string, result: "delivered" | "failed" | "given-up" | "dropped", count = 1): void {
    this.#deliveries.inc({ webhook, result }, count);
  }

  callEnded(method: string, code: string): void {
    this.#calls.inc({ method, code });
  }

  /** All metrics in the text format, with its content type. */
  async scrape(): Promise<{ readonly contentType: string; readonly text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #countBytes(task: Task, bytes: ByteCounts): void {
    this.#bytes.inc({ src: task.source.instance, dst: task.target.instance }, bytes.copied);
    for (const kind of Object.keys(NO_BYTES) as (keyof ByteCounts)[]) this.#kinds.inc({ kind }, bytes[kind]);
    this.#resumed.inc(bytes.resumed);
    this.#wasted.inc(bytes.wasted);
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.#registry] });
  }

  #gaugeTasks({ executions }: Scraped["store"]): void {
    const gauge: Gauge<"state"> = new Gauge({
      name: "transship_tasks_active",
      help: "Tasks that are not finished.",
      labelNames: ["state"],
      registers: [this.#registry],
      collect: async () => {
        const sums = { waiting: 0, running: 0, retrying: 0 };
        for (const { id } of await executions.unfinished()) {
          const { tasks } = await executions.get(id);
          const done = tasks.succeeded + tasks.failed + tasks.skipped + tasks.cancelled;
          sums.running += tasks.running;
          sums.retrying += tasks.retrying;
          sums.waiting += tasks.total - done - tasks.running - tasks.retrying;
        }
        for (const [state, count] of Object.entries(sums)) gauge.set({ state }, count);
      },
    });
  }

  #gaugeAgents({ agents }: Scraped["store"]): void {
    this.#gaugeEachAgent("transship_agent_connected", "Whether the agent's stream is open.", agents, ({ state }) =>
      state === "online" || state === "draining" ? 1 : 0,
    );
    const help = "When the agent was last heard of, in seconds since 1970; 0 = never.";
    this.#gaugeEachAgent("transship_agent_last_seen_timestamp_seconds", help, agents, ({ lastSeenAt }) =>
      lastSeenAt === undefined ? 0 : Date.parse(lastSeenAt) / 1000,
    );
  }

  #gaugeEachAgent(name: string, help: string, agents: Store["agents"], read: (agent: Agent) => number): void {
    const gauge: Gauge<"agent"> = new Gauge({
      name,
      help,
      labelNames: ["agent"],
      registers: [this.#registry],
      collect: async () => {
        for (const agent of await agents.list()) gauge.set({ agent: agent.name }, read(agent));
      },
    });
  }
}

function reasonOf({ failure, state, skipReason }: Task): string {
  if (state !== "skipped") return failure?.code ?? "";
  return skipReasonOf(skipReason ?? "") ?? "other";
}
