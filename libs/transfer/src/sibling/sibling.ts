import type { Registry } from "@transship/oci";

/**
 * Another registry that a copy may read blobs from: a target of the same rule, say. The target's own registry may be one too, for blobs that it has in another
 * repository and does not mount.
 */
export interface Sibling {
  /** What reports call it: the instance's name. */
  readonly name: string;
  /** Not closed by the engine. */
  readonly registry: Registry;
  /** Repositories there that are said to have blobs of the artifact, the likeliest first; beside those in which the journal saw a blob. Absent = none. */
  readonly holds?: readonly string[] | undefined;
}
