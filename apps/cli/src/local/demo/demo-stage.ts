import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DevRegistry } from "@transship/dev-registry";
import type { Call } from "../../command.ts";
import { ControlPlane } from "../../connection/control-plane.ts";
import { addressIn, ChildCommand } from "./child-command.ts";
import { type DemoSource, startSource, startTarget } from "./demo-registries.ts";

const QUIET = ["--log-level", "warn"];

/** Where agents of the demo are. */
export const AGENTS = { "agent-gz": "ap-guangzhou", "agent-sg": "ap-singapore" } as const;
export type AgentName = keyof typeof AGENTS;

/** Everything that the demo starts; disposing of it stops it all and removes its files. */
export class DemoStage implements AsyncDisposable {
  readonly source: DemoSource;
  readonly target: DevRegistry;
  /** Temporary directory with the data of all processes. */
  readonly directory: string;
  readonly grpc: string;
  readonly http: string;
  readonly controlPlane: ControlPlane;
  readonly #call: Call;
  readonly #owned: AsyncDisposableStack;
  readonly #agents = new Map<AgentName, ChildCommand>();

  constructor(
    call: Call,
    parts: { source: DemoSource; target: DevRegistry; directory: string; readyLine: string; owned: AsyncDisposableStack },
  ) {
    this.source = parts.source;
    this.target = parts.target;
    this.directory = parts.directory;
    this.grpc = addressIn(parts.readyLine, "grpc");
    this.http = addressIn(parts.readyLine, "http");
    this.#call = call;
    this.#owned = parts.owned;
    this.controlPlane = this.#owned.use(new ControlPlane({ address: this.grpc, insecure: true }, call.signal));
  }

  /** Starts two registries in this process and a control plane in its own. Agents follow by {@link startAgent}. */
  static async open(call: Call): Promise<DemoStage> {
    await using owned = new AsyncDisposableStack();
    const directory = await mkdtemp(join(tmpdir(), "transship-demo-"));
    owned.defer(() => rm(directory, { recursive: true, force: true }));
    const source = await startSource();
    owned.use(source.registry);
    const target = owned.use(await startTarget());
    const args = [
      "control-plane",
      "start",
      "--data-dir",
      join(directory, "control-plane"),
      "--grpc",
      "127.0.0.1:0",
      "--http",
      "127.0.0.1:0",
      "--insecure",
    ];
    const server = owned.use(new ChildCommand([...args, ...QUIET], call.environment));
    const readyLine = await server.ready(call.signal);
    return new DemoStage(call, { source, target, directory, readyLine, owned: owned.move() });
  }

  /** Starts an agent, or starts it again after a kill, with the same data directory. Returns its process id. */
  async startAgent(name: AgentName): Promise<number | undefined> {
    const where = ["--name", name, "--region", AGENTS[name], "--data-dir", join(this.directory, name)];
    const args = ["agent", "start", ...where, "--control-plane", this.grpc, "--insecure"];
    const agent = this.#owned.use(new ChildCommand([...args, ...QUIET], this.#call.environment));
    this.#agents.set(name, agent);
    await agent.ready(this.#call.signal);
    return agent.pid;
  }

  /** SIGKILL. */
  async killAgent(name: AgentName): Promise<void> {
    await this.#agents.get(name)?.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }
}
