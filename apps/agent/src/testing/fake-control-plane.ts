import { Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import { toServiceError, wire } from "@transship/api";
import type { TransshipError } from "@transship/errors";
import { eventually } from "./eventually.ts";

type Said = NonNullable<wire.AgentMessage["message"]>;
type Kind = Said["$case"];
type ValueOf<K extends Kind> = Extract<Said, { $case: K }>["value"];

/** How a fake control plane behaves; may be changed while it runs. */
export interface FakeBehaviour {
  leaseMs: number;
  /** Answers Renew by extending what this lets through. */
  extends: (key: wire.LeaseKey) => boolean;
  renews: boolean;
  acknowledges: boolean;
  takesLog: boolean;
  welcomes: boolean;
  refuses: TransshipError | undefined;
}

/** The Work service over real gRPC, with everything that agents say kept in order. */
export class FakeControlPlane implements AsyncDisposable {
  readonly behaviour: FakeBehaviour = {
    leaseMs: 60_000,
    extends: () => true,
    renews: true,
    acknowledges: true,
    takesLog: true,
    welcomes: true,
    refuses: undefined,
  };
  readonly heard: Said[] = [];
  /** Streams that were opened, over all restarts. */
  streams = 0;
  #server: Server | undefined;
  #stream: ServerDuplexStream<wire.AgentMessage, wire.ControlMessage> | undefined;
  #port = 0;

  static async start(): Promise<FakeControlPlane> {
    const plane = new FakeControlPlane();
    await plane.listen();
    return plane;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Listens, on the port of the last time. */
  async listen(): Promise<void> {
    const server = new Server();
    server.addService(wire.WorkServiceService, {
      work: (stream: ServerDuplexStream<wire.AgentMessage, wire.ControlMessage>) => this.#take(stream),
    });
    this.#port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${this.#port}`, ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    });
    this.#server = server;
  }

  /** Goes away at once, as a killed process does. */
  vanish(): void {
    this.#server?.forceShutdown();
    this.#server = undefined;
    this.#stream = undefined;
  }

  send(message: NonNullable<wire.ControlMessage["message"]>): void {
    this.#stream?.write({ message });
  }

  /** Ends the stream and stays. */
  cut(): void {
    this.#stream?.end();
  }

  all<K extends Kind>(kind: K): ValueOf<K>[] {
    return this.heard.filter((said) => said.$case === kind).map((said) => said.value as ValueOf<K>);
  }

  /** The first message of a kind that fits, once it was said. */
  async hear<K extends Kind>(kind: K, fits: (value: ValueOf<K>) => boolean = () => true): Promise<ValueOf<K>> {
    for (let waited = false; ; waited = true) {
      for (const value of this.all(kind)) if (fits(value)) return value;
      if (waited) throw new Error(`heard no fitting ${kind}`);
      await eventually(`the agent says ${kind}`, () => this.all(kind).some(fits));
    }
  }

  /** What the agent last said it can take. */
  get demand(): number | undefined {
    return this.all("demand").at(-1)?.tasks;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.vanish();
  }

  #take(stream: ServerDuplexStream<wire.AgentMessage, wire.ControlMessage>): void {
    if (this.behaviour.refuses !== undefined) {
      stream.emit("error", toServiceError(this.behaviour.refuses));
      return;
    }
    this.streams += 1;
    this.#stream = stream;
    stream.on("error", () => undefined);
    stream.on("end", () => stream.end());
    stream.on("data", ({ message }: wire.AgentMessage) => {
      if (message === undefined) return;
      this.heard.push(message);
      this.#answer(stream, message);
    });
  }

  #answer(stream: ServerDuplexStream<wire.AgentMessage, wire.ControlMessage>, said: Said): void {
    const { behaviour } = this;
    const say = (message: NonNullable<wire.ControlMessage["message"]>) => stream.write({ message });
    if (said.$case === "hello" && behaviour.welcomes)
      say({ $case: "welcome", value: { version: "9.9.9", leaseMs: behaviour.leaseMs, takesLog: behaviour.takesLog } });
    if (said.$case === "renew" && behaviour.renews)
      say({ $case: "renewed", value: { leases: said.value.leases.filter(behaviour.extends) } });
    const last = said.$case === "log" ? said.value.lines.at(-1) : undefined;
    if (last !== undefined && behaviour.acknowledges) say({ $case: "logAck", value: { number: last.number } });
    if (said.$case === "outcome" && behaviour.acknowledges) say({ $case: "ack", value: { sequence: said.value.sequence } });
  }
}
