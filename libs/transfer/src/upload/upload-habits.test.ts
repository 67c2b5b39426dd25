import { type DevRegistry, type FaultAction, type FaultMatch, type Settings, seedImage } from "@transship/dev-registry";
import { describe, expect, it } from "vitest";
import { digestAt, restartedEngine, type Stage, setStage } from "../../test/stage.ts";

const MIB = 1024 * 1024;
/** Three chunks of 16 MiB, and above what is streamed. */
const LARGE = 33 * MIB;

/** A copy of one image whose second layer is large, to a target with a habit. */
async function copyTo(settings: Partial<Settings>, layer = LARGE): Promise<Copied> {
  const stage = await setStage({ target: { settings } });
  return { stage, ...(await copyImage(stage, "v1", layer)) };
}

interface Outcome {
  readonly uploads: ReadonlyMap<number, string | undefined>;
  readonly wasted: number;
  readonly same: boolean;
  /** How often the source sent the large layer beyond the one time that is needed. */
  readonly fetchedAgain: number;
}
type Copied = Outcome & { readonly stage: Stage };

async function copyImage(stage: Stage, tag: string, layer: number): Promise<Outcome> {
  const layers = [
    { size: 2_000, seed: `small ${tag}` },
    { size: layer, seed: `large ${tag}` },
  ];
  const image = await seedImage(stage.source, { repository: "app", tag, layers });
  const before = stage.source.stats.bytesServed();
  const result = await stage.engine.copy(stage.request("app", tag));
  // A slow machine makes the path look long, and what a request had in flight when ranges took over is fetched again: a part of a blob, never all of it.
  const fetchedAgain = Math.floor((stage.source.stats.bytesServed() - before) / (image.size + layer / 2));
  return {
    uploads: new Map(result.blobs.map(({ size, upload }) => [size, upload])),
    wasted: result.progress.bytes.wasted,
    same: (await digestAt(stage.target, "app", tag)) === image.digest && (await sameBytes(stage, image.blobs)),
    fetchedAgain,
  };
}

/** Whether the target has the source's bytes, read without the code under test. */
async function sameBytes({ source, target }: Stage, blobs: readonly { digest: string }[]): Promise<boolean> {
  const read = async ({ url }: DevRegistry, digest: string) =>
    Buffer.from(await (await fetch(`${url}/v2/app/blobs/${digest}`)).arrayBuffer());
  for (const { digest } of blobs) if (!(await read(source, digest)).equals(await read(target, digest))) return false;
  return true;
}

/** How often the target answered an operation with a status: shows that a habit was met. */
function answered(stage: Stage, op: string, status: number): number {
  return stage.target.stats.log.filter((record) => record.op === op && record.status === status).length;
}

function profileOf(stage: Stage) {
  return stage.journal.uploadProfile(stage.target.url)?.profile;
}

describe("a small blob", () => {
  it("reaches a target that takes single POSTs in one request", async () => {
    const { stage, ...copied } = await copyTo({}, 3_000);
    await using _ = stage;
    expect(copied).toMatchObject({ same: true, wasted: 0 });
    expect([...copied.uploads.values()]).toEqual(["single-post", "single-post", "single-post"]);
    expect(stage.target.stats.requests("blob-post")).toBe(3);
    expect(stage.target.stats.requests("blob-head", "blob-start", "blob-put", "blob-mount")).toBe(0);
    expect(profileOf(stage)).toMatchObject({ singlePost: "taken" });
  });

  it("reaches one that ignores them in two, and the bytes are sent in vain only until that is known", async () => {
    const { stage, ...first } = await copyTo({ singlePost: false }, 3_000);
    await using _ = stage;
    expect(first).toMatchObject({ same: true, wasted: 0, fetchedAgain: 0 });
    expect(answered(stage, "blob-post", 202)).toBeGreaterThan(0);
    expect(stage.target.stats.requests("blob-post", "blob-start")).toBe(3);
    expect(stage.target.stats.requests("blob-put")).toBe(3);
    expect(profileOf(stage)).toMatchObject({ singlePost: "ignored" });
    stage.target.stats.reset();

    const second = await copyImage(stage, "v2", 3_000);

    expect(second.same).toBe(true);
    expect([...second.uploads.values()]).toEqual(["monolithic", "monolithic", "monolithic"]);
    expect(stage.target.stats.requests("blob-post", "blob-head")).toBe(0);
    expect(stage.target.stats.requests("blob-start")).toBe(3);
    expect(stage.target.stats.requests("blob-put")).toBe(3);
  });

  it("goes by PATCH where neither POST nor PUT takes it", async () => {
    const { stage, ...copied } = await copyTo({ singlePost: false, wholePut: false }, 3_000);
    await using _ = stage;
    expect(copied).toMatchObject({ same: true, wasted: 0 });
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

interface Habit {
  readonly name: string;
  readonly settings: Partial<Settings>;
  /** What the large layer's upload ended as. */
  readonly upload: string;
  /** The answer that shows the habit; its operation and status. */
  readonly met: readonly [op: string, status: number];
  readonly learned: object;
}

const HABITS: readonly Habit[] = [
  {
    name: "drops later chunks, unseen (202)",
    settings: { patches: "first-only" },
    upload: "monolithic",
    met: ["blob-put", 400],
    learned: { patches: "one" },
  },
  {
    name: "drops later chunks and answers 201 (ECR)",
    settings: { patches: "first-only", chunkStatus: 201 },
    upload: "monolithic",
    met: ["blob-patch", 201],
    learned: { patches: "one" },
  },
  { name: "refuses PATCH", settings: { patches: "refused" }, upload: "monolithic", met: ["blob-patch", 405], learned: { patches: "none" } },
  {
    name: "takes small PATCHes only (GHCR)",
    settings: { patches: "small-only" },
    upload: "monolithic",
    met: ["blob-patch", 416],
    learned: { patches: "none" },
  },
  {
    name: "takes one PATCH and no body in the PUT",
    settings: { patches: "first-only", wholePut: false },
    upload: "patch-then-put",
    met: ["blob-put", 405],
    learned: { patches: "one", wholePut: false },
  },
  {
    name: "takes at most 1 MiB in one request",
    settings: { bodyLimit: MIB },
    upload: "chunked",
    met: ["blob-patch", 413],
    learned: { maxBodyBytes: MIB },
  },
  {
    name: "wants chunks of 20 MiB",
    settings: { chunkMinLength: 20 * MIB },
    upload: "chunked",
    met: ["blob-start", 202],
    learned: { minChunkBytes: 20 * MIB },
  },
];

describe("a large blob at a target that", { timeout: 60_000 }, () => {
  it.each(HABITS)("$name", async ({ settings, upload, met, learned }) => {
    const { stage, ...first } = await copyTo(settings);
    await using _ = stage;
    expect(answered(stage, ...met)).toBeGreaterThan(0);
    expect(first).toMatchObject({ same: true, fetchedAgain: 0 });
    expect(first.uploads.get(LARGE)).toBe(upload);
    expect(profileOf(stage)).toMatchObject(learned);
    stage.target.stats.reset();

    // The second time it is known: nothing is refused, nothing sent twice.
    const second = await copyImage(stage, "v2", LARGE);

    expect(second).toMatchObject({ same: true, fetchedAgain: 0 });
    expect(second.uploads.get(LARGE)).toBe(upload);
    expect(stage.target.stats.log.filter(({ status }) => status >= 400 && status !== 404)).toEqual([]);
    expect(stage.target.stats.bytesReceived()).toBeLessThan(LARGE + 100_000);
  });

  it("takes at most 1 MiB: a streamed blob goes by way of the disk, and only the first is fetched again", async () => {
    const { stage, ...first } = await copyTo({ bodyLimit: MIB }, 3 * MIB);
    await using _ = stage;
    // The answer may get lost while the body is still being sent; then it is sent once more.
    const refused = answered(stage, "blob-put", 413);
    expect(refused).toBeGreaterThan(0);
    expect(first).toMatchObject({ same: true });
    expect(first.wasted).toBeLessThanOrEqual(refused * 3 * MIB);
    expect(first.uploads.get(3 * MIB)).toBe("chunked");
    const second = await copyImage(stage, "v2", 3 * MIB);
    expect(second).toMatchObject({ same: true, fetchedAgain: 0 });
  });

  it("takes less than anybody can work with: the copy fails and says so", async () => {
    await using stage = await setStage({ target: { settings: { bodyLimit: 1_000 } } });
    await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: 9 * MIB, seed: 1 }] });
    await expect(stage.engine.copy(stage.request("app", "v1"))).rejects.toMatchObject({ code: "UPLOAD_TOO_LARGE", side: "target" });
    expect(answered(stage, "blob-patch", 413)).toBeGreaterThan(0);
  });

  it("takes nothing but single POSTs: the copy fails and says so", async () => {
    await using stage = await setStage({ target: { settings: { patches: "refused", wholePut: false } } });
    await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: 9 * MIB, seed: 1 }] });
    await expect(stage.engine.copy(stage.request("app", "v1"))).rejects.toMatchObject({ code: "UNSUPPORTED", side: "target" });
  });
});

interface Lie {
  readonly name: string;
  readonly settings?: Partial<Settings>;
  readonly delta: number;
}

const LIES: readonly Lie[] = [
  { name: "ahead of the truth", delta: 1_000 },
  { name: "behind it", delta: -1_000 },
];

describe("a status query that lies", { timeout: 60_000 }, () => {
  it.each(LIES)("$name: the upload begins again from the disk, and the word is not taken again", async ({ delta }) => {
    await using stage = await setStage();
    const lie = stage.target.faults.add({ action: { kind: "wrong-offset", delta }, times: Number.POSITIVE_INFINITY });
    const cut = cutChunks(stage, 2);
    const copied = await copyImage(stage, "v1", LARGE);
    expect(lie.fired).toBe(1);
    expect(cut.fired).toBe(2);
    expect(copied).toMatchObject({ same: true, fetchedAgain: 0 });
    expect(profileOf(stage)).toMatchObject({ statusTrusted: false, patches: "many" });
  });

  it("is no lie where there is none: the upload begins again each time", async () => {
    await using stage = await setStage({ target: { settings: { uploadStatus: "none" } } });
    const cut = cutChunks(stage, 1);
    const copied = await copyImage(stage, "v1", LARGE);
    expect(cut.fired).toBe(1);
    expect(answered(stage, "blob-status", 405)).toBe(1);
    expect(copied).toMatchObject({ same: true, fetchedAgain: 0 });
    expect(profileOf(stage)).toMatchObject({ statusTrusted: true });
  });

  it("is not asked about the upload of an earlier process once it is known to lie", async () => {
    await using stage = await setStage();
    await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: LARGE, seed: 1 }] });
    const slow = stage.target.faults.add({ action: { kind: "slow", bytesPerSecond: 40 * MIB }, match: { op: "blob-patch" }, times: 10 });
    const stop = new AbortController();
    const copy = stage.engine.copy(stage.request("app", "v1"), {
      signal: stop.signal,
      onProgress: ({ doneBytes }) => doneBytes >= 16 * MIB && stop.abort(new Error("stopped")),
    });
    await expect(copy).rejects.toThrow("stopped");
    expect(slow.fired).toBeGreaterThan(0);
    const learnedAt = Date.now();
    const known = stage.journal.uploadProfile(stage.target.url)?.profile;
    if (known === undefined) throw new Error("nothing learned");
    stage.journal.saveUploadProfile(stage.target.url, { profile: { ...known, statusTrusted: false }, learnedAt });
    await using engine = await restartedEngine(stage);
    const result = await engine.copy(stage.request("app", "v1"));
    expect(result.outcome).toBe("copied");
    expect(stage.target.stats.requests("blob-status")).toBe(0);
    expect(result.progress.bytes.resumed).toBeGreaterThan(0);
  });
});

/** Cuts the second chunk of the large layer, and as many after it. */
function cutChunks(stage: Stage, times: number) {
  return stage.target.faults.add({ action: { kind: "cut-after", bytes: 5 * MIB }, match: { op: "blob-patch" }, after: 1, times });
}

describe("upload locations", () => {
  it.each(["relative", "absolute"] as const)("%s ones are followed with their query", async (locations) => {
    const { stage, ...copied } = await copyTo({ locations, singlePost: false }, 9 * MIB);
    await using _ = stage;
    expect(copied.same).toBe(true);
    const sessions = stage.target.stats.log.filter(({ op }) => op === "blob-patch" || op === "blob-put");
    expect(sessions.length).toBeGreaterThan(3);
    expect(sessions.every(({ target }) => target.includes("_state="))).toBe(true);
  });

  it.each<[string, FaultMatch["op"], number]>([
    ["a single POST", "blob-post", 2_000],
    ["a POST", "blob-start", 9 * MIB],
    ["a chunk", "blob-patch", 20 * MIB],
  ])("at another host get no byte, after %s", async (_, op, size) => {
    await using elsewhere = await setStage();
    await using stage = await setStage({ target: { settings: { singlePost: op !== "blob-post" } } });
    const action: FaultAction = { kind: "foreign-location", location: `${elsewhere.target.url}/v2/app/blobs/uploads/1?_state=x` };
    const foreign = stage.target.faults.add({ action, match: { op: op ?? [] }, times: Number.POSITIVE_INFINITY });
    await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size, seed: 1 }] });
    await expect(stage.engine.copy(stage.request("app", "v1"))).rejects.toMatchObject({ code: "REDIRECT_REFUSED", side: "target" });
    expect(foreign.fired).toBeGreaterThan(0);
    expect(elsewhere.target.stats.requests()).toBe(0);
  });
});
