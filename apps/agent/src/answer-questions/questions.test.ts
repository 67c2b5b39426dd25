import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { wire } from "@transship/api";
import {
  type DevRegistry,
  type DevRegistryOptions,
  seedArtifact,
  seedBlob,
  seedCosignTag,
  seedImage,
  startDevRegistry,
} from "@transship/dev-registry";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Agent, startAgent } from "../agent.ts";
import { accessTo } from "../testing/access.ts";
import { eventually } from "../testing/eventually.ts";
import { FakeControlPlane } from "../testing/fake-control-plane.ts";
import { FakeEngine } from "../testing/fake-engine.ts";

let stack: AsyncDisposableStack;
let plane: FakeControlPlane;
let agent: Agent;
let asked = 0;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "questions-"));
  stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  plane = stack.use(await FakeControlPlane.start());
  agent = stack.use(
    await startAgent({
      name: "a",
      region: "r",
      server: { address: plane.address, insecure: true },
      dataDirectory: directory,
      logger: pino({ level: "silent" }),
      engine: () => new FakeEngine(),
    }),
  );
  await plane.hear("demand");
});
afterEach(async () => {
  await agent[Symbol.asyncDispose]();
  await stack.disposeAsync();
});

async function registryOf(options: DevRegistryOptions = {}): Promise<DevRegistry> {
  return stack.use(await startDevRegistry(options));
}

function send(access: wire.RegistryAccess, ask: NonNullable<wire.Question["ask"]>, parts = 0): string {
  asked += 1;
  const id = `q${asked}`;
  plane.send({ $case: "question", value: { id, access, ask, parts } });
  return id;
}

/** All parts of the answer, whose numbers are checked. */
async function answerTo(access: wire.RegistryAccess, ask: NonNullable<wire.Question["ask"]>): Promise<NonNullable<wire.Answer["found"]>[]> {
  const id = send(access, ask);
  await plane.hear("answer", (answer) => answer.questionId === id && answer.last);
  const parts = plane.all("answer").filter((answer) => answer.questionId === id);
  expect(parts.map((part) => part.part)).toEqual(parts.map((_, index) => index));
  expect(parts.filter((part) => part.last)).toEqual([parts.at(-1)]);
  return parts.flatMap((part) => part.found ?? []);
}

async function list(registry: DevRegistry, ask: Partial<wire.ListTags>): Promise<string[]> {
  const parts = await answerTo(accessTo(registry.url), { $case: "listTags", value: { namespace: "", repository: "", tag: "", ...ask } });
  return parts
    .flatMap((found) => (found.$case === "tags" ? found.value.tags.map((tag) => `${tag.repository}:${tag.tag}`) : [found.$case]))
    .sort();
}

async function failureOf(access: wire.RegistryAccess, ask: NonNullable<wire.Question["ask"]>): Promise<wire.Failure> {
  const last = (await answerTo(access, ask)).at(-1);
  if (last?.$case !== "failure") throw new Error(`expected a failure, not ${last?.$case}`);
  return last.value;
}

const image = (registry: DevRegistry, repository: string, tag: string) =>
  seedImage(registry, { repository, tag, layers: [{ size: 100, seed: tag }] });
const everything: NonNullable<wire.Question["ask"]> = { $case: "listTags", value: { namespace: "", repository: "", tag: "" } };

describe("listing names", () => {
  const ask = (...repositories: string[]) => ({ $case: "listNames" as const, value: { repositories } });

  it("gives all tags of each repository, and says where each ends; one that is not there has none", async () => {
    const registry = await registryOf({ settings: { pageSize: 2 } });
    for (const tag of ["a", "b", "c", "d", "e"]) await image(registry, "app", tag);
    await image(registry, "web", "latest");
    const found = await answerTo(accessTo(registry.url), ask("app", "absent", "web"));
    const pages = found.flatMap((part) => (part.$case === "names" ? part.value.pages : []));
    expect(pages).toEqual([
      { repository: "app", page: 0, last: true, tags: ["a", "b", "c", "d", "e"] },
      { repository: "absent", page: 0, last: true, tags: [] },
      { repository: "web", page: 0, last: true, tags: ["latest"] },
    ]);
  });

  it("is whole or fails: a page that is refused fails it, with the page", async () => {
    const registry = await registryOf({ settings: { pageSize: 2 } });
    for (const tag of ["a", "b", "c"]) await image(registry, "app", tag);
    const fault = registry.faults.add({ action: { kind: "status", status: 404 }, match: { op: "tags-list", path: /last=/ }, times: 99 });
    expect((await failureOf(accessTo(registry.url), ask("app"))).message).toContain("page 2");
    expect(fault.fired).toBe(1);
  });
});

describe("listing tags", () => {
  it("selects by namespace, repository and tag pattern, over pages of catalogue and tags", async () => {
    const registry = await registryOf({ settings: { pageSize: 2 } });
    for (const repository of ["team0/app1", "team0/app2", "team0/web", "team01/app1", "other"]) {
      for (const tag of ["v1.0", "v1.1", "v2.0"]) await image(registry, repository, tag);
    }
    expect(await list(registry, {})).toHaveLength(15);
    expect(await list(registry, { namespace: "team0", repository: "app[0-9]+", tag: "v1\\..*" })).toEqual([
      "team0/app1:v1.0",
      "team0/app1:v1.1",
      "team0/app2:v1.0",
      "team0/app2:v1.1",
    ]);
    expect(await list(registry, { namespace: "team0", tag: "v9" })).toEqual([]);
  });

  it("fails where a later page of a repository is not there, also in a catalogue", async () => {
    const registry = await registryOf({ settings: { pageSize: 2 } });
    for (const tag of ["a", "b", "c"]) await image(registry, "app", tag);
    const fault = registry.faults.add({ action: { kind: "status", status: 404 }, match: { op: "tags-list", path: /last=/ }, times: 99 });
    expect((await failureOf(accessTo(registry.url), everything)).message).toContain("page 2");
    expect(fault.fired).toBe(1);
  });

  it("answers with the digest that the tag names", async () => {
    const registry = await registryOf();
    const { digest } = await image(registry, "app", "v1");
    const [found] = await answerTo(accessTo(registry.url), { $case: "listTags", value: { namespace: "", repository: "app", tag: "" } });
    expect(found).toEqual({ $case: "tags", value: { tags: [{ repository: "app", tag: "v1", digest }] } });
  });

  it("cuts long lists into parts of at most 500", async () => {
    const registry = await registryOf();
    const { digest } = await image(registry, "app", "v0");
    for (let index = 1; index < 1_200; index += 1) await registry.storage.setTag("app", `v${index}`, digest);
    const parts = await answerTo(accessTo(registry.url), everything);
    const sizes = parts.map((found) => (found.$case === "tags" ? found.value.tags.length : -1));
    expect(Math.max(...sizes)).toBe(500);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(1_200);
    expect(registry.stats.peakInFlight("manifest-head")).toBeLessThanOrEqual(16);
  });

  it("looks up a plain name without the catalogue; one that does not exist fails the listing, at the source", async () => {
    const registry = await registryOf({ settings: { catalog: false } });
    await image(registry, "team0/app.1", "v1");
    expect(await list(registry, { namespace: "team0", repository: "app\\.1" })).toEqual(["team0/app.1:v1"]);
    const missing = { $case: "listTags", value: { namespace: "team0", repository: "absent", tag: "" } } as const;
    expect(await failureOf(accessTo(registry.url), missing)).toMatchObject({ code: "NAME_UNKNOWN", side: 1 });
  });

  it("says what to do where there is no catalogue", async () => {
    const registry = await registryOf({ settings: { catalog: false } });
    const failure = await failureOf(accessTo(registry.url), everything);
    expect(failure.code).toBe("UNSUPPORTED");
    expect(failure.hint).toContain("name one in the rule plainly");
  });

  it("passes over repositories that are empty or vanish while the catalogue is read", async () => {
    const registry = await registryOf();
    await image(registry, "app", "v1");
    await seedBlob(registry, "empty", { size: 10, seed: 1 });
    const gone = registry.faults.add({ action: { kind: "status", status: 404 }, match: { op: "tags-list", path: /empty/ }, times: 9 });
    expect(await list(registry, {})).toEqual(["app:v1"]);
    expect(gone.fired).toBe(1);
    gone.remove();
    expect(await list(registry, {})).toEqual(["app:v1"]);
  });

  it("takes tags of a digest along with a selected tag of that digest only", async () => {
    const registry = await registryOf();
    const [first, second] = [await image(registry, "app", "v1"), await image(registry, "app", "v2")];
    const signature = await seedCosignTag(registry, "app", first.digest);
    await seedCosignTag(registry, "app", second.digest);
    expect(await list(registry, { repository: "app", tag: "v1" })).toEqual([`app:${signature.tag}`, "app:v1"]);
    expect(await list(registry, { repository: "app", tag: "sha256-.*" })).toEqual([]);
    expect(await list(registry, {})).toHaveLength(4);
  });

  it("goes on over short failures of pages and look-ups, each tag once", async () => {
    const registry = await registryOf({ settings: { pageSize: 3 } });
    for (let index = 0; index < 8; index += 1) await image(registry, "app", `v${index}`);
    const page = registry.faults.add({ action: { kind: "status", status: 503 }, match: { op: "tags-list" }, after: 1 });
    const head = registry.faults.add({ action: { kind: "status", status: 500 }, match: { op: "manifest-head" }, after: 2 });
    expect(await list(registry, {})).toHaveLength(8);
    expect([page.fired, head.fired]).toEqual([1, 1]);
  });

  it("fails as a whole where a page is refused: never a short list", async () => {
    const registry = await registryOf({ settings: { pageSize: 3 } });
    for (let index = 0; index < 8; index += 1) await image(registry, "app", `v${index}`);
    const fault = registry.faults.add({ action: { kind: "status", status: 403 }, match: { op: "tags-list" }, after: 1, times: 99 });
    expect(await failureOf(accessTo(registry.url), everything)).toMatchObject({ code: "DENIED", side: 1 });
    expect(fault.fired).toBeGreaterThan(0);
  });
});

describe("the other questions", () => {
  it("resolves tags and leaves out what is not there", async () => {
    const registry = await registryOf();
    const { digest } = await image(registry, "app", "v1");
    const tags = [
      { repository: "app", tag: "v1" },
      { repository: "app", tag: "absent" },
      { repository: "absent", tag: "v1" },
    ];
    const [found] = await answerTo(accessTo(registry.url), { $case: "resolveTags", value: { tags } });
    expect(found).toEqual({ $case: "tags", value: { tags: [{ repository: "app", tag: "v1", digest }] } });
  });

  it("measures each blob once, through indexes, in the order asked", async () => {
    const registry = await registryOf();
    const layers = [
      { size: 1000, seed: "shared", shared: true },
      { size: 500, seed: "own" },
    ];
    const many = await seedImage(registry, { repository: "app", tag: "many", layers, platforms: ["linux/amd64", "linux/arm64"] });
    const one = await image(registry, "app", "one");
    const absent = `sha256:${"0".repeat(64)}`;
    const artifacts = [many.digest, absent, one.digest].map((digest) => ({ repository: "app", digest }));
    const [found] = await answerTo(accessTo(registry.url), { $case: "measureArtifacts", value: { artifacts, platforms: [] } });
    if (found?.$case !== "artifacts") throw new Error(`expected artifacts, not ${found?.$case}`);
    expect(found.value.artifacts.map((entry) => entry.artifact?.digest)).toEqual([many.digest, absent, one.digest]);
    const sizes = found.value.artifacts.map((entry) => entry.blobs.reduce((sum, blob) => sum + blob.size, 0));
    expect(sizes).toEqual([many.size, 0, one.size]);
  });

  it("tells when images were created, in place of their blobs", async () => {
    const registry = await registryOf();
    const created = "2026-01-02T03:04:05Z";
    const layers = [{ size: 1000, seed: "dated" }];
    const dated = await seedImage(registry, { repository: "app", tag: "dated", layers, created });
    const index = await seedImage(registry, {
      repository: "app",
      tag: "index",
      layers,
      created,
      platforms: ["linux/amd64", "linux/arm64"],
    });
    const undated = await image(registry, "app", "undated");
    const digests = [dated.digest, index.digest, undated.digest, `sha256:${"0".repeat(64)}`];
    const artifacts = digests.map((digest) => ({ repository: "app", digest }));
    const value = { artifacts, platforms: [], created: true };
    const [found] = await answerTo(accessTo(registry.url), { $case: "measureArtifacts", value });
    if (found?.$case !== "artifacts") throw new Error(`expected artifacts, not ${found?.$case}`);
    expect(found.value.artifacts.map((entry) => [entry.artifact?.digest, entry.blobs.length])).toEqual(
      digests.map((digest) => [digest, 0]),
    );
    const at = Date.parse(created);
    expect(found.value.artifacts.map((entry) => entry.createdMs)).toEqual([at, at, undefined, undefined]);
  });

  it("says that a manifest is malformed", async () => {
    const registry = await registryOf();
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", layers: 1 }));
    const { digest } = await seedArtifact(registry, {
      repository: "app",
      tag: "bad",
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      manifest: bytes,
    });
    const ask: NonNullable<wire.Question["ask"]> = {
      $case: "measureArtifacts",
      value: { artifacts: [{ repository: "app", digest }], platforms: [] },
    };
    expect(await failureOf(accessTo(registry.url), ask)).toMatchObject({ code: "MANIFEST_INVALID", side: 1 });
  });

  it("finds missing blobs", async () => {
    const registry = await registryOf();
    const { blobs } = await image(registry, "app", "v1");
    const absent = `sha256:${"1".repeat(64)}`;
    const digests = [...blobs.map((blob) => blob.digest), absent];
    const ask = (repository: string) => answerTo(accessTo(registry.url), { $case: "findMissing", value: { repository, digests } });
    expect(await ask("app")).toEqual([{ $case: "missing", value: { digests: [absent] } }]);
    expect(await ask("elsewhere")).toEqual([{ $case: "missing", value: { digests } }]);
  });

  it("sends no more parts than the asker has room for, and failures at once", async () => {
    const registry = await registryOf();
    const digest = (await image(registry, "app", "v0")).digest;
    for (let index = 1; index < 1_200; index += 1) await registry.storage.setTag("app", `v${index}`, digest);
    const id = send(accessTo(registry.url), everything, 1);
    const parts = () => plane.all("answer").filter((answer) => answer.questionId === id);
    await eventually("the first part", () => parts().length === 1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(parts().map(({ last }) => last)).toEqual([false]);
    plane.send({ $case: "answerCredit", value: { questionId: id, parts: 2 } });
    plane.send({ $case: "answerCredit", value: { questionId: id, parts: 1 } });
    await eventually("the second part", () => parts().length === 2);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(parts()).toHaveLength(2);
    plane.send({ $case: "answerCredit", value: { questionId: id, parts: 99 } });
    await eventually("the rest", () => parts().at(-1)?.last === true);
    expect(parts().map(({ part }) => part)).toEqual(parts().map((_, index) => index));
  });

  it("pings with a login of its own, and says why it cannot", async () => {
    const registry = await registryOf({ auth: { scheme: "basic", users: [{ username: "u", password: "p" }] } });
    const ping = { $case: "ping", value: {} } as const;
    const [good] = await answerTo(accessTo(registry.url, { username: "u", password: "p" }), ping);
    expect(good?.$case === "ping" && good.value.latencyMs > 0).toBe(true);
    const bad = await failureOf(accessTo(registry.url, { username: "u", password: "wrong-secret" }), ping);
    expect(bad.code).toBe("UNAUTHORIZED");
    expect(JSON.stringify(bad)).not.toContain("wrong-secret");
    expect(await failureOf(accessTo("http://127.0.0.1:9"), ping)).toMatchObject({ code: "CONNECTION_FAILED" });
  });

  it("refuses a question of a newer control plane instead of leaving it open", async () => {
    const id = "unknown";
    plane.send({ $case: "question", value: { id, access: accessTo("http://127.0.0.1:9"), ask: undefined, parts: 0 } });
    const answer = await plane.hear("answer", (one) => one.questionId === id);
    expect(answer).toMatchObject({ last: true, found: { $case: "failure", value: { code: "UNSUPPORTED" } } });
  });

  it("goes no further ahead than it may, and looks no further either", async () => {
    const registry = await registryOf();
    const { digest } = await image(registry, "app", "v0");
    for (let index = 1; index < 3_000; index += 1) await registry.storage.setTag("app", `v${index}`, digest);
    const id = "bounded";
    const parts = () => plane.all("answer").filter((answer) => answer.questionId === id);
    plane.send({ $case: "question", value: { id, access: accessTo(registry.url), ask: everything, parts: 3 } });
    await eventually("three parts", () => parts().length === 3);
    let asked = -1;
    for (let before = -2; asked !== before; await new Promise((resolve) => setTimeout(resolve, 100))) {
      before = asked;
      asked = registry.stats.requests("manifest-head");
    }
    expect([parts().length, asked < 1_500]).toEqual([3, true]);
    plane.send({ $case: "answerCredit", value: { questionId: id, parts: 1_000 } });
    await plane.hear("answer", (answer) => answer.questionId === id && answer.last);
    expect(parts().reduce((sum, { found }) => sum + (found?.$case === "tags" ? found.value.tags.length : 0), 0)).toBe(3_000);
  });

  it("is dropped when nobody waits any more: requests end, nothing is sent", async () => {
    const registry = await registryOf();
    for (let index = 0; index < 5; index += 1) await image(registry, "app", `v${index}`);
    const slow = registry.faults.add({ action: { kind: "delay", milliseconds: 400 }, match: { op: "manifest-head" }, times: 99 });
    const id = send(accessTo(registry.url), everything);
    await eventually("look-ups under way", () => registry.stats.requests("manifest-head") > 0);
    plane.send({ $case: "cancelQuestion", value: { id } });
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(plane.all("answer").filter((answer) => answer.questionId === id)).toEqual([]);
    expect(slow.matched).toBeLessThanOrEqual(5);
  });
});
