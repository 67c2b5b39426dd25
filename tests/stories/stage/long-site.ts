import { writeFile } from "node:fs/promises";
import { buildWanlink, type Link, openLongLink, within } from "../../bench/long-link.ts";
import { type NamespacedRegistry, serveInside } from "../../bench/namespaced-registry.ts";
import { startRealRegistry } from "../../registries/real-registry.ts";
import { type Scratch, scratchDirectory } from "./scratch.ts";
import { type ExecutionDocument, REAL_KINDS } from "./site.ts";
import { addressIn, start, transship, transshipJson } from "./transship.ts";

/** A control plane, agents and registries at one end of an emulated long line, and a source at the other. */
export interface LongSite extends AsyncDisposable {
  readonly scratch: Scratch;
  /** At the far end. */
  readonly source: NamespacedRegistry;
  /** Starts an empty registry at the near end. */
  registry(name: string): Promise<NamespacedRegistry>;
  agent(name: string, region: string): Promise<void>;
  apply(yaml: string): Promise<void>;
  json<T>(...args: string[]): Promise<T>;
  run(rule: string): Promise<ExecutionDocument>;
  /** Ends the line; bytes of IP packets that were sent from the far to the near end. */
  close(): Promise<number>;
}

/** The first port of registries at the near end. */
const FIRST_PORT = 5001;

/** `fill` pushes what the source has, before it goes far away. */
export async function openLongSite(link: Link, fill: (url: string) => Promise<void>): Promise<LongSite> {
  await using opened = new AsyncDisposableStack();
  const scratch = opened.use(await scratchDirectory());
  const kind = REAL_KINDS[0] ?? "distribution-3";
  await using filled = await startRealRegistry({ kind, dir: scratch.path("source") });
  await fill(filled.url);
  await filled.kill();
  const line = opened.use(await openLongLink(await buildWanlink(scratch.path()), link, 1));
  const source = opened.use(await serveInside(line.far, { kind, dir: scratch.path("source") }));
  const inside = within(line.near.namespace);
  const launch = (...args: string[]) => start([...args, "--insecure"], {}, inside);
  const address = ["--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"];
  const plane = opened.use(await launch("control-plane", "start", "--data-dir", scratch.path("control-plane"), ...address));
  const server = addressIn(plane.ready, "grpc");
  const env = { TRANSSHIP_SERVER: server, XDG_CONFIG_HOME: scratch.path("config"), XDG_STATE_HOME: scratch.path("state") };
  let port = FIRST_PORT;
  const everything = opened.move();
  return {
    scratch,
    source,
    async registry(name) {
      return everything.use(await serveInside(line.near, { kind, dir: scratch.path(name), port: port++ }));
    },
    async agent(name, region) {
      const at = ["--control-plane", server, "--data-dir", scratch.path(`agent-${name}`)];
      everything.use(await launch("agent", "start", "--name", name, "--region", region, ...at));
    },
    async apply(yaml) {
      await writeFile(scratch.path("topology.yaml"), yaml);
      const { code, stderr } = await transship(["apply", "-f", scratch.path("topology.yaml")], { env, inside });
      if (code !== 0) throw new Error(`apply ended with ${code}\n${stderr}`);
    },
    json: (...args) => transshipJson(args, { env, inside }),
    run: (rule) => transshipJson(["rule", "run", rule, "--wait", "--timeout", "3m"], { env, inside }),
    close: () => line.close(),
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}
