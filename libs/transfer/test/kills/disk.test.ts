import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCheckpoint } from "@transship/checkpoint";
import { seedImage, startDevRegistry } from "@transship/dev-registry";
import { describe, expect, it } from "vitest";
import { createCopyEngine, InMemoryJournal } from "../../src/index.ts";
import { findLosses, setScene } from "../faults/scene.ts";
import { takeWay } from "../faults/way.ts";
import { setStage } from "../stage.ts";
import { CHECKPOINT, live, SPOOL } from "./life.ts";

const MIB = 1024 * 1024;
const SIZE = 20 * MIB;

/** A file system in memory of so many bytes, where this process may mount one. */
function smallDisk(bytes: number): ({ readonly directory: string; grow(bytes: number): void } & Disposable) | undefined {
  const directory = mkdtempSync(join(tmpdir(), "small-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", directory], { stdio: "ignore" });
  } catch {
    rmSync(directory, { recursive: true });
    return undefined;
  }
  return {
    directory,
    grow: (size) => void execFileSync("mount", ["-o", `remount,size=${size}`, directory], { stdio: "ignore" }),
    [Symbol.dispose]() {
      execFileSync("umount", ["--lazy", directory]);
      rmSync(directory, { recursive: true });
    },
  };
}

const probe = smallDisk(MIB);
probe?.[Symbol.dispose]();

describe("a full disk", { timeout: 60_000 }, () => {
  it.each(["spooled", "segmented"] as const)("ends the copy with DISK_FULL, and the next one goes through (%s)", async (way) => {
    await using scene = await setScene({ name: "" }, SIZE);
    const { stage, image, early } = scene;
    takeWay(stage.source, way);
    const digest = image.blobs.find(({ size }) => size === SIZE)?.digest ?? "";
    // Every write to it fails with ENOSPC, the kernel's own.
    const file = join(stage.spoolDirectory, digest.replace(":", "-"));
    symlinkSync("/dev/full", file);

    await expect(stage.engine.copy(stage.request("app", "v1"))).rejects.toMatchObject({ code: "DISK_FULL", side: undefined });
    expect(stage.target.storage.catalogue.tagDigest("app", "v1")).toBeUndefined();
    unlinkSync(file);
    await stage.engine.copy(stage.request("app", "v1"));

    expect(await findLosses(stage.target, "app", image)).toEqual([]);
    expect(early).toEqual([]);
  });

  it("is of no concern to a copy that needs none", async () => {
    await using stage = await setStage();
    takeWay(stage.source, "stream");
    const image = await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: 3 * MIB, seed: 1 }] });
    for (const { digest } of image.blobs) symlinkSync("/dev/full", join(stage.spoolDirectory, digest.replace(":", "-")));
    await stage.engine.copy(stage.request("app", "v1"));
    expect(await findLosses(stage.target, "app", image)).toEqual([]);
  });

  it.skipIf(probe === undefined).each(["spooled", "segmented"] as const)(
    "under spool and journal costs nothing that came: with more room the copy goes on from there (%s; needs the right to mount)",
    async (way) => {
      await using source = await startDevRegistry();
      await using target = await startDevRegistry();
      using disk = smallDisk(12 * MIB);
      if (disk === undefined) throw new Error("no disk");
      takeWay(source, way);
      const image = await seedImage(source, { repository: "app", tag: "v1", layers: [{ size: SIZE, seed: 1 }] });
      const attempt = () => live({ source, target }, disk.directory, "", undefined);

      expect(await attempt()).toMatchObject({ kind: "failed", error: { code: "DISK_FULL" } });
      expect(await attempt()).toMatchObject({ kind: "failed", error: { code: "DISK_FULL" } });
      expect(target.storage.catalogue.tagDigest("app", "v1")).toBeUndefined();
      disk.grow(64 * MIB);
      const before = source.stats.bytesServed();
      expect(await attempt()).toEqual({ kind: "done" });

      expect(await findLosses(target, "app", image)).toEqual([]);
      expect(source.stats.bytesServed() - before).toBeLessThan(SIZE - 4 * MIB);
    },
  );
});

describe("a full disk that interrupted copies filled", () => {
  it.skipIf(probe === undefined)("is cleared of them, so that the next try goes through (needs the right to mount)", async () => {
    await using stage = await setStage();
    using disk = smallDisk(12 * MIB);
    if (disk === undefined) throw new Error("no disk");
    takeWay(stage.source, "spooled");
    await seedImage(stage.source, { repository: "other", tag: "v1", layers: [{ size: SIZE, seed: 2 }] });
    const image = await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: 9 * MIB, seed: 1 }] });
    const journal = new InMemoryJournal();
    await using engine = createCopyEngine({ journal, spoolDirectory: disk.directory, spoolLimitBytes: 1024 ** 3 });
    await expect(engine.copy(stage.request("other", "v1"))).rejects.toMatchObject({ code: "DISK_FULL" });
    expect(readdirSync(disk.directory)).toHaveLength(1);

    await expect(engine.copy(stage.request("app", "v1"))).rejects.toMatchObject({ code: "DISK_FULL" });
    await engine.copy(stage.request("app", "v1"));

    expect(await findLosses(stage.target, "app", image)).toEqual([]);
    expect(journal.spooledDigests()).toEqual([]);
  });
});

describe("a checkpoint file that is deleted", { timeout: 60_000 }, () => {
  it.each(["spooled", "segmented"] as const)("while it is in use costs time at most (%s)", async (way) => {
    await using scene = await setScene({ name: "" }, SIZE);
    const { stage, image } = scene;
    takeWay(stage.source, way);
    const directory = mkdtempSync(join(tmpdir(), "deleted-"));
    using _ = { [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) };
    const path = join(directory, CHECKPOINT);
    const files = ["", "-wal", "-shm"].map((end) => path + end);
    {
      using checkpoint = openCheckpoint({ path });
      const spoolDirectory = join(directory, SPOOL);
      await using engine = createCopyEngine({ journal: checkpoint.journal, spoolDirectory, spoolLimitBytes: 1024 ** 3 });
      let deleted = 0;
      const remove = (copied: number) => {
        if (copied < 2 * MIB || deleted > 0) return;
        deleted = files.filter((file) => existsSync(file)).length;
        for (const file of files) rmSync(file, { force: true });
      };
      stage.source.faults.add({ action: { kind: "slow", bytesPerSecond: 15 * MIB }, match: { op: "blob-get" }, times: 20 });

      const result = await engine.copy(stage.request("app", "v1"), { onProgress: ({ bytes }) => remove(bytes.copied) });

      expect(deleted).toBeGreaterThan(0);
      expect(result.outcome).toBe("copied");
    }
    expect(await findLosses(stage.target, "app", image)).toEqual([]);
    await stage.target.storage.removeTag("app", "v1");
    expect(await live(stage, directory, "", undefined)).toEqual({ kind: "done" });
    expect(await findLosses(stage.target, "app", image)).toEqual([]);
    expect(readdirSync(join(directory, SPOOL))).toEqual([]);
  });
});
