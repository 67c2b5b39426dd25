/**
 * What becomes of each key of a regsync `version: 1` file.
 * - `used`: carried out.
 * - `unneeded`: a file without it gives the same copies (tuning, or when to run: a sync runs once and now). Named in one warning.
 * - anything else is a reason to refuse: without it, something else than asked would be copied or be lost.
 */
export type KeyFate = "used" | "unneeded" | `refused: ${string}`;

const WHEN: Readonly<Record<string, KeyFate>> = { interval: "unneeded", schedule: "unneeded", ratelimit: "unneeded" };

const COPYING: Readonly<Record<string, KeyFate>> = {
  ...WHEN,
  // Signatures and other referrers always travel with their subject here, so asking for them is carried out.
  digestTags: "used",
  referrers: "used",
  backup: "refused: backups of replaced tags are not made",
  referrerFilters: "refused: referrers cannot be filtered",
  referrerSource: "refused: referrers are read where the image is",
  referrerTarget: "refused: referrers are written where the image goes",
  referrerSlow: "unneeded",
  fastCheck: "unneeded",
  forceRecursive: "unneeded",
  includeExternal: "refused: external layers are not copied",
  mediaTypes: "refused: media types cannot be filtered",
  hooks: "refused: hooks are not run",
};

export const CREDENTIAL_KEYS: Readonly<Record<string, KeyFate>> = {
  registry: "used",
  user: "used",
  pass: "used",
  tls: "used",
  regcert: "used",
  hostname: "used",
  token: "refused: identity tokens come from docker's config file",
  credHelper: "refused: name the helper in docker's config file",
  credHost: "refused: credentials belong to one registry",
  clientCert: "refused: client certificates are not supported",
  clientKey: "refused: client certificates are not supported",
  pathPrefix: "refused: write the prefix into source and target",
  credExpire: "unneeded",
  mirrors: "unneeded",
  priority: "unneeded",
  repoAuth: "unneeded",
  apiOpts: "unneeded",
  blobChunk: "unneeded",
  blobMax: "unneeded",
  reqPerSec: "unneeded",
  reqConcurrent: "unneeded",
};

export const DEFAULT_KEYS: Readonly<Record<string, KeyFate>> = {
  ...COPYING,
  parallel: "unneeded",
  skipDockerConfig: "used",
  blobLimit: "unneeded",
  cacheCount: "unneeded",
  cacheTime: "unneeded",
  userAgent: "unneeded",
};

export const SYNC_KEYS: Readonly<Record<string, KeyFate>> = {
  ...COPYING,
  source: "used",
  target: "used",
  type: "used",
  tags: "used",
  repos: "used",
  tagSets: "refused: write one entry for each set",
  platform: "refused: images are copied whole",
  platforms: "refused: images are copied whole",
};

export const FILTER_KEYS: Readonly<Record<string, KeyFate>> = {
  allow: "used",
  deny: "used",
  semverRange: "refused: tags are filtered by allow and deny only",
};
