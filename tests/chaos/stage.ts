import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RealRegistry, type RealRegistryKind, startRealRegistry } from "../registries/real-registry.ts";
import { addressIn } from "../stories/stage/transship.ts";
import { Daemon, type LogLine } from "./daemon.ts";
import { AGENTS, type AgentName, REGISTRIES, type RegistryName } from "./draw-round.ts";
import { openRelay, type Relay } from "./relay.ts";
import { mountSmallDisk, type SmallDisk } from "./small-disk.ts";

/** What registries show to the control plane when they tell of pushes. */
export const SECRET = "Bearer a-secret-of-the-chaos";
/** The way of each agent to each registry: slow enough that faults meet copies in the middle. */
export const WAY = { lateMs: 3, bytesPerSecond: 2 * 1024 * 1024 };
const DISK_MIB = 64;

export interface StageOptions {
  readonly kinds: readonly RealRegistryKind[];
  readonly leaseMs: number;
}

/** A registry with the directory of its data. */
export interface StageRegistry extends RealRegistry {
  readonly dir: string;
}

/** Three registries, a control plane and three agents, each a process; every way between them can be cut. It lasts over many rounds. */
export interface Stage extends AsyncDisposable {
  readonly options: StageOptions;
  readonly registries: Readonly<Record<RegistryName, StageRegistry>>;
  readonly controlPlane: Daemon;
  readonly agents: Readonly<Record<AgentName, Daemon>>;
  /** Tasks that each agent has begun and not ended, by its own log. */
  readonly underWay: Readonly<Record<AgentName, ReadonlySet<string>>>;
  /** `host:port` of the control plane itself. */
  readonly server: string;
  /** The ways of agents to the control plane. */
  readonly uplinks: Readonly<Record<AgentName, Relay>>;
  /** The ways of agents to registries. */
  readonly links: Readonly<Record<AgentName, Readonly<Record<RegistryName, Relay>>>>;
  /** Disks that can be filled, by process; empty where nothing may be mounted. */
  readonly disks: ReadonlyMap<string, SmallDisk>;
  /** What the control plane has logged. */
  readonly controlPlaneLog: LogLine[];
  path(...parts: string[]): string;
  /** Keeps the logs when the stage is taken down, and the control plane's database as it is now. */
  keepLogs(): Promise<void>;
}

export async function openStage(options: StageOptions): Promise<Stage> {
  await using opened = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "transship-chaos-"));
  let keep = false;
  opened.defer(() => (keep ? removeData(directory) : rm(directory, { recursive: true, force: true })));
  const path = (...parts: string[]) => join(directory, ...parts);
  await mkdir(path("logs"));
  const disks = new Map<string, SmallDisk>();
  for (const name of ["control-plane", ...AGENTS]) {
    const disk = await mountSmallDisk(path(name), DISK_MIB);
    if (disk !== undefined) disks.set(name, opened.use(disk));
  }
  const controlPlaneLog: LogLine[] = [];
  const controlPlane = opened.use(openControlPlane(path, options, (line) => controlPlaneLog.push(line)));
  controlPlane.launch();
  const ready = await controlPlane.untilReady();
  const server = addressIn(ready, "grpc");
  const registries = await openRegistries(opened, path, options.kinds, addressIn(ready, "http"));
  const { uplinks, links } = await openWays(opened, server, registries);
  const underWay = perName(AGENTS, () => new Set<string>());
  const agents = perName(AGENTS, (name) => opened.use(openAgent(name, path, uplinks[name].host, underWay[name])));
  for (const agent of Object.values(agents)) agent.launch();
  for (const agent of Object.values(agents)) await agent.untilReady();
  const everything = opened.move();
  return {
    options,
    registries,
    controlPlane,
    agents,
    underWay,
    server,
    uplinks,
    links,
    disks,
    controlPlaneLog,
    path,
    keepLogs: async () => {
      keep = true;
      await cp(path("control-plane"), path("logs", "control-plane.data"), { recursive: true });
    },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

type Path = (...parts: string[]) => string;

function openControlPlane(path: Path, { leaseMs }: StageOptions, onLine: (line: LogLine) => void): Daemon {
  const daemon: Daemon = new Daemon({
    name: "control-plane",
    logFile: path("logs", "control-plane.log"),
    onLine,
    args: () => {
      // Any ports at first; the same ever after.
      const listen = ports ?? { grpc: "127.0.0.1:0", http: "127.0.0.1:0" };
      const where = ["--data-dir", path("control-plane"), "--grpc", listen.grpc, "--http", listen.http];
      return ["control-plane", "start", ...where, "--insecure", "--lease", `${leaseMs}ms`];
    },
    onReady: (ready) => {
      ports ??= { grpc: addressIn(ready, "grpc"), http: addressIn(ready, "http") };
    },
  });
  let ports: { readonly grpc: string; readonly http: string } | undefined;
  return daemon;
}

function openAgent(name: AgentName, path: Path, controlPlane: string, underWay: Set<string>): Daemon {
  const place = ["--name", name, "--region", `region-of-${name}`, "--network", `network-of-${name}`];
  const args = ["agent", "start", ...place, "--control-plane", controlPlane, "--data-dir", path(name), "--insecure", "--slots", "2"];
  const onLine = ({ msg, task }: LogLine) => {
    if (msg === "task begins") underWay.add(String(task));
    if (msg === "task ends") underWay.delete(String(task));
  };
  const begin = () => {
    underWay.clear();
    return args;
  };
  return new Daemon({ name, logFile: path("logs", `${name}.log`), args: begin, onLine });
}

async function openRegistries(
  opened: AsyncDisposableStack,
  path: Path,
  kinds: readonly RealRegistryKind[],
  http: string,
): Promise<Stage["registries"]> {
  const started = REGISTRIES.map(async (name, index) => {
    const kind = kinds[index % kinds.length];
    if (kind === undefined) throw new Error("no real registry (`registry` or `docker-registry`) on PATH");
    const dir = path(`registry-${name}`);
    const notify = { url: `http://${http}/webhooks/${name}`, authorization: SECRET };
    const registry = opened.use(await startRealRegistry({ kind, dir, notify }));
    return [name, Object.assign(registry, { dir })] as const;
  });
  return Object.fromEntries(await Promise.all(started)) as Stage["registries"];
}

async function openWays(
  opened: AsyncDisposableStack,
  server: string,
  registries: Stage["registries"],
): Promise<Pick<Stage, "uplinks" | "links">> {
  const uplinks: Partial<Record<AgentName, Relay>> = {};
  const links: Partial<Record<AgentName, Record<RegistryName, Relay>>> = {};
  for (const agent of AGENTS) {
    uplinks[agent] = opened.use(await openRelay(Number(server.split(":").at(-1))));
    const ways: Partial<Record<RegistryName, Relay>> = {};
    for (const name of REGISTRIES) ways[name] = opened.use(await openRelay(registries[name].port, WAY));
    links[agent] = ways as Record<RegistryName, Relay>;
  }
  return { uplinks: uplinks as Stage["uplinks"], links: links as Stage["links"] };
}

function perName<Name extends string, Value>(names: readonly Name[], value: (name: Name) => Value): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Name, Value>;
}

/** Leaves the logs; images are large and can be pushed again. */
async function removeData(directory: string): Promise<void> {
  for (const name of REGISTRIES) await rm(join(directory, `registry-${name}`), { recursive: true, force: true });
}
