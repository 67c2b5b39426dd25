import { once } from "node:events";
import { createServer as createPlainServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { TransshipError } from "@transship/errors";
import type { Answer } from "./answer.ts";
import type { Stats } from "./stats.ts";

/** Certificate and key, PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** An open port that answers. */
export interface Listener extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** `http://host:port` or `https://host:port`. */
  readonly url: string;
}

/** Where to listen. Port 0 takes a free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Opens a port. Disposing of the listener cuts every connection and waits until no answer is under way. Throws `PORT_IN_USE`, or `INVALID_ARGUMENT` for
 * an address that this machine does not have.
 */
export async function listen(address: ListenAddress, answer: Answer, stats: Stats, tls?: TlsFiles): Promise<Listener> {
  const server: Server = tls === undefined ? createPlainServer() : createTlsServer(tls);
  // A slow upload is a fault that tests ask for, not one to guard against.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 60_000;
  server.on("connection", (socket) => {
    stats.connected();
    socket.setNoDelay(true);
    socket.once("close", () => stats.disconnected());
  });
  // Answers under way: the storage may be closed only when the last of them has let go of it.
  const running = new Set<Promise<void>>();
  server.on("request", (request, response) => {
    response.on("error", () => response.destroy());
    const answered = answer(request, response)
      .catch((error: unknown) => {
        // A reply that has begun can only be broken off; else the client is told.
        if (response.headersSent || response.destroyed) response.destroy();
        else response.writeHead(500, { "content-type": "application/json" }).end(failure(error));
      })
      .finally(() => running.delete(answered));
    running.add(answered);
  });
  server.listen(address.port, address.host);
  try {
    await once(server, "listening");
  } catch (error) {
    throw listenError(address, error);
  }
  const { port } = server.address() as AddressInfo;
  const shown = address.host.includes(":") ? `[${address.host}]` : address.host;
  return {
    host: `${shown}:${port}`,
    port,
    url: `${tls === undefined ? "http" : "https"}://${shown}:${port}`,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      await Promise.all(running);
    },
  };
}

function failure(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return JSON.stringify({ errors: [{ code: "UNKNOWN", message, detail: null }] });
}

function listenError({ host, port }: ListenAddress, error: unknown): TransshipError {
  const inUse = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
  const why = error instanceof Error ? error.message : String(error);
  return new TransshipError(inUse ? "PORT_IN_USE" : "INVALID_ARGUMENT", { what: `listening on ${host}:${port}`, why, cause: error });
}
