import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { resolve } from "node:path";
import { buildWanlink, openLongLink, whyNoLink, within } from "../../bench/long-link.ts";
import { farAway } from "./far-away.ts";
import type { Scratch } from "./scratch.ts";

/** A way to a registry of another region, that counts. */
export interface LongWay extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Payload bytes that came from the registry until now, HTTP included. */
  bytes(): number;
}

/** How ways are made on this machine, for the story to say. */
export const WAY_KIND = whyNoLink() === undefined ? "a long link between network namespaces" : `a delay on loopback (${whyNoLink()})`;

const PORT = 5000;
const PORTAL = resolve(import.meta.dirname, "portal.ts");

/**
 * Puts so much round trip between this machine's loopback and a registry on it: by the long-link emulator between two network namespaces where that can be made,
 * else by a relay that delays.
 */
export async function longWay(port: number, roundTripMs: number, scratch: Scratch): Promise<LongWay> {
  await using made = new AsyncDisposableStack();
  const inner = whyNoLink() === undefined ? await byLink(port, roundTripMs, scratch, made) : await byDelay(port, roundTripMs, made);
  const counted = made.use(await relay(() => connect(inner)));
  const all = made.move();
  return { url: counted.url, bytes: counted.bytes, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

type Place = { readonly path: string } | { readonly host: string; readonly port: number };

async function byDelay(port: number, roundTripMs: number, made: AsyncDisposableStack): Promise<Place> {
  const { url } = made.use(await farAway(port, roundTripMs / 2));
  return { host: "127.0.0.1", port: Number(new URL(url).port) };
}

let ways = 0;

async function byLink(port: number, roundTripMs: number, scratch: Scratch, made: AsyncDisposableStack): Promise<Place> {
  const program = await buildWanlink(scratch.path());
  const link = made.use(await openLongLink(program, { roundTrip: roundTripMs, loss: 0, rate: 1_000, congestion: "cubic" }, 1));
  const name = scratch.path(`way-${ways++}`);
  const sockets = { near: `${name}-near`, far: `${name}-far` };
  made.use(await unixRelay(sockets.far, port));
  made.use(await portal(link.far.namespace, `${link.far.address}:${PORT}`, sockets.far));
  made.use(await portal(link.near.namespace, sockets.near, `${link.far.address}:${PORT}`));
  return { path: sockets.near };
}

async function portal(namespace: string, from: string, to: string): Promise<AsyncDisposable> {
  const [command = "", ...args] = [...within(namespace), process.execPath, PORTAL, from, to];
  const child: ChildProcess = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
  const closed = once(child, "close");
  const ready = await Promise.race([once(child.stderr ?? child, "data").then(String), closed.then(() => "its end")]);
  if (!ready.startsWith("ready")) throw new Error(`the portal in ${namespace} did not open: ${ready}`);
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await closed;
    },
  };
}

/** The end of the way: a Unix socket that leads to the registry. */
function unixRelay(path: string, port: number): Promise<AsyncDisposable> {
  return listen(
    () => connect(port, "127.0.0.1"),
    { path },
    () => undefined,
  );
}

async function relay(open: () => Socket): Promise<{ readonly url: string; readonly bytes: () => number } & AsyncDisposable> {
  let bytes = 0;
  const server = await listen(open, { host: "127.0.0.1", port: 0 }, (count) => {
    bytes += count;
  });
  return { url: `http://127.0.0.1:${server.port}`, bytes: () => bytes, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function listen(open: () => Socket, at: Place, count: (bytes: number) => void): Promise<{ readonly port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = open();
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("close", () => sockets.delete(socket));
    }
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
    far.on("data", (piece) => count(piece.length));
    near.pipe(far);
    far.pipe(near);
  });
  server.listen(at);
  await once(server, "listening");
  const address = server.address() as AddressInfo | string;
  return {
    port: typeof address === "string" ? 0 : address.port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
