import { describe, expect, it } from "vitest";
import type { BlobPlace, Journal, PathKnowledge } from "./journal.ts";
import { UNTRIED, type UploadProfile } from "./upload/upload-profile.ts";

const place: BlobPlace = { registry: "https://a.example", repository: "team0/app", digest: `sha256:${"1".repeat(64)}` };
const elsewhere: readonly BlobPlace[] = [
  { ...place, registry: "https://b.example" },
  { ...place, repository: "team0/other" },
  { ...place, digest: `sha256:${"2".repeat(64)}` },
];

/** What every {@link Journal} does. `open` gives an empty one each time. */
export function journalConformance(name: string, open: () => Journal): void {
  describe(`journal: ${name}`, () => {
    describe("pieces", () => describePieces(open));
    describe("uploads", () => describeUploads(open));
    describe("upload profiles", () => describeProfiles(open));
    describe("sightings", () => describeSightings(open));
    describe("paths", () => describePaths(open));
  });
}

function describePieces(open: () => Journal): void {
  const [first, second] = [
    { start: 0, end: 5, crc32: 0 },
    { start: 5, end: 9_007_199_254_740_991, crc32: 0xffff_ffff },
  ];

  it("lists pieces of one blob by start, whatever the order of arrival", () => {
    const journal = open();
    journal.addPiece(place.digest, second);
    journal.addPiece(place.digest, first);
    expect(journal.pieces(place.digest)).toEqual([first, second]);
    expect(journal.pieces("sha256:other")).toEqual([]);
  });

  it("replaces a piece with the same start", () => {
    const journal = open();
    journal.addPiece(place.digest, first);
    journal.addPiece(place.digest, { ...first, end: 3, crc32: 7 });
    expect(journal.pieces(place.digest)).toEqual([{ start: 0, end: 3, crc32: 7 }]);
  });

  it("forgets the pieces of one blob and names the blobs that have some", () => {
    const journal = open();
    journal.addPiece("sha256:b", first);
    journal.addPiece("sha256:a", first);
    journal.addPiece("sha256:a", second);
    expect([...journal.spooledDigests()].sort()).toEqual(["sha256:a", "sha256:b"]);
    journal.dropPieces("sha256:a");
    journal.dropPieces("sha256:never-there");
    expect(journal.spooledDigests()).toEqual(["sha256:b"]);
    expect(journal.pieces("sha256:a")).toEqual([]);
  });
}

function describeUploads(open: () => Journal): void {
  it("keeps the newest checkpoint of an upload until it is dropped", () => {
    const journal = open();
    expect(journal.upload(place)).toBeUndefined();
    journal.saveUpload(place, { location: "https://a.example/v2/u/1?state=x", offset: 10 });
    journal.saveUpload(place, { location: "https://a.example/v2/u/1?state=y", offset: 20 });
    expect(journal.upload(place)).toEqual({ location: "https://a.example/v2/u/1?state=y", offset: 20 });
    journal.dropUpload(place);
    journal.dropUpload(place);
    expect(journal.upload(place)).toBeUndefined();
  });

  it("tells registries, repositories and blobs apart", () => {
    const journal = open();
    journal.saveUpload(place, { location: "here", offset: 1 });
    for (const other of elsewhere) expect(journal.upload(other)).toBeUndefined();
    for (const [index, other] of elsewhere.entries()) journal.saveUpload(other, { location: `there ${index}`, offset: index });
    for (const other of elsewhere) journal.dropUpload(other);
    expect(journal.upload(place)).toEqual({ location: "here", offset: 1 });
  });
}

function describeProfiles(open: () => Journal): void {
  const narrow: UploadProfile = {
    singlePost: "ignored",
    patches: "one",
    wholePut: false,
    minChunkBytes: 5_242_880,
    maxBodyBytes: 9_007_199_254_740_991,
    statusTrusted: false,
  };

  it("keeps the newest profile of each registry, field by field", () => {
    const journal = open();
    expect(journal.uploadProfile(place.registry)).toBeUndefined();
    journal.saveUploadProfile(place.registry, { profile: narrow, learnedAt: 1 });
    expect(journal.uploadProfile(place.registry)).toEqual({ profile: narrow, learnedAt: 1 });
    journal.saveUploadProfile(place.registry, { profile: UNTRIED, learnedAt: 1_800_000_000_000 });
    expect(journal.uploadProfile(place.registry)).toEqual({ profile: UNTRIED, learnedAt: 1_800_000_000_000 });
    expect(journal.uploadProfile("https://b.example")).toBeUndefined();
  });
}

function describeSightings(open: () => Journal): void {
  it("names repositories newest first, each once", () => {
    const journal = open();
    for (const repository of ["one", "two", "one"]) journal.sawBlob({ ...place, repository });
    expect(journal.repositoriesWith(place.registry, place.digest)).toEqual(["one", "two"]);
  });

  it("forgets a repository that lacked the blob, and no other", () => {
    const journal = open();
    for (const repository of ["one", "two"]) journal.sawBlob({ ...place, repository });
    journal.missedBlob({ ...place, repository: "two" });
    journal.missedBlob({ ...place, repository: "never seen" });
    expect(journal.repositoriesWith(place.registry, place.digest)).toEqual(["one"]);
  });

  it("tells registries and blobs apart", () => {
    const journal = open();
    journal.sawBlob(place);
    expect(journal.repositoriesWith("https://b.example", place.digest)).toEqual([]);
    expect(journal.repositoriesWith(place.registry, "sha256:other")).toEqual([]);
  });

  it("names only a handful, however many there are", () => {
    const journal = open();
    for (let index = 0; index < 100; index += 1) journal.sawBlob({ ...place, repository: `r${index}` });
    const named = journal.repositoriesWith(place.registry, place.digest);
    expect(named[0]).toBe("r99");
    expect(named.length).toBeLessThanOrEqual(16);
  });
}

function describePaths(open: () => Journal): void {
  const learned: PathKnowledge = { rttMs: 98.25, measuredAt: Date.now(), streamRate: 1_250_000.5, lanes: { lanes: 32, rate: 24_000_000 } };

  it("keeps the newest of what was learned, registry by registry", () => {
    const journal = open();
    expect(journal.path(place.registry)).toBeUndefined();
    journal.savePath(place.registry, { ...learned, rttMs: 3 });
    journal.savePath(place.registry, learned);
    expect(journal.path(place.registry)).toEqual(learned);
    expect(journal.path("https://b.example")).toBeUndefined();
  });

  it("keeps that some of it was never learned", () => {
    const journal = open();
    const little: PathKnowledge = { rttMs: 0.4, measuredAt: 0, streamRate: undefined, lanes: undefined };
    journal.savePath(place.registry, learned);
    journal.savePath(place.registry, little);
    expect(journal.path(place.registry)).toEqual(little);
  });
}
