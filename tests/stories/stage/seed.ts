import { createHash } from "node:crypto";
import { noise, pushImage } from "../../bench/corpus.ts";

export { noise, pushImage };

const OCI = "application/vnd.oci.image";

/** Puts a manifest of any kind; returns its descriptor. */
export async function putManifest(
  registry: string,
  repository: string,
  reference: string,
  mediaType: string,
  document: object,
): Promise<{ mediaType: string; digest: string; size: number }> {
  const body = JSON.stringify(document);
  const digest = `sha256:${createHash("sha256").update(body).digest("hex")}`;
  const answer = await fetch(`${registry}/v2/${repository}/manifests/${reference === "" ? digest : reference}`, {
    method: "PUT",
    body,
    headers: { "content-type": mediaType },
  });
  if (answer.status !== 201) throw new Error(`putting ${repository}:${reference} answered ${answer.status}: ${await answer.text()}`);
  return { mediaType, digest, size: Buffer.byteLength(body) };
}

/** Pushes an index of one image a platform. */
export async function pushIndex(
  registry: string,
  repository: string,
  tag: string,
  platforms: readonly string[],
): Promise<{ mediaType: string; digest: string; size: number }> {
  const manifests: object[] = [];
  for (const platform of platforms) {
    const [os = "", architecture = ""] = platform.split("/");
    await pushImage(registry, repository, `tmp-${architecture}`, [noise(`${repository}-${platform}`, 200_000)]);
    manifests.push({ ...(await describe(registry, repository, `tmp-${architecture}`)), platform: { os, architecture } });
  }
  return putManifest(registry, repository, tag, `${OCI}.index.v1+json`, { schemaVersion: 2, mediaType: `${OCI}.index.v1+json`, manifests });
}

/** Pushes a referrer (an SBOM) of a subject and lists it under the fallback tag, as clients do at registries without the API. */
export async function pushReferrer(registry: string, repository: string, subject: object & { digest: string }): Promise<string> {
  await pushImage(registry, repository, "tmp-config", [noise("sbom", 500)]);
  const config = {
    mediaType: "application/vnd.oci.empty.v1+json",
    digest: await pushBytes(registry, repository, Buffer.from("{}")),
    size: 2,
  };
  const document = {
    schemaVersion: 2,
    mediaType: `${OCI}.manifest.v1+json`,
    artifactType: "application/spdx+json",
    config,
    layers: [config],
    subject,
  };
  const referrer = await putManifest(registry, repository, "", `${OCI}.manifest.v1+json`, document);
  const index = {
    schemaVersion: 2,
    mediaType: `${OCI}.index.v1+json`,
    manifests: [{ ...referrer, artifactType: "application/spdx+json" }],
  };
  await putManifest(registry, repository, subject.digest.replace(":", "-"), `${OCI}.index.v1+json`, index);
  return referrer.digest;
}

/** What a tag or digest names, by HEAD. */
export async function describe(
  registry: string,
  repository: string,
  reference: string,
): Promise<{ mediaType: string; digest: string; size: number }> {
  const answer = await fetch(`${registry}/v2/${repository}/manifests/${reference}`, {
    method: "HEAD",
    headers: { accept: `${OCI}.manifest.v1+json, ${OCI}.index.v1+json` },
  });
  if (!answer.ok) throw new Error(`${repository}:${reference} answered ${answer.status}`);
  return {
    mediaType: answer.headers.get("content-type") ?? "",
    digest: answer.headers.get("docker-content-digest") ?? "",
    size: Number(answer.headers.get("content-length")),
  };
}

async function pushBytes(registry: string, repository: string, bytes: Buffer): Promise<string> {
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const opened = await fetch(`${registry}/v2/${repository}/blobs/uploads/`, { method: "POST" });
  const location = new URL(opened.headers.get("location") ?? "", registry);
  location.searchParams.set("digest", digest);
  await fetch(location, { method: "PUT", body: bytes, headers: { "content-type": "application/octet-stream" } });
  return digest;
}
