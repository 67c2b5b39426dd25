import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** How a line treats one connection: it ends after so many bytes, both ways together; with a reset, or as if the other machine had vanished. */
export interface Fate {
  readonly bytes: number;
  readonly end: "reset" | "vanish";
}

/** A line to a registry on this machine, on a port of its own. */
export interface BadLine extends AsyncDisposable {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** Connections that met their fate. */
  readonly fired: number;
  /** Bytes that went over the line, both ways together. */
  readonly bytes: number;
}

/** Opens a line to `port`. `fate` is asked for each new connection; undefined leaves it alone. */
export async function openBadLine(port: number, fate: () => Fate | undefined): Promise<BadLine> {
  const sockets = new Set<Socket>();
  let fired = 0;
  let bytes = 0;
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    const doom = fate();
    let left = doom?.bytes ?? Number.POSITIVE_INFINITY;
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.on("close", () => sockets.delete(socket));
    }
    const meetFate = (): void => {
      fired += 1;
      near.removeAllListeners("data").pause();
      far.removeAllListeners("data").resetAndDestroy();
      if (doom?.end === "reset") near.resetAndDestroy();
    };
    const carry = (from: Socket, to: Socket): void => {
      from.on("data", (part) => {
        if (left <= 0) return;
        const passed = part.subarray(0, Math.min(part.byteLength, left));
        left -= part.byteLength;
        bytes += passed.byteLength;
        if (!to.write(passed)) {
          from.pause();
          to.once("drain", () => left > 0 && from.resume());
        }
        if (left <= 0) meetFate();
      });
      from.on("close", () => (left > 0 ? to.destroy() : undefined));
    };
    carry(near, far);
    carry(far, near);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    get fired() {
      return fired;
    },
    get bytes() {
      return bytes;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
