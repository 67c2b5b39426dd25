import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { AccessLog } from "../registries/access-log.ts";
import { findRealRegistries, type RealRegistryKind } from "../registries/real-registry.ts";
import { type Side, within } from "./long-link.ts";

/** Every namespace has its ports to itself. */
const PORT = 5000;
const START_LIMIT = 10_000;

/** A real registry inside a network namespace. Disposing of it ends its process. */
export interface NamespacedRegistry extends AsyncDisposable {
  /** `address:port`, for its own namespace and for the other side of the link. */
  readonly host: string;
  readonly accessLog: AccessLog;
}

/** What is served, and where. */
export interface InsideOptions {
  readonly kind: RealRegistryKind;
  readonly dir: string;
  /** Absent: 5000. Several in one namespace need different ones. */
  readonly port?: number;
}

/** Serves the data in `dir`, which is laid out as `startRealRegistry` does, to one side of a link. */
export async function serveInside(side: Side, { kind, dir, port = PORT }: InsideOptions): Promise<NamespacedRegistry> {
  const program = findRealRegistries().get(kind);
  if (program === undefined) throw new Error(`${kind} is not on this machine`);
  await mkdir(dir, { recursive: true });
  const config = join(dir, "inside.yml");
  await writeFile(config, stringify(configuration(dir, port)));
  const command = [...within(side.namespace), program, "serve", config];
  const env = { ...process.env, OTEL_TRACES_EXPORTER: "none" };
  const child = spawn(command[0] ?? "", command.slice(1), { stdio: ["ignore", "pipe", "pipe"], env });
  const accessLog = new AccessLog();
  let messages = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => accessLog.feed(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    messages = (messages + text).slice(-4000);
  });
  const closed = once(child, "close");
  const end = async (): Promise<void> => {
    child.kill("SIGKILL");
    await closed;
  };
  if (!(await listens(child, port))) {
    await end();
    throw new Error(`the registry did not start in ${side.namespace}: ${messages}`);
  }
  return { host: `${side.address}:${port}`, accessLog, [Symbol.asyncDispose]: end };
}

function configuration(dir: string, port: number): object {
  return {
    version: 0.1,
    log: { accesslog: { disabled: false }, level: "warn" },
    storage: { filesystem: { rootdirectory: join(dir, "data") }, maintenance: { uploadpurging: { enabled: false } } },
    http: { addr: `0.0.0.0:${port}`, secret: "the same for both ends" },
  };
}

/** Whether the process comes to listen: its `/proc` shows the sockets of its namespace, which this process cannot reach. */
async function listens(child: ChildProcess, port: number): Promise<boolean> {
  const socket = new RegExp(`:${port.toString(16).toUpperCase()} 0+:0000 0A `);
  const deadline = Date.now() + START_LIMIT;
  while (Date.now() < deadline && child.exitCode === null) {
    // Go listens on a socket of both families where it can.
    const tables = await Promise.all(["tcp", "tcp6"].map((name) => readFile(`/proc/${child.pid}/net/${name}`, "utf8").catch(() => "")));
    if (tables.some((table) => socket.test(table))) return true;
    await sleep(20);
  }
  return false;
}
