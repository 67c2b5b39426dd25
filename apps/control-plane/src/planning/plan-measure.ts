import type { Instance, PlanItem } from "@transship/model";
import type { Desk } from "../work/ask-nearest.ts";
import { findMissing, measureArtifacts } from "../work/look-up.ts";
import type { RuleInstances } from "./rule-instances.ts";

/** Bytes of an item's blobs: those that would cross, and those that the target has or an item before it brings. */
export interface ItemBytes {
  readonly crossing: number;
  readonly existing: number;
}

interface Blob {
  readonly digest: string;
  readonly size: number;
}

/** Artifacts asked about in one question, so that an agent need not be silent for long. */
const ARTIFACTS_A_QUESTION = 50;
const BLOBS_A_QUESTION = 500;

/** Measures plan items page by page and remembers which blobs they bring, so that each is counted once for a target instance: the others are mounted. */
export class PlanMeasure {
  readonly #desk: Desk;
  readonly #instances: RuleInstances;
  readonly #platforms: readonly string[];
  readonly #signal: AbortSignal;
  readonly #brought = new Map<string, Set<string>>();

  /** `platforms`: the only ones of indexes that the rule brings; undefined = all. */
  constructor(desk: Desk, instances: RuleInstances, platforms: readonly string[] | undefined, signal: AbortSignal) {
    this.#desk = desk;
    this.#instances = instances;
    this.#platforms = platforms ?? [];
    this.#signal = signal;
  }

  /** Bytes of each item, in their order; all of them must be copies. */
  async measure(items: readonly PlanItem[]): Promise<ItemBytes[]> {
    const blobs = await this.#blobsOf(items);
    const missing = await this.#missingOf(items, blobs);
    return items.map((item) => {
      const brought = this.#broughtTo(item.target.instance);
      const lacks = missing.get(placeOf(item)) ?? new Set();
      let crossing = 0;
      let existing = 0;
      for (const blob of blobs.get(subjectOf(item)) ?? []) {
        if (lacks.has(blob.digest) && !brought.has(blob.digest)) {
          brought.add(blob.digest);
          crossing += blob.size;
        } else existing += blob.size;
      }
      return { crossing, existing };
    });
  }

  async #blobsOf(items: readonly PlanItem[]): Promise<Map<string, Blob[]>> {
    const artifacts = [
      ...new Map(items.map((item) => [subjectOf(item), { repository: item.source.repository, digest: item.digest }])).values(),
    ];
    const blobs = new Map<string, Blob[]>();
    for (const some of chunks(artifacts, ARTIFACTS_A_QUESTION)) {
      for (const found of await measureArtifacts(this.#desk, this.#instances.source, some, this.#platforms, this.#signal)) {
        if (found.artifact !== undefined) blobs.set(`${found.artifact.repository}@${found.artifact.digest}`, found.blobs);
      }
    }
    return blobs;
  }

  /** What each target repository lacks of the blobs of these items that nothing before brings. */
  async #missingOf(items: readonly PlanItem[], blobs: ReadonlyMap<string, Blob[]>): Promise<Map<string, Set<string>>> {
    const wanted = new Map<string, { instance: Instance; repository: string; digests: Set<string> }>();
    for (const item of items) {
      const instance = this.#instances.targets.find(({ target }) => target.instance === item.target.instance)?.instance;
      if (instance === undefined) continue;
      const place = wanted.get(placeOf(item)) ?? { instance, repository: item.target.repository, digests: new Set<string>() };
      for (const { digest } of blobs.get(subjectOf(item)) ?? []) {
        if (!this.#broughtTo(instance.name).has(digest)) place.digests.add(digest);
      }
      wanted.set(placeOf(item), place);
    }
    const missing = new Map<string, Set<string>>();
    for (const [place, { instance, repository, digests }] of wanted) {
      const lacks = new Set<string>();
      for (const some of chunks([...digests], BLOBS_A_QUESTION)) {
        for (const digest of await findMissing(this.#desk, instance, repository, some, this.#signal)) lacks.add(digest);
      }
      missing.set(place, lacks);
    }
    return missing;
  }

  #broughtTo(instance: string): Set<string> {
    const brought = this.#brought.get(instance) ?? new Set();
    this.#brought.set(instance, brought);
    return brought;
  }
}

function placeOf({ target }: PlanItem): string {
  return `${target.instance}/${target.repository}`;
}

function subjectOf(item: PlanItem): string {
  return `${item.source.repository}@${item.digest}`;
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size));
}
