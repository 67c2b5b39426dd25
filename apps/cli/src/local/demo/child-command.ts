import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { TransshipError } from "@transship/errors";
import type { Environment } from "../../environment.ts";

const ENTRY = fileURLToPath(new URL("../../../bin/transship.js", import.meta.url));
const READY_MS = 20_000;
const STOP_MS = 5_000;
const KEPT_LINES = 20;

/** A command of this CLI in a process of its own. Disposing asks it to end, and ends it after five seconds. */
export class ChildCommand implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #last: string[] = [];
  readonly #exited: Promise<unknown>;
  readonly #ready = Promise.withResolvers<string>();

  /** @param args as typed after `transship` */
  constructor(args: readonly string[], environment: Environment) {
    this.#name = `transship ${args.slice(0, 2).join(" ")}`;
    // The caller's own settings are for its own servers.
    const env = Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith("TRANSSHIP_")));
    this.#child = spawn(process.execPath, [ENTRY, ...args], { env, stdio: ["ignore", "ignore", "pipe"] });
    this.#exited = once(this.#child, "exit");
    this.#ready.promise.catch(() => undefined);
    if (this.#child.stderr !== null) createInterface({ input: this.#child.stderr }).on("line", (line) => this.#hear(line));
    this.#child.once("exit", () => this.#ready.reject(this.#failure("it ended before it was ready")));
    this.#child.once("error", (error) => this.#ready.reject(this.#failure(error.message)));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The line that says that it serves. @throws TransshipError `INTERNAL` with its last words where it does not come to that. */
  async ready(signal: AbortSignal): Promise<string> {
    const waited = AbortSignal.any([signal, AbortSignal.timeout(READY_MS)]);
    const late = new Promise<never>((_, reject) => {
      waited.addEventListener("abort", () => reject(signal.aborted ? signal.reason : this.#failure("it was not ready in time")), {
        once: true,
      });
    });
    return await Promise.race([this.#ready.promise, late]);
  }

  /** SIGKILL: no chance to tidy up. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  #hear(line: string): void {
    if (line.startsWith("ready ")) this.#ready.resolve(line);
    this.#last.push(line);
    if (this.#last.length > KEPT_LINES) this.#last.shift();
  }

  #failure(why: string): TransshipError {
    return new TransshipError("INTERNAL", { what: `starting ${this.#name}`, why: [why, ...this.#last].join(" | ") });
  }
}

/** The value of `name=…` in a ready line. */
export function addressIn(readyLine: string, name: string): string {
  return new RegExp(`\\b${name}=(\\S+)`).exec(readyLine)?.[1] ?? "";
}
