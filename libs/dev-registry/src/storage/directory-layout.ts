import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * Where things are in a registry's directory:
 *
 *     blobs/sha256/ab/<hex>                 content of blobs and manifests
 *     blobs/sha256/ab/<hex>.synthetic       recipe of a blob that is computed when read
 *     repositories/<name>/_blobs/<digest>   empty: the repository holds the blob
 *     repositories/<name>/_manifests/<digest>   the media type
 *     repositories/<name>/_tags/<tag>       the digest
 *     uploads/<id>/session.json, data       an unfinished upload
 *
 * Digests are file names with `-` for `:`. No repository's path component starts with an underscore.
 */
export interface DirectoryLayout {
  readonly uploads: string;
  readonly repositories: string;
  content(digest: string): string;
  recipe(digest: string): string;
  link(repository: string, kind: LinkKind, name: string): string;
}

export type LinkKind = "_blobs" | "_manifests" | "_tags";
export const LINK_KINDS = ["_blobs", "_manifests", "_tags"] as const satisfies readonly LinkKind[];

export function directoryLayout(root: string): DirectoryLayout {
  const content = (digest: string): string => {
    const [algorithm = "", encoded = ""] = digest.split(":");
    return join(root, "blobs", algorithm, encoded.slice(0, 2), encoded);
  };
  return {
    uploads: join(root, "uploads"),
    repositories: join(root, "repositories"),
    content,
    recipe: (digest) => `${content(digest)}.synthetic`,
    link: (repository, kind, name) => join(root, "repositories", repository, kind, name.replace(":", "-")),
  };
}

/** The digest that a file name stands for. */
export function digestOfFileName(name: string): string {
  return name.replace("-", ":");
}

/** Writes a whole file so that a crash leaves the old one or the new one: beside it, then renamed over it. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.${randomUUID()}.tmp`;
  await writeFile(beside, content, { mode: 0o644 });
  await rename(beside, path);
}

/** Every link below `repositories/`, repository by repository. */
export async function* walkLinks(root: string, repository = ""): AsyncGenerator<{ repository: string; kind: LinkKind; name: string }> {
  for (const entry of await readdir(join(root, repository), { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const kind = LINK_KINDS.find((each) => each === entry.name);
    if (kind === undefined) {
      yield* walkLinks(root, repository === "" ? entry.name : `${repository}/${entry.name}`);
      continue;
    }
    for (const name of await readdir(join(root, repository, kind))) {
      if (!name.endsWith(".tmp")) yield { repository, kind, name };
    }
  }
}
