import { once } from "node:events";
import type { ClientDuplexStream } from "@grpc/grpc-js";
import { type ControlPlaneClient, fromServiceError, type wire } from "@transship/api";

/** What the agent says. */
export type AgentSays = NonNullable<wire.AgentMessage["message"]>;
/** What the control plane says. */
export type ControlSays = NonNullable<wire.ControlMessage["message"]>;

/** One stream to the control plane. Disposing cuts it. */
export class WorkStream implements Disposable {
  readonly #call: ClientDuplexStream<wire.AgentMessage, wire.ControlMessage>;
  /** Aborts when nothing can be sent any more. */
  readonly #over = new AbortController();

  constructor(client: ControlPlaneClient) {
    this.#call = client.work.work(client.metadata);
    // Whoever reads the messages gets the error; this listener only keeps it from being thrown at large.
    for (const event of ["error", "end", "close"]) this.#call.on(event, () => this.#over.abort());
  }

  /** Puts a message on its way; false where the stream is over. */
  send(message: AgentSays): boolean {
    if (this.#over.signal.aborted) return false;
    this.#call.write({ message });
    return true;
  }

  /** Whether messages pile up because the other side, or the network, does not take them. */
  get isFull(): boolean {
    return !this.#over.signal.aborted && this.#call.writableNeedDrain;
  }

  /** Resolves when there is room again, or the stream is over. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.isFull) {
      await once(this.#call, "drain", { signal: AbortSignal.any([signal, this.#over.signal]) }).catch(() => undefined);
      signal.throwIfAborted();
    }
  }

  /** Messages as they come; ends with the stream. Throws `CONTROL_PLANE_UNREACHABLE`, `UNAUTHENTICATED`, `NOT_ALLOWED`, or what the control plane refused with. */
  async *messages(): AsyncGenerator<ControlSays> {
    try {
      for await (const { message } of this.#call as AsyncIterable<wire.ControlMessage>) {
        // A message of a newer control plane that this version does not know arrives without content.
        if (message !== undefined) yield message;
      }
    } catch (thrown) {
      throw fromServiceError(thrown, "the stream to the control plane");
    } finally {
      this.#over.abort();
    }
  }

  /** Says that nothing more will be sent; what was sent still arrives. */
  finish(): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#call.end();
  }

  [Symbol.dispose](): void {
    this.#over.abort();
    this.#call.cancel();
  }
}
