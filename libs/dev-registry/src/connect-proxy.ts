import { createServer as createPlainServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";

/** One CONNECT that a proxy got, and what it was sent afterwards. */
export interface Tunnelled {
  readonly destination: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Bytes from the client to the destination, as they went through. */
  readonly sent: () => Buffer;
}

/** How a proxy behaves. */
export interface ConnectProxyOptions {
  /** Where names lead, `host:port` to `host:port`; others are connected to as they are. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** Status to answer with instead of opening a tunnel; 0 cuts the connection, NaN leaves it without an answer. */
  readonly refuse?: (destination: string, authorization: string | undefined) => number | undefined;
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** An HTTP proxy on loopback, for tests. It keeps in memory all that clients sent through it. */
export interface ConnectProxy extends AsyncDisposable {
  readonly url: string;
  readonly host: string;
  readonly tunnels: readonly Tunnelled[];
  /** Requests that were no CONNECT. */
  readonly plain: readonly string[];
  readonly open: () => number;
  readonly peak: () => number;
  /** Closes every connection. */
  readonly cut: () => void;
}

/** Starts a proxy on a free port of 127.0.0.1. */
export async function startConnectProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const tunnels: Tunnelled[] = [];
  const plain: string[] = [];
  const sockets = new Set<Socket>();
  let peak = 0;
  const server = options.tls === undefined ? createPlainServer() : createTlsServer(options.tls);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    peak = Math.max(peak, sockets.size);
    socket.once("close", () => sockets.delete(socket)).on("error", () => undefined);
  });
  server.on("request", (request, response) => {
    plain.push(`${request.method} ${request.url}`);
    response.writeHead(400).end();
  });
  server.on("connect", (request, client: Socket, head: Buffer) => {
    const destination = request.url ?? "";
    const parts: Buffer[] = [];
    tunnels.push({ destination, headers: request.headers, sent: () => Buffer.concat(parts) });
    client.on("error", () => client.destroy());
    const status = options.refuse?.(destination, request.headers["proxy-authorization"]);
    if (status === 0) return client.destroy();
    if (Number.isNaN(status)) return client.on("end", () => client.end()).resume();
    if (status !== undefined) return client.end(`HTTP/1.1 ${status} No\r\ncontent-length: 6\r\n\r\n<html>`);
    const { hostname, port } = new URL(`http://${options.hosts?.[destination] ?? destination}`);
    const upstream = connect({ port: Number(port || 80), host: hostname.replace(/[[\]]/g, "") }, () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      client.on("data", (part: Buffer) => parts.push(part));
      if (head.byteLength > 0) client.unshift(head);
      client.pipe(upstream).pipe(client);
    });
    upstream.once("close", () => client.end());
    upstream.on("error", () => (upstream.pending ? client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n") : client.destroy()));
    client.once("close", () => upstream.destroy());
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `${options.tls === undefined ? "http" : "https"}://${host}`,
    host,
    tunnels,
    plain,
    open: () => sockets.size,
    peak: () => peak,
    cut() {
      for (const socket of sockets) socket.end();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}
