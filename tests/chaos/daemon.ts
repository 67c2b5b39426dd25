import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { TRANSSHIP } from "../stories/stage/transship.ts";

/** A line of a process's log. */
export interface LogLine {
  readonly time: string;
  readonly level: number;
  readonly msg: string;
  readonly [name: string]: unknown;
}

export interface DaemonOptions {
  readonly name: string;
  readonly args: () => readonly string[];
  /** Where everything that it writes to stderr goes, over all starts. */
  readonly logFile: string;
  /** Told of each ready line. */
  readonly onReady?: (ready: string) => void;
  /** Told of each line of its log that is JSON. */
  readonly onLine?: (line: LogLine) => void;
}

const READY_LIMIT_MS = 60_000;

/** A long-running process of the CLI that may be killed, stopped in its tracks, and started again. */
export class Daemon implements AsyncDisposable {
  readonly name: string;
  readonly #options: DaemonOptions;
  #child: ChildProcess | undefined;
  #gone: Promise<void> = Promise.resolve();
  #ready: string | undefined;
  /** How processes of it ended that nobody had killed. */
  readonly ownEnds: string[] = [];
  #killing = false;

  constructor(options: DaemonOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** What it said when it was ready; undefined while it is not. */
  get ready(): string | undefined {
    return this.#ready;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /** Starts a process. It may be long before it is ready. */
  launch(): void {
    this.#ready = undefined;
    this.#killing = false;
    const child = spawn(TRANSSHIP, this.#options.args(), { env: { ...process.env, NO_COLOR: "1" }, stdio: ["ignore", "ignore", "pipe"] });
    const log = createWriteStream(this.#options.logFile, { flags: "a" });
    let rest = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      log.write(text);
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#read(line);
    });
    this.#child = child;
    this.#gone = new Promise((done) => {
      child.on("close", (code, signal) => {
        log.end();
        if (!this.#killing) this.ownEnds.push(`${this.name} ended by itself with ${signal ?? code}`);
        this.#child = undefined;
        this.#ready = undefined;
        done();
      });
    });
  }

  /** @throws Error where it is not ready in time, or ends before. */
  async untilReady(): Promise<string> {
    for (const deadline = performance.now() + READY_LIMIT_MS; performance.now() < deadline; await sleep(20)) {
      if (this.#ready !== undefined) return this.#ready;
      if (this.#child === undefined) throw new Error(`${this.name} ended before it was ready; see ${this.#options.logFile}`);
    }
    throw new Error(`${this.name} was not ready within ${READY_LIMIT_MS / 1000} s; see ${this.#options.logFile}`);
  }

  /** SIGKILL; resolves with whether a process that ran is gone by it. */
  async kill(): Promise<boolean> {
    const child = this.#child;
    if (child === undefined) return false;
    this.#killing = true;
    child.kill("SIGKILL");
    await this.#gone;
    return child.signalCode === "SIGKILL";
  }

  /** SIGSTOP; resolves with whether the process stands still. */
  async pause(): Promise<boolean> {
    const child = this.#child;
    if (child?.kill("SIGSTOP") !== true) return false;
    for (let look = 0; look < 50; look++, await sleep(5)) if (this.#state() === "T") return true;
    return false;
  }

  /** SIGCONT; false where the process had not stood still all the while. */
  wake(): boolean {
    const stood = this.#state() === "T";
    this.#child?.kill("SIGCONT");
    return stood;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  /** As the kernel names it: `R`, `S`, `T`, … */
  #state(): string | undefined {
    try {
      return /^State:\s+(\S)/m.exec(readFileSync(`/proc/${this.#child?.pid}/status`, "utf8"))?.[1];
    } catch {
      return undefined;
    }
  }

  #read(line: string): void {
    if (line.startsWith("ready ")) {
      this.#ready = line;
      this.#options.onReady?.(line);
    }
    if (!line.startsWith("{")) return;
    try {
      this.#options.onLine?.(JSON.parse(line) as LogLine);
    } catch {
      // The last words of a process that was killed in the middle of them.
    }
  }
}
