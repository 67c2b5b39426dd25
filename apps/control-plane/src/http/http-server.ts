import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { asTransshipError, systemCode, TransshipError } from "@transship/errors";
import type { Logger } from "pino";
import { type HostAndPort, joinHostPort } from "../options.ts";

/** What a path answers. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

export type HttpRoutes = Readonly<Record<string, () => Promise<HttpAnswer>>>;

/** A listening HTTP server. Disposing closes it with its connections. */
export interface HttpServer extends AsyncDisposable {
  /** `host:port`. */
  readonly address: string;
}

/** Serves GET and HEAD of a few fixed paths. @throws TransshipError `PORT_IN_USE`, `INVALID_ARGUMENT` for an address that is not this machine's. */
export async function serveHttp(place: HostAndPort, routes: HttpRoutes, log: Logger): Promise<HttpServer> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    answer(routes, request).then(
      (found) => send(response, found, request.method === "HEAD"),
      (thrown: unknown) => {
        log.error({ err: thrown, path: request.url }, "an HTTP request failed unexpectedly");
        send(response, errorAnswer(500, asTransshipError(thrown, "answering the request")), false);
      },
    );
  });
  await listen(server, place);
  const { port } = server.address() as AddressInfo;
  return {
    address: joinHostPort({ host: place.host, port }),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(routes: HttpRoutes, request: IncomingMessage): Promise<HttpAnswer> {
  const path = (request.url ?? "/").split("?")[0] ?? "/";
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (route === undefined)
    return errorAnswer(404, new TransshipError("NOT_FOUND", { what: `path ${path}`, why: "nothing is served there" }));
  if (request.method === "GET" || request.method === "HEAD") return route();
  return errorAnswer(
    405,
    new TransshipError("INVALID_ARGUMENT", { what: `${request.method} ${path}`, why: "only GET and HEAD are served" }),
  );
}

function errorAnswer(status: number, error: TransshipError): HttpAnswer {
  return { status, contentType: "application/json", text: `${JSON.stringify(error)}\n` };
}

function send(response: ServerResponse, { status, contentType, text }: HttpAnswer, headOnly: boolean): void {
  const headers = { "content-type": contentType, "content-length": Buffer.byteLength(text), "x-content-type-options": "nosniff" };
  response.writeHead(status, headers).end(headOnly ? undefined : text);
}

function listen(server: Server, place: HostAndPort): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => reject(listenError(joinHostPort(place), systemCode(cause) ?? cause.message, cause)));
    server.listen(place.port, place.host, resolve);
  });
}

/** Why listening on an address failed. */
export function listenError(address: string, reason: string, cause: unknown): TransshipError {
  const what = `listening on ${address}`;
  if (reason.includes("EADDRINUSE")) return new TransshipError("PORT_IN_USE", { what, why: "another process listens there", cause });
  return new TransshipError("INVALID_ARGUMENT", {
    what,
    why: reason,
    hint: "Give an address of this machine and a port that you may use.",
    cause,
  });
}
