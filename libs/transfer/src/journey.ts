import type { Digest, Repository } from "@transship/oci";
import type { BlobLedger } from "./blob-ledger.ts";
import type { BlobMemory } from "./blob-memory.ts";
import type { CopyStep, Retry } from "./copy-step.ts";
import type { Journal } from "./journal.ts";
import type { PathMemory } from "./path-memory.ts";
import type { Doubts } from "./sibling/doubts.ts";
import type { Paces } from "./sibling/paces.ts";
import type { Shunned } from "./sibling/shunned.ts";
import type { Sibling } from "./sibling/sibling.ts";
import type { SiblingSource } from "./sibling/sibling-source.ts";
import type { SpoolRoom } from "./spool/spool-room.ts";
import type { Tally } from "./tally.ts";
import type { UploadProfiles } from "./upload/upload-profiles.ts";

/** One way from a source repository to a target repository, with what every step on it needs. */
export interface Journey {
  readonly source: Repository;
  readonly target: Repository;
  /** Other registries that may have blobs of the source, and be nearer. */
  readonly siblings: readonly Sibling[];
  readonly shunned: Shunned;
  /** Guesses at what siblings have that were wrong lately. */
  readonly doubts: Doubts;
  /** How much siblings bring. */
  readonly paces: Paces;
  /** On the journey of a single blob: the sibling that it is read from first. */
  readonly sibling?: SiblingSource | undefined;
  /** Whose turns the blobs take: copies of one rule share theirs. */
  readonly share: string;
  readonly journal: Journal;
  readonly memory: BlobMemory;
  readonly spool: SpoolRoom;
  readonly tally: Tally;
  readonly tell: (step: CopyStep) => void;
  /** Tells that a step is tried again. */
  readonly retried: (retry: Retry) => void;
  /** Whether the target may have parts of the artifact that nobody here knows of. */
  readonly begunBefore: boolean;
  readonly paths: PathMemory;
  /** How registries take blobs. */
  readonly uploads: UploadProfiles;
  /** What each blob cost. */
  readonly ledger: BlobLedger;
  /** Blobs that this copy fetched already: fetching one again is waste. */
  readonly fetched: Set<Digest>;
  /** Blobs that the target said it mounted for this copy: where it then lacks one, it is not asked for that again. */
  readonly mounted: Set<Digest>;
  readonly signal: AbortSignal;
}
