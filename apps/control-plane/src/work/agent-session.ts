import { randomUUID } from "node:crypto";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import { toServiceError, type wire } from "@transship/api";
import type { TransshipError } from "@transship/errors";
import type { AgentHello } from "@transship/store";

type Message = NonNullable<wire.ControlMessage["message"]>;
export type WorkStream = ServerDuplexStream<wire.AgentMessage, wire.ControlMessage>;

/** One open Work stream of an agent. */
export class AgentSession implements AgentHello {
  readonly name: string;
  readonly region: string;
  readonly border: string | undefined;
  readonly networks: readonly string[];
  readonly version: string;
  readonly slots: number;
  readonly run: string | undefined;
  readonly host: string | undefined;
  /** Its data directory, on its machine since that booted; undefined for older agents. */
  readonly home: string | undefined;
  /** What selectors choose by; changes when its document is applied. */
  labels: Readonly<Record<string, string>>;
  /** Tasks that the agent can take beyond those it has. */
  credit = 0;
  /** Only the reports of what it had are still listened to. */
  revoked = false;
  /** The process said that it ends. */
  ending = false;
  /** Who waits for a sign of life, by the id of the challenge. */
  readonly #challenges = new Map<string, () => void>();
  /** Instances that it was given tasks to bring something to, on this stream. */
  readonly broughtTo = new Set<string>();
  #draining = false;
  #stalled = false;
  #onReadiness: (() => void) | undefined;
  readonly #stream: WorkStream;
  readonly #gone = new AbortController();

  constructor(hello: AgentHello, stream: WorkStream) {
    this.name = hello.name;
    this.region = hello.region;
    this.border = hello.border;
    this.networks = hello.networks;
    this.version = hello.version;
    this.slots = hello.slots;
    this.run = hello.run;
    this.host = hello.host;
    this.home = hello.home;
    this.labels = hello.labels ?? {};
    this.#stream = stream;
    for (const event of ["cancelled", "close", "error"]) stream.once(event, () => this.#gone.abort());
  }

  /** Finishes what it has and gets nothing new. */
  get draining(): boolean {
    return this.#draining;
  }

  set draining(draining: boolean) {
    if (draining !== this.#draining) this.#onReadiness?.();
    this.#draining = draining;
  }

  /** Let a lease end though its stream is open: it hangs, or its link is dead. Until it is heard of again nothing is given to it. */
  get stalled(): boolean {
    return this.#stalled;
  }

  set stalled(stalled: boolean) {
    if (stalled !== this.#stalled) this.#onReadiness?.();
    this.#stalled = stalled;
  }

  /** Whether it may get something new to do. */
  get ready(): boolean {
    return !this.#draining && !this.#stalled && !this.#gone.signal.aborted;
  }

  /** Calls `changed` whenever {@link ready} may have become another. */
  watch(changed: () => void): void {
    this.#onReadiness = changed;
    this.gone.addEventListener("abort", changed, { once: true });
  }

  /** Aborts when the stream ends. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Sends a message; false where the stream has ended already. */
  send(message: Message): boolean {
    if (this.#gone.signal.aborted || this.#stream.writableEnded) return false;
    this.#stream.write({ message });
    return true;
  }

  /** Asks whether the agent lives, since another process on `host` claims its name; false where it says nothing within `ms` milliseconds. */
  challenge(host: string, ms: number): Promise<boolean> {
    const id = randomUUID();
    return new Promise((resolve) => {
      const end = (lives: boolean) => {
        clearTimeout(timer);
        this.#challenges.delete(id);
        this.gone.removeEventListener("abort", onGone);
        resolve(lives);
      };
      const onGone = () => end(false);
      const timer = setTimeout(onGone, ms);
      this.#challenges.set(id, () => end(true));
      this.gone.addEventListener("abort", onGone);
      if (!this.send({ $case: "challenge", value: { id, host } })) end(false);
    });
  }

  /** The agent answered a challenge. */
  lives(id: string): void {
    this.#challenges.get(id)?.();
  }

  /** Ends the stream, telling the agent why. */
  end(reason: TransshipError): void {
    if (!this.#gone.signal.aborted) this.#stream.emit("error", toServiceError(reason));
  }
}
