import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { ArmedFaults } from "./faults/fault-plan.ts";
import { type Piece, shapeBody, shapesBody } from "./faults/shape-body.ts";
import type { Body, Reply } from "./reply.ts";
import type { RequestRecord, Stats } from "./stats.ts";

/** What a sender needs besides the reply. */
export interface Sending {
  readonly faults: ArmedFaults;
  readonly stats: Stats;
  readonly record: RequestRecord;
  readonly closing: AbortSignal;
}

/** Time for the kernel to hand over what was written, before a reset throws the rest away. */
const SETTLE = 20;

/** Writes a reply, counts its bytes as the network takes them, and stops the way the faults say. */
export async function sendReply(response: ServerResponse, reply: Reply, sending: Sending): Promise<void> {
  const { record } = sending;
  record.status = reply.status;
  const headers = reply.status === 204 ? reply.headers : { "content-length": String(reply.body?.length ?? 0), ...reply.headers };
  response.writeHead(reply.status, headers);
  if (reply.body === undefined || record.method === "HEAD") {
    response.end();
    return;
  }
  await sendBody(response, reply, reply.body, sending);
}

async function sendBody(response: ServerResponse, reply: Reply, body: Body, sending: Sending): Promise<void> {
  const { faults, stats, record, closing } = sending;
  // Faults of bodies are about what was asked for; an error message is not.
  const content = reply.status < 300;
  const pieces: AsyncIterable<Piece> | Iterable<Piece> =
    content && shapesBody(faults) ? shapeBody(body.chunks, body.start, faults, closing) : body.chunks;
  // One write is on its way while the next piece is made.
  let writing: Promise<void> = Promise.resolve();
  for await (const piece of pieces) {
    await writing;
    if (response.destroyed || response.socket === null) return;
    if (typeof piece === "string") return await stop(response, piece);
    writing = write(response, piece, () => stats.served(record, piece.length, reply.digest));
  }
  await writing;
  if (content) await sendExcess(response, faults);
  response.end();
}

/** Resolves when the network took the bytes, or when the connection is gone: node forgets the callback of a write that is under way then. */
function write(response: ServerResponse, bytes: Uint8Array, taken: () => void): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      response.off("close", over);
      resolve();
    };
    response.once("close", over);
    response.write(bytes, (error) => {
      if (error === null || error === undefined) taken();
      over();
    });
  });
}

/** The fault "overlong", unannounced: bytes after the body, on a connection that is useless from then on. */
async function sendExcess(response: ServerResponse, faults: ArmedFaults): Promise<void> {
  const overlong = faults.of("overlong");
  if (overlong === undefined || overlong.action.announced) return;
  overlong.fire();
  response.socket?.end(Buffer.alloc(overlong.action.bytes, "x"));
}

async function stop(response: ServerResponse, how: Exclude<Piece, Uint8Array>): Promise<void> {
  const { socket } = response;
  if (socket === null || socket.destroyed) return;
  if (how === "cut") {
    await sleep(SETTLE);
    socket.resetAndDestroy();
  } else if (how === "truncate") {
    socket.end();
    await sleep(SETTLE);
    socket.destroy();
  } else {
    await closed(response);
  }
}

async function closed(response: ServerResponse): Promise<void> {
  if (!response.destroyed) await once(response, "close");
}
