import { compare, parse, type SemVer } from "semver";

/**
 * A tag as a semantic version (semver 2.0.0), undefined where it is none: `1.2` and `latest` are not. A leading `v` is allowed. Tags have no `+`, so
 * that Helm writes `_` in its place (Helm 3.8, "OCI support"): `1.2.3_4` is 1.2.3 with build metadata 4.
 */
export function versionOf(tag: string): SemVer | undefined {
  return /^v?\d/.test(tag) ? (parse(tag.replace("_", "+")) ?? undefined) : undefined;
}

/** Below zero where `a` comes before `b`. Build metadata does not count (semver 2.0.0, item 10). */
export function compareVersions(a: SemVer, b: SemVer): number {
  return compare(a, b);
}

/** Whether a version is a pre-release, such as `1.2.0-rc.1`. */
export function isPreRelease(version: SemVer): boolean {
  return version.prerelease.length > 0;
}
