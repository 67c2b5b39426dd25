import { describe, expect, it } from "vitest";
import { startDevRegistry } from "../dev-registry.ts";
import { digestOf } from "../digest.ts";
import { MEDIA_TYPES } from "./descriptor.ts";
import { seedArtifact } from "./seed-content.ts";
import { seedImage } from "./seed-image.ts";
import { referrersTag, seedChart, seedCosignTag, seedReferrer, seedReferrersTag } from "./seed-referrer.ts";

const SPEC = {
  repository: "team/app",
  tag: "v1",
  platforms: ["linux/amd64", "linux/arm64/v8"],
  layers: [
    { size: 5000, seed: "base", shared: true },
    { size: 3000, seed: "own" },
  ],
};

describe("seeded images", () => {
  it("are the same in every registry, and whole as a client reads them", async () => {
    await using one = await startDevRegistry();
    await using two = await startDevRegistry();
    const image = await seedImage(one, SPEC);
    expect((await seedImage(two, SPEC)).digest).toBe(image.digest);
    expect((await seedImage(two, { ...SPEC, tag: "v2", revision: 2 })).digest).not.toBe(image.digest);
    const read = async (path: string) => Buffer.from(await (await fetch(`${one.url}/v2/team/app/${path}`)).arrayBuffer());
    const index = await read("manifests/v1");
    expect(digestOf(index)).toBe(image.digest);
    const { manifests } = JSON.parse(index.toString()) as { manifests: { digest: string; platform: object }[] };
    expect(manifests.map(({ platform }) => platform)).toEqual([
      { os: "linux", architecture: "amd64" },
      { os: "linux", architecture: "arm64", variant: "v8" },
    ]);
    for (const { digest } of manifests) expect(digestOf(await read(`manifests/${digest}`))).toBe(digest);
    // Two configs, one shared layer, two layers of their own.
    expect(image.blobs).toHaveLength(5);
    for (const { digest, size } of image.blobs) {
      const bytes = await read(`blobs/${digest}`);
      expect([digestOf(bytes), bytes.length]).toEqual([digest, size]);
    }
    expect(one.stats.bytesServed(image.blobs[0]?.digest)).toBe(image.blobs[0]?.size);
  });

  it("have the same digests when their layers are synthetic", async () => {
    await using registry = await startDevRegistry();
    const kept = await seedImage(registry, { repository: "a", layers: [{ size: 100_001, seed: 7 }] });
    await using other = await startDevRegistry();
    const computed = await seedImage(other, { repository: "a", layers: [{ size: 100_001, seed: 7, synthetic: true }] });
    expect(computed.digest).toBe(kept.digest);
    const bytes = await (await fetch(`${other.url}/v2/a/blobs/${computed.blobs[1]?.digest}`)).arrayBuffer();
    expect(digestOf(Buffer.from(bytes))).toBe(kept.blobs[1]?.digest);
  });

  it("can be Docker's", async () => {
    await using registry = await startDevRegistry();
    await seedImage(registry, { ...SPEC, docker: true });
    expect((await fetch(`${registry.url}/v2/team/app/manifests/v1`)).headers.get("content-type")).toBe(MEDIA_TYPES.dockerList);
  });
});

describe("seeded referrers and artefacts", () => {
  it("are listed by the API, by the fallback tag and as cosign tags", async () => {
    await using registry = await startDevRegistry();
    const image = await seedImage(registry, { repository: "a", tag: "v1", layers: [{ size: 10, seed: 1 }] });
    const sbom = await seedReferrer(registry, {
      repository: "a",
      subject: image.descriptor,
      artifactType: "application/spdx+json",
      annotations: { k: "v" },
    });
    await seedReferrersTag(registry, "a", [sbom], image.digest);
    const signature = await seedCosignTag(registry, "a", image.digest);
    const listed = (await (await fetch(`${registry.url}/v2/a/referrers/${image.digest}`)).json()) as { manifests: unknown[] };
    expect(listed.manifests).toEqual([{ ...sbom, annotations: { k: "v" } }]);
    const tags = (await (await fetch(`${registry.url}/v2/a/tags/list`)).json()) as { tags: string[] };
    expect(tags.tags).toEqual([referrersTag(image.digest), signature.tag, "v1"]);
    expect(signature.tag).toMatch(/^sha256-[0-9a-f]{64}\.sig$/);
    const chart = await seedChart(registry, { repository: "charts/web", version: "1.2.3+build.4" });
    expect(registry.storage.catalogue.tagDigest("charts/web", "1.2.3_build.4")).toBe(chart.digest);
  });

  it("may be nonsense, byte for byte", async () => {
    await using registry = await startDevRegistry();
    const made = await seedArtifact(registry, { repository: "a", tag: "broken", mediaType: MEDIA_TYPES.manifest, manifest: "{ no json\n" });
    const answer = await fetch(`${registry.url}/v2/a/manifests/broken`);
    expect([answer.headers.get("docker-content-digest"), await answer.text()]).toEqual([made.digest, "{ no json\n"]);
  });
});
