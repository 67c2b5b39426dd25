import type { Descriptor, Digest } from "@transship/oci";
import type { DigestTags } from "./digest-tags.ts";
import type { Journey } from "./journey.ts";
import type { ReferrersApis } from "./referrers-apis.ts";
import type { Flights } from "./schedule/flights.ts";
import type { Scheduler } from "./schedule/scheduler.ts";

/** What the steps of one copy share: its journey, and the engine's means. */
export interface CopyContext {
  readonly journey: Journey;
  readonly flights: Flights;
  /** Blobs of all copies of the engine, a few at once. */
  readonly scheduler: Scheduler;
  readonly digestTags: DigestTags;
  /** Held while a fallback tag of a target is read, changed and written, since registries offer no lock (key: registry, repository, subject). */
  readonly fallbackTags: Flights;
  /** Which sources have no referrers API. */
  readonly referrersApis: ReferrersApis;
  /** Referrers that the source listed during this copy, by subject. */
  readonly referrers: Map<Digest, readonly Descriptor[]>;
}
