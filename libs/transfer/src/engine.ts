import type { Digest } from "@transship/oci";
import { BlobLedger } from "./blob-ledger.ts";
import { BlobMemory } from "./blob-memory.ts";
import { copyArtifact } from "./copy-artifact.ts";
import type { CopyOptions, CopyRequest, CopyResult } from "./copy-request.ts";
import type { CopyStep, Retry } from "./copy-step.ts";
import { DigestTags } from "./digest-tags.ts";
import type { Journal } from "./journal.ts";
import { PathMemory } from "./path-memory.ts";
import { ReferrersApis } from "./referrers-apis.ts";
import { Flights } from "./schedule/flights.ts";
import { Scheduler } from "./schedule/scheduler.ts";
import { Doubts } from "./sibling/doubts.ts";
import { Paces } from "./sibling/paces.ts";
import { Shunned } from "./sibling/shunned.ts";
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
  /** Blobs that are copied at once, over all copies of the engine; small requests have places of their own beside them. */
  readonly parallelBlobs?: number | undefined;
}

/** Copies artifacts; any number at once. Closing it waits for nothing: abort the copies first. */
export interface CopyEngine extends AsyncDisposable {
  /** Brings one artifact over. Rejects with a TransshipError that names the side, or with the signal's reason. */
  copy(request: CopyRequest, options?: CopyOptions): Promise<CopyResult>;
}

const PARALLEL_BLOBS = 6;
/** Places for small requests and small blobs. */
const PARALLEL_SMALL = 16;

/** @throws TransshipError `DATA_DIR_UNUSABLE` where the spool directory cannot be opened. */
export function createCopyEngine(options: EngineOptions): CopyEngine {
  const { journal } = options;
  const spool = SpoolRoom.open(options.spoolDirectory, options.spoolLimitBytes, journal);
  const shared = {
    flights: new Flights(),
    scheduler: new Scheduler({ large: options.parallelBlobs ?? PARALLEL_BLOBS, small: PARALLEL_SMALL }),
    digestTags: new DigestTags(),
    fallbackTags: new Flights(),
    referrersApis: new ReferrersApis(),
  };
  const memory = new BlobMemory();
  const shunned = new Shunned();
  const doubts = new Doubts();
  const paces = new Paces();
  const uploads = new UploadProfiles(journal);
  const paths = new PathMemory(journal);
  return {
    async copy(request, { signal = new AbortController().signal, onProgress, onStep, onEnd } = {}) {
      const tally = new Tally(onProgress);
      let ended = false;
      const tell = (step: CopyStep) => {
        if (!ended) onStep?.(step);
      };
      const ledger = new BlobLedger(tell);
      const journey = {
        source: request.source,
        target: request.target,
        siblings: request.siblings ?? [],
        shunned,
        doubts,
        paces,
        share: request.rule ?? "",
        begunBefore: request.begunBefore ?? false,
        journal,
        memory,
        spool,
        tally,
        tell,
        retried: (retry: Retry) => tell({ kind: "retry", ...retry }),
        signal,
        paths,
        uploads,
        ledger,
        fetched: new Set<Digest>(),
        mounted: new Set<Digest>(),
      };
      try {
        const result = await copyArtifact(request, { journey, ...shared, referrers: new Map() });
        return { ...result, progress: tally.snapshot(), blobs: ledger.reports() };
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      } finally {
        paths.keep(request.source.registry);
        tally.end();
        ended = true;
        onEnd?.({ progress: tally.snapshot(), blobs: ledger.reports() });
      }
    },
    [Symbol.asyncDispose]: () => spool[Symbol.asyncDispose](),
  };
}
