import type { Behaviour } from "./behaviour.ts";
import { ask, codes, digest, location, open, patch, pushBlob, tornPatch, verdict } from "./wire.ts";

const BYTES = Buffer.from("0123456789".repeat(100));
const DIGEST = digest(BYTES);
const HALF = BYTES.subarray(0, 500);
const REST = BYTES.subarray(500);

/** Writing blobs: sessions, chunks, resuming, mounting. */
export const uploadCases: readonly Behaviour[] = [
  {
    name: "upload in one PUT",
    observe: async (target) => {
      const session = await open(target);
      const put = await ask(target, "PUT", location(target, session, DIGEST), { body: BYTES });
      const got = await ask(target, "GET", location(target, put));
      return {
        open: session.status,
        put: put.status,
        digest: put.headers.get("docker-content-digest") === DIGEST,
        same: got.body.equals(BYTES),
      };
    },
    expected: { open: 202, put: 201, digest: true, same: true },
  },
  {
    name: "locations",
    observe: async (target) => {
      const session = await open(target);
      const text = session.headers.get("location") ?? "";
      return {
        form: text.startsWith("/") ? "relative" : "absolute",
        query: text.includes("?"),
        uuid: session.headers.get("docker-upload-uuid") !== null,
      };
    },
    expected: { form: "relative", query: true, uuid: true },
  },
  {
    name: "upload in one POST",
    observe: async (target) => {
      const post = await ask(target, "POST", `blobs/uploads/?digest=${DIGEST}`, {
        headers: { "content-type": "application/octet-stream" },
        body: BYTES,
      });
      return post.status;
    },
    expected: 201,
  },
  {
    name: "upload in one POST that is not taken goes on in the session that it opened",
    observe: async (target) => {
      const headers = { "content-type": "application/octet-stream" };
      const post = await ask(target, "POST", `blobs/uploads/?digest=${DIGEST}`, { headers, body: BYTES });
      if (post.status !== 202) return { post: post.status };
      const status = await ask(target, "GET", location(target, post));
      const put = await ask(target, "PUT", location(target, status, DIGEST), { headers, body: BYTES });
      return { post: post.status, range: status.headers.get("range"), put: put.status };
    },
    expected: { post: 201 },
  },
  {
    name: "upload as one PATCH and an empty PUT",
    observe: async (target) => {
      const all = await patch(target, await open(target), BYTES, "0-999");
      return [all.status, all.headers.get("range"), (await ask(target, "PUT", location(target, all, DIGEST))).status];
    },
    expected: [202, "0-999", 201],
  },
  {
    name: "upload in chunks",
    observe: async (target) => {
      const session = await open(target);
      const first = await patch(target, session, HALF, "0-499");
      const second = await patch(target, first, REST, "500-999");
      const put = await ask(target, "PUT", location(target, second, DIGEST));
      return [session, first, second, put].map(({ status, headers }) => [status, headers.get("range")]);
    },
    expected: [
      [202, "0-0"],
      [202, "0-499"],
      [202, "0-999"],
      [201, null],
    ],
  },
  {
    name: "upload with the last chunk in the PUT",
    observe: async (target) => {
      const first = await patch(target, await open(target), HALF, "0-499");
      const headers = { "content-type": "application/octet-stream", "content-range": "500-999" };
      return (await ask(target, "PUT", location(target, first, DIGEST), { headers, body: REST })).status;
    },
    expected: 201,
  },
  {
    name: "upload as a stream without Content-Range",
    observe: async (target) => {
      const first = await patch(target, await open(target), BYTES);
      return [first.status, first.headers.get("range"), (await ask(target, "PUT", location(target, first, DIGEST))).status];
    },
    expected: [202, "0-999", 201],
  },
  {
    name: "a chunk out of order",
    observe: async (target) => {
      const first = await patch(target, await open(target), HALF, "0-499");
      const wrong = await patch(target, first, REST, "600-1099");
      const status = await ask(target, "GET", location(target, first));
      return {
        ...verdict(wrong),
        range: wrong.headers.get("range"),
        location: wrong.headers.has("location"),
        after: [status.status, status.headers.get("range")],
      };
    },
    expected: { status: 416, codes: ["RANGE_INVALID"], range: "0-499", location: true, after: [204, "0-499"] },
  },
  {
    name: "a chunk of another length than its range",
    observe: async (target) => verdict(await patch(target, await open(target), HALF, "0-99")),
    expected: { status: 400, codes: ["SIZE_INVALID"] },
  },
  {
    name: "status of a session",
    observe: async (target) => {
      const session = await open(target);
      const empty = await ask(target, "GET", location(target, session));
      const first = await patch(target, session, HALF, "0-499");
      const half = await ask(target, "GET", location(target, first));
      return [empty, half].map(({ status, headers }) => [status, headers.get("range"), headers.has("location")]);
    },
    expected: [
      [204, "0-0", true],
      [204, "0-499", true],
    ],
  },
  {
    name: "status by the Location before the last chunk",
    observe: async (target) => {
      const session = await open(target);
      await patch(target, session, HALF, "0-499");
      const stale = await ask(target, "GET", location(target, session));
      return { ...verdict(stale), range: stale.headers.get("range") };
    },
    expected: { status: 204, codes: [], range: "0-499" },
  },
  {
    name: "resume after a torn chunk",
    observe: async (target) => {
      const first = await patch(target, await open(target), HALF, "0-499");
      await tornPatch(target, first, 500, REST.subarray(0, 300));
      const status = await ask(target, "GET", location(target, first));
      const offset = Number(status.headers.get("range")?.split("-")[1] ?? "-1") + 1;
      if (status.status !== 204) return { ...verdict(status), offset: null, finished: null };
      const last = await patch(target, status, BYTES.subarray(offset), `${offset}-999`);
      return { ...verdict(status), offset, finished: (await ask(target, "PUT", location(target, last, DIGEST))).status };
    },
    expected: { status: 204, codes: [], offset: 800, finished: 201 },
  },
  {
    name: "wrong digest at the end",
    observe: async (target) => {
      const first = await patch(target, await open(target), HALF, "0-499");
      const put = await ask(target, "PUT", location(target, first, DIGEST));
      return { ...verdict(put), after: (await ask(target, "GET", location(target, first))).status };
    },
    expected: { status: 400, codes: ["DIGEST_INVALID"], after: 204 },
  },
  {
    name: "no digest at the end",
    observe: async (target) => verdict(await ask(target, "PUT", location(target, await open(target)))),
    expected: { status: 400, codes: ["DIGEST_INVALID"] },
  },
  {
    name: "a session that nobody opened",
    observe: async (target) => verdict(await ask(target, "GET", "blobs/uploads/00000000-0000-4000-8000-000000000000?_state=e30")),
    expected: { status: 404, codes: ["BLOB_UPLOAD_UNKNOWN"] },
  },
  {
    name: "a session that is over",
    observe: async (target) => {
      const session = await open(target);
      await ask(target, "PUT", location(target, session, DIGEST), { body: BYTES });
      return verdict(await ask(target, "GET", location(target, session)));
    },
    expected: { status: 404, codes: ["BLOB_UPLOAD_UNKNOWN"] },
  },
  {
    name: "a session that is cancelled",
    observe: async (target) => {
      const session = await open(target);
      const cancelled = (await ask(target, "DELETE", location(target, session))).status;
      return [cancelled, verdict(await ask(target, "GET", location(target, session)))];
    },
    expected: [204, { status: 404, codes: ["BLOB_UPLOAD_UNKNOWN"] }],
  },
  {
    name: "sha512",
    observe: async (target) => {
      const name = digest(BYTES, "sha512");
      const put = await ask(target, "PUT", location(target, await open(target), name), { body: BYTES });
      return [put.status, put.headers.get("docker-content-digest") === name, (await ask(target, "HEAD", `blobs/${name}`)).status];
    },
    expected: [201, true, 200],
  },
  {
    name: "mount from a repository that has it",
    observe: async (target) => {
      const from = { ...target, repository: `${target.repository}-source` };
      const name = await pushBlob(from, BYTES);
      const mount = await ask(target, "POST", `blobs/uploads/?mount=${name}&from=${from.repository}`);
      return [mount.status, mount.headers.get("docker-content-digest") === name, (await ask(target, "HEAD", `blobs/${name}`)).status];
    },
    expected: [201, true, 200],
  },
  {
    name: "mount of what is not there goes on as an upload",
    observe: async (target) => {
      const mount = await ask(target, "POST", `blobs/uploads/?mount=${digest("not here")}&from=${target.repository}-nowhere`);
      return [mount.status, (await ask(target, "PUT", location(target, mount, DIGEST), { body: BYTES })).status];
    },
    expected: [202, 201],
  },
  {
    name: "mount without a source",
    observe: async (target) => {
      const from = { ...target, repository: `${target.repository}-source` };
      const name = await pushBlob(from, "anonymous");
      return (await ask(target, "POST", `blobs/uploads/?mount=${name}`)).status;
    },
    expected: 201,
  },
  {
    name: "a blob twice",
    observe: async (target) => {
      await pushBlob(target, BYTES);
      const again = await ask(target, "PUT", location(target, await open(target), DIGEST), { body: BYTES });
      return { status: again.status, codes: codes(again) };
    },
    expected: { status: 201, codes: [] },
  },
];
