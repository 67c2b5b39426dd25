import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digestOf } from "../digest.ts";
import type { Manifest } from "../manifest.ts";
import { collect, stream } from "../test-server.ts";
import { openLayout } from "./open-layout.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "layout-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const BYTES = Buffer.alloc(200_000, "layer");
const DIGEST = digestOf(BYTES);

function manifestOf(document: object): Manifest {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, ...document }));
  return { bytes, digest: digestOf(bytes), size: bytes.byteLength, mediaType: "application/vnd.oci.image.manifest.v1+json" };
}

const config = { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf(Buffer.from("{}")), size: 2 };
const image = (annotation: string) => manifestOf({ config, layers: [], annotations: { annotation } });
const open = () => openLayout(join(directory, "image")).repository("");

describe("openLayout", () => {
  it("does not touch the directory before the first write", async () => {
    const layout = openLayout(join(directory, "image"));
    await expect(layout.ping()).rejects.toThrowError(expect.objectContaining({ code: "NOT_FOUND" }));
    expect(await open().resolve("v1")).toBeUndefined();
    expect(await open().hasBlob(DIGEST)).toBe(false);
    await expect(collectTags()).rejects.toThrowError(expect.objectContaining({ code: "NAME_UNKNOWN" }));
    expect(await readdir(directory)).toEqual([]);
  });

  async function collectTags(): Promise<string[]> {
    const all: string[] = [];
    for await (const page of open().tags()) all.push(...page);
    return all;
  }

  it("keeps manifests to the byte under tags, also when many are put at once", async () => {
    const repository = open();
    await Promise.all(Array.from({ length: 20 }, (_, index) => repository.putManifest(`v${index}`, image(`${index % 3}`))));
    expect((await collectTags()).sort()).toEqual(Array.from({ length: 20 }, (_, index) => `v${index}`).sort());
    expect((await repository.manifest("v4"))?.bytes).toEqual(image("1").bytes);
    await repository.putManifest("v4", image("moved"));
    expect(await repository.resolve("v4")).toMatchObject({ digest: image("moved").digest });
    await repository.deleteManifest("v4");
    expect(await repository.resolve("v4")).toBeUndefined();
    expect(JSON.parse(await readFile(join(directory, "image", "oci-layout"), "utf8"))).toEqual({ imageLayoutVersion: "1.0.0" });
    await openLayout(join(directory, "image")).ping();
  });

  it("stores and reads blobs, whole and in ranges", async () => {
    const upload = await open().startUpload();
    await upload.commit(DIGEST, { bytes: stream(BYTES), length: BYTES.byteLength });
    const blob = { digest: DIGEST, size: BYTES.byteLength };
    expect(await collect((await open().readBlob(blob, { start: 0, end: blob.size })).bytes)).toEqual(BYTES);
    expect(await collect((await open().readBlob(blob, { start: 5, end: 9 })).bytes)).toEqual(BYTES.subarray(5, 9));
    await expect(open().readBlob({ ...blob, size: 1 }, { start: 0, end: 1 })).rejects.toThrowError(
      expect.objectContaining({ code: "SIZE_MISMATCH" }),
    );
    const missing = { digest: digestOf(Buffer.from("x")), size: 1 };
    await expect(open().readBlob(missing, { start: 0, end: 1 })).rejects.toThrowError(expect.objectContaining({ code: "BLOB_UNKNOWN" }));
    expect(await readdir(join(directory, "image", "blobs", ".uploads"))).toEqual([]);
  });

  it.each(["sha256", "sha512"] as const)("goes on with an upload of another process (%s)", async (algorithm) => {
    const digest = digestOf(BYTES, algorithm);
    const upload = await open().startUpload();
    expect(await upload.append(stream(BYTES.subarray(0, 70_000)), 70_000)).toBe(70_000);
    const resumed = await open().resumeUpload(upload.session);
    expect(resumed?.offset).toBe(70_000);
    await resumed?.commit(digest, { bytes: stream(BYTES.subarray(70_000)), length: 130_000 });
    expect(await open().hasBlob(digest)).toBe(true);
    expect(await open().resumeUpload(upload.session)).toBeUndefined();
  });

  it("goes on after kill -9 with every byte that was written", async () => {
    const script = `
      const { openLayout } = await import(process.argv[1]);
      const upload = await openLayout(process.argv[2]).repository("").startUpload();
      const bytes = async function* () { yield Buffer.alloc(123456, "layer"); console.log(upload.session.location); await new Promise((r) => setTimeout(r, 60000)); };
      await upload.append(bytes(), 200000);`;
    const module = new URL("./open-layout.ts", import.meta.url).href;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script, module, join(directory, "image")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [location] = (await once(child.stdout, "data")) as [Buffer];
    child.kill("SIGKILL");
    const [, signal] = await once(child, "exit");
    expect(signal).toBe("SIGKILL");
    const resumed = await open().resumeUpload({ location: location.toString().trim() });
    expect(resumed?.offset).toBe(123_456);
    await resumed?.commit(DIGEST, { bytes: stream(BYTES.subarray(123_456)), length: BYTES.byteLength - 123_456 });
    expect(await open().hasBlob(DIGEST)).toBe(true);
  });

  it("refuses bytes of another digest, and locations that lead elsewhere", async () => {
    const upload = await open().startUpload();
    const other = digestOf(Buffer.from("other"));
    await expect(upload.commit(other, { bytes: stream(BYTES), length: BYTES.byteLength })).rejects.toThrowError(
      expect.objectContaining({ code: "DIGEST_INVALID" }),
    );
    expect(await open().hasBlob(other)).toBe(false);
    for (const location of ["layout-upload:../../etc/passwd", "/etc/passwd", "http://x/"])
      await expect(open().resumeUpload({ location })).rejects.toThrowError(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    await expect(upload.append(stream(BYTES), 1)).rejects.toThrowError(expect.objectContaining({ code: "BLOB_UPLOAD_UNKNOWN" }));
  });

  it("finds referrers", async () => {
    const subject = image("subject");
    const referrer = manifestOf({
      config,
      layers: [],
      artifactType: "application/sbom",
      annotations: { a: "b" },
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
    });
    await open().putManifest("v1", subject);
    expect(await open().putManifest(referrer.digest, referrer)).toEqual({ subjectIndexed: true });
    expect(await open().referrers(subject.digest)).toMatchObject({
      native: true,
      descriptors: [{ digest: referrer.digest, artifactType: "application/sbom" }],
    });
    expect(await open().referrers(referrer.digest)).toMatchObject({ descriptors: [] });
  });

  it("notices a file that was changed", async () => {
    const manifest = image("x");
    await open().putManifest("v1", manifest);
    await writeFile(join(directory, "image", "blobs", "sha256", manifest.digest.slice(7)), manifest.bytes.toString().replace("x", "y"));
    await expect(open().manifest("v1")).rejects.toThrowError(expect.objectContaining({ code: "DIGEST_MISMATCH" }));
    await writeFile(join(directory, "image", "index.json"), "{");
    await expect(open().manifest("v1")).rejects.toThrowError(expect.objectContaining({ code: "MANIFEST_INVALID" }));
  });
});
