import type { Overwrite } from "@transship/model";
import type { Digest, Repository } from "@transship/oci";
import type { Sibling } from "@transship/transfer";

/** One artifact to bring from a repository to another, both opened by the caller. */
export interface DirectPair {
  readonly source: Repository;
  readonly target: Repository;
  /** Tag or digest at the source. */
  readonly reference: string;
  /** The digest to copy; absent = whatever the reference names. */
  readonly digest?: Digest | undefined;
  /** Tag at the target; absent = the artifact is put by digest only. */
  readonly tag?: string | undefined;
  readonly overwrite: Overwrite;
  /** Other registries that may have its blobs and be nearer than the source. */
  readonly siblings?: readonly Sibling[] | undefined;
}
