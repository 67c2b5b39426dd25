import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { digestOf } from "../digest.ts";
import { DirectoryStorage } from "./directory-storage.ts";
import { MemoryStorage } from "./memory-storage.ts";
import type { Storage } from "./storage.ts";
import { randomBytesOf, syntheticBlob } from "./synthetic-blob.ts";

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "registry-storage-"));
  folders.push(folder);
  return folder;
}

async function bytesOf(storage: Storage, digest: string, start = 0, end = (storage.contentSize(digest) ?? 0) - 1): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of storage.readContent(digest, start, end)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const manifest = { mediaType: "application/vnd.oci.image.manifest.v1+json", bytes: Buffer.from('{"schemaVersion":2}') };

const STORAGES: readonly [string, () => Promise<Storage>][] = [
  ["memory", async () => new MemoryStorage()],
  ["directory", async () => DirectoryStorage.open(await newFolder())],
];

describe.each(STORAGES)("%s storage", (_name, open) => {
  it("gives back the bytes of a blob, whole and in parts", async () => {
    await using storage = await open();
    const bytes = randomBytesOf("x", 3_000_000);
    const digest = digestOf(bytes);
    await storage.addBlob("a/b", digest, bytes);
    expect(storage.contentSize(digest)).toBe(3_000_000);
    expect((await bytesOf(storage, digest)).equals(bytes)).toBe(true);
    expect((await bytesOf(storage, digest, 999_999, 2_100_000)).equals(bytes.subarray(999_999, 2_100_001))).toBe(true);
    expect(storage.catalogue.hasBlob("a/b", digest)).toBe(true);
  });

  it("computes synthetic blobs that equal the kept ones at every offset", async () => {
    await using storage = await open();
    const blob = await syntheticBlob("seed", 2_500_000);
    const bytes = randomBytesOf("seed", 2_500_000);
    expect(blob.digest).toBe(digestOf(bytes));
    await storage.addSyntheticBlob("a", blob);
    for (const [start, end] of [
      [0, 0],
      [15, 17],
      [1_048_570, 1_048_580],
      [2_499_999, 2_499_999],
    ] as const) {
      expect((await bytesOf(storage, blob.digest, start, end)).equals(bytes.subarray(start, end + 1))).toBe(true);
    }
  });

  it("drops content with its last holder", async () => {
    await using storage = await open();
    const bytes = Buffer.from("shared");
    const digest = digestOf(bytes);
    await storage.addBlob("a", digest, bytes);
    await storage.linkBlob("b", digest);
    expect(await storage.removeBlob("a", digest)).toBe(true);
    expect((await bytesOf(storage, digest)).toString()).toBe("shared");
    expect(await storage.removeBlob("b", digest)).toBe(true);
    expect(storage.contentSize(digest)).toBeUndefined();
    expect(await storage.removeBlob("b", digest)).toBe(false);
  });

  it("keeps content that is both a blob and a manifest until both are gone", async () => {
    await using storage = await open();
    const digest = digestOf(manifest.bytes);
    await storage.addBlob("a", digest, manifest.bytes);
    await storage.putManifest("a", digest, manifest);
    await storage.removeBlob("a", digest);
    expect((await storage.readManifest("a", digest))?.bytes.toString()).toBe(manifest.bytes.toString());
    await storage.removeManifest("a", digest);
    expect(storage.contentSize(digest)).toBeUndefined();
  });

  it("removes a manifest with its tags, and a tag alone", async () => {
    await using storage = await open();
    const digest = digestOf(manifest.bytes);
    await storage.putManifest("a", digest, manifest);
    for (const tag of ["v2", "v10", "V1"]) await storage.setTag("a", tag, digest);
    expect(storage.catalogue.tags("a")).toEqual(["V1", "v10", "v2"]);
    expect(await storage.removeTag("a", "v10")).toBe(true);
    expect(await storage.removeTag("a", "v10")).toBe(false);
    expect(await storage.removeManifest("a", digest)).toBe(true);
    expect(storage.catalogue.tags("a")).toEqual([]);
    expect(storage.catalogue.tags("unknown")).toBeUndefined();
  });

  it("turns an upload into a blob, in any algorithm", async () => {
    await using storage = await open();
    const bytes = randomBytesOf("u", 100_000);
    for (const algorithm of ["sha256", "sha512"] as const) {
      const upload = await storage.startUpload("a", "sha256");
      await upload.append([bytes.subarray(0, 10), bytes.subarray(10, 70_000)]);
      expect(upload.offset).toBe(70_000);
      await upload.append([bytes.subarray(70_000)]);
      const digest = await upload.digest(algorithm);
      expect(digest).toBe(digestOf(bytes, algorithm));
      await upload.commit(digest);
      expect((await bytesOf(storage, digest)).equals(bytes)).toBe(true);
      expect(storage.findUpload(upload.id)).toBeUndefined();
    }
  });

  it("makes an empty blob and forgets a cancelled upload", async () => {
    await using storage = await open();
    const upload = await storage.startUpload("a", "sha256");
    const digest = await upload.digest("sha256");
    await upload.commit(digest);
    expect(storage.contentSize(digest)).toBe(0);
    expect((await bytesOf(storage, digest)).length).toBe(0);
    const cancelled = await storage.startUpload("a", "sha256");
    await cancelled.append([Buffer.from("x")]);
    await cancelled.cancel();
    expect(storage.uploads()).toEqual([]);
  });
});

describe("directory storage", () => {
  it("finds everything again after a restart, unfinished uploads too", async () => {
    const folder = await newFolder();
    const bytes = Buffer.from("content");
    const synthetic = await syntheticBlob("again", 50_000);
    const digest = digestOf(manifest.bytes);
    let id = "";
    {
      await using storage = await DirectoryStorage.open(folder);
      await storage.addBlob("team/app", digestOf(bytes), bytes);
      await storage.addSyntheticBlob("team/app", synthetic);
      await storage.putManifest("team/app", digest, manifest);
      await storage.setTag("team/app", "v1", digest);
      const upload = await storage.startUpload("team/app", "sha256");
      await upload.append([Buffer.from("half of ")]);
      id = upload.id;
    }
    await using storage = await DirectoryStorage.open(folder);
    expect(storage.catalogue.repositories()).toEqual(["team/app"]);
    expect(storage.catalogue.tagDigest("team/app", "v1")).toBe(digest);
    expect(storage.catalogue.manifest("team/app", digest)?.mediaType).toBe(manifest.mediaType);
    expect((await bytesOf(storage, digestOf(bytes))).toString()).toBe("content");
    expect(digestOf(await bytesOf(storage, synthetic.digest))).toBe(synthetic.digest);
    const upload = storage.findUpload(id);
    expect(upload?.offset).toBe(8);
    await upload?.append([Buffer.from("it")]);
    const whole = digestOf(Buffer.from("half of it"));
    expect(await upload?.digest("sha256")).toBe(whole);
    await upload?.commit(whole);
    expect((await bytesOf(storage, whole)).toString()).toBe("half of it");
  });

  it("leaves no temporary files, and files that others may read", async () => {
    const folder = await newFolder();
    await using storage = await DirectoryStorage.open(folder);
    await storage.addBlob("a", digestOf(Buffer.from("1")), Buffer.from("1"));
    const upload = await storage.startUpload("a", "sha256");
    await upload.append([Buffer.from("2")]);
    await upload.commit(await upload.digest("sha256"));
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    expect(files.map((file) => file.name).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    for (const file of files) expect((await stat(join(file.parentPath, file.name))).mode & 0o777).toBe(0o644);
  });
});
