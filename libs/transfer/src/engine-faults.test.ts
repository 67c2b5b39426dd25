import { type FaultAction, type FaultMatch, seedImage } from "@transship/dev-registry";
import { describe, expect, it } from "vitest";
import { digestAt, hasBlob, type Stage, setStage } from "../test/stage.ts";

const MIB = 1024 * 1024;
/** Just above what is streamed, and several upload chunks. */
const LARGE = 40 * MIB;

interface FaultCase {
  readonly name: string;
  readonly side: "source" | "target";
  readonly action: FaultAction;
  readonly match?: FaultMatch;
  readonly after?: number;
  readonly times?: number;
}

const SURVIVED: readonly FaultCase[] = [
  { name: "connection cut in mid-blob", side: "source", action: { kind: "cut-after", bytes: 200_000 }, times: 3 },
  { name: "body ended early with a clean FIN", side: "source", action: { kind: "truncate-after", bytes: 100_000 }, times: 2 },
  { name: "one wrong bit", side: "source", action: { kind: "flip-bit", offset: 77_777 } },
  { name: "Content-Range that lies", side: "source", action: { kind: "lying-content-range", shift: 512 }, match: { op: "blob-get" } },
  { name: "ranges ignored after a cut", side: "source", action: { kind: "ignore-range" }, times: 5 },
  { name: "502 with an HTML page on a blob", side: "source", action: { kind: "status", status: 502, html: true }, times: 2 },
  {
    name: "503 with Retry-After on a manifest",
    side: "source",
    action: { kind: "status", status: 503, retryAfter: "1" },
    match: { op: "manifest-get" },
  },
  { name: "429 with Retry-After", side: "source", action: { kind: "too-many-requests", retryAfter: "1" } },
  { name: "redirect of a blob", side: "source", action: { kind: "redirect" }, match: { op: "blob-get" } },
  {
    name: "upload connection cut in mid-chunk",
    side: "target",
    action: { kind: "cut-after", bytes: 3 * MIB },
    match: { op: "blob-patch" },
    times: 2,
  },
  { name: "lost upload session", side: "target", action: { kind: "lost-session" }, match: { op: "blob-patch" }, after: 1 },
  { name: "lost session at the commit", side: "target", action: { kind: "lost-session" }, match: { op: "blob-put" }, times: 1 },
  { name: "answer to a chunk lost", side: "target", action: { kind: "drop-answer" }, match: { op: "blob-patch" }, times: 2 },
  { name: "answer to the commit lost", side: "target", action: { kind: "drop-answer" }, match: { op: "blob-put" } },
  { name: "answer to the tag lost", side: "target", action: { kind: "drop-answer" }, match: { op: "manifest-put" } },
  { name: "5xx at the commit", side: "target", action: { kind: "status", status: 500 }, match: { op: "blob-put" } },
  { name: "5xx at the manifest", side: "target", action: { kind: "status", status: 503 }, match: { op: "manifest-put" }, times: 2 },
  { name: "429 storm at the target", side: "target", action: { kind: "too-many-requests", retryAfter: "0" }, times: 3 },
  { name: "garbage collected before the manifest came", side: "target", action: { kind: "gc-race" } },
  { name: "blob that shows late", side: "target", action: { kind: "late-blob", milliseconds: 400 } },
];

describe("faults that a copy gets over", { timeout: 60_000 }, () => {
  it.concurrent.each(SURVIVED)("$side: $name", async (fault) => {
    await using stage = await setStage();
    const image = await seedImage(stage.source, {
      repository: "app",
      tag: "v1",
      layers: [
        { size: 2_000, seed: 1 },
        { size: LARGE, seed: 2 },
      ],
    });
    const armed = arm(stage, fault);
    // Only a request for a range can be lied to about it: a first body that breaks off leads to one, on any path.
    const needsRange = fault.action.kind === "ignore-range" || fault.action.kind === "lying-content-range";
    const helper = needsRange ? stage.source.faults.add({ action: { kind: "cut-after", bytes: 200_000 } }) : undefined;

    const result = await stage.engine.copy(stage.request("app", "v1"));

    expect(armed.fired).toBeGreaterThan(0);
    expect(helper?.fired ?? 1).toBeGreaterThan(0);
    expect(result.outcome).toBe("copied");
    expect(await digestAt(stage.target, "app", "v1")).toBe(image.digest);
    for (const blob of image.blobs) expect(await hasBlob(stage.target, "app", blob.digest)).toBe(true);
    const { copied, wasted } = result.progress.bytes;
    expect(copied - wasted).toBe(image.size);
  });

  it("fetches nothing twice from the source when the target loses the upload", async () => {
    await using stage = await setStage();
    const image = await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: LARGE, seed: 2 }] });
    const lost = stage.target.faults.add({ action: { kind: "lost-session" }, match: { op: "blob-patch" }, after: 1 });

    const result = await stage.engine.copy(stage.request("app", "v1"));

    expect(lost.fired).toBe(1);
    expect(stage.source.stats.bytesServed()).toBeLessThan(image.size + 10_000);
    expect(result.progress.bytes.wasted).toBe(0);
  });
});

const FATAL: readonly (FaultCase & { readonly code: string })[] = [
  {
    name: "wrong bytes again and again",
    side: "source",
    code: "DIGEST_MISMATCH",
    action: { kind: "flip-bit", offset: 77_777 },
    times: Number.POSITIVE_INFINITY,
  },
  {
    name: "a body longer than the manifest says",
    side: "source",
    code: "SIZE_MISMATCH",
    action: { kind: "overlong", bytes: 10, announced: true },
    times: Number.POSITIVE_INFINITY,
  },
  {
    name: "a registry that stays down",
    side: "source",
    code: "REGISTRY_FAILED",
    action: { kind: "status", status: 500 },
    times: Number.POSITIVE_INFINITY,
  },
  { name: "a target that is read-only", side: "target", code: "DENIED", action: { kind: "read-only" }, times: Number.POSITIVE_INFINITY },
  {
    name: "a target that collects garbage all the time",
    side: "target",
    code: "TARGET_GC_RACE",
    action: { kind: "gc-race" },
    times: Number.POSITIVE_INFINITY,
  },
  {
    name: "a pause longer than a slot is worth",
    side: "target",
    code: "TOOMANYREQUESTS",
    action: { kind: "too-many-requests", retryAfter: "777600" },
  },
];

describe("faults that end a copy", { timeout: 60_000 }, () => {
  it.concurrent.each(FATAL)("$side: $name → $code", async (fault) => {
    await using stage = await setStage();
    await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: 9 * MIB, seed: 2 }] });
    const armed = arm(stage, fault);

    const failure = stage.engine.copy(stage.request("app", "v1"));

    await expect(failure).rejects.toMatchObject({ code: fault.code, side: fault.side });
    expect(armed.fired).toBeGreaterThan(0);
    expect(await digestAt(stage.target, "app", "v1")).toBeUndefined();
  });
});

describe("stopping a copy", () => {
  it("ends within a moment, keeps what came, and goes on from there", async () => {
    await using stage = await setStage();
    const image = await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: LARGE, seed: 2 }] });
    const slow = stage.source.faults.add({ action: { kind: "slow", bytesPerSecond: 20 * MIB } });
    const stop = new AbortController();
    const reason = new Error("stopped by the test");
    const copy = stage.engine.copy(stage.request("app", "v1"), {
      signal: stop.signal,
      onProgress: (progress) => progress.bytes.copied > 10 * MIB && stop.abort(reason),
    });

    await expect(copy).rejects.toBe(reason);
    expect(slow.fired).toBe(1);
    const before = stage.source.stats.bytesServed();
    const result = await stage.engine.copy(stage.request("app", "v1"));

    expect(result.progress.bytes.resumed).toBeGreaterThan(8 * MIB);
    expect(result.progress.bytes.resumed + result.progress.bytes.copied).toBe(LARGE);
    expect(stage.source.stats.bytesServed() - before).toBeLessThan(image.size - 8 * MIB);
    expect(await digestAt(stage.target, "app", "v1")).toBe(image.digest);
  });
});

function arm(stage: Stage, { side, action, match, after, times }: FaultCase) {
  return stage[side].faults.add({ action, ...(match && { match }), ...(after && { after }), ...(times && { times }) });
}
