import type { DevRegistryOptions, FaultRule, SeededImage } from "@transship/dev-registry";
import type { ErrorCode, Side } from "@transship/errors";
import type { Way } from "@transship/model";
import type { Timeouts } from "@transship/oci";
import type { Stage } from "../stage.ts";

/** One thing that goes wrong during a copy, and how the copy must end. */
export interface FaultCase {
  readonly name: string;
  /** What the two registries do wrong. Every rule must have fired when the copy is over. */
  readonly source?: readonly FaultRule[];
  readonly target?: readonly FaultRule[];
  /** Absent: all that it can concern. */
  readonly ways?: readonly Way[];
  readonly sourceOptions?: DevRegistryOptions;
  /** Absent: a registry that takes manifests whose blobs it lacks, so that the order of what arrives is the engine's merit. */
  readonly targetOptions?: DevRegistryOptions;
  readonly timeouts?: Partial<Timeouts>;
  /** Done before the faults are armed. */
  readonly prepare?: (stage: Stage, image: SeededImage) => Promise<void>;
  /** The rules are taken away as soon as they have fired: for a fault of one byte, of which nobody knows which request it hits. */
  readonly heals?: boolean;
  /** Whether the upload needs several chunks. */
  readonly chunks?: boolean;
  /** Most bytes that may come twice or be thrown away, as a share of the layer. Absent: nothing is said. */
  readonly wastedShare?: number;
  /** Most requests that the registries with faults may see, where a storm would be the failure. */
  readonly requests?: number;
  /** Absent: the copy gets over it. Else it fails with this code and side, and succeeds once the fault is gone. */
  readonly fails?: { readonly code: ErrorCode; readonly side: Side | undefined };
}

/** For all requests that match. */
export const EVER = Number.POSITIVE_INFINITY;

/** The requests that carry bytes of a blob to the target, whichever way it is copied. */
export const UPLOAD_BODIES = ["blob-post", "blob-patch", "blob-put"] as const;

/** Short enough for a test, long enough for a machine that is busy with others. */
export const SHORT_TIMEOUTS: Partial<Timeouts> = { headersMs: 1_000, bodyIdleMs: 1_000, commitMs: 1_000, documentMs: 1_500 };
