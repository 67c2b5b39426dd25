import { writeFile } from "node:fs/promises";
import {
  findRealRegistries,
  type RealRegistry,
  type RealRegistryKind,
  type RealRegistryOptions,
  startRealRegistry,
} from "../../registries/real-registry.ts";
import { type Scratch, scratchDirectory } from "./scratch.ts";
import { addressIn, type Started, start, transship, transshipJson } from "./transship.ts";

/** Kinds of real registry on this machine; stories that need one are skipped, and say so, where there is none. */
export const REAL_KINDS: readonly RealRegistryKind[] = [...findRealRegistries().keys()];
if (REAL_KINDS.length === 0)
  console.warn("no real registry (`registry` or `docker-registry`) on PATH: the stories that need one are skipped");

/** What an Execution document says, as far as stories look at it. */
export interface ExecutionDocument {
  readonly kind: "Execution";
  readonly metadata: { readonly id: string; readonly rule?: string };
  readonly status: {
    readonly state: string;
    readonly tasks: {
      readonly total: number;
      readonly succeeded: number;
      readonly failed: number;
      readonly skipped: number;
      readonly cancelled: number;
    };
    readonly unchanged: number;
    /** Tags taken away at targets. */
    readonly deleted: number;
    readonly bytes: {
      readonly copied: number;
      readonly mounted: number;
      readonly existing: number;
      readonly resumed: number;
      readonly wasted: number;
    };
    readonly failures: readonly {
      readonly code: string;
      readonly side?: string;
      readonly message: string;
      readonly hint: string;
      readonly attempts: number;
      readonly artifact: string;
    }[];
  };
}

/** A control plane in a process of its own, with what a story needs around it. */
/** How a registry of the story is to be. */
export interface RegistryWishes extends Pick<RealRegistryOptions, "delete" | "indexPlatforms" | "tls" | "auth"> {
  /** Makes it tell the control plane of what happens, as the instance of its name. */
  readonly secret?: string;
}

export interface Site extends AsyncDisposable {
  readonly scratch: Scratch;
  readonly server: string;
  readonly http: string;
  controlPlane: Started;
  /** With `secret` it tells the control plane of what happens, as the instance of its name. */
  registry(name: string, kind?: RealRegistryKind, more?: RegistryWishes): Promise<RealRegistry>;
  agent(name: string, region: string, more?: readonly string[]): Promise<Started>;
  /** Starts the control plane again, on the same ports and data. */
  restartControlPlane(): Promise<void>;
  apply(yaml: string): Promise<void>;
  cli(...args: string[]): ReturnType<typeof transship>;
  json<T>(...args: string[]): Promise<T>;
  /** `rule run NAME --wait`, whatever it ends with. */
  run(rule: string, timeout?: string): Promise<{ code: number | null; execution: ExecutionDocument; stderr: string }>;
}

export async function openSite(options: { lease?: string } = {}): Promise<Site> {
  await using opened = new AsyncDisposableStack();
  const scratch = opened.use(await scratchDirectory());
  const common = [
    "--data-dir",
    scratch.path("control-plane"),
    "--insecure",
    ...(options.lease === undefined ? [] : ["--lease", options.lease]),
  ];
  let controlPlane = await start(["control-plane", "start", ...common, "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"]);
  opened.defer(() => controlPlane[Symbol.asyncDispose]());
  const server = addressIn(controlPlane.ready, "grpc");
  const http = addressIn(controlPlane.ready, "http");
  const everything = opened.move();
  const env = { TRANSSHIP_SERVER: server, XDG_CONFIG_HOME: scratch.path("config"), XDG_STATE_HOME: scratch.path("state") };
  const site: Site = {
    scratch,
    server,
    http,
    get controlPlane() {
      return controlPlane;
    },
    async registry(name, kind = REAL_KINDS[0] ?? "distribution-3", { secret, ...more } = {}) {
      const notify = secret === undefined ? {} : { notify: { url: `http://${http}/webhooks/${name}`, authorization: secret } };
      return everything.use(await startRealRegistry({ kind, dir: scratch.path(name), ...notify, ...more }));
    },
    async agent(name, region, more = []) {
      const args = [
        "agent",
        "start",
        "--name",
        name,
        "--region",
        region,
        "--control-plane",
        server,
        "--data-dir",
        scratch.path(`agent-${name}`),
        "--insecure",
        ...more,
      ];
      return everything.use(await start(args));
    },
    async restartControlPlane() {
      controlPlane = await start(["control-plane", "start", ...common, "--grpc", server, "--http", http]);
    },
    async apply(yaml) {
      await writeFile(scratch.path("topology.yaml"), yaml);
      const { code, stderr } = await transship(["apply", "-f", scratch.path("topology.yaml")], { env });
      if (code !== 0) throw new Error(`apply ended with ${code}\n${stderr}`);
    },
    cli: (...args) => transship(args, { env }),
    json: (...args) => transshipJson(args, { env }),
    async run(rule, timeout = "3m") {
      const { code, stdout, stderr } = await transship(["rule", "run", rule, "--wait", "--timeout", timeout, "-o", "json"], { env });
      if (stdout === "") throw new Error(`rule run ${rule} ended with ${code}\n${stderr}`);
      return { code, execution: JSON.parse(stdout) as ExecutionDocument, stderr };
    },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
  return site;
}
