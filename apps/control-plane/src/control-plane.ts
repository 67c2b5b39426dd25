import { wire } from "@transship/api";
import { openSqliteStore, type Store } from "@transship/store";
import { adminTokenHash } from "./access/admin-token.ts";
import type { Door } from "./access/callers.ts";
import { Budgets } from "./budgets/budgets.ts";
import { authorizeCalls } from "./calls/authorize-calls.ts";
import { countCalls } from "./calls/count-calls.ts";
import { createHandlers, stoppingError } from "./calls/handlers.ts";
import { logCalls } from "./calls/log-calls.ts";
import { Changes } from "./changes.ts";
import { deliverEvents } from "./events-out/deliver-events.ts";
import { EventSender } from "./events-out/send-event.ts";
import { watchAgents } from "./events-out/watch-agents.ts";
import { Executions } from "./executions/executions.ts";
import { Rates } from "./executions/rates.ts";
import { type Served, serveGrpc } from "./grpc/grpc-server.ts";
import { sweepHistory } from "./history/sweep-history.ts";
import { healthRoutes } from "./http/health-routes.ts";
import { serveHttp } from "./http/http-server.ts";
import { executionLog } from "./logs/execution-log.ts";
import { LogWriter } from "./logs/log-writer.ts";
import { AgentLogs } from "./logs/take-log.ts";
import { Metrics } from "./metrics.ts";
import { type ControlPlaneOptions, checkOptions, DEFAULT_HISTORY, DEFAULT_LEASE_MS } from "./options.ts";
import { stopGoneEdges } from "./replications/stop-gone-edges.ts";
import { CappedAgents } from "./scheduler/capped-agents.ts";
import { runScheduler } from "./scheduler/run-scheduler.ts";
import { Turns } from "./scheduler/turns.ts";
import { WindowWatch } from "./scheduler/window-watch.ts";
import { agentService } from "./services/agent-service.ts";
import { driftService } from "./services/drift-service.ts";
import { executionService } from "./services/execution-service.ts";
import { healthService } from "./services/health-service.ts";
import { instanceService } from "./services/instance-service.ts";
import { planService } from "./services/plan-service.ts";
import { replicationService } from "./services/replication-service.ts";
import { ruleService } from "./services/rule-service.ts";
import { serverService } from "./services/server-service.ts";
import { taskService } from "./services/task-service.ts";
import { topologyService } from "./services/topology-service.ts";
import { traceService } from "./services/trace-service.ts";
import { webhookService } from "./services/webhook-service.ts";
import { workService } from "./services/work-service.ts";
import { KnownTopology } from "./topology/known-topology.ts";
import { webhookReceiver } from "./triggers/receive-webhook.ts";
import { Triggers } from "./triggers/triggers.ts";
import { VERSION } from "./version.ts";
import { WakeUp } from "./wake-up.ts";
import { ConnectedAgents } from "./work/connected-agents.ts";
import { GateBoard } from "./work/gate-board.ts";
import { OutcomeWriter } from "./work/outcome-writer.ts";
import { ProgressWriter } from "./work/progress-writer.ts";
import { Questions } from "./work/questions.ts";
import { ReachBoard } from "./work/reach-board.ts";
import { Rivals } from "./work/rivals.ts";
import { Surveys } from "./work/surveys.ts";

/** A running control plane. Disposing is draining. */
export interface ControlPlane extends AsyncDisposable {
  /** Where gRPC is served: `host:port` with the real port, or `unix:/path`. */
  readonly grpcAddress: string;
  /** Where HTTP is served; undefined = not. */
  readonly httpAddress: string | undefined;
  /** Stops: nothing new is handed out, streams end so that clients connect again elsewhere or later, everything is stored. May be called twice. */
  drain(): Promise<void>;
}

const SILENCE_MS = 120_000;
const ROUTE_PATIENCE_MS = 60_000;
const AGENT_LOST_MS = 300_000;
const CHALLENGE_MS = 5_000;

/**
 * Starts a control plane: the store, the services, the loops.
 * @throws TransshipError `INVALID_ARGUMENT`, `PORT_IN_USE`, `DATA_DIR_IN_USE`, `DATA_DIR_TOO_NEW`, `DATA_DIR_UNUSABLE`, `DISK_FULL`.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  checkOptions(options);
  await using opening = new AsyncDisposableStack();
  const store = opening.use(await openSqliteStore(options.store));
  const parts = await assemble(options, store);
  const { desk, executions, triggers, door, stopping, log } = parts;

  opening.use(parts.sender);
  opening.use(desk.topology);
  const loops = [
    runScheduler(desk, desk.work, stopping.signal),
    desk.progress.run(desk, stopping.signal),
    desk.logWriter.run(stopping.signal),
    sweepHistory(desk, options.history ?? DEFAULT_HISTORY, stopping.signal),
    deliverEvents(desk, parts.sender, stopping.signal),
    watchAgents(desk, stopping.signal),
    desk.surveys.run(desk, stopping.signal),
  ];
  opening.defer(() => Promise.all(loops).then(() => undefined));
  opening.defer(() => stopping.abort());
  const interceptors = [logCalls(log), countCalls((method, code) => desk.metrics.callEnded(method, code)), authorizeCalls(door)];
  const grpc = opening.use(await serveGrpc(options, servicesOf(parts), interceptors));
  const routes = {
    get: healthRoutes(store, desk.metrics, stopping.signal),
    post: { webhooks: webhookReceiver({ ...desk, hints: triggers.hints }) },
  };
  const http = options.http === undefined ? undefined : opening.use(await serveHttp(options.http, routes, log));
  opening.defer(() => hangUp(parts));
  // Closed first: an execution must not take the end of its agents' streams for their death.
  await opening.use(executions).resume();
  // After what was under way, so that a schedule's run waits behind it.
  loops.push(triggers.runClock(stopping.signal));
  log.info({ version: VERSION, grpc: grpc.address, http: http?.address, leaseMs: desk.leaseMs }, "control plane started");
  const running = opening.move();
  let drained: Promise<void> | undefined;
  const drain = () => (drained ??= running.disposeAsync().then(() => log.info("control plane stopped")));
  return { grpcAddress: grpc.address, httpAddress: http?.address, drain, [Symbol.asyncDispose]: drain };
}

type Parts = Awaited<ReturnType<typeof assemble>>;

/** What services and loops share. Opens nothing. */
async function assemble(options: ControlPlaneOptions, store: Store) {
  const log = options.logger.child({ component: "control-plane" });
  const now = options.now ?? (() => new Date());
  const startedAt = now();
  const leaseMs = options.leaseMs ?? DEFAULT_LEASE_MS;
  await store.agents.reset(startedAt);
  await store.tasks.extendAll(leaseMs, startedAt);
  const door: Door = {
    insecure: options.insecure === true,
    adminHash: "directory" in options.store ? await adminTokenHash(options.store.directory) : undefined,
    agents: store.agents,
    now,
  };
  const gates = new GateBoard();
  const reach = new ReachBoard();
  const logWriter = new LogWriter(store.logs, log);
  const agents = new ConnectedAgents(reach);
  const topology = new KnownTopology(store.topology);
  const base = {
    store,
    topology,
    log,
    now,
    startedAt,
    leaseMs,
    routePatienceMs: options.routePatienceMs ?? ROUTE_PATIENCE_MS,
    agents,
    rivals: new Rivals(),
    challengeMs: options.challengeMs ?? CHALLENGE_MS,
    budgets: new Budgets(agents, now),
    gates,
    reach,
    surveys: new Surveys(),
    progress: new ProgressWriter(),
    outcomes: new OutcomeWriter(store.tasks, now),
    questions: new Questions(options.silenceMs ?? SILENCE_MS),
    logWriter,
    agentLogs: new AgentLogs(),
    executionLog: executionLog(log, logWriter, now),
    changes: new Changes(),
    metrics: new Metrics({ store, topology, gates, reach, version: VERSION }),
    work: new WakeUp(),
    clock: new WakeUp(),
    rates: new Rates(),
    turns: new Turns(),
    capped: new CappedAgents(),
    windows: new WindowWatch(),
    tidings: new WakeUp(),
    agentLostMs: options.agentLostMs ?? AGENT_LOST_MS,
  };
  const executions = new Executions(base);
  const triggers = new Triggers({ ...base, executions });
  const desk = { ...base, cascade: triggers.cascade };
  return { desk, door, log, executions, triggers, sender: new EventSender(), stopping: new AbortController() };
}

function servicesOf({ desk, executions, triggers, sender, log, stopping }: Parts): Served[] {
  const handlers = createHandlers(log, stopping.signal);
  const changed = async () => {
    desk.agents.relabel(await desk.store.agents.list());
    desk.work.wake();
    triggers.rulesChanged();
    desk.surveys.changed();
    desk.tidings.wake();
    stopGoneEdges(desk.store, executions).catch((thrown: unknown) =>
      log.error({ err: thrown }, "executions of changed edges were not stopped"),
    );
  };
  const services: Served[] = [
    [wire.TopologyServiceService, topologyService(handlers, desk.store, desk.now, changed)],
    [wire.InstanceServiceService, instanceService(handlers, desk.store, desk)],
    [wire.RuleServiceService, ruleService(handlers, desk, executions, triggers.rulesChanged)],
    [wire.ReplicationServiceService, replicationService(handlers, desk, executions, changed, stopping.signal)],
    [wire.DriftServiceService, driftService(handlers, desk)],
    [wire.TraceServiceService, traceService(handlers, desk, stopping.signal)],
    [wire.PlanServiceService, planService(handlers, desk, executions)],
    [wire.ExecutionServiceService, executionService(handlers, desk, executions)],
    [wire.TaskServiceService, taskService(handlers, desk, executions)],
    [wire.AgentServiceService, agentService(handlers, desk)],
    [wire.WebhookServiceService, webhookService(handlers, desk.store, sender, desk.now, stopping.signal)],
    [wire.ServerServiceService, serverService(handlers, desk.startedAt)],
    [wire.WorkServiceService, workService(desk)],
  ];
  const names = services.flatMap(([definition]) => Object.values(definition).map((method) => method.path.split("/")[1] ?? ""));
  return [...services, [wire.HealthService, healthService(handlers, [...new Set(names)], stopping.signal)]];
}

/** Not ready any more; agents and watchers are sent away with a reason to come back. */
function hangUp({ desk, stopping }: Parts): void {
  stopping.abort();
  for (const session of desk.agents.all()) session.end(stoppingError());
}
