import type { Assignments } from "./take-assignments.ts";
import type { WorkStream } from "./work-stream.ts";

/** Tells the control plane how many more tasks the agent can take, at once and whenever that grows. */
export class DemandReport implements Disposable {
  readonly #stream: WorkStream;
  readonly #assignments: Assignments;
  #ended = false;

  constructor(stream: WorkStream, assignments: Assignments) {
    this.#stream = stream;
    this.#assignments = assignments;
    assignments.onChange = () => this.#send();
    this.#send();
  }

  /** Takes nothing new on this stream. */
  end(): void {
    this.#ended = true;
    this.#send();
  }

  /** Takes new tasks again. */
  resume(): void {
    this.#ended = false;
    this.#send();
  }

  [Symbol.dispose](): void {
    this.#assignments.onChange = () => undefined;
  }

  #send(): void {
    this.#stream.send({ $case: "demand", value: { tasks: this.#ended ? 0 : this.#assignments.demand } });
  }
}
