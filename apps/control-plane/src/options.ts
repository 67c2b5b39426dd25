import { isLoopback } from "@transship/api";
import { TransshipError } from "@transship/errors";
import type { Logger } from "pino";

/** Where to listen; port 0 takes any free one. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** PEM texts for serving TLS. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** With it, clients must show a certificate that this CA signed. */
  readonly ca?: string | undefined;
}

/** How to start a control plane. */
export interface ControlPlaneOptions {
  /** Where the data is. In memory there is no admin token, so that it goes with `insecure` only. */
  readonly store: { readonly directory: string } | { readonly memory: true };
  /** gRPC, for agents and the CLI. */
  readonly grpc: HostAndPort | { readonly socketPath: string };
  /** `/livez`, `/readyz`, `/metrics`, and `/webhooks/{instance}` for the events of registries; absent = not served. */
  readonly http?: HostAndPort | undefined;
  readonly tls?: TlsFiles | undefined;
  /** Plain gRPC without a login, on a loopback address or a socket only. */
  readonly insecure?: boolean | undefined;
  /** Duration of a lease in milliseconds; absent = 90 s. */
  readonly leaseMs?: number | undefined;
  readonly logger: Logger;
  /** How long an agent may be silent on a question, in milliseconds; absent = 2 minutes. */
  readonly silenceMs?: number | undefined;
  /** How long work that was under way waits for an agent that can do it, in milliseconds; absent = 1 minute. */
  readonly routePatienceMs?: number | undefined;
  /** How much of the history is kept; absent = {@link DEFAULT_HISTORY}. */
  readonly history?: HistoryLimits | undefined;
  /** The clock; absent = the system's. For tests of what takes hours. */
  readonly now?: (() => Date) | undefined;
  /** How long an agent may be away before webhooks are told that it is lost, in milliseconds; absent = 5 minutes. */
  readonly agentLostMs?: number | undefined;
  /** How long an agent may take to say that it lives when another process claims its name, in milliseconds; absent = 5 s. */
  readonly challengeMs?: number | undefined;
}

export const DEFAULT_LEASE_MS = 90_000;

/** What is kept of executions that ended, with their tasks. The newest of each rule, and the newest that succeeded, always stay. */
export interface HistoryLimits {
  /** Executions of each rule, at least 1. */
  readonly executions: number;
  /** Days since their end, at least 1. */
  readonly days: number;
}

export const DEFAULT_HISTORY: HistoryLimits = { executions: 1000, days: 90 };

/** The address as gRPC writes it: `host:port`, `[v6]:port` or `unix:/path`. */
export function grpcAddress(place: ControlPlaneOptions["grpc"]): string {
  return "socketPath" in place ? `unix:${place.socketPath}` : joinHostPort(place);
}

/** `host:port`, with brackets around an IPv6 address. */
export function joinHostPort({ host, port }: HostAndPort): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** @throws TransshipError `INVALID_ARGUMENT` for options that would serve strangers without TLS, or that nobody could log in to. */
export function checkOptions(options: ControlPlaneOptions): void {
  const address = grpcAddress(options.grpc);
  if (options.tls === undefined && options.insecure !== true) {
    throw refused(
      "starting the control plane",
      "it has neither a certificate nor leave to do without",
      "Give --tls-cert and --tls-key, or --insecure.",
    );
  }
  if (options.insecure === true && options.tls !== undefined) {
    throw refused("starting the control plane", "--insecure and a certificate exclude each other", "Give one of them.");
  }
  if (options.insecure === true && !isLoopback(address)) {
    throw refused(`plain gRPC on ${address}`, "only a loopback address may be served without TLS", "Give --tls-cert and --tls-key.");
  }
  if (options.tls !== undefined && "memory" in options.store) {
    throw refused("serving TLS from a store in memory", "there is no place to leave the admin token", "Give a data directory.");
  }
  for (const [what, kept] of Object.entries(options.history ?? {}))
    if (!Number.isInteger(kept) || kept < 1)
      throw refused(`keeping ${kept} ${what} of history`, "it is not a whole number above zero", "Give at least 1.");
  const leaseMs = options.leaseMs ?? DEFAULT_LEASE_MS;
  if (!Number.isInteger(leaseMs) || leaseMs < 100) throw refused("the lease", `${leaseMs} ms is too short`, "Give at least 100 ms.");
}

function refused(what: string, why: string, hint: string): TransshipError {
  return new TransshipError("INVALID_ARGUMENT", { what, why, hint });
}
