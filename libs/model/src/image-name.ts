import { isRepositoryName } from "./names.ts";

/** What somebody calls an image: a name with a tag or a digest. The name may begin with a host or with an instance's name. */
export interface ImageName {
  readonly name: string;
  /** A tag, or a digest such as `sha256:…`. */
  readonly reference: string;
}

const DIGEST = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-f]{32,}$/;
/** OCI distribution-spec 1.1, "Pulling manifests". */
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/**
 * Reads `name:tag`, `name@digest` or `name:tag@digest`, of which the digest counts; without either, the tag `latest`, as clients do. A scheme before the host is left
 * out. Undefined for what is none of these. Pure.
 */
export function parseImageName(text: string): ImageName | undefined {
  const bare = text.replace(/^[a-z]+:\/\//, "");
  const [before = "", digest, ...rest] = bare.split("@");
  if (rest.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return undefined;
  const colon = before.lastIndexOf(":");
  const hasTag = colon > before.lastIndexOf("/");
  const name = hasTag ? before.slice(0, colon) : before;
  const tag = hasTag ? before.slice(colon + 1) : "latest";
  if (!TAG.test(tag) || !isName(name)) return undefined;
  return { name, reference: digest ?? tag };
}

/** Whether a reference is a digest and not a tag, which has no colon. */
export function isDigestReference(reference: string): boolean {
  return reference.includes(":");
}

/** `team0/app:v1`, or `team0/app@sha256:…`. */
export function imageText(repository: string, reference: string): string {
  return `${repository}${isDigestReference(reference) ? "@" : ":"}${reference}`;
}

/** A repository name, after a host (with a port, capitals or brackets) or an instance's name. */
function isName(name: string): boolean {
  if (isRepositoryName(name)) return true;
  const slash = name.indexOf("/");
  return slash > 0 && isRepositoryName(name.slice(slash + 1));
}
