import { isIP } from "node:net";
import { TransshipError } from "@transship/errors";
import { Authorizer } from "./authorizer.ts";
import { catalog } from "./catalog.ts";
import { RegistryClient } from "./client.ts";
import { type ClientCertificate, checkClientCertificate } from "./client-certificate.ts";
import { Connections } from "./connections.ts";
import { CredentialHolder, type CredentialSource } from "./credential.ts";
import { Exchange, type RequestObserver } from "./exchange.ts";
import { HttpRepository } from "./http-repository.ts";
import { ping } from "./ping.ts";
import { type HttpProxy, type ProxyFor, parseProxyUrl } from "./proxy.ts";
import { type OpenReach, timeAnswer } from "./reach.ts";
import type { CallOptions, Registry, Repository } from "./repository.ts";
import { DEFAULT_TIMEOUTS, type Timeouts } from "./timeouts.ts";
import { UrlGuard } from "./url-guard.ts";

/** How to reach a registry. */
export interface RegistryOptions {
  /** `https://host[:port]`; plain HTTP only by saying `http://`. */
  readonly url: string;
  readonly credential?: CredentialSource | undefined;
  /** PEM text of certificate authorities, trusted in addition to the public ones. */
  readonly ca?: string | undefined;
  /** IP address to connect to instead of what DNS says; SNI, certificate check and Host stay the URL's. */
  readonly address?: string | undefined;
  /**
   * HTTP proxy for all connections: to the registry, its token server and its storage; or one for each URL. With `address` the proxy is asked for that
   * address. A proxy that speaks TLS may be certified by `ca`.
   */
  readonly proxy?: HttpProxy | ProxyFor | undefined;
  /** For a registry that asks for one; shown to its own origin only. */
  readonly clientCertificate?: ClientCertificate | undefined;
  readonly userAgent?: string | undefined;
  /** Most connections at a time to the registry, and again to each storage host that it redirects to. Opened as they are needed. Default 64. */
  readonly connections?: number | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
  /**
   * Other hosts that the registry may send us to although they are private, take uploads, or issue tokens under another domain:
   * `host`, `host:port` or `*.domain`. They never get the credential, except as token server.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Told of every request, for metrics. */
  readonly onRequest?: RequestObserver | undefined;
}

/** Opens a registry: nothing is sent before the first call. The caller disposes of it, which closes its connections. Throws `INVALID_ARGUMENT`. */
export function openRegistry(options: RegistryOptions): Registry {
  const { client, connections } = connect(options, false);
  return new HttpRegistry(client, connections, options.credential === undefined);
}

/** Calls to one origin, under the same rules as a registry's. */
export interface OpenClient extends AsyncDisposable {
  readonly client: RegistryClient;
}

/**
 * Opens a client for a service that keeps artifacts and is no registry, such as a chart repository: the same logins, guards and bounds, other paths.
 * `passwordFirst`: the password goes out with the first request, to the own origin, since such services do not always ask for it. Throws `INVALID_ARGUMENT`.
 */
export function openClient(options: RegistryOptions & { readonly passwordFirst: boolean }): OpenClient {
  const { client, connections } = connect(options, options.passwordFirst);
  return { client, [Symbol.asyncDispose]: () => connections[Symbol.asyncDispose]() };
}

/**
 * Opens a way to find out whether a registry is there (OCI distribution-spec 1.1, end-1), whatever login it wants. `index`: of a chart repository, the path of its index
 * instead. Nothing is sent before the first question. Throws `INVALID_ARGUMENT`.
 */
export function openReach(options: RegistryOptions, index?: string): OpenReach {
  const { client, connections, exchange } = connect({ ...options, credential: undefined, connections: 1 }, false);
  const url = index === undefined ? client.url("") : new URL(index, client.origin);
  return {
    ask: ({ signal } = {}) => timeAnswer(exchange, index === undefined ? "GET" : "HEAD", url, signal),
    [Symbol.asyncDispose]: () => connections[Symbol.asyncDispose](),
  };
}

function connect(
  options: RegistryOptions,
  passwordFirst: boolean,
): { readonly client: RegistryClient; readonly connections: Connections; readonly exchange: Exchange } {
  const origin = parseOrigin(options.url);
  if (options.address !== undefined && isIP(options.address) === 0)
    throw new TransshipError("INVALID_ARGUMENT", { what: `address "${options.address.slice(0, 100)}"`, why: "it is not an IP address" });
  const { ca, address, proxy, clientCertificate } = options;
  if (typeof proxy === "object") parseProxyUrl(proxy.url);
  const proxyFor = typeof proxy === "object" ? () => proxy : proxy;
  if (clientCertificate !== undefined) checkClientCertificate(clientCertificate);
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const guard = new UrlGuard(origin, options.allowedHosts);
  const reach = { origin, ca, address, proxyFor, clientCertificate };
  const connections = new Connections({ ...reach, connections: options.connections ?? 64, timeouts, guard });
  const exchange = new Exchange(connections, timeouts, options.userAgent ?? "transship", options.onRequest);
  const authorizer = new Authorizer(exchange, guard, new CredentialHolder(options.credential), passwordFirst);
  return { client: new RegistryClient(origin, exchange, authorizer, guard), connections, exchange };
}

class HttpRegistry implements Registry {
  readonly #client: RegistryClient;
  readonly #connections: Connections;
  readonly #anonymous: boolean;

  constructor(client: RegistryClient, connections: Connections, anonymous: boolean) {
    this.#client = client;
    this.#connections = connections;
    this.#anonymous = anonymous;
  }

  get origin(): string {
    return this.#client.origin.origin;
  }

  ping(options?: CallOptions): Promise<void> {
    return ping(this.#client, this.#anonymous, options);
  }

  catalog(options?: CallOptions): AsyncIterable<readonly string[]> {
    return catalog(this.#client, options);
  }

  repository(name: string): Repository {
    return new HttpRepository(this.#client, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connections[Symbol.asyncDispose]();
  }
}

function parseOrigin(text: string): URL {
  const invalid = (why: string): TransshipError =>
    new TransshipError("INVALID_ARGUMENT", { what: `registry URL "${text.slice(0, 200)}"`, why });
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) throw invalid("it has the form https://host[:port]");
  // The text itself is not repeated: it may hold a password.
  if (url.username !== "" || url.password !== "")
    throw new TransshipError("INVALID_ARGUMENT", {
      what: `registry URL of ${url.host}`,
      why: "a user name or password does not belong into it",
    });
  if (url.search !== "" || url.hash !== "") throw invalid("it must not have a query or fragment");
  if (url.pathname !== "/") throw invalid("it must not have a path: the API of a registry is at the root of its host");
  return url;
}
