import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { AccessLog } from "./access-log.ts";

/** The registries that tests know how to run. */
export type RealRegistryKind = "distribution-3" | "distribution-2.8";

/** Programs that may be on PATH: CNCF distribution 3.x, and 2.8 as Debian packages it. */
const PROGRAMS = { "distribution-3": "registry", "distribution-2.8": "docker-registry" } as const satisfies Record<
  RealRegistryKind,
  string
>;

/** The user of registries started with `auth: "basic"`. */
export const REAL_REGISTRY_USER = { username: "transship", password: "transship-tests" } as const;
// bcrypt of that password; the registries read nothing else from an htpasswd file.
const HTPASSWD = "transship:$2a$04$sjrRp/dMZZcEI.zcDxlThuYnqqhe80KSB88oGBsCcR83TKWD.L4NO\n";

const START_LIMIT = 10_000;

/** The real registries on this machine, with the path of each program: looked for on PATH and in `~/go/bin`. */
export function findRealRegistries(): ReadonlyMap<RealRegistryKind, string> {
  const folders = [...(process.env.PATH ?? "").split(delimiter), join(homedir(), "go", "bin")];
  const found = new Map<RealRegistryKind, string>();
  for (const [kind, program] of Object.entries(PROGRAMS) as [RealRegistryKind, string][]) {
    const path = folders.map((folder) => join(folder, program)).find(isExecutable);
    if (path !== undefined) found.set(kind, path);
  }
  return found;
}

export interface RealRegistryOptions {
  readonly kind: RealRegistryKind;
  /** For its configuration and data; a restart finds the data again. The caller removes it. */
  readonly dir: string;
  /** Absent or 0: a free one, kept over restarts. */
  readonly port?: number;
  /** `basic`: only `REAL_REGISTRY_USER` is let in. */
  readonly auth?: "none" | "basic";
  /** Default true. */
  readonly delete?: boolean;
  /** Where to send notifications of pushes, pulls and deletions, with the value of their Authorization header. Absent = nowhere. */
  readonly notify?: { readonly url: string; readonly authorization: string };
  /**
   * Which children of an index must be there (distribution 3, `validation.manifests.indexes`): those of the given platforms, or `none`. Absent: all, as it is by
   * default.
   */
  readonly indexPlatforms?: "none" | readonly string[];
  /** PEM texts: speaks TLS by this certificate, and lets in only clients whose certificates this authority signed. Absent = plain HTTP. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly clientAuthority: string };
}

/** A registry in a process of its own. Disposing of it ends the process. */
export interface RealRegistry extends AsyncDisposable {
  readonly kind: RealRegistryKind;
  /** `http://127.0.0.1:port`, or `https://…`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Of the process that runs now; undefined while none does. */
  readonly pid: number | undefined;
  /** Over all restarts. */
  readonly accessLog: AccessLog;
  /** Ends the process and waits until it is gone. Default SIGTERM. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Kills it if it runs, then starts it again on the same port and data. */
  restart(): Promise<void>;
}

/** Starts a real registry and waits until it answers. Throws when the program is not on this machine or does not start. */
export async function startRealRegistry(options: RealRegistryOptions): Promise<RealRegistry> {
  const program = findRealRegistries().get(options.kind);
  if (program === undefined) throw new Error(`${PROGRAMS[options.kind]} (${options.kind}) is neither on PATH nor in ~/go/bin`);
  const port = options.port || (await freePort());
  const config = await writeConfig(options, port);
  const accessLog = new AccessLog();
  const url = `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${port}`;
  let running: Running | undefined;
  const kill = async (signal: NodeJS.Signals = "SIGTERM"): Promise<void> => {
    const { child, exited } = running ?? {};
    running = undefined;
    child?.kill(signal);
    await exited;
  };
  const restart = async (): Promise<void> => {
    await kill();
    running = launch(program, config, accessLog);
    await untilReady(url, running);
  };
  await restart();
  return {
    kind: options.kind,
    url,
    host: `127.0.0.1:${port}`,
    port,
    get pid() {
      return running?.child.pid;
    },
    accessLog,
    kill,
    restart,
    [Symbol.asyncDispose]: () => kill("SIGKILL"),
  };
}

interface Running {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly exited: Promise<unknown>;
  /** The end of its log, for the message when it does not start. */
  readonly tail: () => string;
}

function launch(program: string, config: string, accessLog: AccessLog): Running {
  const child = spawn(program, ["serve", config], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, OTEL_TRACES_EXPORTER: "none" },
  });
  let log = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => accessLog.feed(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log = (log + text).slice(-4000);
  });
  return { child, exited: once(child, "close"), tail: () => log };
}

async function untilReady(url: string, { child, tail }: Running): Promise<void> {
  const deadline = Date.now() + START_LIMIT;
  while (Date.now() < deadline && child.exitCode === null) {
    if (await answers(url)) return;
    await sleep(30);
  }
  child.kill("SIGKILL");
  throw new Error(`the registry did not start at ${url}: ${tail()}`);
}

/** One with TLS lets nobody in without a client certificate, so that an open port has to do. */
async function answers(url: string): Promise<boolean> {
  if (url.startsWith("https:")) {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    const open = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    return open;
  }
  const answer = await fetch(`${url}/v2/`).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.status === 200 || answer?.status === 401;
}

async function writeConfig(options: RealRegistryOptions, port: number): Promise<string> {
  await mkdir(options.dir, { recursive: true });
  const htpasswd = join(options.dir, "htpasswd");
  await writeFile(htpasswd, HTPASSWD);
  const config = {
    version: 0.1,
    log: { accesslog: { disabled: false }, level: "warn" },
    storage: {
      filesystem: { rootdirectory: join(options.dir, "data") },
      delete: { enabled: options.delete ?? true },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: { addr: `127.0.0.1:${port}`, secret: "one secret, so that upload sessions survive a restart", ...(await tlsConfig(options)) },
    ...(options.notify === undefined ? {} : { notifications: { endpoints: [endpoint(options.notify)] } }),
    ...(options.indexPlatforms === undefined ? {} : { validation: { manifests: { indexes: indexRules(options.indexPlatforms) } } }),
    ...(options.auth === "basic" ? { auth: { htpasswd: { realm: "tests", path: htpasswd } } } : {}),
  };
  const path = join(options.dir, "config.yml");
  await writeFile(path, stringify(config));
  return path;
}

async function tlsConfig({ dir, tls }: RealRegistryOptions): Promise<object> {
  if (tls === undefined) return {};
  const files = { certificate: join(dir, "tls.pem"), key: join(dir, "tls.key"), authority: join(dir, "clients.pem") };
  await writeFile(files.certificate, tls.certificate);
  await writeFile(files.key, tls.key, { mode: 0o600 });
  await writeFile(files.authority, tls.clientAuthority);
  return { tls: { certificate: files.certificate, key: files.key, clientcas: [files.authority] } };
}

function endpoint({ url, authorization }: NonNullable<RealRegistryOptions["notify"]>): object {
  return { name: "transship", url, headers: { Authorization: [authorization] }, timeout: "2s", threshold: 5, backoff: "1s" };
}

function indexRules(platforms: "none" | readonly string[]): object {
  if (platforms === "none") return { platforms };
  const platformlist = platforms.map((platform) => {
    const [os, architecture] = platform.split("/");
    return { os, architecture };
  });
  return { platforms: "list", platformlist };
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
