import type { Behaviour } from "./behaviour.ts";
import { ask, digest, INDEX, MANIFEST, putManifest, smallImage, verdict } from "./wire.ts";

const CONFIG = "application/vnd.oci.image.config.v1+json";
const accept = `${INDEX}, ${MANIFEST}`;

function descriptor(body: string, mediaType = MANIFEST): object {
  return { mediaType, digest: digest(body), size: body.length };
}

/** Manifests: storing, verifying, deleting, referring. */
export const manifestCases: readonly Behaviour[] = [
  {
    name: "a manifest by tag and by digest",
    observe: async (target) => {
      // Blanks and key order must survive.
      const body = `${await smallImage(target)}\n  `;
      const put = await putManifest(target, "v1", body);
      const byTag = await ask(target, "GET", "manifests/v1", { headers: { accept } });
      const byDigest = await ask(target, "HEAD", `manifests/${digest(body)}`, { headers: { accept } });
      const header = "docker-content-digest";
      return {
        put: put.status,
        digests: [put, byTag, byDigest].map((answer) => answer.headers.get(header) === digest(body)),
        same: byTag.body.toString() === body,
        type: byTag.headers.get("content-type"),
        length: byDigest.headers.get("content-length") === String(body.length),
        location: put.headers.get("location")?.endsWith(`/manifests/${digest(body)}`),
      };
    },
    expected: { put: 201, digests: [true, true, true], same: true, type: MANIFEST, length: true, location: true },
  },
  {
    name: "a manifest that is not there",
    observe: async (target) => {
      await putManifest(target, "v1", await smallImage(target));
      return [verdict(await ask(target, "GET", "manifests/v2")), (await ask(target, "HEAD", `manifests/${digest("x")}`)).status];
    },
    expected: [{ status: 404, codes: ["MANIFEST_UNKNOWN"] }, 404],
  },
  {
    name: "a manifest of no repository",
    observe: async (target) => verdict(await ask(target, "GET", "manifests/v1")),
    expected: { status: 404, codes: ["MANIFEST_UNKNOWN"] },
  },
  {
    name: "a manifest under another digest",
    observe: async (target) => verdict(await putManifest(target, digest("another"), await smallImage(target))),
    expected: { status: 400, codes: ["DIGEST_INVALID"] },
  },
  {
    name: "a manifest under a tag that is none",
    observe: async (target) => (await putManifest(target, "-bad+tag", await smallImage(target))).status,
    expected: 400,
  },
  {
    name: "a manifest that is no JSON",
    observe: async (target) => verdict(await putManifest(target, "v1", "{ no json")),
    expected: { status: 400, codes: ["MANIFEST_INVALID"] },
  },
  {
    name: "a manifest of another type than announced",
    observe: async (target) => verdict(await putManifest(target, "v1", await smallImage(target), INDEX)),
    expected: { status: 400, codes: ["MANIFEST_INVALID"] },
  },
  {
    name: "a manifest whose blobs are missing",
    observe: async (target) => {
      const body = JSON.stringify({
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: { mediaType: CONFIG, digest: digest("config"), size: 6 },
        layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: digest("layer"), size: 5 }],
      });
      return verdict(await putManifest(target, "v1", body));
    },
    expected: { status: 400, codes: ["MANIFEST_BLOB_UNKNOWN", "MANIFEST_BLOB_UNKNOWN"] },
  },
  {
    name: "an index whose child is missing",
    observe: async (target) => {
      const body = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [descriptor("missing")] });
      return verdict(await putManifest(target, "v1", body, INDEX));
    },
    expected: { status: 400, codes: ["MANIFEST_BLOB_UNKNOWN"] },
  },
  {
    name: "an index in an index",
    observe: async (target) => {
      const image = await smallImage(target);
      await putManifest(target, digest(image), image);
      const inner = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [descriptor(image)] });
      await putManifest(target, digest(inner), inner, INDEX);
      const outer = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [descriptor(inner, INDEX)] });
      const put = await putManifest(target, "v1", outer, INDEX);
      const got = await ask(target, "GET", "manifests/v1", { headers: { accept } });
      return [put.status, got.headers.get("content-type"), got.body.toString() === outer];
    },
    expected: [201, INDEX, true],
  },
  {
    name: "a manifest above 4 MiB",
    observe: async (target) => {
      const body = await smallImage(target, "", { annotations: { a: "x".repeat(4 * 1024 * 1024) } });
      return (await putManifest(target, "v1", body)).status;
    },
    expected: 413,
  },
  {
    name: "several tags in one push",
    observe: async (target) => {
      const body = await smallImage(target);
      const put = await ask(target, "PUT", `manifests/${digest(body)}?tag=a&tag=b`, { headers: { "content-type": MANIFEST }, body });
      return [put.status, put.headers.get("oci-tag"), (await ask(target, "HEAD", "manifests/b", { headers: { accept } })).status];
    },
    expected: [201, "a, b", 200],
  },
  {
    name: "a tag that moves",
    observe: async (target) => {
      const [one, two] = [await smallImage(target, "1"), await smallImage(target, "2")];
      await putManifest(target, "v1", one);
      await putManifest(target, "v1", two);
      const now = await ask(target, "GET", "manifests/v1", { headers: { accept } });
      return [now.body.toString() === two, (await ask(target, "HEAD", `manifests/${digest(one)}`, { headers: { accept } })).status];
    },
    expected: [true, 200],
  },
  {
    name: "delete by tag",
    observe: async (target) => {
      const body = await smallImage(target);
      await putManifest(target, "a", body);
      await putManifest(target, "b", body);
      const deleted = verdict(await ask(target, "DELETE", "manifests/a"));
      const left = await Promise.all(
        ["a", "b", digest(body)].map(async (name) => (await ask(target, "HEAD", `manifests/${name}`, { headers: { accept } })).status),
      );
      return { ...deleted, left };
    },
    expected: { status: 202, codes: [], left: [404, 200, 200] },
  },
  {
    name: "delete by digest takes the tags along",
    observe: async (target) => {
      const body = await smallImage(target);
      await putManifest(target, "a", body);
      const deleted = (await ask(target, "DELETE", `manifests/${digest(body)}`)).status;
      const left = (await ask(target, "HEAD", "manifests/a", { headers: { accept } })).status;
      const again = verdict(await ask(target, "DELETE", `manifests/${digest(body)}`));
      return { deleted, left, again };
    },
    expected: { deleted: 202, left: 404, again: { status: 404, codes: ["MANIFEST_UNKNOWN"] } },
  },
  {
    name: "a subject and its referrers",
    observe: async (target) => {
      const subject = await smallImage(target, "subject");
      await putManifest(target, "v1", subject);
      const one = await smallImage(target, "", { subject: descriptor(subject), artifactType: "a/one", annotations: { k: "v" } });
      const two = await smallImage(target, "", { subject: descriptor(subject) });
      const put = await putManifest(target, digest(one), one);
      await putManifest(target, digest(two), two);
      const all = await ask(target, "GET", `referrers/${digest(subject)}`);
      const some = await ask(target, "GET", `referrers/${digest(subject)}?artifactType=a/one`);
      const types = (body: Buffer) =>
        (JSON.parse(body.toString()) as { manifests: { artifactType: string }[] }).manifests.map((each) => each.artifactType).sort();
      const header = put.headers.get("oci-subject");
      if (all.status !== 200) return { status: all.status, subject: header === null ? null : header === digest(subject) };
      return {
        status: 200,
        subject: header === digest(subject),
        all: types(all.body),
        some: types(some.body),
        filters: some.headers.get("oci-filters-applied"),
      };
    },
    expected: { status: 200, subject: true, all: ["a/one", CONFIG], some: ["a/one"], filters: "artifactType" },
  },
  {
    name: "referrers of nothing",
    observe: async (target) => {
      const answer = await ask(target, "GET", `referrers/${digest("nothing")}`);
      return [answer.status, answer.status === 200 ? (JSON.parse(answer.body.toString()) as { manifests: unknown }).manifests : null];
    },
    expected: [200, []],
  },
];
