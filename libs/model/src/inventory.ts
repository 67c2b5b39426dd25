/** A tag and what it names, on one side at one moment. */
export interface InventoryEntry {
  readonly repository: string;
  readonly tag: string;
  /** Digest of the manifest that the tag names. */
  readonly digest: string;
}

/** A repository and tag whose digest is asked for. */
export interface TagReference {
  readonly repository: string;
  readonly tag: string;
}

const digestTag = /^(sha256|sha512)-([0-9a-f]{64})[0-9a-f]*(?:\.(?:sig|att|sbom))?$/;

/**
 * The digest that a tag belongs to, for tags that clients derive from a digest: cosign's `sha256-<hex>.sig|.att|.sbom`, and the fallback tag
 * `sha256-<hex>` of OCI distribution-spec 1.1 ("Referrers Tag Schema"). Such tags travel with their subject, not as tags of their own.
 */
export function subjectOfTag(tag: string): string | undefined {
  const match = digestTag.exec(tag);
  return match === null ? undefined : `${match[1]}:${match[2]}`;
}
