import type { IncomingMessage } from "node:http";
import type { TokenDesk } from "./auth/token-desk.ts";
import type { ArmedFaults, FaultPlan } from "./faults/fault-plan.ts";
import type { HiddenBlobs } from "./hidden-blobs.ts";
import type { IncomingBody } from "./incoming-body.ts";
import type { Reply } from "./reply.ts";
import type { Route } from "./route.ts";
import type { SessionWriters } from "./session-writers.ts";
import type { Settings } from "./settings.ts";
import type { RequestRecord, Stats } from "./stats.ts";
import type { Storage } from "./storage/storage.ts";

/** What all requests of one registry share. */
export interface RegistryState {
  readonly storage: Storage;
  readonly settings: Settings;
  readonly faults: FaultPlan;
  readonly stats: Stats;
  readonly tokens: TokenDesk;
  readonly writers: SessionWriters;
  readonly hidden: HiddenBlobs;
  /** Ends when the registry is disposed of. */
  readonly closing: AbortSignal;
  /** `http://host:port` of the registry, without a slash at the end. */
  readonly url: string;
  /** Where a blob can be had without credentials; starts the second listener on first use. */
  redirectTarget(digest: string): Promise<string>;
}

/** One request with everything that belongs to it. */
export interface Exchange {
  readonly route: Route;
  readonly request: IncomingMessage;
  readonly body: IncomingBody;
  readonly faults: ArmedFaults;
  readonly record: RequestRecord;
  /** Whether the caller may read the repository: asked again for the `from` of a mount. */
  mayPull(repository: string): boolean;
}

/** The connection went away, by itself or by a fault: there is nobody to answer. */
export const ABANDONED = Symbol("abandoned");

export type Outcome = Reply | typeof ABANDONED;

/** Answers one operation. */
export type Handler = (state: RegistryState, exchange: Exchange) => Promise<Outcome>;
