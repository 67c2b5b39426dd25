import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DevRegistry, type SeededImage, seedImage, startDevRegistry } from "@transship/dev-registry";
import { digestOf, openRegistry, type Timeouts } from "@transship/oci";
import { type CopyEngine, createCopyEngine, InMemoryJournal } from "@transship/transfer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Fate, openBadLine } from "./bad-line.ts";
import { findRealRegistries, type RealRegistry, startRealRegistry } from "./real-registry.ts";

const MIB = 1024 * 1024;
const SIZE = 40 * MIB;
const SHORT: Partial<Timeouts> = { headersMs: 1_500, bodyIdleMs: 1_500, commitMs: 5_000 };

const directory = mkdtempSync(join(tmpdir(), "bad-lines-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Byte counts that look random and are the same in every run. */
function someBytes(seed: number, most: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

/** Dooms the first `count` connections that come after the first one. */
function doomed(count: number, next: () => Fate): () => Fate | undefined {
  let connections = 0;
  return () => {
    connections += 1;
    return connections > 1 && connections <= count + 1 ? next() : undefined;
  };
}

function newEngine(): CopyEngine {
  const spoolDirectory = mkdtempSync(join(directory, "spool-"));
  return createCopyEngine({ journal: new InMemoryJournal(), spoolDirectory, spoolLimitBytes: 1024 ** 3 });
}

/** Copies `app:v1` from one address to another. */
async function copy(from: string, to: string, timeouts: Partial<Timeouts> = {}) {
  await using source = openRegistry({ url: from, timeouts });
  await using target = openRegistry({ url: to, timeouts });
  await using engine = newEngine();
  const [sourceApp, targetApp] = [source.repository("app"), target.repository("app")];
  return await engine.copy({ source: sourceApp, target: targetApp, reference: "v1", tag: "v1", overwrite: "always" });
}

/** Whether a registry has the image, byte for byte, asked without the code under test. */
async function isWhole(registry: RealRegistry, image: SeededImage): Promise<boolean> {
  const headers = { accept: "application/vnd.oci.image.manifest.v1+json" };
  const manifest = await fetch(`${registry.url}/v2/app/manifests/v1`, { headers });
  if (digestOf(Buffer.from(await manifest.arrayBuffer())) !== image.digest) return false;
  for (const blob of image.blobs) {
    const bytes = await (await fetch(`${registry.url}/v2/app/blobs/${blob.digest}`)).arrayBuffer();
    if (digestOf(Buffer.from(bytes)) !== blob.digest) return false;
  }
  return true;
}

// The newest that is here; `TRANSSHIP_LONG=1` plays them all.
const KINDS = [...findRealRegistries().keys()].slice(0, process.env.TRANSSHIP_LONG === "1" ? undefined : 1);

describe.skipIf(KINDS.length === 0).each(KINDS)("%s on a bad line", { timeout: 120_000 }, (kind) => {
  let images: DevRegistry;
  let image: SeededImage;
  let source: RealRegistry;
  let target: RealRegistry;
  let round = 0;

  beforeAll(async () => {
    images = await startDevRegistry();
    source = await startRealRegistry({ kind, dir: join(directory, `${kind}-source`) });
    const layers = [
      { size: SIZE, seed: "a" },
      { size: 3 * MIB, seed: "b" },
    ];
    image = await seedImage(images, { repository: "app", tag: "v1", layers });
    await copy(images.url, source.url);
  });
  afterAll(async () => {
    await source[Symbol.asyncDispose]();
    await images[Symbol.asyncDispose]();
  });

  async function freshTarget(): Promise<RealRegistry> {
    round += 1;
    target = await startRealRegistry({ kind, dir: join(directory, `${kind}-target-${round}`) });
    return target;
  }

  it("as source: connections that are cut at random cost nothing but time", async () => {
    await using _ = await freshTarget();
    const cutAt = someBytes(1, 12 * MIB);
    await using line = await openBadLine(
      source.port,
      doomed(5, () => ({ bytes: cutAt(), end: "reset" })),
    );

    const result = await copy(line.url, target.url);

    expect(line.fired).toBeGreaterThan(0);
    expect(result.progress.bytes.copied).toBeLessThan(image.size + 5 * MIB);
    expect(await isWhole(target, image)).toBe(true);
  });

  it("as target: connections that are cut at random cost nothing from the source", async () => {
    await using _ = await freshTarget();
    const cutAt = someBytes(2, 6 * MIB);
    await using line = await openBadLine(
      target.port,
      doomed(5, () => ({ bytes: cutAt(), end: "reset" })),
    );

    const result = await copy(source.url, line.url);

    expect(line.fired).toBeGreaterThan(0);
    // A small layer is streamed, and streamed again.
    expect(result.progress.bytes.copied).toBeLessThan(image.size + 5 * 3 * MIB + MIB);
    expect(await isWhole(target, image)).toBe(true);
  });

  it("as source and target that vanish without a word: noticed, and gone on from the byte", async () => {
    await using _ = await freshTarget();
    const vanishAt = someBytes(3, MIB);
    const fate = (): Fate => ({ bytes: vanishAt(), end: "vanish" });
    await using from = await openBadLine(source.port, doomed(4, fate));
    await using to = await openBadLine(target.port, doomed(4, fate));

    await copy(from.url, to.url, SHORT);

    expect(from.fired).toBeGreaterThan(0);
    expect(to.fired).toBeGreaterThan(0);
    expect(await isWhole(target, image)).toBe(true);
  });

  it("as target that is killed in mid-upload and started again", async () => {
    await using _ = await freshTarget();
    let killed: Promise<void> | undefined;
    await using line = await openBadLine(target.port, () => undefined);
    const watch = setInterval(() => {
      if (line.bytes > 20 * MIB) killed ??= target.kill("SIGKILL").then(() => target.restart());
    }, 2);
    using stopped = { [Symbol.dispose]: () => clearInterval(watch) };
    expect(stopped).toBeDefined();

    const result = await copy(source.url, line.url);
    await killed;

    expect(killed).toBeDefined();
    expect(result.progress.bytes.copied).toBeLessThan(image.size + 7 * MIB);
    expect(await isWhole(target, image)).toBe(true);
  });
});
