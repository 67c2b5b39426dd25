import { seedArtifact, seedImage } from "@transship/dev-registry";
import { type Descriptor, digestOf } from "@transship/oci";
import { describe, expect, it } from "vitest";
import { digestAt, hasBlob, type Stage, setStage } from "../test/stage.ts";
import { chooseChildren, isChosen } from "./choose-platforms.ts";
import { WHOLE_INDEX } from "./sparse-index.ts";

const FOUR = ["linux/amd64", "linux/arm64", "linux/s390x", "windows/amd64"];
const TWO = ["linux/amd64", "linux/arm64"];
const child = (name: string, more: Partial<Descriptor> = {}): Descriptor => ({
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  digest: digestOf(Buffer.from(name)),
  size: 1,
  ...more,
});

describe("isChosen", () => {
  it.each([
    ["linux", "amd64", undefined, ["linux/amd64"], true],
    ["linux", "arm64", "v8", ["linux/arm64"], true],
    ["linux", "arm64", undefined, ["linux/arm64/v8"], true],
    ["linux", "arm", "v6", ["linux/arm/v7"], false],
    ["linux", "arm", undefined, ["linux/arm/v7"], true],
    ["windows", "amd64", undefined, ["linux/amd64"], false],
    ["unknown", "unknown", undefined, ["linux/amd64"], true],
  ])("%s/%s/%s among %j: %s", (os, architecture, variant, platforms, expected) => {
    expect(isChosen({ os, architecture, ...(variant === undefined ? {} : { variant }) }, platforms)).toBe(expected);
  });
});

describe("chooseChildren", () => {
  it("keeps the chosen platforms, their attestations, and what states none", () => {
    const amd = child("amd", { platform: { os: "linux", architecture: "amd64" } });
    const arm = child("arm", { platform: { os: "linux", architecture: "arm64" } });
    const unknown = { os: "unknown", architecture: "unknown" };
    const ofAmd = child("a1", { platform: unknown, annotations: { "vnd.docker.reference.digest": amd.digest } });
    const ofArm = child("a2", { platform: unknown, annotations: { "vnd.docker.reference.digest": arm.digest } });
    const chart = child("chart");
    expect(chooseChildren([amd, arm, ofAmd, ofArm, chart], ["linux/amd64"])).toEqual([amd, ofAmd, chart]);
  });
});

describe("a copy of chosen platforms", () => {
  const seed = (stage: Stage) =>
    seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: 50_000, seed: "l" }], platforms: FOUR });
  const present = (stage: Stage, images: readonly { digest: string }[]) =>
    Promise.all(images.map(async ({ digest }) => (await digestAt(stage.target, "app", digest)) !== undefined));

  it("brings the index as it is with the chosen children only, where the target takes that", async () => {
    await using stage = await setStage({ target: { settings: { missingReferences: "accept" } } });
    const index = await seed(stage);
    const result = await stage.engine.copy(stage.request("app", "v1", { platforms: TWO }));
    expect(result).toMatchObject({ outcome: "copied", digest: index.digest, platforms: TWO });
    expect(result.note).toBeUndefined();
    expect(await digestAt(stage.target, "app", "v1")).toBe(index.digest);
    expect(await present(stage, index.images)).toEqual([true, true, false, false]);

    const rest = await stage.engine.copy(stage.request("app", "v1", { platforms: FOUR, refill: true }));
    expect(rest).toMatchObject({ outcome: "copied", digest: index.digest });
    expect(rest.platforms).toBeUndefined();
    expect(await present(stage, index.images)).toEqual([true, true, true, true]);
    for (const { digest } of index.blobs) expect(await hasBlob(stage.target, "app", digest)).toBe(true);
  });

  it("brings all of the index where the target wants all, with the same digest, and says so", async () => {
    await using stage = await setStage({ target: { settings: { missingReferences: "reject" } } });
    const index = await seed(stage);
    const result = await stage.engine.copy(stage.request("app", "v1", { platforms: TWO }));
    expect(result).toMatchObject({ outcome: "copied", digest: index.digest, note: WHOLE_INDEX });
    expect(result.platforms).toBeUndefined();
    expect(await present(stage, index.images)).toEqual([true, true, true, true]);
    expect(await digestAt(stage.target, "app", "v1")).toBe(index.digest);
  });

  it("leaves images and indexes that have none of them, and brings what is no image", async () => {
    await using stage = await setStage({ target: { settings: { missingReferences: "accept" } } });
    await seed(stage);
    const image = await seedImage(stage.source, { repository: "one", tag: "v1", layers: [{ size: 10, seed: 1 }] });
    const config = image.blobs.find(({ mediaType }) => mediaType.includes("config"));
    const chart = { schemaVersion: 2, config: { ...config, mediaType: "application/vnd.cncf.helm.config.v1+json" }, layers: [] };
    const type = "application/vnd.oci.image.manifest.v1+json";
    const { digest } = await seedArtifact(stage.source, { repository: "one", mediaType: type, manifest: { ...chart, mediaType: type } });
    await stage.source.storage.setTag("one", "chart", digest);
    const outcome = async (repository: string, tag: string, platforms: string[]) =>
      (await stage.engine.copy(stage.request(repository, tag, { platforms }))).outcome;
    expect(await outcome("app", "v1", ["linux/ppc64le"])).toBe("other-platform");
    expect(await outcome("one", "v1", ["linux/arm64"])).toBe("other-platform");
    expect(await outcome("one", "chart", ["linux/arm64"])).toBe("copied");
    expect(await outcome("one", "v1", ["linux/amd64"])).toBe("copied");
    expect(await digestAt(stage.target, "app", "v1")).toBeUndefined();
  });
});
