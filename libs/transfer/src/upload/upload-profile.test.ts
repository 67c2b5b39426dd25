import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InMemoryJournal } from "../memory-journal.ts";
import { chunkBytes, fitsOneRequest, type Lesson, learn, UNTRIED, wayAtOnce, wayFromDisk } from "./upload-profile.ts";
import { UploadProfiles } from "./upload-profiles.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const REGISTRY = "https://registry.test";

const lessons: fc.Arbitrary<Lesson> = fc.oneof(
  fc.record({ kind: fc.constant("single-post" as const), taken: fc.boolean() }),
  fc.record({ kind: fc.constant("least-chunk" as const), bytes: fc.integer({ min: 1, max: 64 * MIB }) }),
  fc.record({ kind: fc.constant("body-too-large" as const), bytes: fc.integer({ min: 1, max: 2 ** 40 }) }),
  fc.constantFrom(
    { kind: "patch-refused" as const },
    { kind: "later-patches-lost" as const },
    { kind: "whole-put-refused" as const },
    { kind: "status-lied" as const },
  ),
);

describe("the profile of a registry", () => {
  it("begins with chunks from the disk, one PUT for streams, and no bounds", () => {
    expect(wayFromDisk(UNTRIED)).toBe("chunked");
    expect(wayAtOnce(UNTRIED)).toBe("monolithic");
    expect(chunkBytes(UNTRIED)).toBe(16 * MIB);
    expect(fitsOneRequest(UNTRIED, 2 ** 50)).toBe(true);
  });

  it.each<[string, Lesson[], string, string]>([
    ["keeps only the first PATCH (ECR)", [{ kind: "later-patches-lost" }], "monolithic", "monolithic"],
    ["refuses PATCH (GHCR)", [{ kind: "patch-refused" }], "monolithic", "monolithic"],
    ["refuses PUT with a body (old Artifactory)", [{ kind: "whole-put-refused" }], "chunked", "patch-then-put"],
    ["takes one PATCH only", [{ kind: "whole-put-refused" }, { kind: "later-patches-lost" }], "patch-then-put", "patch-then-put"],
    ["refuses all of it", [{ kind: "whole-put-refused" }, { kind: "patch-refused" }], "monolithic", "monolithic"],
    [
      "wants larger chunks than it takes",
      [
        { kind: "least-chunk", bytes: 5 * MIB },
        { kind: "body-too-large", bytes: 6 * MIB },
      ],
      "monolithic",
      "monolithic",
    ],
  ])("of one that %s", (_, taught, fromDisk, atOnce) => {
    const profile = taught.reduce(learn, UNTRIED);
    expect([wayFromDisk(profile), wayAtOnce(profile)]).toEqual([fromDisk, atOnce]);
  });

  it.each([
    [16 * MIB, 8 * MIB],
    [5 * MIB, 4 * MIB],
    [MIB + 1, MIB],
    [MIB, 512 * KIB],
    [900 * MIB, 16 * MIB],
    [100 * KIB, 64 * KIB],
  ])("tries %i bytes no more, and %i next", (refused, next) => {
    expect(learn(UNTRIED, { kind: "body-too-large", bytes: refused }).maxBodyBytes).toBe(next);
  });

  it("is the same object when a lesson says nothing new", () => {
    const known = learn(UNTRIED, { kind: "body-too-large", bytes: MIB });
    expect(learn(known, { kind: "body-too-large", bytes: 16 * MIB })).toBe(known);
    expect(learn(UNTRIED, { kind: "body-too-large", bytes: 64 * KIB })).toBe(UNTRIED);
  });

  it("stops changing: what a registry refuses, repeated, ends in a profile that learns nothing more", () => {
    fc.assert(
      fc.property(fc.array(lessons, { maxLength: 40 }), (taught) => {
        const profile = taught.reduce(learn, UNTRIED);
        const chunk = chunkBytes(profile);
        if (chunk !== undefined) {
          expect(chunk).toBeGreaterThanOrEqual(profile.minChunkBytes);
          expect(fitsOneRequest(profile, chunk)).toBe(true);
        }
        let last = profile;
        for (let round = 0; round < 10; round++) last = learn(last, { kind: "body-too-large", bytes: chunkBytes(last) ?? 1 });
        expect(learn(last, { kind: "body-too-large", bytes: chunkBytes(last) ?? 1 })).toBe(last);
      }),
    );
  });
});

describe("the profiles of an engine", () => {
  const week = 7 * 24 * 3_600_000;

  it("outlive the process that learned them", () => {
    const journal = new InMemoryJournal();
    new UploadProfiles(journal).learn(REGISTRY, { kind: "patch-refused" });
    expect(new UploadProfiles(journal).of(REGISTRY)).toMatchObject({ patches: "none" });
    expect(new UploadProfiles(journal).of("https://other.test")).toBe(UNTRIED);
  });

  it("are tried afresh after a week, in a running process too, and after a clock was set back", () => {
    const journal = new InMemoryJournal();
    let now = 2 * week;
    const profiles = new UploadProfiles(journal, () => now);
    profiles.learn(REGISTRY, { kind: "single-post", taken: false });
    now += week;
    expect(profiles.of(REGISTRY).singlePost).toBe("ignored");
    now += 1;
    expect(profiles.of(REGISTRY)).toBe(UNTRIED);
    now = 0;
    expect(new UploadProfiles(journal, () => now).of(REGISTRY)).toBe(UNTRIED);
    profiles.learn(REGISTRY, { kind: "single-post", taken: true });
    expect(journal.uploadProfile(REGISTRY)).toEqual({ profile: { ...UNTRIED, singlePost: "taken" }, learnedAt: 0 });
  });

  it("write nothing when nothing is new", () => {
    const journal = new InMemoryJournal();
    let writes = 0;
    journal.saveUploadProfile = () => {
      writes += 1;
    };
    const profiles = new UploadProfiles(journal);
    for (let round = 0; round < 3; round++) profiles.learn(REGISTRY, { kind: "single-post", taken: true });
    expect(writes).toBe(1);
  });
});
