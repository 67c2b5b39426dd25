import { type LookupAddress, lookup } from "node:dns";
import { isIP, type LookupFunction, type Socket } from "node:net";
import { rootCertificates } from "node:tls";
import { isAddressLiteral } from "@transship/model";
import type { Dispatcher, Pool as HttpPool, buildConnector as httpConnector } from "undici";
import type { ClientCertificate } from "./client-certificate.ts";
import { readInLargePieces } from "./large-reads.ts";
import { LIMITS } from "./limits.ts";
import type { HttpProxy, ProxyFor } from "./proxy.ts";
import { ProxyTunnels } from "./proxy-tunnels.ts";
import { SocketsAhead } from "./sockets-ahead.ts";
import type { Timeouts } from "./timeouts.ts";
import { buildConnector, Pool } from "./undici-parts.ts";
import type { UrlGuard } from "./url-guard.ts";

/** Settings of {@link Connections}. */
export interface ConnectionSettings {
  readonly origin: URL;
  /** PEM text; trusted in addition to the public authorities. */
  readonly ca?: string | undefined;
  /** IP address at which the origin's host is reached, whatever DNS says; SNI and Host stay the URL's. A proxy is asked for it instead of the name. */
  readonly address?: string | undefined;
  /**
   * Shown to the registry's own origin only, and not to its token server or storage: whoever is shown it learns who we are, may let us do what the
   * registry lets us do, and was not named by the operator but by an answer of the registry.
   */
  readonly clientCertificate?: ClientCertificate | undefined;
  readonly proxyFor?: ProxyFor | undefined;
  /** Most connections to one origin at a time. */
  readonly connections: number;
  readonly timeouts: Timeouts;
  readonly guard: UrlGuard;
}

/** Downloads have a pool of their own: see `download` in exchange.ts. */
export type Lane = "control" | "download";

/** Other origins that are kept open at a time: storage hosts and token servers of one registry are few. */
const MAX_FOREIGN_POOLS = 16;

/**
 * The sockets of one registry client: HTTP/1.1 keep-alive pools for its own origin and for every other origin that it may send us to. Those
 * others are connected to only at addresses that the guard allows; the address that was checked is the one connected to, so that a name that
 * changes its answer between check and use gains nothing. Behind a proxy names are the proxy's to resolve: literal addresses and names of this machine
 * are still checked, for any other name the proxy's own rules hold.
 */
export class Connections implements AsyncDisposable {
  readonly #settings: ConnectionSettings;
  readonly #own: Readonly<Record<Lane, HttpPool>>;
  readonly #ahead: SocketsAhead;
  readonly #foreign = new Map<string, HttpPool>();
  readonly #authorities: readonly string[] | undefined;
  readonly #tunnels: ProxyTunnels;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
    this.#authorities = settings.ca === undefined ? undefined : [...rootCertificates, settings.ca];
    this.#tunnels = new ProxyTunnels({ connectMs: settings.timeouts.connectMs, ca: this.#authorities });
    this.#ahead = new SocketsAhead(this.#connector(settings.origin, "download"), settings.origin);
    const control = this.#connector(settings.origin, "control");
    this.#own = { control: this.#open(settings.origin, control), download: this.#open(settings.origin, this.#ahead.connect) };
  }

  /** Opens connections for downloads from the own origin that are about to begin, until there are so many. What is not used is closed soon. */
  openAhead(connections: number): void {
    this.#ahead.open(Math.min(connections, this.#settings.connections) - this.#own.download.stats.connected);
  }

  /** The pool for a URL's origin. The caller has checked the URL itself. */
  to(url: URL, lane: Lane): Dispatcher {
    if (url.origin === this.#settings.origin.origin) return this.#own[lane];
    const key = `${lane} ${url.origin}`;
    const known = this.#foreign.get(key);
    if (known !== undefined) return known;
    const oldest = this.#foreign.keys().next();
    if (this.#foreign.size >= MAX_FOREIGN_POOLS && oldest.done !== true) {
      // close() lets running requests end; its result is of no interest to the request that needs the place.
      this.#foreign.get(oldest.value)?.close(() => undefined);
      this.#foreign.delete(oldest.value);
    }
    const pool = this.#open(url, this.#connector(url, lane));
    this.#foreign.set(key, pool);
    return pool;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ahead[Symbol.dispose]();
    this.#tunnels[Symbol.dispose]();
    await Promise.all([this.#own.control, this.#own.download, ...this.#foreign.values()].map((pool) => pool.destroy()));
    this.#foreign.clear();
  }

  #open(url: URL, connect: httpConnector.connector): HttpPool {
    const { connections, timeouts } = this.#settings;
    return new Pool(url.origin, {
      connections,
      pipelining: 1,
      allowH2: false,
      connect,
      headersTimeout: timeouts.headersMs,
      bodyTimeout: timeouts.bodyIdleMs,
      keepAliveTimeout: 30_000,
      maxHeaderSize: LIMITS.headerBytes,
    });
  }

  #connector(url: URL, lane: Lane): httpConnector.connector {
    const { origin, address, guard, timeouts, clientCertificate, proxyFor } = this.#settings;
    const own = url.origin === origin.origin;
    const proxy = proxyFor?.(url);
    // TLS hands out single records, whatever it is asked for.
    const reading = lane === "download" && url.protocol === "http:" ? readInLargePieces() : {};
    const connect = buildConnector({
      timeout: timeouts.connectMs,
      allowH2: false,
      autoSelectFamily: true,
      // Node's own 250 ms ends every handshake on links with a longer round trip.
      autoSelectFamilyAttemptTimeout: Math.min(2_500, timeouts.connectMs),
      ...(this.#authorities === undefined ? {} : { ca: [...this.#authorities] }),
      ...(own && clientCertificate !== undefined ? { cert: clientCertificate.certificate, key: clientCertificate.privateKey } : {}),
      ...(own || proxy !== undefined ? {} : { lookup: guardedLookup(guard, url) }),
      ...(proxy === undefined ? reading : {}),
    });
    const fixed = address !== undefined && url.hostname === origin.hostname ? address : undefined;
    const through = proxy === undefined ? connect : this.#throughProxy(connect, url, fixed ?? url.hostname, proxy, reading);
    return (options, callback) => {
      const hostname = fixed ?? options.hostname;
      const servername = options.servername ?? (isIP(url.hostname.replace(/[[\]]/g, "")) === 0 ? url.hostname : undefined);
      const target = fixed === undefined ? options : { ...options, hostname, ...(servername === undefined ? {} : { servername }) };
      through(target, (...result) => {
        const [failure, socket] = result;
        // An alert of TLS (such as a refused client certificate) leaves the socket open, and undici forgets it for the end that follows.
        if (failure === null && url.protocol === "https:") socket.on("error", () => socket.destroy());
        if (failure === null && own && proxy === undefined && socket.remoteAddress !== undefined) guard.reached(socket.remoteAddress);
        callback(...result);
      });
    };
  }

  /** Connects to `host`, a name or address, at the URL's port by way of a proxy; `connect` then makes TLS of the tunnel where the URL asks for it. */
  #throughProxy(connect: httpConnector.connector, url: URL, host: string, proxy: HttpProxy, reading: object): httpConnector.connector {
    const { guard, origin } = this.#settings;
    const own = url.origin === origin.origin;
    const destination = `${isIP(host) === 6 ? `[${host}]` : host}:${url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port}`;
    const open = async () => {
      if (!own) guard.checkNameForProxy(url, "a name in the registry's answer");
      const tunnel = await this.#tunnels.open(proxy, destination, proxy.url.startsWith("http:") ? reading : {});
      // The other end of the socket is the proxy, which says nothing of where the registry is.
      if (own && isAddressLiteral(host)) guard.reached(host);
      return tunnel;
    };
    return (options, callback) => {
      const secured = (tunnel: Socket) => {
        if (url.protocol === "http:") return callback(null, tunnel);
        try {
          connect({ ...options, httpSocket: tunnel } as httpConnector.Options, (...result) => {
            if (result[0] !== null) tunnel.destroy();
            callback(...result);
          });
        } catch (failure) {
          // A CA that is none is found out only here, at once.
          tunnel.destroy();
          callback(failure as Error, null);
        }
      };
      open().then(secured, (failure: Error) => callback(failure, null));
    };
  }
}

/** A name lookup that fails when any of the answers is an address that the guard refuses. */
function guardedLookup(guard: UrlGuard, url: URL): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (failure, addresses: LookupAddress[]) => {
      if (failure !== null) return callback(failure, "", 0);
      try {
        for (const { address } of addresses) guard.checkAddress(address, url, "a name in the registry's answer");
      } catch (refusal) {
        return callback(refusal as Error, "", 0);
      }
      const first = addresses[0];
      if (options.all === true) return callback(null, addresses);
      return callback(null, first?.address ?? "", first?.family ?? 0);
    });
  };
}
