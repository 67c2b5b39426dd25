import type { Socket } from "node:net";
import type { buildConnector } from "undici";

/** How long a connection that nobody took is kept, in milliseconds. */
const KEPT_MS = 10_000;

/** Connections that were opened before anybody needs them, so that many reads at once need not wait for handshakes first: on a long line each costs round trips. */
export class SocketsAhead implements Disposable {
  readonly #connect: buildConnector.connector;
  readonly #options: buildConnector.Options;
  /** Each a connection, under way or there; undefined where it failed, which whoever takes it finds out for itself. */
  readonly #ahead = new Set<Promise<Socket | undefined>>();
  readonly #sockets = new Map<Socket, NodeJS.Timeout>();
  #closed = false;

  constructor(connect: buildConnector.connector, url: URL) {
    this.#connect = connect;
    const { protocol, host, port } = url;
    this.#options = { protocol, host, port, hostname: url.hostname.replace(/[[\]]/g, "") };
  }

  /** Begins to open connections until so many are ahead. */
  open(count: number): void {
    while (!this.#closed && this.#ahead.size < count) this.#openOne();
  }

  /** Connects like the connector that it was made of, with a connection that is there already where possible. */
  readonly connect: buildConnector.connector = (options, callback) => {
    const [ahead] = this.#ahead;
    if (ahead === undefined) return this.#connect(options, callback);
    this.#ahead.delete(ahead);
    void ahead.then((socket) => {
      if (socket === undefined || !this.#release(socket)) this.#connect(options, callback);
      else callback(null, socket);
    });
  };

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const socket of [...this.#sockets.keys()]) this.#end(socket);
    this.#ahead.clear();
  }

  #openOne(): void {
    const ahead = new Promise<Socket | undefined>((resolve) => {
      this.#connect(this.#options, (...[failure, socket]) => {
        if (failure !== null) return resolve(undefined);
        const timer = setTimeout(() => {
          this.#ahead.delete(ahead);
          this.#end(socket);
        }, KEPT_MS);
        timer.unref();
        this.#sockets.set(socket, timer);
        if (this.#closed) this.#end(socket);
        resolve(socket);
      });
    });
    this.#ahead.add(ahead);
  }

  /** Whether a connection can still be used; it belongs to the taker from then on. */
  #release(socket: Socket): boolean {
    clearTimeout(this.#sockets.get(socket));
    this.#sockets.delete(socket);
    return !socket.destroyed && socket.readable && socket.writable;
  }

  #end(socket: Socket): void {
    this.#release(socket);
    socket.destroy();
  }
}
