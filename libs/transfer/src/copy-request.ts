import type { BlobReport, Overwrite, TaskProgress } from "@transship/model";
import type { Digest, Repository } from "@transship/oci";

/** One artifact to bring over. */
export interface CopyRequest {
  readonly source: Repository;
  readonly target: Repository;
  /** Tag or digest to read at the source. */
  readonly reference: string;
  /** The digest that was planned: copied even when the tag moved meanwhile, as long as the source still has it. Absent = whatever the reference names now. */
  readonly digest?: Digest | undefined;
  /** Tag to move at the target; absent = the artifact is put by digest only. */
  readonly tag?: string | undefined;
  /** What to do when the target's tag has another digest. */
  readonly overwrite: Overwrite;
  /** Whether somebody may have begun this copy before: then the target is asked for every blob, small ones too. Absent = no. */
  readonly begunBefore?: boolean | undefined;
}

/** What a copy may tell and be told while it runs. */
export interface CopyOptions {
  /** Aborting it stops the copy within a moment; what is on disk and at the target stays. The copy rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called when numbers change, at most a few times a second. Never after the copy ended. */
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
}

/** How far a copy is. */
export interface CopyProgress extends TaskProgress {
  readonly phase: "preparing" | "copying" | "verifying";
}

/**
 * How a copy ended well.
 * - `copied`: the target's tag has the digest now, read back.
 * - `unchanged`: it had it before.
 * - `kept`: the target's tag has another digest and `overwrite` is `never`; nothing was changed.
 */
export interface CopyResult {
  readonly outcome: "copied" | "unchanged" | "kept";
  readonly digest: Digest;
  readonly progress: TaskProgress;
  /** What each blob cost, in the order of arrival; empty where nothing had to be done. */
  readonly blobs: readonly BlobReport[];
}
