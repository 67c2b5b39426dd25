import type { EventType } from "@transship/model";

/** Something that people or programs outside may want to be told of. */
export interface Happening {
  readonly type: EventType;
  /** The rule that it is about; absent = none. */
  readonly rule?: string | undefined;
  readonly at: Date;
  /** What happened, as plain JSON. */
  readonly data: Readonly<Record<string, unknown>>;
}

export type Listener = (happening: Happening) => void;

/** Where parts of the control plane say what happened, for whoever listens. Within one process; nothing is kept. */
export class Happenings {
  readonly #listeners = new Set<Listener>();

  /** Listens until the result is disposed. A listener must not throw. */
  listen(listener: Listener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  happened(happening: Happening): void {
    for (const listener of this.#listeners) listener(happening);
  }
}
