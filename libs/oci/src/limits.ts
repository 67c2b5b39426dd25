const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * Upper bounds for everything that a registry sends and that is not a blob. A hostile or broken server can cost this much and no more.
 * Sizes in bytes. 4 MiB is what OCI distribution-spec 1.1 asks registries to accept as a manifest.
 */
export const LIMITS = {
  manifestBytes: 4 * MiB,
  /** One page of tags, repositories or referrers. */
  pageBytes: 8 * MiB,
  /** Pages of one listing. */
  pages: 10_000,
  /** Entries of one listing, all pages together. */
  entries: 5_000_000,
  tokenBytes: 1 * MiB,
  errorBytes: 64 * KiB,
  /** The registry's own words in an error message, in characters. */
  errorWords: 300,
  /** Descriptors in one manifest or index. */
  descriptors: 10_000,
  referrers: 10_000,
  headerBytes: 64 * KiB,
  redirects: 5,
  tokenRedirects: 3,
} as const;
