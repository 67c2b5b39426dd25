import { TransshipError } from "@transship/errors";

// OCI distribution-spec 1.1, "Pulling manifests".
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const MAX_REPOSITORY_LENGTH = 255;

/** What is wrong with a repository name, in words; undefined where nothing is. */
export function repositoryFault(name: string): string | undefined {
  if (name === "") return "the repository name is empty";
  if (name.length > MAX_REPOSITORY_LENGTH) return `the repository name has ${name.length} characters, more than ${MAX_REPOSITORY_LENGTH}`;
  if (/[A-Z]/.test(name)) return "repository names are lower case";
  const odd = /[^a-z0-9._/-]/.exec(name)?.[0];
  if (odd !== undefined) return `repository names must not contain ${JSON.stringify(odd)}`;
  if (name.split("/").includes("")) return "the repository name has an empty part between slashes";
  if (!REPOSITORY.test(name))
    return "each part of a repository name starts and ends with a letter or digit, with single separators between";
  return undefined;
}

/** What is wrong with a tag, in words; undefined where nothing is. */
export function tagFault(tag: string): string | undefined {
  if (tag === "") return "the tag is empty";
  if (tag.length > 128) return `the tag has ${tag.length} characters, more than 128`;
  const odd = /[^a-zA-Z0-9._-]/.exec(tag)?.[0];
  if (odd !== undefined) return `tags must not contain ${JSON.stringify(odd)}`;
  if (!TAG.test(tag)) return "a tag starts with a letter, a digit or an underscore";
  return undefined;
}

/** Throws `NAME_INVALID` with the reason when a repository name does not follow the spec's grammar. */
export function checkRepositoryName(name: string): void {
  const fault = repositoryFault(name);
  if (fault !== undefined) throw new TransshipError("NAME_INVALID", { what: `repository "${name.slice(0, 300)}"`, why: fault });
}

/** Throws `TAG_INVALID` with the reason when a tag does not follow the spec's grammar. */
export function checkTag(tag: string): void {
  const fault = tagFault(tag);
  if (fault !== undefined) throw new TransshipError("TAG_INVALID", { what: `tag "${tag.slice(0, 160)}"`, why: fault });
}
