import { seedBytes, seedCosignTag, seedImage, seedReferrer, seedReferrersTag } from "@transship/dev-registry";
import { describe, expect, it } from "vitest";
import { digestAt, hasBlob, setStage } from "../test/stage.ts";

const MIB = 1024 * 1024;

describe("copying an artifact", () => {
  it("brings an image with small and large layers, byte for byte, and counts them", async () => {
    await using stage = await setStage();
    const image = await seedImage(stage.source, {
      repository: "team/app",
      tag: "v1",
      layers: [
        { size: 1000, seed: 1 },
        { size: 21 * MIB, seed: 2 },
      ],
    });

    const result = await stage.engine.copy(stage.request("team/app", "v1"));

    expect(result).toMatchObject({ outcome: "copied", digest: image.digest });
    expect(result.progress.bytes).toEqual({ copied: image.size, mounted: 0, existing: 0, resumed: 0, wasted: 0 });
    expect(result.progress).toMatchObject({ totalBytes: image.size, doneBytes: image.size });
    expect(await digestAt(stage.target, "team/app", "v1")).toBe(image.digest);
    for (const blob of image.blobs) expect(await hasBlob(stage.target, "team/app", blob.digest)).toBe(true);
    expect(stage.journal.spooledDigests()).toEqual([]);
  });

  it("asks two HEADs and nothing else when the tag is equal", async () => {
    await using stage = await setStage();
    await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: 10, seed: 1 }] });
    await stage.engine.copy(stage.request("app", "v1"));
    stage.source.stats.reset();
    stage.target.stats.reset();

    const result = await stage.engine.copy(stage.request("app", "v1"));

    expect(result.outcome).toBe("unchanged");
    expect(stage.source.stats.requests("manifest-head")).toBe(1);
    expect(stage.target.stats.requests("manifest-head")).toBe(1);
    expect(stage.source.stats.requests() + stage.target.stats.requests()).toBe(2);
  });

  it("brings an index with all its platforms, children before the index", async () => {
    await using stage = await setStage();
    const image = await seedImage(stage.source, {
      repository: "app",
      tag: "v1",
      platforms: ["linux/amd64", "linux/arm64"],
      layers: [{ size: 5000, seed: 1 }],
    });

    await stage.engine.copy(stage.request("app", "v1"));

    expect(await digestAt(stage.target, "app", "v1")).toBe(image.digest);
    for (const child of image.images) expect(await digestAt(stage.target, "app", child.digest)).toBe(child.digest);
  });

  it("brings what a second repository shares by mounting it", async () => {
    await using stage = await setStage();
    const layers = [{ size: 300_000, seed: "base" }];
    await seedImage(stage.source, { repository: "one", tag: "v1", layers, revision: 1 });
    const second = await seedImage(stage.source, { repository: "two", tag: "v1", layers, revision: 2 });
    await stage.engine.copy(stage.request("one", "v1"));
    stage.target.stats.reset();

    const result = await stage.engine.copy(stage.request("two", "v1"));

    expect(result.progress.bytes.mounted).toBeGreaterThanOrEqual(300_000);
    expect(stage.target.stats.requests("blob-head")).toBe(0);
    expect(await digestAt(stage.target, "two", "v1")).toBe(second.digest);
  });

  it("asks whether the target has a large blob before bytes move, where it could not be mounted", async () => {
    await using stage = await setStage({ target: { settings: { mount: false } } });
    const layers = [{ size: 300_000, seed: "base" }];
    for (const repository of ["one", "two"]) await seedImage(stage.source, { repository, tag: "v1", layers });
    await seedImage(stage.target, { repository: "two", tag: "of-others", layers });
    await stage.engine.copy(stage.request("one", "v1"));

    const result = await stage.engine.copy(stage.request("two", "v1"));

    expect(result.progress.bytes.existing).toBe(300_000);
    expect(result.progress.bytes.copied).toBeLessThan(10_000);
  });

  it("fetches a blob once though many images that need it are copied at the same time", async () => {
    await using stage = await setStage();
    const base = { size: 12 * MIB, seed: "base" };
    const names = ["a", "b", "c", "d", "e"];
    for (const name of names) await seedImage(stage.source, { repository: name, tag: "v1", layers: [base, { size: 100, seed: name }] });

    await Promise.all(names.map((name) => stage.engine.copy(stage.request(name, "v1"))));

    const served = stage.source.stats.bytesServed();
    expect(served).toBeLessThan(12 * MIB + 100_000);
  });

  it("leaves a tag that differs under `never`, also when someone pushes it during the copy", async () => {
    await using stage = await setStage();
    await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: 10, seed: 1 }] });
    const theirs = await seedImage(stage.target, { repository: "app", tag: "v1", layers: [{ size: 10, seed: 2 }] });

    const result = await stage.engine.copy(stage.request("app", "v1", { overwrite: "never" }));

    expect(result.outcome).toBe("kept");
    expect(await digestAt(stage.target, "app", "v1")).toBe(theirs.digest);
  });

  it("copies the planned digest though the tag moved meanwhile, and says when it is gone", async () => {
    await using stage = await setStage();
    const planned = await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: 10, seed: 1 }] });
    await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: 10, seed: 2 }] });
    const request = stage.request("app", "v1", { digest: planned.digest as never });

    expect((await stage.engine.copy(request)).digest).toBe(planned.digest);
    expect(await digestAt(stage.target, "app", "v1")).toBe(planned.digest);

    await stage.sourceClient.repository("app").deleteManifest(planned.digest);
    await stage.targetClient.repository("app").deleteManifest("v1");
    await expect(stage.engine.copy(request)).rejects.toMatchObject({ code: "SOURCE_MOVED", side: "source" });
  });

  it("copies an image without layers, an empty blob and a nested index", async () => {
    await using stage = await setStage();
    const empty = await seedBytes(stage.source, "odd", { bytes: new Uint8Array(), mediaType: "application/octet-stream" });
    const image = await seedImage(stage.source, { repository: "odd", tag: "none", layers: [] });
    const body = { schemaVersion: 2, config: image.blobs[0], layers: [empty] };
    const source = stage.sourceClient.repository("odd");
    await source.putManifest("empty", await asManifest(body, "application/vnd.oci.image.manifest.v1+json"));
    await source.putManifest(
      "nested",
      await asManifest({ schemaVersion: 2, manifests: [image.descriptor] }, "application/vnd.oci.image.index.v1+json"),
    );

    for (const tag of ["none", "empty", "nested"]) {
      await stage.engine.copy(stage.request("odd", tag));
      expect(await digestAt(stage.target, "odd", tag)).toBe(await digestAt(stage.source, "odd", tag));
    }
  });
});

describe("what belongs to an artifact", () => {
  it.each([
    { sourceApi: true, targetApi: true },
    { sourceApi: true, targetApi: false },
    { sourceApi: false, targetApi: true },
    { sourceApi: false, targetApi: false },
  ])("arrives with it: referrers and cosign tags (API at source $sourceApi, at target $targetApi)", async ({ sourceApi, targetApi }) => {
    await using stage = await setStage({ source: { settings: { referrers: sourceApi } }, target: { settings: { referrers: targetApi } } });
    const image = await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: 10, seed: 1 }] });
    const sbom = await seedReferrer(stage.source, {
      repository: "app",
      subject: image.descriptor,
      artifactType: "application/spdx+json",
      layers: [{ size: 50, seed: 9 }],
    });
    const signature = await seedReferrer(stage.source, {
      repository: "app",
      subject: sbom,
      artifactType: "application/vnd.cncf.notary.signature",
    });
    if (!sourceApi) {
      await seedReferrersTag(stage.source, "app", [sbom], image.digest);
      await seedReferrersTag(stage.source, "app", [signature], sbom.digest);
    }
    const cosign = await seedCosignTag(stage.source, "app", image.digest);

    await stage.engine.copy(stage.request("app", "v1"));

    const target = stage.targetClient.repository("app");
    expect((await target.referrers(image.digest as never)).descriptors.map((entry) => entry.digest)).toEqual([sbom.digest]);
    expect((await target.referrers(sbom.digest as never)).descriptors.map((entry) => entry.digest)).toEqual([signature.digest]);
    expect(await digestAt(stage.target, "app", cosign.tag)).toBe(cosign.digest);
    if (!sourceApi && !targetApi) {
      const fallback = image.digest.replace(":", "-");
      expect(await digestAt(stage.target, "app", fallback)).toBe(await digestAt(stage.source, "app", fallback));
    }
  });

  it("keeps referrers that only the target has", async () => {
    await using stage = await setStage({ source: { settings: { referrers: false } }, target: { settings: { referrers: false } } });
    const image = await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: 10, seed: 1 }] });
    await seedImage(stage.target, { repository: "app", tag: "other", layers: [{ size: 10, seed: 1 }] });
    const ours = await seedReferrer(stage.source, { repository: "app", subject: image.descriptor, artifactType: "application/ours" });
    const theirs = await seedReferrer(stage.target, { repository: "app", subject: image.descriptor, artifactType: "application/theirs" });
    await seedReferrersTag(stage.source, "app", [ours], image.digest);
    await seedReferrersTag(stage.target, "app", [theirs], image.digest);

    await stage.engine.copy(stage.request("app", "v1"));

    const listed = await stage.targetClient.repository("app").referrers(image.digest as never);
    expect(listed.descriptors.map((entry) => entry.digest).sort()).toEqual([ours.digest, theirs.digest].sort());
  });
});

async function asManifest(document: object, mediaType: string) {
  const { digestOf } = await import("@transship/oci");
  const bytes = Buffer.from(JSON.stringify({ mediaType, ...document }));
  return { digest: digestOf(bytes), mediaType, bytes, size: bytes.byteLength };
}
