import type { BlobReport, Overwrite, TaskProgress } from "@transship/model";
import type { Digest, Repository } from "@transship/oci";
import type { CopyStep } from "./copy-step.ts";
import type { Sibling } from "./sibling/sibling.ts";

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
  /** With `ours`: the digest that may be replaced. Absent = none: the target's tag must not be there. */
  readonly expected?: Digest | undefined;
  /** `os/architecture[/variant]`: the only platforms of an index to bring; images of others are left. Absent = all. */
  readonly platforms?: readonly string[] | undefined;
  /** Bring what is missing even where the target's tag has the digest already. Absent = no. */
  readonly refill?: boolean | undefined;
  /** Other registries that blobs may be read from where they are nearer than the source and were seen to have them. */
  readonly siblings?: readonly Sibling[] | undefined;
  /** Whose work this is: the engine lets rules take turns, however much each has to do. Copies that name none share their turns. */
  readonly rule?: string | undefined;
  /** Whether somebody may have begun this copy before: then the target is asked for every blob, small ones too. Absent = no. */
  readonly begunBefore?: boolean | undefined;
}

/** What a copy may tell and be told while it runs. */
export interface CopyOptions {
  /** Aborting it stops the copy within a moment; what is on disk and at the target stays. The copy rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called when numbers change, at most a few times a second. Never after the copy ended. */
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
  /** Called with each step, a few for every blob at most. Never after the copy ended. */
  readonly onStep?: ((step: CopyStep) => void) | undefined;
  /** Called once, just before the copy resolves or rejects: what it cost, also where it failed or was stopped. */
  readonly onEnd?: ((cost: CopyCost) => void) | undefined;
}

/** What a copy cost up to its end. */
export interface CopyCost {
  readonly progress: TaskProgress;
  /** What each blob cost that the copy began with, in the order of arrival; empty where it came to none. */
  readonly blobs: readonly BlobReport[];
}

/** How far a copy is. */
export interface CopyProgress extends TaskProgress {
  readonly phase: "preparing" | "copying" | "verifying";
}

/**
 * How a copy ended well.
 * - `copied`: the target's tag has the digest now, read back.
 * - `unchanged`: it had it before.
 * - `kept`: the target's tag has another digest and `overwrite` is `never`; it was not moved.
 * - `foreign`: the target's tag has another digest than the expected one and `overwrite` is `ours`; it was not moved.
 * - `other-platform`: it has none of the chosen platforms; nothing was changed.
 */
export interface CopyResult extends CopyCost {
  readonly outcome: "copied" | "unchanged" | "kept" | "foreign" | "other-platform";
  readonly digest: Digest;
  /** For `copied`: the only platforms of the index that are at the target; absent = all. */
  readonly platforms?: readonly string[] | undefined;
  /** What was done otherwise than asked for; absent = nothing. */
  readonly note?: string | undefined;
}
