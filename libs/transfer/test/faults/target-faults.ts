import type { FaultRule } from "@transship/dev-registry";
import { EVER, type FaultCase, SHORT_TIMEOUTS, UPLOAD_BODIES } from "./fault-case.ts";

const MIB = 1024 * 1024;
const BEARER = {
  auth: { scheme: "bearer", users: [{ username: "u", password: "p" }] },
  settings: { missingReferences: "accept" },
} as const;
/** Checks what a manifest names, as faults of garbage collection need it. */
const STRICT = { settings: { missingReferences: "reject" } } as const;
const OLD = { profile: "distribution-2.8", settings: { missingReferences: "accept" } } as const;
const HOUR = 3_600_000;
const LOST_CHUNK: FaultRule = { action: { kind: "drop-answer" }, match: { op: "blob-patch" } };

/** What a target can do wrong while a blob is uploaded and a manifest put. */
export const TARGET_FAULTS: readonly FaultCase[] = [
  {
    name: "connections cut in mid-upload",
    target: [{ action: { kind: "cut-after", bytes: MIB }, match: { op: UPLOAD_BODIES }, times: 2 }],
  },
  {
    name: "connections cut in mid-upload, at a registry that loses the session with them",
    targetOptions: OLD,
    target: [{ action: { kind: "cut-after", bytes: MIB }, match: { op: UPLOAD_BODIES }, times: 2 }],
  },
  {
    name: "connections closed in mid-upload",
    target: [{ action: { kind: "truncate-after", bytes: MIB }, match: { op: UPLOAD_BODIES }, times: 2 }],
  },
  {
    name: "uploads that are not read any further",
    target: [{ action: { kind: "stall-after", bytes: MIB }, match: { op: UPLOAD_BODIES } }],
    timeouts: SHORT_TIMEOUTS,
  },
  {
    name: "an upload that is read byte by byte",
    target: [{ action: { kind: "slow", bytesPerSecond: 40 }, match: { op: UPLOAD_BODIES } }],
    timeouts: SHORT_TIMEOUTS,
  },
  {
    name: "requests that are never answered",
    target: (["blob-head", "blob-start", "blob-put", "manifest-put"] as const).map((op) => ({
      action: { kind: "delay", milliseconds: HOUR },
      match: { op },
    })),
    timeouts: SHORT_TIMEOUTS,
  },
  {
    name: "heads of answers that come byte by byte",
    target: (["blob-start", "blob-put", "manifest-put"] as const).map((op) => ({
      action: { kind: "trickle", milliseconds: 50 },
      match: { op },
    })),
    timeouts: SHORT_TIMEOUTS,
  },
  {
    name: "a burst of 5xx, with and without a proxy's page",
    target: [
      { action: { kind: "status", status: 500 }, match: { op: "blob-start" }, times: 3 },
      { action: { kind: "status", status: 500 }, match: { op: "blob-put" } },
      { action: { kind: "status", status: 503, html: true }, match: { op: "manifest-put" }, times: 2 },
    ],
  },
  {
    name: "a storm of 429, with and without Retry-After",
    target: [
      { action: { kind: "too-many-requests", retryAfter: "1" }, match: { op: "blob-start" }, times: 2 },
      { action: { kind: "too-many-requests" }, match: { op: ["blob-head", "manifest-head"] }, times: 3 },
      { action: { kind: "too-many-requests", retryAfter: "0" }, match: { op: [...UPLOAD_BODIES, "manifest-put"] }, times: 3 },
    ],
  },
  {
    name: "answers that no parser takes",
    target: [{ action: { kind: "malformed" }, match: { op: ["blob-start", "blob-put", "manifest-put"] }, times: 3 }],
  },
  {
    name: "an upload session lost between two chunks",
    chunks: true,
    target: [{ action: { kind: "lost-session" }, match: { op: "blob-patch" }, after: 1 }],
    wastedShare: 0,
  },
  { name: "an upload session lost at the commit", target: [{ action: { kind: "lost-session" }, match: { op: "blob-put" } }] },
  {
    name: "the answer to a chunk lost",
    chunks: true,
    target: [{ ...LOST_CHUNK, times: 2 }],
    wastedShare: 0,
  },
  {
    name: "the answer to the commit lost",
    target: [{ action: { kind: "drop-answer" }, match: { op: "blob-put" }, times: 2 }],
    wastedShare: 0,
  },
  {
    name: "the answer to the opening of an upload lost",
    target: [{ action: { kind: "drop-answer" }, match: { op: "blob-start" }, times: 2 }],
    wastedShare: 0,
  },
  { name: "the answer to the tag lost", target: [{ action: { kind: "drop-answer" }, match: { op: "manifest-put" } }], wastedShare: 0 },
  ...[-MIB, MIB, 500 * MIB].map(
    (delta): FaultCase => ({
      name: `a status ${Math.abs(delta) / MIB} MiB ${delta < 0 ? "behind" : "ahead of"} ours`,
      chunks: true,
      target: [LOST_CHUNK, { action: { kind: "wrong-offset", delta } }],
      wastedShare: 0,
    }),
  ),
  ...[-MIB, MIB].map(
    (delta): FaultCase => ({
      name: `a chunk acknowledged to a byte ${delta < 0 ? "behind" : "ahead of"} ours`,
      chunks: true,
      target: [{ action: { kind: "wrong-offset", delta }, match: { op: "blob-patch" } }],
      wastedShare: 0,
    }),
  ),
  {
    name: "a status ahead of ours, at a registry that does not look at offsets",
    chunks: true,
    targetOptions: { profile: "distribution-2.8", settings: { missingReferences: "accept", uploadStatus: "distribution-2.8" } },
    target: [{ action: { kind: "wrong-offset", delta: MIB }, match: { op: "blob-patch" } }],
    wastedShare: 0,
  },
  {
    name: "416 for a chunk",
    chunks: true,
    target: [{ action: { kind: "status", status: 416 }, match: { op: "blob-patch" }, times: 2 }],
    wastedShare: 0,
  },
  {
    name: "a status that cannot be had just then",
    chunks: true,
    target: [
      { ...LOST_CHUNK, times: 1 },
      { action: { kind: "status", status: 503 }, match: { op: "blob-status" }, times: 2 },
    ],
    wastedShare: 0,
  },
  {
    name: "tokens that expire in mid-upload",
    targetOptions: BEARER,
    // Each time a fresh token is good: one that is refused as well means that the right is missing.
    target: ([["blob-post"], ["blob-patch", "blob-put"], ["manifest-put"]] as const).map((op) => ({
      action: { kind: "expired-token" },
      match: { op },
    })),
  },
  { name: "one wrong bit on the way up", target: [{ action: { kind: "flip-bit", offset: 77_777 }, match: { op: UPLOAD_BODIES } }] },
  { name: "a wrong digest at the commit", target: [{ action: { kind: "wrong-digest-header" }, match: { op: "blob-put" } }] },
  {
    name: "a wrong digest at the read-back",
    target: [{ action: { kind: "wrong-digest-header" }, match: { op: "manifest-head" }, after: 0 }],
  },
  { name: "garbage collected before the manifest comes", targetOptions: STRICT, target: [{ action: { kind: "gc-race" } }] },
  { name: "blobs that show late", targetOptions: STRICT, target: [{ action: { kind: "late-blob", milliseconds: 500 }, times: 2 }] },

  {
    name: "uploads that are corrupted each time",
    target: [{ action: { kind: "flip-bit", offset: 77_777 }, match: { op: UPLOAD_BODIES }, times: EVER }],
    fails: { code: "DIGEST_INVALID", side: "target" },
    requests: 80,
  },
  {
    name: "sessions that are lost each time at the commit",
    target: [{ action: { kind: "lost-session" }, match: { op: "blob-put" }, times: EVER }],
    fails: { code: "BLOB_UPLOAD_UNKNOWN", side: "target" },
    requests: 80,
  },
  {
    name: "a connection that never lasts for a second chunk, at a registry that loses the session with it",
    chunks: true,
    targetOptions: OLD,
    target: [{ action: { kind: "cut-after", bytes: 10 }, match: { op: "blob-patch", path: /_state=(?!eyJvZmZzZXQiOjB9)/ }, times: EVER }],
    fails: { code: "CONNECTION_FAILED", side: "target" },
    requests: 80,
  },
  {
    name: "a registry that stays down",
    target: [{ action: { kind: "status", status: 500 }, match: { op: UPLOAD_BODIES }, times: EVER }],
    fails: { code: "REGISTRY_FAILED", side: "target" },
    requests: 80,
  },
  {
    name: "a registry that is read-only",
    ways: ["stream", "spooled"],
    target: [{ action: { kind: "read-only" }, times: EVER }],
    fails: { code: "DENIED", side: "target" },
    requests: 40,
  },
  {
    name: "a right that is revoked in mid-upload",
    chunks: true,
    target: [{ action: { kind: "read-only" }, match: { op: "blob-patch" }, after: 1, times: EVER }],
    fails: { code: "DENIED", side: "target" },
    requests: 60,
  },
  {
    name: "an upload that is sent on to another host",
    target: [{ action: { kind: "foreign-location", location: "http://127.0.0.1:9/v2/" }, match: { op: "blob-start" }, times: EVER }],
    fails: { code: "REDIRECT_REFUSED", side: "target" },
    requests: 40,
  },
  {
    name: "garbage collected all the time",
    ways: ["stream"],
    targetOptions: STRICT,
    target: [{ action: { kind: "gc-race" }, times: EVER }],
    fails: { code: "TARGET_GC_RACE", side: "target" },
  },
  {
    name: "a pause longer than a slot is worth",
    ways: ["stream"],
    target: [
      { action: { kind: "too-many-requests", retryAfter: "Fri, 31 Dec 2999 23:59:59 GMT" }, match: { op: "blob-start" }, times: EVER },
    ],
    fails: { code: "TOOMANYREQUESTS", side: "target" },
    requests: 40,
  },
];
