import type { ClientDuplexStream } from "@grpc/grpc-js";
import { type ControlPlaneClient, connectControlPlane, fromServiceError, selectionFromMessage, wire } from "@transship/api";
import type { TransshipError } from "@transship/errors";
import { selectTags } from "@transship/planner";
import { fakeCreated, type World } from "./world.ts";

type Says = NonNullable<wire.AgentMessage["message"]>;
type Hears = NonNullable<wire.ControlMessage["message"]>;
type HeardValues = { readonly [H in Hears as H["$case"]]: H["value"] };

/** How a fake agent is and behaves. */
export interface FakeAgentOptions {
  readonly address: string;
  readonly world: World;
  readonly name?: string;
  readonly region?: string;
  readonly networks?: string[];
  readonly slots?: number;
  readonly holds?: wire.LeaseKey[];
  /** What older agents do not say. */
  readonly said?: Partial<Pick<wire.Hello, "labels" | "run" | "host" | "home" | "version">>;
  /** Says nothing when it is challenged. */
  readonly dead?: boolean;
  readonly token?: string;
  readonly ca?: string;
  /** What it does with a task; absent = copies it and reports success. */
  readonly work?: (task: wire.Assignment, agent: FakeAgent) => void | Promise<void>;
  /** What it answers; undefined = as the world is. */
  readonly answer?: (question: wire.Question, agent: FakeAgent) => wire.Answer["found"] | "silence" | undefined;
}

/** An agent that speaks real gRPC and copies in a world of its own. */
export class FakeAgent implements Disposable {
  readonly heard: Hears[] = [];
  readonly assignments: wire.Assignment[] = [];
  readonly name: string;
  #error: TransshipError | undefined;
  #ended = false;
  #sequence = 0;
  readonly #options: FakeAgentOptions;
  readonly #client: ControlPlaneClient;
  readonly #stream: ClientDuplexStream<wire.AgentMessage, wire.ControlMessage>;

  constructor(options: FakeAgentOptions) {
    this.#options = options;
    this.name = options.name ?? "a1";
    this.#client = connectControlPlane({
      address: options.address,
      token: options.token,
      ca: options.ca,
      insecure: options.ca === undefined,
    });
    this.#stream = this.#client.work.work(this.#client.metadata);
    this.#stream.on("data", ({ message }: wire.ControlMessage) => message && this.#hear(message));
    this.#stream.on("error", (thrown) => {
      this.#error = fromServiceError(thrown, "the work stream");
      this.#ended = true;
    });
    this.#stream.on("end", () => {
      this.#ended = true;
    });
    this.say({
      $case: "hello",
      value: {
        name: this.name,
        version: "0.1.0",
        region: options.region ?? "here",
        border: "",
        networks: options.networks ?? ["public"],
        slots: options.slots ?? 4,
        holds: options.holds ?? [],
        labels: {},
        ...options.said,
      },
    });
    this.demand(options.slots ?? 4);
  }

  get ended(): boolean {
    return this.#ended;
  }

  get error(): TransshipError | undefined {
    return this.#error;
  }

  say(message: Says): void {
    this.#stream.write({ message });
  }

  demand(tasks: number): void {
    this.say({ $case: "demand", value: { tasks } });
  }

  /** Reports the outcome of a task; returns its sequence. */
  report(task: wire.Assignment, state: wire.TaskState, more: Partial<wire.Outcome> = {}): number {
    const sequence = more.sequence ?? ++this.#sequence;
    const progress = {
      totalBytes: 10,
      doneBytes: 10,
      fetchedBytes: 10,
      bytes: { copied: 10, mounted: 0, existing: 0, resumed: 0, wasted: 0 },
    };
    this.say({
      $case: "outcome",
      value: {
        lease: task.lease,
        state,
        progress,
        skipReason: "",
        retryAfterMs: 0,
        blobs: [],
        blobSums: [],
        operation: task.operation,
        movedTag: task.operation === wire.TaskOperation.COPY,
        broughtPlatforms: task.platforms,
        note: "",
        ...more,
        sequence,
      },
    });
    return sequence;
  }

  heardOf<Case extends Hears["$case"]>(kind: Case): HeardValues[Case][] {
    const values: unknown[] = this.heard.filter((one) => one.$case === kind).map((one) => one.value);
    return values as HeardValues[Case][];
  }

  /** Says that it ends. */
  leave(): void {
    this.say({ $case: "alive", value: { id: "", ending: true } });
    this.#stream.end();
  }

  /** Cuts the connection without a word, as `kill -9` does. */
  [Symbol.dispose](): void {
    this.#stream.cancel();
    this.#client[Symbol.dispose]();
  }

  #hear(message: Hears): void {
    this.heard.push(message);
    if (message.$case === "challenge" && this.#options.dead !== true)
      this.say({ $case: "alive", value: { id: message.value.id, ending: false } });
    if (message.$case === "question") this.#answer(message.value);
    if (message.$case !== "assignment") return;
    this.assignments.push(message.value);
    const work = this.#options.work ?? succeed;
    void work(message.value, this);
  }

  #answer(question: wire.Question): void {
    const found = this.#options.answer?.(question, this) ?? this.#found(question);
    if (found !== "silence") this.say({ $case: "answer", value: { questionId: question.id, part: 0, last: true, found } });
  }

  #found({ ask, access }: wire.Question): wire.Answer["found"] {
    const world = this.#options.world;
    const instance = access?.instance ?? "";
    switch (ask?.$case) {
      case "listTags":
        return { $case: "tags", value: listIn(world, instance, ask.value) };
      case "resolveTags": {
        const wanted = new Set(ask.value.tags.map((tag) => `${tag.repository}:${tag.tag}`));
        return { $case: "tags", value: { tags: world.list(instance).filter((tag) => wanted.has(`${tag.repository}:${tag.tag}`)) } };
      }
      case "listNames":
        return { $case: "names", value: { pages: ask.value.repositories.map((name) => world.names(instance, name)) } };
      case "measureArtifacts":
        if (ask.value.created === true) {
          const artifacts = ask.value.artifacts.map((artifact) => ({ artifact, blobs: [], createdMs: fakeCreated(artifact.digest) }));
          return { $case: "artifacts", value: { artifacts } };
        }
        // Each image has a base that all share and a layer of its own.
        return {
          $case: "artifacts",
          value: { artifacts: ask.value.artifacts.map((artifact) => ({ artifact, blobs: [BASE, { digest: artifact.digest, size: 7 }] })) },
        };
      case "findMissing":
        return { $case: "missing", value: { digests: ask.value.digests } };
      default:
        return { $case: "ping", value: { latencyMs: 3 } };
    }
  }

  /** Copies a task in the world and reports success, as most tests want it. */
  succeed(task: wire.Assignment): void {
    this.#options.world.copy(task);
    this.report(task, wire.TaskState.SUCCEEDED);
    this.demand(this.#options.slots ?? 4);
  }
}

function listIn(world: World, instance: string, ask: wire.ListTags): wire.FoundTags {
  const all = world.list(instance).filter((tag) => tag.repository.startsWith(ask.namespace));
  if (ask.selection === undefined) return { tags: all };
  const { nowMs, onlyRepository, explain } = ask.selection;
  const wanted = all.filter((tag) => onlyRepository === "" || tag.repository === onlyRepository);
  const selected = [...Map.groupBy(wanted, ({ repository }) => repository)].map(([name, tags]) => ({
    name,
    ...selectTags(selectionFromMessage(ask, instance), name, tags, nowMs),
  }));
  const refused = selected.flatMap((one) =>
    one.refused.map(({ facts, refusal }) => ({ repository: one.name, tag: facts.tag, ...refusal })),
  );
  const tags = selected.flatMap((one) => one.selected.map(({ tag, digest = "" }) => ({ repository: one.name, tag, digest })));
  return { tags, selectionApplied: true, ...(explain ? { refused: { tags: refused } } : {}) };
}

const BASE: wire.BlobSize = { digest: "sha256:base", size: 100 };

function succeed(task: wire.Assignment, agent: FakeAgent): void {
  agent.succeed(task);
}
