import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";

/** The CLI as users start it: by its script, in a process of its own. */
export const TRANSSHIP = resolve(import.meta.dirname, "../../../apps/cli/bin/transship");

/** How a call of the CLI ended. */
export interface CallResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** With what a process of the CLI is called. */
export interface CallOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** What precedes the command, to run it inside a network namespace. */
  readonly inside?: readonly string[];
}

/** Calls the CLI and waits for its end. */
export async function transship(args: readonly string[], options: CallOptions = {}): Promise<CallResult> {
  const [program = TRANSSHIP, ...rest] = [...(options.inside ?? []), TRANSSHIP, ...args];
  const child = spawn(program, rest, { env: { ...process.env, NO_COLOR: "1", ...options.env }, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(options.input ?? "");
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code, stdout, stderr };
}

/** Calls the CLI with `-o json` and reads what it prints. Throws with its messages when it fails. */
export async function transshipJson<T>(args: readonly string[], options: CallOptions = {}): Promise<T> {
  const { code, stdout, stderr } = await transship([...args, "-o", "json"], options);
  if (code !== 0) throw new Error(`transship ${args.join(" ")} ended with ${code}\n${stderr}`);
  return JSON.parse(stdout) as T;
}

/** A long-running process of the CLI. Disposing of it kills it. */
export interface Started extends AsyncDisposable {
  readonly pid: number;
  /** What it said when it was ready, e.g. `ready control-plane grpc=127.0.0.1:40001 http=127.0.0.1:40002`. */
  readonly ready: string;
  /** Everything it wrote to stderr until now. */
  readonly messages: () => string;
  readonly exited: Promise<number | null>;
  signal(signal: NodeJS.Signals): void;
  /** Sends a signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts a process of the CLI and waits for its ready line. Throws with its messages when it ends before. */
export async function start(args: readonly string[], env: NodeJS.ProcessEnv = {}, inside: readonly string[] = []): Promise<Started> {
  const [program = TRANSSHIP, ...rest] = [...inside, TRANSSHIP, ...args];
  const child = spawn(program, rest, { env: { ...process.env, NO_COLOR: "1", ...env }, stdio: ["ignore", "ignore", "pipe"] });
  const exited = new Promise<number | null>((done) => child.on("exit", done));
  let messages = "";
  const ready = new Promise<string>((done, fail) => {
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      messages += chunk;
      const line = /^ready .*$/m.exec(messages);
      if (line !== null) done(line[0]);
    });
    void exited.then((code) => fail(new Error(`transship ${args.join(" ")} ended with ${code} before it was ready\n${messages}`)));
  });
  const end = async (signal: NodeJS.Signals = "SIGTERM") => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return exited;
  };
  const started: Started = {
    pid: child.pid ?? -1,
    ready: await ready,
    messages: () => messages,
    exited,
    signal: (signal) => void child.kill(signal),
    end,
    [Symbol.asyncDispose]: () => endFor(child, end),
  };
  return started;
}

async function endFor(child: ChildProcess, end: (signal: NodeJS.Signals) => Promise<unknown>): Promise<void> {
  child.stderr?.destroy();
  await end("SIGKILL");
}

/** The address that a ready line names under a key. */
export function addressIn(ready: string, key: string): string {
  const address = new RegExp(`\\b${key}=(\\S+)`).exec(ready)?.[1];
  if (address === undefined) throw new Error(`no ${key}= in: ${ready}`);
  return address;
}
