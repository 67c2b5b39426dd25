import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { asTransshipError, systemCode, TransshipError } from "@transship/errors";
import type { Logger } from "pino";
import { type HostAndPort, joinHostPort } from "../options.ts";
import { readBody } from "./read-body.ts";

/** What a path answers. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a receiver may know of a request. */
export interface HttpRequest {
  readonly headers: IncomingMessage["headers"];
  /** IP address of the sender, or of the proxy before us. */
  readonly remote: string;
  /** The whole body; undefined where it has more bytes than `most`, which are not kept. */
  readBody(most: number): Promise<Buffer | undefined>;
}

/** Answers POST to a path with one more part, which it gets. */
export type HttpReceiver = (name: string, request: HttpRequest) => Promise<HttpAnswer>;

/** What is served. */
export interface HttpRoutes {
  /** GET and HEAD, by the whole path. */
  readonly get: Readonly<Record<string, () => Promise<HttpAnswer>>>;
  /** POST, by the first part of a path of two, e.g. `webhooks` for `/webhooks/NAME`. */
  readonly post: Readonly<Record<string, HttpReceiver>>;
}

/** A listening HTTP server. Disposing closes it with its connections. */
export interface HttpServer extends AsyncDisposable {
  /** `host:port`. */
  readonly address: string;
}

/** Serves a few fixed paths. @throws TransshipError `PORT_IN_USE`, `INVALID_ARGUMENT` for an address that is not this machine's. */
export async function serveHttp(place: HostAndPort, routes: HttpRoutes, log: Logger): Promise<HttpServer> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    answer(routes, request).then(
      (found) => send(request, response, found),
      (thrown: unknown) => {
        // Nobody is there any more to be answered.
        if (request.destroyed && !request.complete) return;
        log.error({ err: thrown, path: request.url }, "an HTTP request failed unexpectedly");
        send(request, response, errorAnswer(500, asTransshipError(thrown, "answering the request")));
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
  const [, first = "", name = "", ...more] = path.split("/");
  const receive = Object.hasOwn(routes.post, first) && name !== "" && more.length === 0 ? routes.post[first] : undefined;
  if (receive !== undefined) {
    return request.method === "POST" ? receive(name, readable(request)) : wrongMethod(request, "only POST is served");
  }
  const route = Object.hasOwn(routes.get, path) ? routes.get[path] : undefined;
  if (route === undefined)
    return errorAnswer(404, new TransshipError("NOT_FOUND", { what: `path ${path}`, why: "nothing is served there" }));
  if (request.method === "GET" || request.method === "HEAD") return route();
  return wrongMethod(request, "only GET and HEAD are served");
}

function readable(request: IncomingMessage): HttpRequest {
  return { headers: request.headers, remote: request.socket.remoteAddress ?? "", readBody: (most) => readBody(request, most) };
}

function wrongMethod(request: IncomingMessage, why: string): HttpAnswer {
  return errorAnswer(405, new TransshipError("INVALID_ARGUMENT", { what: `${request.method} ${request.url}`, why }));
}

/** An error as JSON. */
export function errorAnswer(status: number, error: TransshipError): HttpAnswer {
  return { status, contentType: "application/json", text: `${JSON.stringify(error)}\n` };
}

function send(request: IncomingMessage, response: ServerResponse, { status, contentType, text, headers }: HttpAnswer): void {
  // A body that nobody read is not waited for.
  if (!request.complete) response.setHeader("connection", "close");
  const own = { "content-type": contentType, "content-length": Buffer.byteLength(text), "x-content-type-options": "nosniff" };
  response.writeHead(status, { ...own, ...headers }).end(request.method === "HEAD" ? undefined : text);
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
