import { spawn } from "node:child_process";
import { TransshipError } from "@transship/errors";
import type { Credential } from "./credential.ts";
import { isObject } from "./descriptor.ts";

const MAX_OUTPUT = 1024 * 1024;
const HELPER_NAME = /^[A-Za-z0-9._-]{1,100}$/;

/** How a helper is run. */
export interface HelperOptions {
  /** Environment of the helper: it finds its own configuration there, and is itself found through PATH. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds until it is ended; some wait for a key ring that nobody unlocks. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks `docker-credential-<name> get` for the login of a server (protocol of docker's credential helpers: the server on stdin, JSON on stdout);
 * undefined where it has none. Never goes through a shell. Throws `CREDENTIAL_UNAVAILABLE`.
 */
export async function askCredentialHelper(name: string, server: string, options: HelperOptions): Promise<Credential | undefined> {
  const program = `docker-credential-${name}`;
  const failed = (why: string, cause?: unknown): TransshipError =>
    new TransshipError("CREDENTIAL_UNAVAILABLE", { what: `asking ${program} for the login of ${server}`, why, cause });
  if (!HELPER_NAME.test(name)) throw failed("that is no name of a helper");
  const { output, exitCode } = await run(program, server, options, failed);
  // Helpers say "not found" on stdout and end with 1.
  if (exitCode !== 0 && /credentials not found/i.test(output)) return undefined;
  if (exitCode !== 0) throw failed(`it ended with ${exitCode ?? "a signal"}`);
  let document: unknown;
  try {
    document = JSON.parse(output);
  } catch {
    throw failed("its answer is not JSON");
  }
  const { Username: username, Secret: secret } = isObject(document) ? document : {};
  if (typeof username !== "string" || typeof secret !== "string") throw failed("its answer has no Username and Secret");
  if (secret === "") return undefined;
  return username === "<token>" ? { identityToken: secret } : { username, password: secret };
}

function run(
  program: string,
  input: string,
  options: HelperOptions,
  failed: (why: string, cause?: unknown) => TransshipError,
): Promise<{ output: string; exitCode: number | null }> {
  return new Promise((resolve, reject) => {
    const { timeoutMs = 20_000, signal } = options;
    signal?.throwIfAborted();
    const child = spawn(program, ["get"], { env: { ...options.env }, stdio: ["pipe", "pipe", "ignore"], shell: false, signal });
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(failed(`it gave no answer within ${timeoutMs / 1000} s`));
    }, timeoutMs);
    const parts: Buffer[] = [];
    let length = 0;
    child.stdout.on("data", (part: Buffer) => {
      length += part.byteLength;
      if (length > MAX_OUTPUT) child.kill("SIGKILL");
      else parts.push(part);
    });
    child.on("error", (thrown: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      if (signal?.aborted === true) reject(signal.reason);
      else reject(failed(thrown.code === "ENOENT" ? "it is not on PATH" : "it cannot be started", thrown));
    });
    child.on("close", (exitCode) => {
      clearTimeout(timer);
      resolve({ output: Buffer.concat(parts).toString("utf8"), exitCode });
    });
    // A helper that ends without reading breaks the pipe; its exit code says the rest.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
