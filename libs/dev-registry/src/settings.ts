/** What a registry can do and how it words it: everything that is no fault but differs between registries. */
export interface Settings {
  /** `GET referrers/<digest>` and `OCI-Subject`. Off: 404, clients keep the fallback tag. */
  readonly referrers: boolean;
  /** `digest-only`: deleting by tag is 400 DIGEST_INVALID, as in Docker distribution 2.8. `off`: every DELETE of content is 405. */
  readonly delete: "all" | "digest-only" | "off";
  /** `GET /v2/_catalog`. */
  readonly catalog: boolean;
  /** `?mount=&from=`. Off: 202, an ordinary upload session. */
  readonly mount: boolean;
  /** `?mount=` without `from`: looked for in every repository. */
  readonly anonymousMount: boolean;
  /** `POST ?digest=` with the blob in it. Off: 202, an ordinary upload session. */
  readonly singlePost: boolean;
  /** `Docker-Content-Digest` on replies. */
  readonly digestHeader: boolean;
  /** `closed-only`: `bytes=5-` is 416. `none`: the header is ignored and the whole blob sent. */
  readonly ranges: "full" | "closed-only" | "none";
  /** Bytes. Above 0 it is announced as `OCI-Chunk-Min-Length`, and a PATCH after a shorter one is refused. */
  readonly chunkMinLength: number;
  /**
   * `exact`: a torn chunk keeps the bytes that arrived and the status query tells how many.
   * `distribution-2.8`: `Content-Range` is not looked at, and a session whose stored bytes differ from the offset in
   * the Location is cancelled with 404 BLOB_UPLOAD_INVALID, so a torn chunk costs the session.
   * `none`: 405 to the status query.
   */
  readonly uploadStatus: "exact" | "distribution-2.8" | "none";
  /**
   * `first-only`: the bodies of later PATCHes are acknowledged and thrown away, as ECR private does. `small-only`: above 4 MiB a PATCH is 416, as on GHCR. `refused`:
   * 405, as where uploads are monolithic only.
   */
  readonly patches: "append" | "first-only" | "small-only" | "refused";
  /** What answers a chunk; ECR sends 201. */
  readonly chunkStatus: 202 | 201;
  /** Whether the PUT that closes a session may have a body. Off: 405, for registries that want everything by PATCH. */
  readonly wholePut: boolean;
  /** Bytes. Above 0, a longer body of an upload is 413 with a proxy's page, before anything else is looked at. */
  readonly bodyLimit: number;
  /** GET of a blob answers 307 to another port, where a request with `Authorization` gets 400, as object stores do. */
  readonly redirectBlobs: boolean;
  /** How `Location` and `Link` are written. */
  readonly locations: "relative" | "absolute";
  /** Whether a manifest may name blobs or manifests that the repository lacks (sparse images and indexes). */
  readonly missingReferences: "reject" | "accept";
  /** Largest manifest in bytes; above it 413. */
  readonly manifestLimit: number;
  /** Most entries on a page of tags, repositories or referrers. */
  readonly pageSize: number;
  /** `distribution-2.8`: `n` and `last` are ignored, and an empty list is `null`. */
  readonly tagList: "pages" | "distribution-2.8";
  /** A tag that exists with another digest is refused with 412, in Harbor's words. */
  readonly immutableTags: boolean;
}

const FULL: Settings = {
  referrers: true,
  delete: "all",
  catalog: true,
  mount: true,
  anonymousMount: true,
  singlePost: true,
  digestHeader: true,
  ranges: "full",
  chunkMinLength: 0,
  uploadStatus: "exact",
  patches: "append",
  chunkStatus: 202,
  wholePut: true,
  bodyLimit: 0,
  redirectBlobs: false,
  locations: "relative",
  missingReferences: "reject",
  manifestLimit: 4 * 1024 * 1024,
  pageSize: 1000,
  tagList: "pages",
  immutableTags: false,
};

/** Registries that can be imitated as a whole. */
export const PROFILES = {
  full: FULL,
  // The differences that tests/registries proves against the real one.
  "distribution-2.8": {
    ...FULL,
    referrers: false,
    delete: "digest-only",
    anonymousMount: false,
    singlePost: false,
    uploadStatus: "distribution-2.8",
    locations: "absolute",
    tagList: "distribution-2.8",
  },
} as const satisfies Record<string, Settings>;

export type ProfileName = keyof typeof PROFILES;

/** A profile with single settings replaced. */
export function resolveSettings(profile: ProfileName, overrides: Partial<Settings>): Settings {
  const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
  return { ...PROFILES[profile], ...Object.fromEntries(given) };
}
