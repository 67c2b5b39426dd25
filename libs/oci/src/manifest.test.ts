import { TransshipError } from "@transship/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf } from "./digest.ts";
import { manifestMediaType, parseManifest } from "./manifest.ts";
import { MEDIA_TYPES } from "./media-types.ts";

const A = digestOf(Buffer.from("a"));
const B = digestOf(Buffer.from("b"), "sha512");
const descriptor = (digest: string, more: object = {}) => ({ mediaType: "application/octet-stream", digest, size: 1, ...more });
const image = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociManifest, config: descriptor(A), layers: [descriptor(B)] };
const index = {
  schemaVersion: 2,
  mediaType: MEDIA_TYPES.ociIndex,
  manifests: [descriptor(A, { platform: { os: "linux", architecture: "arm64", variant: "v8" } })],
};

function parse(document: unknown, mediaType: string = MEDIA_TYPES.ociManifest) {
  const bytes = typeof document === "string" ? Buffer.from(document) : Buffer.from(JSON.stringify(document));
  return parseManifest({ bytes, mediaType, digest: digestOf(bytes) });
}

describe("parseManifest", () => {
  it("lists each blob once, config first", () => {
    const parsed = parse({ ...image, layers: [descriptor(B), descriptor(A), descriptor(B)] });
    expect(parsed.kind).toBe("image");
    expect(parsed.layers).toHaveLength(3);
    expect(parsed.blobs.map(({ digest }) => digest)).toEqual([A, B]);
  });

  it("reads children with their platforms", () => {
    const parsed = parse(index, MEDIA_TYPES.ociIndex);
    expect(parsed.kind).toBe("index");
    expect(parsed.manifests[0]?.platform).toEqual({ os: "linux", architecture: "arm64", variant: "v8" });
    expect(parsed.blobs).toEqual([]);
  });

  it("reads subject, artifact type and annotations", () => {
    const parsed = parse({ ...image, subject: descriptor(B), artifactType: "application/x", annotations: { a: "b" } });
    expect(parsed).toMatchObject({ subject: { digest: B }, artifactType: "application/x", annotations: { a: "b" } });
  });

  it("reads the artifact manifests of old ORAS versions", () => {
    const parsed = parse(
      { mediaType: MEDIA_TYPES.orasArtifact, artifactType: "sbom", blobs: [descriptor(A)], subject: descriptor(B) },
      MEDIA_TYPES.orasArtifact,
    );
    expect(parsed.kind).toBe("image");
    expect(parsed.blobs.map(({ digest }) => digest)).toEqual([A]);
    expect(parsed.config).toBeUndefined();
  });

  it("keeps foreign layers marked", () => {
    const parsed = parse({ ...image, layers: [descriptor(B, { urls: ["http://169.254.169.254/latest"] })] });
    expect(parsed.blobs.find(({ digest }) => digest === B)?.urls).toEqual(["http://169.254.169.254/latest"]);
  });

  it.each([
    ["both manifests and layers", { ...image, manifests: [] }, MEDIA_TYPES.ociManifest, "ambiguous"],
    ["an index with layers", { ...index, layers: [] }, MEDIA_TYPES.ociIndex, "ambiguous"],
    ["an index with a config", { ...index, config: descriptor(A) }, MEDIA_TYPES.ociIndex, "ambiguous"],
    ["a mediaType other than the Content-Type", image, MEDIA_TYPES.dockerManifest, "calls itself"],
    ["schema 1", { schemaVersion: 1, fsLayers: [] }, MEDIA_TYPES.dockerSchema1Signed, "schema 1"],
    ["schema 1 served as something else", { schemaVersion: 1, fsLayers: [] }, MEDIA_TYPES.ociManifest, "schema 1"],
    ["an unknown media type", {}, "text/html", "not one of a manifest"],
    ["a wrong schemaVersion", { ...image, schemaVersion: 3 }, MEDIA_TYPES.ociManifest, "schemaVersion"],
    ["a malformed digest", { ...image, layers: [descriptor("sha256:../../x")] }, MEDIA_TYPES.ociManifest, "malformed digest"],
    ["a negative size", { ...image, layers: [descriptor(B, { size: -1 })] }, MEDIA_TYPES.ociManifest, "no count of bytes"],
    ["a fractional size", { ...image, layers: [descriptor(B, { size: 0.5 })] }, MEDIA_TYPES.ociManifest, "no count of bytes"],
    ["a size in text", { ...image, layers: [descriptor(B, { size: "1" })] }, MEDIA_TYPES.ociManifest, "no count of bytes"],
    ["one digest with two sizes", { ...image, layers: [descriptor(A, { size: 9 })] }, MEDIA_TYPES.ociManifest, "two sizes"],
    ["too many layers", { ...image, layers: Array(10_001).fill(descriptor(B)) }, MEDIA_TYPES.ociManifest, "more than 10000"],
    ["no config", { ...image, config: undefined }, MEDIA_TYPES.ociManifest, "config"],
    ["an index without manifests", { ...index, manifests: undefined }, MEDIA_TYPES.ociIndex, "needs a list"],
    ["no JSON", "<html>", MEDIA_TYPES.ociManifest, "not JSON"],
    ["a JSON list", "[]", MEDIA_TYPES.ociManifest, "not a JSON object"],
  ])("refuses %s", (_, document, mediaType, why) => {
    expect(() => parse(document, mediaType)).toThrowError(
      expect.objectContaining({ code: "MANIFEST_INVALID", message: expect.stringContaining(why) }),
    );
  });

  it("throws nothing but MANIFEST_INVALID, whatever the bytes", () => {
    const types = fc.constantFrom(...Object.values(MEDIA_TYPES));
    const fields = [
      "schemaVersion",
      "mediaType",
      "config",
      "layers",
      "manifests",
      "blobs",
      "subject",
      "digest",
      "size",
      "annotations",
      "platform",
      "urls",
    ];
    const near = fc
      .dictionary(fc.constantFrom(...fields), fc.jsonValue())
      .map((document) => Buffer.from(JSON.stringify({ schemaVersion: 2, ...document })));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
          near,
        ),
        types,
        (bytes, mediaType) => {
          try {
            parseManifest({ bytes, mediaType, digest: A });
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(TransshipError);
            expect((thrown as TransshipError).code).toBe("MANIFEST_INVALID");
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("manifestMediaType", () => {
  it.each([
    ["the Content-Type, without parameters", `${MEDIA_TYPES.ociIndex}; charset=utf-8`, {}, MEDIA_TYPES.ociIndex],
    ["the body's own word under a generic type", "application/json", { mediaType: MEDIA_TYPES.dockerList }, MEDIA_TYPES.dockerList],
    ["an index's shape", undefined, { manifests: [] }, MEDIA_TYPES.ociIndex],
    ["an image's shape", "text/plain", { config: {}, layers: [] }, MEDIA_TYPES.ociManifest],
  ])("goes by %s", (_, contentType, document, expected) => {
    expect(manifestMediaType(contentType, Buffer.from(JSON.stringify(document)))).toBe(expected);
  });

  it("refuses what is no manifest", () => {
    expect(() => manifestMediaType("application/json", Buffer.from("{}"))).toThrowError("no manifest");
  });
});
