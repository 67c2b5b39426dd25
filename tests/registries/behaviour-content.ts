import type { Behaviour } from "./behaviour.ts";
import { type Answer, ask, codes, digest, open, pushBlob, putManifest, smallImage, type Target, verdict } from "./wire.ts";

const BYTES = Buffer.from("0123456789".repeat(10));

async function ranged(target: Target, range: string): Promise<unknown> {
  const name = await pushBlob(target, BYTES);
  const answer = await ask(target, "GET", `blobs/${name}`, { headers: { range } });
  const { status, headers, body, torn } = answer;
  return status === 206 ? { status, range: headers.get("content-range"), body: body.toString() } : { status, torn };
}

async function manyTags(target: Target): Promise<void> {
  const manifest = await smallImage(target);
  for (const tag of ["v2", "v10", "latest", "V1"]) await putManifest(target, tag, manifest);
}

/** A page of tags. They are put in order: whether they came so is a case of its own. */
function list({ status, body, headers }: Answer): unknown {
  const { tags } = JSON.parse(body.toString()) as { tags: string[] | null };
  return { status, tags: tags?.sort() ?? null, next: headers.get("link")?.replace(/<.*(\?.*)>/, "<$1>") ?? null };
}

/** Reading: ping, blobs, ranges, lists. */
export const contentCases: readonly Behaviour[] = [
  {
    name: "ping",
    observe: async (target) => {
      const answer = await ask(target, "GET", "/v2/");
      return { status: answer.status, api: answer.headers.get("docker-distribution-api-version") };
    },
    expected: { status: 200, api: "registry/2.0" },
  },
  {
    name: "a blob that is not there",
    observe: async (target) => {
      const name = digest("nowhere");
      return [(await ask(target, "HEAD", `blobs/${name}`)).status, verdict(await ask(target, "GET", `blobs/${name}`))];
    },
    expected: [404, { status: 404, codes: ["BLOB_UNKNOWN"] }],
  },
  {
    name: "a blob digest that is none",
    observe: async (target) => verdict(await ask(target, "GET", "blobs/sha256:abc")),
    expected: { status: 400, codes: ["DIGEST_INVALID"] },
  },
  {
    name: "a repository name that is none",
    observe: async (target) => verdict(await ask(target, "GET", "/v2/Upper/Case/tags/list")),
    expected: { status: 400, codes: ["NAME_INVALID"] },
  },
  {
    name: "headers of a blob",
    observe: async (target) => {
      const name = await pushBlob(target, BYTES);
      const { status, headers } = await ask(target, "HEAD", `blobs/${name}`);
      const get = (header: string) => headers.get(header);
      return {
        status,
        length: get("content-length"),
        ranges: get("accept-ranges"),
        type: get("content-type"),
        right: get("docker-content-digest") === name,
      };
    },
    expected: { status: 200, length: "100", ranges: "bytes", type: "application/octet-stream", right: true },
  },
  {
    name: "range closed",
    observe: (target) => ranged(target, "bytes=10-14"),
    expected: { status: 206, range: "bytes 10-14/100", body: "01234" },
  },
  {
    name: "range open",
    observe: (target) => ranged(target, "bytes=95-"),
    expected: { status: 206, range: "bytes 95-99/100", body: "56789" },
  },
  {
    name: "range suffix",
    observe: (target) => ranged(target, "bytes=-3"),
    expected: { status: 206, range: "bytes 97-99/100", body: "789" },
  },
  {
    name: "range past the end",
    observe: (target) => ranged(target, "bytes=98-200"),
    expected: { status: 206, range: "bytes 98-99/100", body: "89" },
  },
  { name: "range beyond", observe: (target) => ranged(target, "bytes=100-"), expected: { status: 416, torn: false } },
  { name: "range backwards", observe: (target) => ranged(target, "bytes=9-5"), expected: { status: 416, torn: false } },
  {
    name: "delete a blob",
    observe: async (target) => {
      const name = await pushBlob(target, "to delete");
      const statuses: number[] = [];
      for (const method of ["DELETE", "HEAD", "DELETE"]) statuses.push((await ask(target, method, `blobs/${name}`)).status);
      return statuses;
    },
    expected: [202, 404, 404],
  },
  {
    name: "tags of no repository",
    observe: async (target) => verdict(await ask(target, "GET", "tags/list")),
    expected: { status: 404, codes: ["NAME_UNKNOWN"] },
  },
  {
    name: "tags of a repository with an open upload alone",
    observe: async (target) => {
      await open(target);
      return verdict(await ask(target, "GET", "tags/list"));
    },
    expected: { status: 404, codes: ["NAME_UNKNOWN"] },
  },
  {
    name: "tags in order",
    observe: async (target) => {
      const manifest = await smallImage(target);
      // So many that no order of a file system is right by chance.
      const names = ["v2", "v10", "latest", "V1", ..."qwertzuiopasdfghjkl"];
      for (const tag of names) await putManifest(target, tag, manifest);
      const { tags } = JSON.parse((await ask(target, "GET", "tags/list")).body.toString()) as { tags: string[] };
      return { complete: new Set(tags).size === names.length, ordered: tags.join() === names.sort().join() };
    },
    expected: { complete: true, ordered: true },
  },
  {
    name: "tags by pages",
    observe: async (target) => {
      await manyTags(target);
      return [list(await ask(target, "GET", "tags/list?n=2")), list(await ask(target, "GET", "tags/list?n=2&last=latest"))];
    },
    expected: [
      { status: 200, tags: ["V1", "latest"], next: '<?last=latest&n=2>; rel="next"' },
      { status: 200, tags: ["v10", "v2"], next: null },
    ],
  },
  {
    name: "tags, n=0 and n=nonsense",
    observe: async (target) => {
      await manyTags(target);
      return [list(await ask(target, "GET", "tags/list?n=0")), verdict(await ask(target, "GET", "tags/list?n=x"))];
    },
    expected: [
      { status: 200, tags: [], next: null },
      { status: 400, codes: ["PAGINATION_NUMBER_INVALID"] },
    ],
  },
  {
    name: "tags after the last one went",
    observe: async (target) => {
      const manifest = await smallImage(target);
      await putManifest(target, "only", manifest);
      const deleted = (await ask(target, "DELETE", `manifests/${digest(manifest)}`)).status;
      return [deleted, list(await ask(target, "GET", "tags/list"))];
    },
    expected: [202, { status: 200, tags: [], next: null }],
  },
  {
    name: "catalog by pages",
    observe: async (target) => {
      await pushBlob(target, "so that there is a repository");
      await putManifest(target, "v1", await smallImage(target));
      const all = await ask(target, "GET", "/v2/_catalog?n=1000");
      const one = await ask(target, "GET", "/v2/_catalog?n=1");
      const { repositories } = JSON.parse(all.body.toString()) as { repositories: string[] };
      const first = JSON.parse(one.body.toString()) as { repositories: string[] };
      return {
        status: all.status,
        known: repositories.includes(target.repository),
        ordered: repositories.join() === [...repositories].sort().join(),
        first: first.repositories.length,
        link: one.headers.get("link")?.includes('rel="next"') ?? false,
      };
    },
    expected: { status: 200, known: true, ordered: true, first: 1, link: true },
  },
  {
    name: "catalog, n too large",
    observe: async (target) => {
      const answer = await ask(target, "GET", "/v2/_catalog?n=100000");
      return { status: answer.status, codes: codes(answer) };
    },
    expected: { status: 200, codes: [] },
  },
];
