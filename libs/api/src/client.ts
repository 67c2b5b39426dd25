import { isIP } from "node:net";
import { type ChannelCredentials, type ChannelOptions, type ClientOptions, credentials, Metadata } from "@grpc/grpc-js";
import { TransshipError } from "@transship/errors";
import { AgentServiceClient } from "./gen/transship/v1/agent.ts";
import { DriftServiceClient } from "./gen/transship/v1/drift.ts";
import { ExecutionServiceClient } from "./gen/transship/v1/execution.ts";
import { InstanceServiceClient } from "./gen/transship/v1/instance.ts";
import { PlanServiceClient } from "./gen/transship/v1/plan.ts";
import { ReplicationServiceClient } from "./gen/transship/v1/replication.ts";
import { RuleServiceClient } from "./gen/transship/v1/rule.ts";
import { ServerServiceClient } from "./gen/transship/v1/server.ts";
import { TaskServiceClient } from "./gen/transship/v1/task.ts";
import { TopologyServiceClient } from "./gen/transship/v1/topology.ts";
import { TraceServiceClient } from "./gen/transship/v1/trace.ts";
import { WebhookServiceClient } from "./gen/transship/v1/webhook.ts";
import { WorkServiceClient } from "./gen/transship/v1/work.ts";

/** How to reach a control plane and who we are there. */
export interface ServerAccess {
  /** `host:port`, or `unix:/path`. */
  readonly address: string;
  /** PEM text of the CA that signed the server's certificate; absent = the system's CAs. */
  readonly ca?: string | undefined;
  /** PEM texts of our own certificate and its key, for a control plane that demands one of its clients. */
  readonly client?: { readonly cert: string; readonly key: string } | undefined;
  /** Plain gRPC without TLS; only accepted for a loopback address. */
  readonly insecure?: boolean | undefined;
  /** Bearer token. */
  readonly token?: string | undefined;
}

/** The services of a control plane, over one connection. */
export interface ControlPlaneClient extends Disposable {
  readonly topology: TopologyServiceClient;
  readonly instances: InstanceServiceClient;
  readonly rules: RuleServiceClient;
  readonly replications: ReplicationServiceClient;
  readonly drift: DriftServiceClient;
  readonly trace: TraceServiceClient;
  readonly executions: ExecutionServiceClient;
  readonly tasks: TaskServiceClient;
  readonly plans: PlanServiceClient;
  readonly agents: AgentServiceClient;
  readonly webhooks: WebhookServiceClient;
  readonly server: ServerServiceClient;
  readonly work: WorkServiceClient;
  /** Metadata of every call: the token. */
  readonly metadata: Metadata;
}

const CHANNEL_OPTIONS: ChannelOptions = {
  "grpc.keepalive_time_ms": 20_000,
  "grpc.keepalive_timeout_ms": 10_000,
  "grpc.keepalive_permit_without_calls": 1,
  "grpc.initial_reconnect_backoff_ms": 200,
  "grpc.max_reconnect_backoff_ms": 5_000,
  // A new client connects at once instead of sitting out the back-off of an earlier one to the same address.
  "grpc.use_local_subchannel_pool": 1,
};

/** Opens the services. Nothing is sent before the first call. @throws TransshipError `INVALID_ARGUMENT` for plain gRPC to an address that is not loopback, and for PEM texts that are none. */
export function connectControlPlane(access: ServerAccess): ControlPlaneClient {
  const channel = channelCredentials(access);
  // gRPC goes by the environment's proxies for this machine, too, where a proxy's "this machine" is another one.
  const options: ChannelOptions = isLoopback(access.address) ? { ...CHANNEL_OPTIONS, "grpc.enable_http_proxy": 0 } : CHANNEL_OPTIONS;
  const first = new TopologyServiceClient(access.address, channel, options as ClientOptions);
  const shared: ClientOptions = { ...options, channelOverride: first.getChannel() };
  const metadata = new Metadata();
  if (access.token !== undefined) metadata.set("authorization", `Bearer ${access.token}`);
  return {
    topology: first,
    instances: new InstanceServiceClient(access.address, channel, shared),
    rules: new RuleServiceClient(access.address, channel, shared),
    replications: new ReplicationServiceClient(access.address, channel, shared),
    drift: new DriftServiceClient(access.address, channel, shared),
    trace: new TraceServiceClient(access.address, channel, shared),
    executions: new ExecutionServiceClient(access.address, channel, shared),
    tasks: new TaskServiceClient(access.address, channel, shared),
    plans: new PlanServiceClient(access.address, channel, shared),
    agents: new AgentServiceClient(access.address, channel, shared),
    webhooks: new WebhookServiceClient(access.address, channel, shared),
    server: new ServerServiceClient(access.address, channel, shared),
    work: new WorkServiceClient(access.address, channel, shared),
    metadata,
    [Symbol.dispose]: () => first.close(),
  };
}

function channelCredentials(access: ServerAccess): ChannelCredentials {
  if (access.insecure !== true) return tlsCredentials(access);
  if (!isLoopback(access.address)) {
    throw new TransshipError("INVALID_ARGUMENT", {
      what: `plain gRPC to ${access.address}`,
      why: "only a loopback address may be used without TLS",
      hint: "Give the control plane a certificate (--tls-cert, --tls-key) and the client its CA (--tls-ca).",
    });
  }
  return credentials.createInsecure();
}

function tlsCredentials({ ca, client }: ServerAccess): ChannelCredentials {
  const pem = (text: string | undefined) => (text === undefined ? null : Buffer.from(text));
  try {
    return credentials.createSsl(pem(ca), pem(client?.key), pem(client?.cert));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TransshipError("INVALID_ARGUMENT", {
      what: "the CA, certificate or key for the control plane",
      why,
      hint: "Give PEM files, and a certificate and key that belong together.",
      cause,
    });
  }
}

/** Whether `host:port` (or `unix:…`) stays on this machine. Names are not resolved: only `localhost` and literal addresses count. */
export function isLoopback(address: string): boolean {
  if (address.startsWith("unix:")) return true;
  const host = address.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  if (host === "localhost") return true;
  if (isIP(host) === 4) return host.startsWith("127.");
  return host === "::1";
}
