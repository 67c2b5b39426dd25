import { setTimeout as delay } from "node:timers/promises";
import type { CallOptions, ClientUnaryCall, Metadata, ServiceError } from "@grpc/grpc-js";
import { type ControlPlaneClient, connectControlPlane, fromServiceError, wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import { pino } from "pino";
import { startControlPlane } from "../control-plane.ts";
import type { ControlPlaneOptions } from "../options.ts";

/** A control plane on a free port of this machine, with a client. */
export interface TestControlPlane extends AsyncDisposable {
  readonly address: string;
  readonly httpAddress: string;
  readonly client: ControlPlaneClient;
  readonly logged: Record<string, unknown>[];
  drain(): Promise<void>;
}

export async function startTest(options: Partial<ControlPlaneOptions> & { readonly clientToken?: string } = {}): Promise<TestControlPlane> {
  const logged: Record<string, unknown>[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const place = { host: "127.0.0.1", port: 0 };
  const plane = await startControlPlane({ store: { memory: true }, grpc: place, http: place, insecure: true, logger, ...options });
  const client = connectControlPlane({
    address: plane.grpcAddress,
    insecure: options.tls === undefined,
    ca: options.tls?.cert,
    token: options.clientToken,
  });
  return {
    address: plane.grpcAddress,
    httpAddress: plane.httpAddress ?? "",
    client,
    logged,
    drain: () => plane.drain(),
    [Symbol.asyncDispose]: async () => {
      client[Symbol.dispose]();
      await plane.drain();
    },
  };
}

type Unary<Request, Answer> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, answer: Answer) => void,
) => ClientUnaryCall;

/** Calls an RPC; throws TransshipErrors. */
export function call<Request, Answer>(
  client: ControlPlaneClient,
  service: object,
  method: Unary<Request, Answer>,
  request: Request,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    method.call(service, request, client.metadata, {}, (error, answer) => {
      if (error === null) resolve(answer);
      else reject(fromServiceError(error, "calling"));
    });
  });
}

/** Waits until `look` gives something; fails after `ms` milliseconds. */
export async function until<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>, ms = 5000): Promise<T> {
  for (const end = Date.now() + ms; Date.now() < end; await delay(10)) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
  }
  throw new TransshipError("WAIT_TIMED_OUT", { what: `waiting for ${what}`, why: `it did not come within ${ms} ms` });
}

export function instance(name: string, more: Partial<wire.InstanceSpec> = {}): wire.Resource {
  const spec = {
    provider: "registry",
    region: name,
    border: "",
    account: "",
    endpoints: [{ url: `https://${name}.example`, network: "public", address: "", ca: "" }],
    ...more,
  };
  return { kind: { $case: "instance", value: { name, labels: {}, spec } } };
}

export function rule(name: string, more: Partial<wire.RuleSpec> = {}): wire.Resource {
  const spec = {
    description: "",
    source: { instance: "gz", namespace: "team", repository: "", tag: "" },
    targets: [{ instance: "sg", namespace: "mirror", repository: "", flatten: 0 }],
    overwrite: wire.Overwrite.ALWAYS,
    enabled: true,
    kinds: [],
    platforms: [],
    priority: 0,
    consent: [],
    ...more,
  };
  return { kind: { $case: "rule", value: { name, labels: {}, spec } } };
}

export function webhook(name: string, url: string, more: Partial<wire.WebhookSpec> = {}): wire.Resource {
  const spec = { url, secret: "canary-0123456789", events: [], rules: [], allowPrivate: true, enabled: true, ...more };
  return { kind: { $case: "webhook", value: { name, labels: {}, spec } } };
}

/** Applies documents; by default two instances and the rule `r` between them. */
export function apply(client: ControlPlaneClient, more: Partial<wire.ApplyRequest> = {}): Promise<wire.ApplyResponse> {
  const request = { resources: [instance("gz"), instance("sg"), rule("r")], deletes: [], prune: false, dryRun: false, ...more };
  return call(client, client.topology, client.topology.apply, request);
}

export function run(client: ControlPlaneClient, name = "r"): Promise<wire.RunRuleResponse> {
  return call(client, client.rules, client.rules.runRule, { name });
}

export function execution(client: ControlPlaneClient, id: string): Promise<wire.Execution> {
  return call(client, client.executions, client.executions.getExecution, { id });
}

const FINAL: readonly wire.ExecutionState[] = [
  wire.ExecutionState.SUCCEEDED,
  wire.ExecutionState.PARTIAL,
  wire.ExecutionState.FAILED,
  wire.ExecutionState.STOPPED,
];

/** The execution once it is final. */
export function finished(client: ControlPlaneClient, id: string): Promise<wire.Execution> {
  return until(`the end of ${id}`, async () => {
    const now = await execution(client, id);
    return FINAL.includes(now.state) && now;
  });
}

/** Runs a rule to its end. */
export async function runToEnd(client: ControlPlaneClient, name = "r"): Promise<wire.Execution> {
  return finished(client, (await run(client, name)).execution?.id ?? "");
}

export function tasks(client: ControlPlaneClient, executionId: string): Promise<wire.Task[]> {
  return call(client, client.tasks, client.tasks.listTasks, { executionId, states: [], pageSize: 0, pageToken: "" }).then(
    (list) => list.tasks,
  );
}

/** What the log of an execution says, in order. */
export async function messages(client: ControlPlaneClient, executionId: string): Promise<string[]> {
  const all = { taskId: "", search: "", level: wire.LogLevel.UNSPECIFIED, afterSequence: 0, last: 0, follow: false };
  const lines = client.executions.streamLogs({ executionId, ...all }, client.metadata) as AsyncIterable<wire.LogLine>;
  return (await Array.fromAsync(lines)).map(({ message }) => message);
}
