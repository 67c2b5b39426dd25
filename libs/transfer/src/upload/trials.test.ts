import { type ErrorCode, TransshipError } from "@transship/errors";
import { describe, expect, it } from "vitest";
import { InMemoryJournal } from "../memory-journal.ts";
import { Trials } from "./trials.ts";
import { UploadProfiles } from "./upload-profiles.ts";

const FIRST = { request: "chunk", bytes: 100, start: 0, chunks: 0, resumed: "no" } as const;
const LATER = { ...FIRST, start: 100, chunks: 1 } as const;

function stage() {
  const uploads = new UploadProfiles(new InMemoryJournal());
  return { uploads, trials: new Trials(uploads, "https://registry.test") };
}

function failure(code: ErrorCode): TransshipError {
  return new TransshipError(code, { what: "uploading", why: "tested" });
}

describe("the attempts at an upload", () => {
  it("take an ambiguous refusal for a lesson when it comes twice in a row at the same point", () => {
    const { trials } = stage();
    for (const [code, request] of [
      ["BLOB_UPLOAD_UNKNOWN", FIRST],
      // A cut line in between, or another point: not in a row.
      ["CONNECTION_FAILED", FIRST],
      ["BLOB_UPLOAD_UNKNOWN", FIRST],
      ["BLOB_UPLOAD_INVALID", LATER],
      ["BLOB_UPLOAD_UNKNOWN", FIRST],
    ] as const) {
      trials.begin();
      trials.failed(failure(code), request);
      expect(trials.wiser()).toBe(false);
    }
    trials.begin();
    trials.failed(failure("BLOB_UPLOAD_UNKNOWN"), FIRST);
    expect(trials.wiser()).toBe(true);
    expect(trials.begin()).toMatchObject({ patches: "none" });
    expect(trials.wiser()).toBe(false);
  });

  it("blame nothing else for a failure that follows from what was just learned", () => {
    const { trials } = stage();
    trials.begin();
    trials.failed(failure("BLOB_UPLOAD_INVALID"), FIRST);
    trials.begin();
    trials.learn({ kind: "later-patches-lost" });
    trials.failed(failure("BLOB_UPLOAD_INVALID"), FIRST);
    expect(trials.wiser()).toBe(true);
    expect(trials.begin()).toMatchObject({ patches: "one" });
  });

  it("profit from what another blob learned meanwhile", () => {
    const { trials, uploads } = stage();
    trials.begin();
    uploads.learn("https://registry.test", { kind: "patch-refused" });
    trials.failed(failure("UNSUPPORTED"), FIRST);
    expect(trials.wiser()).toBe(true);
  });

  it("are not made at once where no lesson explains the failure", () => {
    const { trials, uploads } = stage();
    trials.begin();
    uploads.learn("https://registry.test", { kind: "patch-refused" });
    // An answer that was lost: the target may have the blob.
    trials.failed(failure("CONNECTION_FAILED"), FIRST);
    expect(trials.wiser()).toBe(false);
    trials.begin();
    uploads.learn("https://registry.test", { kind: "whole-put-refused" });
    // Nothing of the target failed: the source did.
    expect(trials.wiser()).toBe(false);
    trials.begin();
    uploads.learn("https://registry.test", { kind: "single-post", taken: true });
    trials.failed(failure("DIGEST_INVALID"), { ...FIRST, request: "whole-put" });
    expect(trials.wiser()).toBe(false);
  });

  it("are not made at once for ever, whatever a registry plays", () => {
    const { trials } = stage();
    let atOnce = 0;
    for (let round = 1; round <= 100; round++) {
      trials.begin();
      trials.learn({ kind: "least-chunk", bytes: round });
      trials.failed(failure("SIZE_INVALID"), LATER);
      if (trials.wiser()) atOnce += 1;
    }
    expect(atOnce).toBeLessThan(30);
  });
});
