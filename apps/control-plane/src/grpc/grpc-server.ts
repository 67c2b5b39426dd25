import {
  logVerbosity,
  Server,
  ServerCredentials,
  type ServerInterceptor,
  type ServiceDefinition,
  setLogVerbosity,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { TransshipError } from "@transship/errors";
import { requirePolicy } from "../access/policy.ts";
import { listenError } from "../http/http-server.ts";
import { type ControlPlaneOptions, grpcAddress, joinHostPort, type TlsFiles } from "../options.ts";

/** A service and what carries it out. */
export type Served = readonly [ServiceDefinition, UntypedServiceImplementation];

/** A listening gRPC server. Disposing lets calls end for a moment, then cuts them. */
export interface GrpcServer extends AsyncDisposable {
  /** `host:port`, or `unix:/path`. */
  readonly address: string;
}

const MIB = 1024 * 1024;
const SERVER_OPTIONS = {
  // A message that announces more is refused before it is buffered. The largest that we expect are pages of 500 tags.
  "grpc.max_receive_message_length": 16 * MIB,
  "grpc.max_send_message_length": 16 * MIB,
  // Notices agents whose machine or link died without a word.
  "grpc.keepalive_time_ms": 20_000,
  "grpc.keepalive_timeout_ms": 10_000,
};

/** How long calls under way may take to end at a stop, in milliseconds. */
const LAST_CALLS_MS = 2_000;

/** Serves gRPC. @throws TransshipError `PORT_IN_USE`, `INVALID_ARGUMENT` for a bad address or certificate, `INTERNAL` for an RPC without a policy. */
export async function serveGrpc(
  options: Pick<ControlPlaneOptions, "grpc" | "tls">,
  services: readonly Served[],
  interceptors: ServerInterceptor[],
): Promise<GrpcServer> {
  // What grpc-js would print beside our own messages, e.g. for a port in use, comes back as errors too.
  setLogVerbosity(logVerbosity.NONE);
  requirePolicy(services.map(([definition]) => definition));
  const server = new Server({ ...SERVER_OPTIONS, interceptors });
  for (const [definition, implementation] of services) server.addService(definition, implementation);
  const port = await bind(server, grpcAddress(options.grpc), serverCredentials(options.tls));
  return {
    address: "socketPath" in options.grpc ? grpcAddress(options.grpc) : joinHostPort({ host: options.grpc.host, port }),
    [Symbol.asyncDispose]: () => shutDown(server),
  };
}

function bind(server: Server, address: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) =>
      error === null ? resolve(port) : reject(listenError(address, error.message, error)),
    );
  });
}

function serverCredentials(tls: TlsFiles | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const ca = tls.ca === undefined ? null : Buffer.from(tls.ca);
  try {
    return ServerCredentials.createSsl(ca, [{ cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) }], ca !== null);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TransshipError("INVALID_ARGUMENT", {
      what: "the TLS certificate or key",
      why,
      hint: "Give PEM files that belong together.",
      cause,
    });
  }
}

function shutDown(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.forceShutdown(), LAST_CALLS_MS);
    server.tryShutdown(() => {
      clearTimeout(cut);
      resolve();
    });
  });
}
