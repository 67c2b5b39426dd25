import { seedImage } from "@transship/dev-registry";
import { EVER, type FaultCase, SHORT_TIMEOUTS } from "./fault-case.ts";

const BEARER = { auth: { scheme: "bearer", users: [{ username: "u", password: "p" }] } } as const;
/** Bytes after which a body breaks off: fewer than any range has, however many there are. */
const EARLY = 200_000;
/** A body that breaks off leads to a request for a range, on any path. */
const BREAK_OFF = { action: { kind: "cut-after", bytes: EARLY }, times: 3 } as const;
/** Every blob, by way of a signed address elsewhere. */
const REDIRECTED = { action: { kind: "redirect" }, times: EVER } as const;

/** What a source can do wrong while a blob is read. */
export const SOURCE_FAULTS: readonly FaultCase[] = [
  { name: "connections cut in mid-blob", source: [BREAK_OFF], wastedShare: 0 },
  {
    name: "bodies that end early, cleanly, under a right Content-Length",
    source: [{ action: { kind: "truncate-after", bytes: 100_000 }, times: 3 }],
    wastedShare: 0,
  },
  {
    name: "bodies that stop coming on an open connection",
    source: [{ action: { kind: "stall-after", bytes: EARLY }, times: 3 }],
    timeouts: SHORT_TIMEOUTS,
    wastedShare: 0,
  },
  {
    name: "a body that comes byte by byte, without end in sight",
    source: [{ action: { kind: "slow", bytesPerSecond: 40 }, match: { op: "blob-get" } }],
    timeouts: SHORT_TIMEOUTS,
    wastedShare: 0,
  },
  {
    name: "requests that are never answered",
    source: [
      { action: { kind: "delay", milliseconds: 3_600_000 }, match: { op: "blob-get" }, times: 2 },
      { action: { kind: "delay", milliseconds: 3_600_000 }, match: { op: "manifest-get" } },
    ],
    timeouts: SHORT_TIMEOUTS,
  },
  {
    name: "heads of answers that come byte by byte",
    source: [{ action: { kind: "trickle", milliseconds: 50 }, match: { op: ["blob-get", "manifest-get"] }, times: 2 }],
    timeouts: SHORT_TIMEOUTS,
  },
  { name: "one wrong bit", source: [{ action: { kind: "flip-bit", offset: 777_777 }, times: EVER }], heals: true },
  {
    name: "bytes after the end of a body",
    source: [{ action: { kind: "overlong", bytes: 10, announced: false }, times: 2 }],
  },
  { name: "a body longer than it should be, once", source: [{ action: { kind: "overlong", bytes: 10, announced: true } }] },
  {
    name: "Content-Range that lies",
    source: [BREAK_OFF, { action: { kind: "lying-content-range", shift: 512 }, times: 3 }],
  },
  { name: "ranges ignored", source: [BREAK_OFF, { action: { kind: "ignore-range" }, times: EVER }] },
  { name: "redirects to storage", source: [REDIRECTED] },
  {
    name: "redirects to addresses that expire in mid-blob",
    source: [
      REDIRECTED,
      { action: { kind: "cut-after", bytes: EARLY }, match: { op: "blob-redirected" }, times: 2 },
      { action: { kind: "status", status: 403 }, match: { op: "blob-redirected" }, after: 1, times: 2 },
    ],
  },
  {
    name: "tokens that expire in mid-blob",
    sourceOptions: BEARER,
    source: [BREAK_OFF, { action: { kind: "expired-token" }, match: { op: "blob-get" }, after: 3 }],
  },
  {
    name: "a burst of 5xx, with and without a proxy's page",
    source: [
      { action: { kind: "status", status: 502, html: true }, match: { op: "blob-get" }, times: 2 },
      { action: { kind: "status", status: 503, retryAfter: "1" }, match: { op: "manifest-get" } },
    ],
    wastedShare: 0,
  },
  {
    name: "a storm of 429, with and without Retry-After",
    source: [
      { action: { kind: "too-many-requests", retryAfter: "1" }, match: { op: "blob-get" }, times: 2 },
      { action: { kind: "too-many-requests" }, match: { op: ["manifest-head", "manifest-get"] }, times: 2 },
    ],
    wastedShare: 0,
  },
  { name: "a 429 of bare line feeds", source: [{ action: { kind: "malformed" }, match: { op: "blob-get" }, times: 2 }], wastedShare: 0 },
  { name: "a wrong digest in a blob's header", source: [{ action: { kind: "wrong-digest-header" }, match: { op: "blob-get" } }] },
  { name: "a wrong digest in a manifest's header", source: [{ action: { kind: "wrong-digest-header" }, match: { op: "manifest-get" } }] },
  {
    name: "no digest headers at all",
    sourceOptions: { settings: { digestHeader: false } },
    source: [BREAK_OFF],
  },

  {
    // A target without the tag needs whatever the source names: it is read by the tag, and the digest computed.
    name: "a wrong digest in the tag's header",
    source: [{ action: { kind: "wrong-digest-header" }, match: { op: "manifest-head" } }],
    ways: ["stream"],
  },
  {
    name: "a wrong digest in the tag's header, where the target has the tag",
    prepare: async ({ target }) => void (await seedImage(target, { repository: "app", tag: "v1", layers: [{ size: 10, seed: "theirs" }] })),
    source: [{ action: { kind: "wrong-digest-header" }, match: { op: "manifest-head" } }],
    ways: ["stream"],
    fails: { code: "SOURCE_MOVED", side: "source" },
  },
  {
    name: "wrong bytes each time",
    source: [{ action: { kind: "flip-bit", offset: 777_777 }, times: EVER }],
    fails: { code: "DIGEST_MISMATCH", side: "source" },
  },
  {
    name: "a blob that is longer than the manifest says",
    source: [{ action: { kind: "overlong", bytes: 10, announced: true }, times: EVER }],
    ways: ["stream", "spooled"],
    fails: { code: "SIZE_MISMATCH", side: "source" },
  },
  {
    name: "Content-Range that always lies",
    source: [{ action: { kind: "lying-content-range", shift: 512 }, times: EVER }],
    ways: ["segmented"],
    fails: { code: "RESPONSE_MALFORMED", side: "source" },
  },
  {
    name: "a registry that stays down",
    source: [{ action: { kind: "status", status: 500 }, match: { op: "blob-get" }, times: EVER }],
    fails: { code: "REGISTRY_FAILED", side: "source" },
    requests: 200,
  },
  {
    name: "a registry that never answers for blobs",
    source: [{ action: { kind: "delay", milliseconds: 3_600_000 }, match: { op: "blob-get" }, times: EVER }],
    timeouts: { headersMs: 400 },
    ways: ["stream", "spooled"],
    fails: { code: "TIMED_OUT", side: "source" },
  },
  {
    name: "a right that is revoked between two blobs",
    source: [{ action: { kind: "status", status: 403 }, match: { op: "blob-get" }, after: 2, times: EVER }],
    fails: { code: "DENIED", side: "source" },
    requests: 60,
  },
  {
    name: "a right that is revoked in mid-blob",
    ways: ["stream", "spooled"],
    source: [BREAK_OFF, { action: { kind: "status", status: 403 }, match: { op: "blob-get" }, after: 3, times: EVER }],
    fails: { code: "DENIED", side: "source" },
    requests: 60,
  },
  {
    name: "a blob that is gone",
    source: [{ action: { kind: "status", status: 404 }, match: { op: "blob-get" }, times: EVER }],
    fails: { code: "BLOB_UNKNOWN", side: "source" },
    requests: 60,
  },
  {
    name: "a redirect to where nothing of ours may go",
    source: [{ action: { kind: "redirect", location: "http://169.254.169.254/latest" }, match: { op: "blob-get" }, times: EVER }],
    ways: ["stream", "segmented"],
    fails: { code: "REDIRECT_REFUSED", side: "source" },
  },
  {
    name: "a pause longer than a slot is worth",
    source: [{ action: { kind: "too-many-requests", retryAfter: "777600" }, match: { op: "blob-get" }, times: EVER }],
    ways: ["stream", "segmented"],
    fails: { code: "TOOMANYREQUESTS", side: "source" },
    requests: 60,
  },
];
