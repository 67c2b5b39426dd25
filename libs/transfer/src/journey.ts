import type { BlobReport } from "@transship/model";
import type { Digest, Repository } from "@transship/oci";
import type { BlobMemory } from "./blob-memory.ts";
import type { Journal } from "./journal.ts";
import type { PathMemory } from "./path-memory.ts";
import type { SpoolRoom } from "./spool/spool-room.ts";
import type { Tally } from "./tally.ts";
import type { UploadProfiles } from "./upload/upload-profiles.ts";

/** One way from a source repository to a target repository, with what every step on it needs. */
export interface Journey {
  readonly source: Repository;
  readonly target: Repository;
  readonly journal: Journal;
  readonly memory: BlobMemory;
  readonly spool: SpoolRoom;
  readonly tally: Tally;
  /** Whether the target may have parts of the artifact that nobody here knows of. */
  readonly begunBefore: boolean;
  readonly paths: PathMemory;
  /** How registries take blobs. */
  readonly uploads: UploadProfiles;
  /** What each blob cost, once it is at the target. */
  readonly reports: BlobReport[];
  /** Blobs that this copy fetched already: fetching one again is waste. */
  readonly fetched: Set<Digest>;
  readonly signal: AbortSignal;
}
