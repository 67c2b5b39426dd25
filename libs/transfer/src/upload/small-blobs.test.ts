import { seedImage } from "@transship/dev-registry";
import { describe, expect, it } from "vitest";
import { digestAt, restartedEngine, setStage } from "../../test/stage.ts";
import { answered, copyImage, copyTo, profileOf } from "../../test/upload-stage.ts";

describe("a small blob", () => {
  it("reaches a target that takes single POSTs in one request", async () => {
    const { stage, ...copied } = await copyTo({}, 3_000);
    await using _ = stage;
    expect(copied).toMatchObject({ losses: [], wasted: 0 });
    expect([...copied.uploads.values()]).toEqual(["single-post", "single-post", "single-post"]);
    expect(stage.target.stats.requests("blob-post")).toBe(3);
    expect(stage.target.stats.requests("blob-head", "blob-start", "blob-put", "blob-mount")).toBe(0);
    expect(profileOf(stage)).toMatchObject({ singlePost: "taken" });
  });

  it("reaches one that ignores them in two, and the bytes are sent in vain only until that is known", async () => {
    const { stage, ...first } = await copyTo({ singlePost: false }, 3_000);
    await using _ = stage;
    expect(first).toMatchObject({ losses: [], wasted: 0, fetchedAgain: 0 });
    expect(answered(stage, "blob-post", 202)).toBeGreaterThan(0);
    expect(stage.target.stats.requests("blob-post", "blob-start")).toBe(3);
    expect(stage.target.stats.requests("blob-put")).toBe(3);
    expect(profileOf(stage)).toMatchObject({ singlePost: "ignored" });
    stage.target.stats.reset();

    const second = await copyImage(stage, "v2", 3_000);

    expect(second.losses).toEqual([]);
    expect([...second.uploads.values()]).toEqual(["monolithic", "monolithic", "monolithic"]);
    expect(stage.target.stats.requests("blob-post", "blob-head")).toBe(0);
    expect(stage.target.stats.requests("blob-start")).toBe(3);
    expect(stage.target.stats.requests("blob-put")).toBe(3);
  });

  it("goes by PATCH where neither POST nor PUT takes it", async () => {
    const { stage, ...copied } = await copyTo({ singlePost: false, wholePut: false }, 3_000);
    await using _ = stage;
    expect(copied).toMatchObject({ losses: [], wasted: 0 });
    expect(answered(stage, "blob-put", 405)).toBeGreaterThan(0);
    expect([...copied.uploads.values()]).toEqual(["patch-then-put", "patch-then-put", "patch-then-put"]);
  });

  it("that the target was seen to have is asked for, not fetched again", async () => {
    const { stage } = await copyTo({}, 3_000);
    await using _ = stage;
    const layers = [
      { size: 2_000, seed: "small v1" },
      { size: 3_000, seed: "large v1" },
    ];
    const other = await seedImage(stage.source, { repository: "app", tag: "v2", layers, revision: 2 });
    const before = stage.source.stats.requests("blob-get");
    // What this process confirmed is not even asked for; another process has the journal alone.
    await using engine = await restartedEngine(stage);
    stage.target.stats.reset();
    const result = await engine.copy(stage.request("app", "v2"));
    expect(await digestAt(stage.target, "app", "v2")).toBe(other.digest);
    expect(result.progress.bytes.existing).toBe(5_000);
    expect(stage.target.stats.requests("blob-head")).toBe(2);
    expect(stage.source.stats.requests("blob-get") - before).toBe(1);
  });

  it("of a copy that another agent began is asked for, not fetched again", async () => {
    const { stage } = await copyTo({}, 3_000);
    await using _ = stage;
    await using another = await setStage();
    await fetch(`${stage.target.url}/v2/app/manifests/v1`, { method: "DELETE" });
    stage.source.stats.reset();
    const result = await another.engine.copy({ ...stage.request("app", "v1"), begunBefore: true });
    expect(result.outcome).toBe("copied");
    expect(stage.source.stats.requests("blob-get")).toBe(0);
    expect(result.blobs.map(({ rung }) => rung)).toEqual(["existing", "existing", "existing"]);
  });

  it("that other repositories have is mounted unasked, or goes into the upload that was opened instead", async () => {
    await using stage = await setStage();
    const layers = [{ size: 2_000, seed: "base" }];
    for (const repository of ["one", "two", "three"]) await seedImage(stage.source, { repository, tag: "v1", layers });
    await stage.engine.copy(stage.request("one", "v1"));
    await stage.engine.copy(stage.request("two", "v1"));
    stage.target.stats.reset();
    const mounted = await stage.engine.copy(stage.request("three", "v1"));
    expect(mounted.blobs.map(({ rung }) => rung)).toEqual(["mounted", "mounted"]);
    expect(stage.target.stats.requests("blob-mount")).toBe(2);
    expect(stage.target.stats.requests("blob-head", "blob-post", "blob-put")).toBe(0);

    await using strict = await setStage({ target: { settings: { mount: false } } });
    for (const repository of ["one", "two", "three"]) await seedImage(strict.source, { repository, tag: "v1", layers });
    for (const repository of ["one", "two"]) await strict.engine.copy(strict.request(repository, "v1"));
    strict.target.stats.reset();
    await strict.engine.copy(strict.request("three", "v1"));
    expect(strict.target.stats.requests("blob-mount")).toBe(2);
    expect(strict.target.stats.requests("blob-put")).toBe(2);
    expect(strict.target.stats.requests("blob-head", "blob-post", "blob-start", "blob-cancel")).toBe(0);
  });

  it("that a single POST did not bring after all is sent in two requests", async () => {
    await using stage = await setStage();
    const image = await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: 2_000, seed: 1 }] });
    const gone = stage.target.faults.add({ action: { kind: "gc-race" } });
    await stage.engine.copy(stage.request("app", "v1"));
    expect(gone.fired).toBe(1);
    expect(await digestAt(stage.target, "app", "v1")).toBe(image.digest);
    expect(stage.target.stats.requests("blob-post")).toBe(2);
    expect(stage.target.stats.requests("blob-start")).toBe(2);
    expect(profileOf(stage)).toMatchObject({ singlePost: "ignored" });
  });

  it("that other bytes come for is fetched once more, then given up", async () => {
    await using stage = await setStage();
    const image = await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: 2_000, seed: 1 }] });
    const layer = image.blobs.find(({ size }) => size === 2_000)?.digest ?? "";
    const match = { path: new RegExp(layer) };
    const once = stage.source.faults.add({ action: { kind: "flip-bit", offset: 7 }, match });
    const result = await stage.engine.copy(stage.request("app", "v1"));
    expect(once.fired).toBe(1);
    expect(result.progress.bytes.wasted).toBe(2_000);

    await seedImage(stage.source, { repository: "app", tag: "v2", layers: [{ size: 2_100, seed: 2 }] });
    const always = stage.source.faults.add({ action: { kind: "flip-bit", offset: 2_050 }, times: Number.POSITIVE_INFINITY });
    await expect(stage.engine.copy(stage.request("app", "v2"))).rejects.toMatchObject({ code: "DIGEST_MISMATCH", side: "source" });
    expect(always.fired).toBe(2);
  });
});
