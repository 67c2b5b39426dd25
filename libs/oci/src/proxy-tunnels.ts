import { isIP, type Socket } from "node:net";
import type { buildConnector as httpConnector } from "undici";
import { basicAuthorization } from "./credential.ts";
import { LIMITS } from "./limits.ts";
import { type HttpProxy, parseProxyUrl } from "./proxy.ts";
import { proxyAnswer, proxyFailure } from "./proxy-errors.ts";
import { buildConnector, Client } from "./undici-parts.ts";

/** What tunnels need to know, apart from proxy and destination. */
export interface TunnelSettings {
  /** To connect to the proxy, and again for its answer, in milliseconds. */
  readonly connectMs: number;
  /** PEM texts; trusted for proxies that speak TLS. Absent = the public authorities. */
  readonly ca?: readonly string[] | undefined;
}

/**
 * Connections through HTTP proxies, by CONNECT (RFC 9110 §9.3.6) for `https://` and `http://` destinations alike: the proxy is told host and port, and
 * its own login; whatever else goes out goes to the destination. So what a refusal means is always clear, and no proxy that keeps or changes answers
 * comes between. Each connection to a destination is one connection to the proxy.
 */
export class ProxyTunnels implements Disposable {
  readonly #settings: TunnelSettings;
  readonly #closed = new AbortController();

  constructor(settings: TunnelSettings) {
    this.#settings = settings;
  }

  /**
   * Opens a tunnel to `host:port`. `socket`: options of the connection to the proxy. Throws `PROXY_UNAUTHORIZED`, `PROXY_REFUSED`, `PROXY_FAILED`, or
   * `TLS_FAILED` where the proxy itself is not to be trusted; all of them name the proxy.
   */
  async open(proxy: HttpProxy, destination: string, socket: object = {}): Promise<Socket> {
    const url = parseProxyUrl(proxy.url);
    const client = new Client(url.origin, {
      connect: this.#connector(url, socket),
      headersTimeout: this.#settings.connectMs,
      maxHeaderSize: LIMITS.headerBytes,
      pipelining: 1,
      allowH2: false,
    });
    const headers: Record<string, string> = { host: destination };
    if (proxy.credential !== undefined) headers["proxy-authorization"] = basicAuthorization(proxy.credential);
    try {
      const answer = await client.connect({ path: destination, headers, signal: this.#closed.signal });
      const tunnel = answer.socket as Socket;
      if (answer.statusCode >= 200 && answer.statusCode < 300) return tunnel;
      tunnel.on("error", () => undefined).destroy();
      throw proxyAnswer(url, destination, answer.statusCode, proxy.credential?.username);
    } catch (thrown) {
      throw proxyFailure(url, destination, thrown);
    } finally {
      // The tunnel is no longer the client's.
      client.destroy(() => undefined);
    }
  }

  [Symbol.dispose](): void {
    this.#closed.abort();
  }

  /** undici takes the name in the Host header, which is the destination's, for the name of the server that it shakes hands with. */
  #connector(url: URL, socket: object): httpConnector.connector {
    const { connectMs, ca } = this.#settings;
    const connect = buildConnector({
      timeout: connectMs,
      allowH2: false,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: Math.min(2_500, connectMs),
      ...(ca === undefined ? {} : { ca: [...ca] }),
      ...socket,
    });
    const hostname = url.hostname.replace(/[[\]]/g, "");
    return ({ servername: _, ...options }, callback) =>
      connect({ ...options, host: url.host, ...(isIP(hostname) === 0 ? { servername: hostname } : {}) }, callback);
  }
}
