import { TransshipError } from "@transship/errors";

/** The wish of a user or supervisor that this process end. */
export interface Interruption extends Disposable {
  readonly signal: AbortSignal;
}

/** Turns the first SIGINT or SIGTERM into an abort with `INTERRUPTED`. After that the signals have their usual effect again, so that a second one kills at once. */
export function watchSignals(): Interruption {
  const controller = new AbortController();
  const names = ["SIGINT", "SIGTERM"] as const;
  const stop = () => {
    for (const name of names) process.off(name, interrupt);
  };
  const interrupt = (name: NodeJS.Signals) => {
    stop();
    controller.abort(new TransshipError("INTERRUPTED", { what: "this command", why: `got ${name}` }));
  };
  for (const name of names) process.on(name, interrupt);
  return { signal: controller.signal, [Symbol.dispose]: stop };
}
