import { type ControlPlaneClient, wire } from "@transship/api";
import { digestOf, regionOf } from "./topology.ts";

type Says = NonNullable<wire.AgentMessage["message"]>;

/** How all agents behave; the driver changes it between the parts of the benchmark. */
export interface Behaviour {
  /** Tasks that an agent takes at once; 0 = none. */
  slots: number;
  /** How long a task takes, in milliseconds. */
  taskMs: number;
  /** Tags in each repository that is listed. */
  tags: number;
  /** Called for each assignment when it is read. */
  onAssignment: (task: wire.Assignment) => void;
  onOutcomeAcknowledged: () => void;
  onEnd: (agent: string, why: string) => void;
}

/** An agent that speaks the whole protocol of tasks and questions, and moves no bytes. */
export class PlayedAgent {
  readonly #name: string;
  readonly #behaviour: Behaviour;
  readonly #stream: ReturnType<ControlPlaneClient["work"]["work"]>;
  readonly #welcome = Promise.withResolvers<void>();
  #held = 0;
  #sequence = 0;

  constructor(number: number, client: ControlPlaneClient, behaviour: Behaviour) {
    this.#name = `agent-${number}`;
    this.#behaviour = behaviour;
    this.#stream = client.work.work(client.metadata);
    this.#stream.on("data", ({ message }: wire.ControlMessage) => message && this.#hear(message));
    this.#stream.on("error", (thrown: Error) => this.#end(thrown.message));
    this.#stream.on("end", () => this.#end("the stream ended"));
    const networks = ["public", regionOf(number)];
    const place = { region: regionOf(number), border: "", networks };
    this.#say({ $case: "hello", value: { name: this.#name, version: "0.1.0", ...place, labels: {}, slots: 16, holds: [] } });
    this.demand();
  }

  /** Resolves with the control plane's Welcome. */
  get welcomed(): Promise<void> {
    return this.#welcome.promise;
  }

  /** Says how many tasks it can take now. */
  demand(): void {
    this.#say({ $case: "demand", value: { tasks: Math.max(0, this.#behaviour.slots - this.#held) } });
  }

  #end(why: string): void {
    this.#welcome.reject(new Error(`${this.#name}: ${why}`));
    this.#behaviour.onEnd(this.#name, why);
  }

  #say(message: Says): void {
    this.#stream.write({ message });
  }

  #hear(message: NonNullable<wire.ControlMessage["message"]>): void {
    if (message.$case === "welcome") this.#welcome.resolve();
    else if (message.$case === "ack") this.#behaviour.onOutcomeAcknowledged();
    else if (message.$case === "survey") this.#look(message.value);
    else if (message.$case === "question") this.#answer(message.value);
    else if (message.$case === "assignment") this.#work(message.value);
  }

  /** It reaches everything; agents of one place are about as far from it as each other. */
  #look({ places }: wire.Survey): void {
    const endpoints = places.map(({ instance, endpoint }) => ({
      instance,
      url: endpoint?.url ?? "",
      reached: true,
      roundTripMs: 20 + Math.random() * 10,
      forMs: 0,
    }));
    this.#say({ $case: "reach", value: { endpoints } });
  }

  #work(task: wire.Assignment): void {
    this.#behaviour.onAssignment(task);
    this.#held += 1;
    this.#say({ $case: "progress", value: { lease: task.lease, state: wire.TaskState.COPYING, progress: HALF } });
    setTimeout(() => this.#finish(task), this.#behaviour.taskMs);
  }

  #finish(task: wire.Assignment): void {
    this.#held -= 1;
    const nothing = { skipReason: "", retryAfterMs: 0, blobs: [], blobSums: [], broughtPlatforms: [], note: "" };
    const done = { state: wire.TaskState.SUCCEEDED, progress: WHOLE, operation: wire.TaskOperation.COPY, movedTag: true };
    this.#say({ $case: "outcome", value: { ...nothing, ...done, lease: task.lease, sequence: ++this.#sequence } });
    this.demand();
  }

  #answer({ id, ask }: wire.Question): void {
    const found = this.#found(ask);
    this.#say({ $case: "answer", value: { questionId: id, part: 0, last: true, found } });
  }

  /** Sources have every tag, targets have none. */
  #found(ask: wire.Question["ask"]): wire.Answer["found"] {
    if (ask?.$case === "listTags") {
      const repository = `${ask.value.namespace}/app`;
      const tags = Array.from({ length: this.#behaviour.tags }, (_, tag) => found(repository, `v${tag}`));
      return { $case: "tags", value: { tags, selectionApplied: true } };
    }
    if (ask?.$case === "resolveTags") {
      const asked = ask.value.tags.filter(({ repository }) => repository.startsWith("ns-"));
      return { $case: "tags", value: { tags: asked.map(({ repository, tag }) => found(repository, tag)) } };
    }
    throw new Error(`${this.#name} was asked for ${ask?.$case}`);
  }
}

function found(repository: string, tag: string): wire.FoundTag {
  return { repository, tag, digest: digestOf(repository, tag) };
}

function progress(bytes: number): wire.Progress["progress"] {
  return {
    totalBytes: 20_000_000,
    doneBytes: bytes,
    fetchedBytes: bytes,
    bytes: { copied: bytes, mounted: 0, existing: 0, resumed: 0, wasted: 0 },
  };
}

const HALF = progress(10_000_000);
const WHOLE = progress(20_000_000);
