import type { AgentSays, WorkStream } from "./work-stream.ts";

/** The stream of the moment, for messages that may be lost: they are dropped while there is none, or while it is full. */
export class Connection {
  #stream: WorkStream | undefined;

  attach(stream: WorkStream): void {
    this.#stream = stream;
  }

  detach(stream: WorkStream): void {
    if (this.#stream === stream) this.#stream = undefined;
  }

  tell(message: AgentSays): void {
    if (this.#stream?.isFull === false) this.#stream.send(message);
  }
}
