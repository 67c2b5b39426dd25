/** Registries that the behavioural suite runs against. */
export type Subject = "double in memory" | "double in a directory" | "double as distribution-2.8" | "distribution-3" | "distribution-2.8";

/** What a registry does instead of the expected, and why. */
export interface Difference {
  readonly instead: unknown;
  readonly because: string;
}

type Differences = Partial<Record<Subject, Difference>>;

/** The real 2.8 and the double that imitates it. */
function in28(instead: unknown, because: string): Differences {
  return { "distribution-2.8": { instead, because }, "double as distribution-2.8": { instead, because } };
}

/** Both real registries. */
function inReal(instead: unknown, because: string): Differences {
  return { "distribution-3": { instead, because }, "distribution-2.8": { instead, because } };
}

/** Both real registries and the double that imitates one of them. */
function inRealAndImitated(instead: unknown, because: string): Differences {
  return { ...inReal(instead, because), ...in28(instead, because) };
}

const allTags = { status: 200, tags: ["V1", "latest", "v10", "v2"], next: null };
const sessionLost = { status: 404, codes: ["BLOB_UPLOAD_INVALID"] };
const noReferrers = "it has no referrers API; clients keep the fallback tag";

/** Case → registry → what it does instead. The suite asserts each of them, so that none outlives its cause unseen. */
export const DIFFERENCES: Readonly<Record<string, Differences>> = {
  "a repository name that is none": inReal(
    { status: 404, codes: [] },
    "the router matches valid names only, so the answer is Go's plain 404 page; the double says what is wrong",
  ),
  "range beyond": {
    "distribution-2.8": {
      instead: { status: 416, torn: true },
      because: "the 416 announces the blob's Content-Length and sends a short message instead, so the reply cannot be read to its end",
    },
  },
  "range backwards": {
    "distribution-2.8": {
      instead: { status: 416, torn: true },
      because: "the 416 announces the blob's Content-Length, as for a range beyond the end",
    },
  },
  "tags in order": {
    "distribution-2.8": {
      instead: { complete: true, ordered: false },
      because: "tags come in the order of the file system; the double cannot imitate that order and sorts",
    },
  },
  "tags by pages": {
    ...in28([allTags, allTags], "n and last are ignored: every answer is the whole list"),
    "distribution-3": {
      instead: [
        { status: 200, tags: ["V1", "latest"], next: '<?last=latest&n=2>; rel="next"' },
        { status: 200, tags: ["v10", "v2"], next: '<?last=v2&n=2>; rel="next"' },
      ],
      because: "a full page always has a Link, also when nothing follows; the page behind it is empty",
    },
  },
  "tags, n=0 and n=nonsense": in28([allTags, { status: 200, codes: [] }], "n is not looked at"),
  "tags after the last one went": in28([202, { status: 200, tags: null, next: null }], "an empty list is null"),
  "catalog, n too large": inReal(
    { status: 400, codes: ["PAGINATION_NUMBER_INVALID"] },
    "n above catalog.maxentries (1000) is refused; the double answers with a shorter page, as the spec does for tags",
  ),
  locations: inRealAndImitated(
    { form: "absolute", query: true, uuid: true },
    "Locations are absolute; both forms are allowed, and the double can write both",
  ),
  "upload in one POST": inRealAndImitated(202, "end-4b is optional: 202 opens an ordinary session"),
  "upload in one POST that is not taken goes on in the session that it opened": inRealAndImitated(
    { post: 202, range: "0-0", put: 201 },
    "the body of the POST is thrown away; the session is an ordinary one and still empty",
  ),
  "a chunk out of order": {
    ...in28(
      { status: 202, codes: [], range: "0-999", location: true, after: [404, null] },
      "Content-Range is not looked at: the bytes are appended, and the Location from before is then at a wrong offset, which costs the session",
    ),
    "distribution-3": {
      instead: { status: 416, codes: ["RANGE_INVALID"], range: null, location: false, after: [204, "0-499"] },
      because: "the 416 itself does not tell the offset; the status query does",
    },
  },
  "a chunk of another length than its range": in28({ status: 202, codes: [] }, "Content-Range is not looked at"),
  "status by the Location before the last chunk": in28(
    { ...sessionLost, range: null },
    "the Location carries the offset in _state, and a session that is elsewhere is cancelled",
  ),
  "resume after a torn chunk": in28(
    { ...sessionLost, offset: null, finished: null },
    "the bytes of the torn chunk are stored, so the session no longer is where the last Location says, and is cancelled",
  ),
  "a session that nobody opened": {
    "distribution-2.8": { instead: sessionLost, because: "the signature of _state is checked before the session is looked for" },
  },
  sha512: inReal(
    [201, false, 200],
    "Docker-Content-Digest names the sha256 of the content, whatever digest was pushed; the blob can be read under both",
  ),
  "mount without a source": inRealAndImitated(202, "a source is needed; 202 opens an ordinary session"),
  "a manifest under a tag that is none": inReal(404, "the router matches valid references only"),
  "a manifest above 4 MiB": inReal(400, "the limit is the same, the status an older one than the spec's 413"),
  "several tags in one push": inReal(
    [201, null, 404],
    "end-7b is newer than distribution-spec 1.1: the parameters are ignored, only the digest is pushed",
  ),
  "delete by tag": in28({ status: 400, codes: ["DIGEST_INVALID"], left: [200, 200, 200] }, "only digests can be deleted"),
  "a subject and its referrers": inRealAndImitated({ status: 404, subject: null }, noReferrers),
  "referrers of nothing": inRealAndImitated([404, null], noReferrers),
};
