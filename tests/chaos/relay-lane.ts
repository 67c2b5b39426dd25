import type { Socket } from "node:net";
import type { Weather } from "./relay.ts";

/** What waits in a lane at most before it reads no more, in bytes: small, as the buffers of a real way are against what we send. */
const MOST_WAITING = 64 * 1024;

interface Surroundings {
  readonly isHeld: () => boolean;
  readonly weather: () => Weather;
  readonly sums: { held: number };
  /** Sees bytes when they come. */
  readonly see?: ((bytes: Buffer) => void) | undefined;
}

/** One direction of one connection: bytes, then the end, each at its time and in order. */
export class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #around: Surroundings;
  readonly #queue: { readonly bytes: Buffer | "end"; readonly dueAt: number }[] = [];
  #waiting = 0;
  /** When the last byte that was taken goes, at the rate of the way. */
  #busyUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #full = false;

  constructor(from: Socket, to: Socket, around: Surroundings) {
    this.#from = from;
    this.#to = to;
    this.#around = around;
    from.setNoDelay(true);
    from.on("data", (bytes) => this.#take(bytes));
    from.on("end", () => this.#add("end"));
    // A broken connection ends on the other side too, once this way is open.
    from.on("error", () => undefined);
    from.on("close", () => this.#add("end"));
    to.on("drain", () => {
      this.#full = false;
      this.go();
    });
  }

  /** Sends on what is due. */
  go(): void {
    clearTimeout(this.#timer);
    while (!this.#around.isHeld() && !this.#full) {
      const next = this.#queue[0];
      if (next === undefined) break;
      const waitMs = next.dueAt - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.go(), Math.ceil(waitMs));
        break;
      }
      this.#queue.shift();
      this.#send(next.bytes);
    }
    if (this.#waiting < MOST_WAITING) this.#from.resume();
  }

  #take(bytes: Buffer): void {
    this.#around.see?.(bytes);
    this.#waiting += bytes.byteLength;
    if (this.#waiting >= MOST_WAITING) this.#from.pause();
    this.#add(bytes);
  }

  #add(bytes: Buffer | "end"): void {
    const { isHeld, weather, sums } = this.#around;
    const { lateMs, bytesPerSecond } = weather();
    if (isHeld()) sums.held += 1;
    const size = bytes === "end" ? 0 : bytes.byteLength;
    this.#busyUntil = Math.max(this.#busyUntil, performance.now()) + (size / bytesPerSecond) * 1000;
    this.#queue.push({ bytes, dueAt: this.#busyUntil + lateMs });
    this.go();
  }

  #send(bytes: Buffer | "end"): void {
    if (bytes === "end") {
      if (this.#from.destroyed) this.#to.destroy();
      else this.#to.end();
      return;
    }
    this.#waiting -= bytes.byteLength;
    if (!this.#to.destroyed) this.#full = !this.#to.write(bytes);
  }
}
