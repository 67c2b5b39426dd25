const ACCEPT = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** What a tag names in a registry, by HEAD; undefined where there is no such tag. */
export async function tagDigest(registryUrl: string, repository: string, tag: string): Promise<string | undefined> {
  const answer = await fetch(`${registryUrl}/v2/${repository}/manifests/${tag}`, { method: "HEAD", headers: { accept: ACCEPT } });
  return answer.ok ? (answer.headers.get("docker-content-digest") ?? undefined) : undefined;
}
