import { type DevRegistry, type DevRegistryOptions, startDevRegistry } from "@transship/dev-registry";
import { openRegistry, type Registry } from "@transship/oci";
import type { CopyRequest, Sibling } from "../src/index.ts";
import { type Stage, type StageOptions, setStage } from "./stage.ts";

/** A stage whose source is far away, with a second target beside the first: what was brought to one may be read there for the other. */
export interface SiblingStage extends Stage {
  readonly second: DevRegistry;
  /** The first target as a sibling, called `first`. */
  readonly first: Sibling;
  /** The second target's own registry, called `second`. */
  readonly home: Sibling;
  /** A request to the second target. */
  toSecond(repository: string, tag: string, more?: Partial<CopyRequest>): CopyRequest;
  /** GETs of blobs that the source was asked for. */
  sourceGets(): number;
}

/** So long that a busy machine does not take what is near for far. */
const FAR_MS = 120;

export async function setSiblingStage(options: StageOptions & { readonly second?: DevRegistryOptions } = {}): Promise<SiblingStage> {
  await using opened = new AsyncDisposableStack();
  const stage = opened.use(await setStage(options));
  const second = opened.use(await startDevRegistry(options.second));
  const client: Registry = opened.use(openRegistry({ url: second.url }));
  farAway(stage.source);
  const everything = opened.move();
  return {
    ...stage,
    second,
    first: { name: "first", registry: stage.targetClient },
    home: { name: "second", registry: client },
    toSecond: (repository, tag, more) => stage.request(repository, tag, { target: client.repository(repository), ...more }),
    sourceGets: () => stage.source.stats.requests("blob-get"),
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

/** Everything that the registry is asked takes so long as over a long line. */
export function farAway(registry: DevRegistry): void {
  registry.faults.add({
    action: { kind: "delay", milliseconds: FAR_MS },
    match: { op: ["manifest-get", "manifest-head", "blob-get", "blob-head"] },
    times: Number.POSITIVE_INFINITY,
  });
}
