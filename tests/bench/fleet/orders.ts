import { fork } from "node:child_process";
import { resolve } from "node:path";

/** What the process that plays the agents is told to do. */
export interface Order {
  readonly connect?: { readonly agents: number; readonly connections: number };
  readonly behave?: { readonly slots?: number; readonly taskMs?: number; readonly tags?: number };
  /** Whether to hand over what was assigned since it was asked last. */
  readonly collect?: true;
}

/** A task that an agent was given. */
export interface Assigned {
  readonly task: string;
  readonly rule: string;
  /** Milliseconds since 1970, with fractions. */
  readonly at: number;
}

/** The answer to an order. */
export interface Played {
  readonly assigned: readonly Assigned[];
  /** Outcomes that the control plane has acknowledged since the start. */
  readonly acknowledged: number;
  /** Agents whose stream ended, and why. */
  readonly ended: readonly string[];
}

/** The agents, in a process of their own. Disposing ends it. */
export interface Players extends Disposable {
  readonly pid: number;
  /** Has an order carried out. Throws what went wrong there, and where a stream ended. */
  obey(order: Order): Promise<Played>;
}

/** Starts the process that plays the agents of one control plane. */
export function startPlayers(address: string): Players {
  const child = fork(resolve(import.meta.dirname, "play-agents.ts"), [address]);
  const obey = (order: Order) =>
    new Promise<Played>((done, fail) => {
      const gone = () => fail(new Error("the process that plays the agents ended"));
      child.once("exit", gone);
      child.once("message", ({ played, failure }: { played?: Played; failure?: string }) => {
        child.off("exit", gone);
        if (played === undefined) fail(new Error(failure));
        else if (played.ended.length > 0) fail(new Error(`${played.ended.length} streams ended, first ${played.ended[0]}`));
        else done(played);
      });
      child.send(order);
    });
  return { pid: child.pid ?? -1, obey, [Symbol.dispose]: () => void child.kill("SIGKILL") };
}
