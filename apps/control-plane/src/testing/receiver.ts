import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A request that a receiver of webhooks got. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a receiver answers: a status, with headers; or nothing at all. */
export type Reply = { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string } | "silence";

/** An HTTP server on loopback that takes what webhooks are told. */
export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly got: Received[];
  reply: Reply;
}

/** Listens; `port` 0 takes any free one. */
export async function startReceiver(port = 0): Promise<Receiver> {
  const got: Received[] = [];
  const server: Server = createServer(async (incoming, answer) => {
    got.push({ path: incoming.url ?? "", headers: incoming.headers, body: await text(incoming) });
    if (receiver.reply === "silence") return;
    const { status, headers = {}, body = "" } = receiver.reply;
    answer.writeHead(status, headers).end(body);
  });
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  const bound = (server.address() as AddressInfo).port;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${bound}/hook`,
    port: bound,
    got,
    reply: { status: 204 },
    [Symbol.asyncDispose]: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
  return receiver;
}
