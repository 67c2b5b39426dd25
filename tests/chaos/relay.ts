import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Lane } from "./relay-lane.ts";

/** `up`: from who dials to who is dialled; `down`: back. */
export type Direction = "up" | "down";

/** How bad a way is. */
export interface Weather {
  /** Milliseconds that every byte comes later. */
  readonly lateMs: number;
  /** Of each connection and direction. */
  readonly bytesPerSecond: number;
}

/** The first line of a request that went up. */
export interface SeenRequest {
  /** The earliest moment at which it can have been sent, in milliseconds since the epoch: this process may have been too busy to see it at once. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
}

/** A way to a port on this machine that can be cut and slowed while connections are open, like a cable with somebody at it. */
export interface Relay extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly host: string;
  /** Pieces of data, and ends of connections, that were kept back by {@link hold}, since the relay was opened. */
  readonly heldPieces: number;
  /** Bytes that came to go up. */
  readonly bytesUp: number;
  /** Requests that move or make a manifest, in the order in which they were sent. */
  readonly manifestPuts: readonly SeenRequest[];
  weather: Weather;
  /** From now on nothing goes these ways, ends of connections included; connections that are made meanwhile are taken, and hear nothing. */
  hold(directions: readonly Direction[]): void;
  /** Everything goes again: what was held goes on its way, or (`reset`) all connections are broken, as by a router that has forgotten them. */
  heal(how: "resume" | "reset"): void;
  /** Breaks all open connections. */
  reset(): void;
}

const LOOK_EVERY_MS = 20;

export const CLEAR: Weather = { lateMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY };

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  readonly lanes: Readonly<Record<Direction, Lane>>;
}

/** Opens a way to `port`. */
export async function openRelay(port: number, weather: Weather = CLEAR): Promise<Relay> {
  const pairs = new Set<Pair>();
  const held = new Set<Direction>();
  const manifestPuts: SeenRequest[] = [];
  const sums = { held: 0, up: 0 };
  const state = { weather };
  // What is read now came after the last time that this process had looked.
  let looked = Date.now();
  const looking = setInterval(() => {
    looked = Date.now();
  }, LOOK_EVERY_MS);
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const lane = (direction: Direction, from: Socket, to: Socket, see?: (bytes: Buffer) => void) =>
      new Lane(from, to, { isHeld: () => held.has(direction), weather: () => state.weather, sums, see });
    const readPuts = manifestPutsIn(manifestPuts, () => looked);
    const seeUp = (bytes: Buffer) => {
      sums.up += bytes.byteLength;
      readPuts(bytes);
    };
    const pair = { near, far, lanes: { up: lane("up", near, far, seeUp), down: lane("down", far, near) } };
    pairs.add(pair);
    let open = 2;
    for (const socket of [near, far]) socket.on("close", () => --open === 0 && pairs.delete(pair));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const reset = () => {
    for (const { near, far } of pairs) for (const socket of [near, far]) socket.resetAndDestroy();
  };
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get heldPieces() {
      return sums.held;
    },
    get bytesUp() {
      return sums.up;
    },
    manifestPuts,
    get weather() {
      return state.weather;
    },
    set weather(next) {
      state.weather = next;
    },
    hold: (directions) => {
      for (const direction of directions) held.add(direction);
    },
    heal: (how) => {
      held.clear();
      if (how === "reset") reset();
      for (const { lanes } of pairs) for (const one of Object.values(lanes)) one.go();
    },
    reset,
    async [Symbol.asyncDispose]() {
      clearInterval(looking);
      const closed = once(server, "close");
      server.close();
      reset();
      await closed;
    },
  };
}

const MANIFEST_PUT = /(PUT) (\/v2\/\S{1,300}\/manifests\/\S{1,200}) HTTP\/1\.1\r\n/g;
/** Longer than any first line that matches. */
const TAIL = 600;

/** Reads the first lines of manifest PUTs out of what one connection sends, however it is cut. */
function manifestPutsIn(seen: SeenRequest[], looked: () => number): (bytes: Buffer) => void {
  let tail = "";
  return (bytes) => {
    const text = tail + bytes.toString("latin1");
    for (const match of text.matchAll(MANIFEST_PUT)) {
      if (match.index + match[0].length <= tail.length) continue;
      seen.push({ at: looked(), method: match[1] ?? "", path: match[2] ?? "" });
    }
    tail = text.slice(-TAIL);
  };
}
