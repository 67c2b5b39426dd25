import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DevRegistry, type DevRegistryOptions, seedImage, startDevRegistry } from "@transship/dev-registry";
import { TransshipError } from "@transship/errors";
import { openRegistry, type Repository } from "@transship/oci";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../testing/eventually.ts";
import { FakeEngine } from "../testing/fake-engine.ts";
import { copyDirect, type DirectMeans, type DirectWork } from "./copy-direct.ts";
import type { DirectProgress } from "./direct-execution.ts";
import type { DirectPair } from "./direct-pair.ts";
import { newExecutionId } from "./execution-id.ts";

const MiB = 1024 ** 2;
let stack: AsyncDisposableStack;
let directory = "";

beforeEach(() => {
  stack = new AsyncDisposableStack();
  directory = mkdtempSync(join(tmpdir(), "direct-"));
});
afterEach(async () => {
  await stack.disposeAsync();
  rmSync(directory, { recursive: true, force: true });
});

async function registryOf(options: DevRegistryOptions = {}): Promise<DevRegistry> {
  return stack.use(await startDevRegistry(options));
}

function repositoryOf(registry: DevRegistry, name: string): Repository {
  return stack.use(openRegistry({ url: registry.url })).repository(name);
}

/** Copies with a checkpoint in the test's directory and no pauses between attempts. */
function copy(pairs: DirectWork["pairs"], more: Partial<DirectMeans & DirectWork> = {}) {
  return copyDirect({
    pairs,
    checkpoint: { path: join(directory, "copy.db") },
    spoolDirectory: join(directory, "spool"),
    logger: pino({ level: "silent" }),
    pause: async (_, signal) => signal.throwIfAborted(),
    ...more,
  });
}

async function twoRegistries() {
  const [from, to] = [await registryOf(), await registryOf()];
  const [source, target] = [repositoryOf(from, "team/app"), repositoryOf(to, "mirror/app")];
  const pair = (reference: string, more: Partial<DirectPair> = {}): DirectPair => ({
    source,
    target,
    reference,
    tag: reference,
    overwrite: "always",
    ...more,
  });
  return { from, to, source, target, pair };
}

describe("copying without a server", () => {
  it("brings every pair over and counts like an execution; the second time there is nothing to do", async () => {
    const { from, to, target, pair } = await twoRegistries();
    const layers = [{ size: 3 * MiB, seed: "base" }];
    const seeded = await Promise.all(["v1", "v2"].map((tag) => seedImage(from, { repository: "team/app", tag, layers, revision: tag })));
    const seen: DirectProgress[] = [];
    const { execution, failedTasks } = await copy([pair("v1"), pair("v2")], { onProgress: (now) => seen.push(now), rule: "mine" });
    expect(failedTasks).toEqual([]);
    expect(execution).toMatchObject({ state: "succeeded", rule: "mine", unchanged: 0, repositories: 1 });
    expect(execution.tasks).toEqual({ total: 2, succeeded: 2, failed: 0, skipped: 0, cancelled: 0, running: 0, retrying: 0 });
    const configs = seeded.reduce((sum, image) => sum + image.size - 3 * MiB, 0);
    expect(execution.bytes.copied).toBe(3 * MiB + configs);
    expect(execution.doneBytes).toBe(execution.totalBytes);
    expect(seen.at(-1)).toEqual(execution);
    for (const image of seeded) expect((await target.resolve(image.tag ?? ""))?.digest).toBe(image.digest);
    expect(statSync(join(directory, "copy.db")).mode & 0o777).toBe(0o600);

    from.stats.reset();
    to.stats.reset();
    const again = await copy([pair("v1"), pair("v2")]);
    expect(again.execution).toMatchObject({ state: "succeeded", unchanged: 2, tasks: { total: 0 }, bytes: { copied: 0 } });
    expect(from.stats.requests("blob-get", "manifest-get")).toBe(0);
    expect(to.stats.requests("manifest-put", "blob-put", "blob-patch", "blob-post")).toBe(0);
  });

  it("goes on from where it was interrupted", async () => {
    const { from, pair } = await twoRegistries();
    const { blobs } = await seedImage(from, { repository: "team/app", tag: "v1", layers: [{ size: 24 * MiB, seed: "big" }] });
    const big = blobs.find((blob) => blob.size === 24 * MiB)?.digest ?? "";
    const slow = from.faults.add({ action: { kind: "slow", bytesPerSecond: 16 * MiB }, times: 9 });
    const stop = new AbortController();
    const interrupted = copy([pair("v1")], { signal: stop.signal });
    await eventually("half of it", () => from.stats.bytesServed(big) > 12 * MiB);
    stop.abort(new TransshipError("INTERRUPTED", { what: "copy", why: "Ctrl-C" }));
    const { execution: first } = await interrupted;
    expect(first).toMatchObject({ state: "stopped", tasks: { total: 1, cancelled: 1 } });
    expect(slow.fired).toBeGreaterThan(0);
    slow.remove();
    const { execution: second } = await copy([pair("v1")]);
    expect(second).toMatchObject({ state: "succeeded", tasks: { total: 1, succeeded: 1 } });
    expect(second.bytes.resumed).toBeGreaterThan(0);
    // At most a chunk in flight is fetched twice.
    expect(from.stats.bytesServed(big)).toBeLessThanOrEqual(24 * MiB + 8 * MiB);
  });

  it("describes what failed, keeps the rest, and is partial", async () => {
    const { from, pair } = await twoRegistries();
    await seedImage(from, { repository: "team/app", tag: "v1", layers: [{ size: 1000, seed: 1 }] });
    const { execution, failedTasks } = await copy([pair("absent"), pair("v1")], { parallel: 1 });
    expect(execution).toMatchObject({ state: "partial", tasks: { total: 2, succeeded: 1, failed: 1 } });
    expect(failedTasks).toHaveLength(1);
    expect(failedTasks[0]).toMatchObject({
      id: `${execution.id}.1`,
      attempts: 1,
      state: "failed",
      failure: { code: "MANIFEST_UNKNOWN", side: "source" },
    });
    expect(failedTasks[0]?.source.tag).toBe("absent");
  });

  it("leaves other tags alone where it may not overwrite", async () => {
    const { from, to, pair } = await twoRegistries();
    await seedImage(from, { repository: "team/app", tag: "v1", layers: [{ size: 1000, seed: 1 }] });
    await seedImage(to, { repository: "mirror/app", tag: "v1", layers: [{ size: 1000, seed: 2 }] });
    const { execution } = await copy([pair("v1", { overwrite: "never" })]);
    expect(execution).toMatchObject({ state: "succeeded", tasks: { total: 1, skipped: 1 } });
  });

  it("fails as a whole where the list of pairs breaks, and still finishes what had begun", async () => {
    const { from, pair } = await twoRegistries();
    await seedImage(from, { repository: "team/app", tag: "v1", layers: [{ size: 1000, seed: 1 }] });
    const broken = async function* () {
      yield pair("v1");
      throw new TransshipError("DENIED", { what: "listing tags of team/app", why: "the registry said no", side: "source" });
    };
    const { execution } = await copy(broken());
    expect(execution).toMatchObject({ state: "failed", tasks: { succeeded: 1 }, failure: { code: "DENIED", side: "source" } });
  });

  it("refuses a checkpoint that another process uses", async () => {
    const engine = new FakeEngine();
    const { pair } = await twoRegistries();
    const stop = new AbortController();
    const first = copy([pair("v1")], { engine: () => engine, signal: stop.signal });
    await eventually("running", () => engine.copies.length === 1);
    await expect(copy([pair("v1")])).rejects.toMatchObject({ code: "DATA_DIR_IN_USE" });
    stop.abort();
    await first;
  });
});

describe("attempts without a server", () => {
  const lost = new TransshipError("CONNECTION_FAILED", { what: "reading", why: "reset", side: "source" });

  async function attemptsOf(script: FakeEngine["script"], tags: readonly string[] = ["v1"]) {
    const engine = new FakeEngine();
    engine.script = script;
    const { pair } = await twoRegistries();
    return await copy(
      tags.map((tag) => pair(tag)),
      { engine: () => engine, parallel: 2 },
    );
  }

  it("are repeated where that can help, and their bytes add up", async () => {
    let attempt = 0;
    const { execution } = await attemptsOf((one) => {
      attempt += 1;
      one.options.onProgress?.({
        phase: "copying",
        totalBytes: 30,
        doneBytes: attempt * 10,
        fetchedBytes: attempt * 10,
        bytes: { copied: 10, mounted: 0, existing: 0, resumed: 0, wasted: 0 },
      });
      if (attempt < 3) one.fail(lost);
      else one.finish("copied", 10);
    });
    expect(attempt).toBe(3);
    expect(execution).toMatchObject({ state: "succeeded", bytes: { copied: 30 } });
  });

  it("end soon where nothing has ever worked, and later once something has", async () => {
    const never = await attemptsOf((one) => one.fail(lost));
    expect(never.failedTasks[0]).toMatchObject({ attempts: 1, failure: { code: "CONNECTION_FAILED", side: "source" } });
    const slow = new TransshipError("TIMED_OUT", { what: "reading", why: "no answer", side: "source" });
    const silent = await attemptsOf((one) => one.fail(slow));
    expect(silent.failedTasks[0]).toMatchObject({ attempts: 2, failure: { code: "TIMED_OUT" } });
    const after = await attemptsOf(
      (one) => (one.request.tag === "good" ? one.finish() : setTimeout(() => one.fail(lost), 1)),
      ["good", "bad"],
    );
    expect(after.failedTasks[0]?.attempts).toBe(8);
    expect(after.execution.state).toBe("partial");
  });

  it("are not made for a full disk", async () => {
    const full = await attemptsOf((one) => one.fail(new TransshipError("DISK_FULL", { what: "writing", why: "no space" })));
    expect(full.failedTasks[0]).toMatchObject({ attempts: 1, failure: { code: "DISK_FULL" } });
  });
});

describe("execution ids", () => {
  it("sort by time and differ at the same moment", () => {
    const ids = [0, 1, 31, 32, Date.now(), Date.now() + 1].map(newExecutionId);
    expect([...ids].sort()).toEqual(ids);
    for (const id of ids) expect(id).toMatch(/^x[0-9a-hjkmnp-tv-z]{15}$/);
    expect(new Set(Array.from({ length: 50 }, () => newExecutionId(1))).size).toBeGreaterThan(45);
  });
});
