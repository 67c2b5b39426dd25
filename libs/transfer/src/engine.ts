import type { BlobReport } from "@transship/model";
import type { Digest } from "@transship/oci";
import PQueue from "p-queue";
import { BlobMemory } from "./blob-memory.ts";
import { copyArtifact } from "./copy-artifact.ts";
import type { CopyOptions, CopyRequest, CopyResult } from "./copy-request.ts";
import { DigestTags } from "./digest-tags.ts";
import { Flights } from "./flights.ts";
import type { Journal } from "./journal.ts";
import { PathMemory } from "./path-memory.ts";
import { SpoolRoom } from "./spool/spool-room.ts";
import { Tally } from "./tally.ts";
import { UploadProfiles } from "./upload/upload-profiles.ts";

/** What an engine is made of. */
export interface EngineOptions {
  readonly journal: Journal;
  /** Directory for blobs on their way; one engine a directory. */
  readonly spoolDirectory: string;
  /** Bytes that the directory may hold. */
  readonly spoolLimitBytes: number;
  /** Blobs that are copied at once, over all copies of the engine. */
  readonly parallelBlobs?: number | undefined;
}

/** Copies artifacts; any number at once. Closing it waits for nothing: abort the copies first. */
export interface CopyEngine extends AsyncDisposable {
  /** Brings one artifact over. Rejects with a TransshipError that names the side, or with the signal's reason. */
  copy(request: CopyRequest, options?: CopyOptions): Promise<CopyResult>;
}

const PARALLEL_BLOBS = 6;

/** @throws TransshipError `DATA_DIR_UNUSABLE` where the spool directory cannot be opened. */
export function createCopyEngine(options: EngineOptions): CopyEngine {
  const { journal } = options;
  const spool = SpoolRoom.open(options.spoolDirectory, options.spoolLimitBytes, journal);
  const shared = {
    flights: new Flights(),
    queue: new PQueue({ concurrency: options.parallelBlobs ?? PARALLEL_BLOBS }),
    digestTags: new DigestTags(),
    fallbackTags: new Flights(),
    withoutReferrersApi: new Set<string>(),
  };
  const memory = new BlobMemory();
  const paths = new PathMemory();
  const uploads = new UploadProfiles(journal);
  return {
    async copy(request, { signal = new AbortController().signal, onProgress } = {}) {
      const tally = new Tally(onProgress);
      const reports: BlobReport[] = [];
      const journey = {
        source: request.source,
        target: request.target,
        begunBefore: request.begunBefore ?? false,
        journal,
        memory,
        spool,
        tally,
        signal,
        paths,
        uploads,
        reports,
        fetched: new Set<Digest>(),
      };
      try {
        const result = await copyArtifact(request, { journey, ...shared, referrers: new Map() });
        return { ...result, progress: tally.snapshot(), blobs: reports };
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      } finally {
        tally.end();
      }
    },
    [Symbol.asyncDispose]: () => spool[Symbol.asyncDispose](),
  };
}
