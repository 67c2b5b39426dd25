import { setTimeout as sleep } from "node:timers/promises";
import type { Exchange } from "../exchange.ts";

/** Docker Hub's answer to too many requests, as clients met it: no carriage returns, no fields. */
const BARE_429 = "HTTP/1.1 429 Too Many Requests\n\n";

/** Answers with a head that is none, below HTTP, where a fault says so. True where it did: the connection is good for nothing then. */
export async function spoilHead({ faults, request }: Exchange, closing: AbortSignal): Promise<boolean> {
  const { socket } = request;
  const malformed = faults.of("malformed");
  if (malformed !== undefined) {
    malformed.fire();
    await new Promise<void>((resolve) => socket.end(BARE_429, resolve));
    return true;
  }
  const trickle = faults.of("trickle");
  if (trickle === undefined) return false;
  trickle.fire();
  socket.write("HTTP/1.1 200 OK\r\nX-Slow: ");
  while (!socket.destroyed) {
    await sleep(trickle.action.milliseconds, undefined, { signal: closing });
    socket.write("x");
  }
  return true;
}
