import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seedImage, startDevRegistry } from "@transship/dev-registry";
import { openRegistry } from "@transship/oci";
import { createCopyEngine, InMemoryJournal } from "@transship/transfer";
import { describe, expect, it } from "vitest";
import { findRealRegistries, type RealRegistry, type RealRegistryKind, startRealRegistry } from "./real-registry.ts";

const MIB = 1024 * 1024;
const KINDS: readonly RealRegistryKind[] = ["distribution-3", "distribution-2.8"];

for (const kind of KINDS) {
  const here = findRealRegistries().has(kind);
  if (!here) console.warn(`SKIPPED: ${kind} is not on this machine`);
  describe.skipIf(!here)(here ? kind : `${kind} (SKIPPED: not on this machine)`, { timeout: 30_000 }, () => {
    it("gets a small blob in two requests, counted by its own access log", async () => {
      await using copies = await stage(kind);
      const [first, again] = [await copies.bring("v1", 3_000), await copies.bring("v2", 3_000)];

      expect(first.uploads).toEqual(["monolithic", "monolithic", "monolithic"]);
      // Config and two layers: a POST and a PUT each. The tag is asked for before and after, the manifest put once.
      for (const { counts } of [first, again]) expect(counts).toEqual({ POST: 3, PUT: 4, HEAD: 2 });
      // It ignores bodies of POSTs, so only the first copy sends any.
      expect(first.posted).toBeGreaterThan(0);
      expect(again.posted).toBe(0);
      expect(copies.profile()).toMatchObject({ singlePost: "ignored" });
    });

    it("takes several chunks for one blob, and nothing is learned to its disadvantage", async () => {
      await using copies = await stage(kind);
      const large = await copies.bring("v1", 33 * MIB);
      expect(large.uploads).toContain("chunked");
      // They follow the download: 4 to 16 MiB each.
      expect(large.counts.PATCH).toBeGreaterThanOrEqual(3);
      expect(large.counts.PATCH).toBeLessThanOrEqual(9);
      expect(copies.profile()).toEqual({
        singlePost: "ignored",
        patches: "many",
        wholePut: true,
        minChunkBytes: 0,
        maxBodyBytes: undefined,
        statusTrusted: true,
      });
    });
  });
}

interface Brought {
  readonly uploads: readonly (string | undefined)[];
  /** Requests by method, as the target logged them. */
  readonly counts: Readonly<Record<string, number>>;
  /** POSTs that named a digest, and so had a body. */
  readonly posted: number;
}

/** Copies of images to a real registry through one engine. */
async function stage(kind: RealRegistryKind) {
  await using opened = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), "upload-profile-"));
  opened.defer(() => rm(dir, { recursive: true, force: true }));
  const target = opened.use(await startRealRegistry({ kind, dir }));
  const source = opened.use(await startDevRegistry());
  const from = opened.use(openRegistry({ url: source.url }));
  const to = opened.use(openRegistry({ url: target.url }));
  const journal = new InMemoryJournal();
  const engine = opened.use(createCopyEngine({ journal, spoolDirectory: join(dir, "spool"), spoolLimitBytes: 1024 * MIB }));
  const everything = opened.move();
  return {
    profile: () => journal.uploadProfile(target.url)?.profile,
    bring: async (tag: string, size: number): Promise<Brought> => {
      const layers = [
        { size: 2_000, seed: `small ${tag}` },
        { size, seed: `other ${tag}` },
      ];
      await seedImage(source, { repository: "app", tag, layers });
      target.accessLog.reset();
      const repositories = { source: from.repository("app"), target: to.repository("app") };
      const result = await engine.copy({ ...repositories, reference: tag, tag, overwrite: "always" });
      await logged(target, tag);
      const counts: Record<string, number> = {};
      // The probe that found the registry ready may be logged late.
      const own = target.accessLog.lines.filter((line) => line.target !== "/v2/");
      for (const { method } of own) counts[method] = (counts[method] ?? 0) + 1;
      return { uploads: result.blobs.map(({ upload }) => upload), counts, posted: target.accessLog.requests("POST", /digest=/) };
    },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

/** The registry writes a line when a request is over; the last one of a copy is the tag's read-back. */
async function logged({ accessLog }: RealRegistry, tag: string): Promise<void> {
  await expect.poll(() => accessLog.requests("HEAD", new RegExp(`/manifests/${tag}$`)), { timeout: 5_000 }).toBe(2);
}
