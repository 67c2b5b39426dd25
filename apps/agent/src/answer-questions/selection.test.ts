import { type ListingWishes, listTagsToMessage, type wire } from "@transship/api";
import { type DevRegistry, type DevRegistryOptions, seedChart, seedCosignTag, seedImage, startDevRegistry } from "@transship/dev-registry";
import { openRegistry } from "@transship/oci";
import { type Selection, selectTags, type TagFacts } from "@transship/planner";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listTags } from "./list-tags.ts";
import { resolveTags } from "./resolve-tags.ts";

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 21);
const never = new AbortController().signal;
let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

async function start(options: DevRegistryOptions = {}): Promise<DevRegistry> {
  return stack.use(await startDevRegistry(options));
}

const ago = (days: number) => new Date(NOW - days * DAY).toISOString();
const image = (registry: DevRegistry, repository: string, tag: string, days?: number, platforms?: string[]) =>
  seedImage(registry, {
    repository,
    tag,
    layers: [{ size: 10, seed: tag }],
    ...(days === undefined ? {} : { created: ago(days) }),
    ...(platforms === undefined ? {} : { platforms }),
  });

async function list(registry: DevRegistry, selection: Partial<Selection>, wishes: Partial<ListingWishes> = {}) {
  await using client = openRegistry({ url: registry.url });
  const ask = listTagsToMessage({ source: { instance: "gz" }, ...selection }, { now: NOW, ...wishes });
  const tags: string[] = [];
  const refused: wire.RefusedTag[] = [];
  for await (const part of listTags(client, ask, never)) {
    if (part.$case !== "tags") continue;
    tags.push(...part.value.tags.map((tag) => `${tag.repository}:${tag.tag}`));
    refused.push(...(part.value.refused?.tags ?? []));
    expect(part.value.selectionApplied).toBe(ask.selection === undefined ? undefined : true);
  }
  const reasons = refused.map(({ repository, tag, reason }) => `${repository}${tag === "" ? "" : `:${tag}`} ${reason}`);
  return { tags: tags.sort(), reasons: reasons.sort(), refused };
}

describe("a selection, where the tags are", () => {
  it("spends no request on a repository or tag that its name refuses", async () => {
    const registry = await start();
    for (const repository of ["team/app", "team/old", "other"])
      for (const tag of ["1.0.0", "1.1.0", "2.0.0", "dev"]) await image(registry, repository, tag);
    const selection: Partial<Selection> = {
      source: { instance: "gz", namespace: "team" },
      repositories: { exclude: ["old"] },
      tags: { semver: "^1", exclude: ["1\\.0.*"] },
    };
    expect((await list(registry, selection)).tags).toEqual(["team/app:1.1.0"]);
    expect([
      registry.stats.requests("tags-list"),
      registry.stats.requests("manifest-head"),
      registry.stats.requests("manifest-get"),
    ]).toEqual([1, 1, 0]);
    const { tags, reasons, refused } = await list(registry, selection, { explain: true });
    expect(tags).toEqual(["team/app:1.1.0"]);
    expect(reasons).toEqual([
      "other namespace",
      "team/app:1.0.0 excluded",
      "team/app:2.0.0 outside-range",
      "team/app:dev not-a-version",
      "team/old repository-excluded",
    ]);
    expect(refused.find((one) => one.tag === "dev")?.explanation).toBe('dev is no semantic version, and the rule takes "^1"');
  });

  it("asks about the newest by name alone, and about the next where one is gone by then", async () => {
    const registry = await start();
    for (let minor = 0; minor < 60; minor++) await image(registry, "app", `v1.${minor}.0`);
    expect((await list(registry, { tags: { newest: 3 } })).tags).toEqual(["app:v1.57.0", "app:v1.58.0", "app:v1.59.0"]);
    expect(registry.stats.requests("manifest-head")).toBe(3);
    const gone = registry.faults.add({ action: { kind: "status", status: 404 }, match: { op: "manifest-head", path: /v1\.59/ }, times: 9 });
    expect((await list(registry, { tags: { newest: 3 } })).tags).toEqual(["app:v1.56.0", "app:v1.57.0", "app:v1.58.0"]);
    expect([gone.fired, registry.stats.requests("manifest-head")]).toEqual([1, 7]);
  });

  it("needs no catalogue where every repository is said plainly, and fails where one of them does not exist", async () => {
    const registry = await start({ settings: { catalog: false } });
    for (const repository of ["team/app", "team/web"]) await image(registry, repository, "v1");
    const source = { instance: "gz", namespace: "team" };
    expect((await list(registry, { source, repositories: { include: ["app", "web"] } })).tags).toEqual(["team/app:v1", "team/web:v1"]);
    await expect(list(registry, { source, repositories: { include: ["app", "absent"] } })).rejects.toMatchObject({ code: "NAME_UNKNOWN" });
  });

  it("looks at one repository where only that is wanted, and says why the rule does not take it", async () => {
    const registry = await start();
    for (const repository of ["a", "b"]) await image(registry, repository, "v1");
    const selection: Partial<Selection> = { repositories: { exclude: ["b"] } };
    expect(await list(registry, selection, { only: "a", explain: true })).toMatchObject({ tags: ["a:v1"], reasons: [] });
    expect(await list(registry, selection, { only: "b", explain: true })).toMatchObject({ tags: [], reasons: ["b repository-excluded"] });
    expect(registry.stats.requests("catalog")).toBe(0);
  });

  it("keeps the catalogue's order where it must", async () => {
    const registry = await start();
    const repositories = Array.from({ length: 12 }, (_, index) => `r${String.fromCharCode(97 + index)}`);
    for (const repository of repositories) for (const tag of ["v1", "v2"]) await image(registry, repository, tag);
    registry.faults.add({ action: { kind: "delay", milliseconds: 60 }, match: { op: "tags-list", path: /\/ra\// }, times: 9 });
    await using client = openRegistry({ url: registry.url });
    const order: string[] = [];
    const ask = listTagsToMessage({ source: { instance: "gz" } }, { now: NOW, inOrder: true });
    for await (const part of listTags(client, ask, never))
      if (part.$case === "tags") order.push(...part.value.tags.map(({ repository }) => repository));
    expect(order).toEqual(repositories.flatMap((name) => [name, name]));
  });

  it("says which page broke a listing", async () => {
    const registry = await start({ settings: { pageSize: 2 } });
    for (let index = 0; index < 5; index++) await image(registry, "app", `v${index}`);
    const tags = registry.faults.add({ action: { kind: "status", status: 403 }, match: { op: "tags-list" }, after: 1, times: 9 });
    await expect(list(registry, { tags: { newest: 1 } })).rejects.toMatchObject({
      code: "DENIED",
      what: "listing the tags of app, page 2",
    });
    expect(tags.fired).toBe(1);
    tags.remove();
    for (const repository of ["b", "c"]) await image(registry, repository, "v1");
    const catalogue = registry.faults.add({ action: { kind: "status", status: 401 }, match: { op: "catalog" }, after: 1, times: 9 });
    await expect(list(registry, {})).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      what: expect.stringMatching(/^listing the repositories of .*, page 2$/),
    });
    expect(catalogue.fired).toBeGreaterThan(0);
  });

  it("comes to what the planner says of all tags with all their facts", async () => {
    const registry = await start();
    const facts: TagFacts[] = [];
    const add = (tag: string, digest: string, kind: TagFacts["kind"], days?: number) =>
      facts.push({ tag, digest, ...(kind === undefined ? {} : { kind }), ...(days === undefined ? {} : { createdAt: NOW - days * DAY }) });
    for (const [tag, days] of [
      ["v1.0.0", 50],
      ["v1.1.0", 40],
      ["v1.10.0", 3],
      ["v2.0.0-rc.1", 2],
      ["latest", 3],
      ["untold", undefined],
    ] as const) {
      add(tag, (await image(registry, "app", tag, days)).digest, "image", days);
    }
    add("many", (await image(registry, "app", "many", 1, ["linux/amd64", "linux/arm64"])).digest, "image", 1);
    add(
      "constant",
      (await seedImage(registry, { repository: "app", tag: "constant", layers: [], created: "1970-01-01T00:00:00Z" })).digest,
      "image",
    );
    add("0.1.0", (await seedChart(registry, { repository: "app", version: "0.1.0" })).digest, "chart");
    const signed = facts[1]?.digest ?? "";
    const signature = await seedCosignTag(registry, "app", signed);
    facts.push({ tag: signature.tag });
    const selections: Partial<Selection>[] = [
      {},
      { kinds: ["chart"] },
      { kinds: ["image"], tags: { newest: 3 } },
      { kinds: ["image"], tags: { newest: 3, prereleases: true } },
      { tags: { newest: 2, newestBy: "pushed" } },
      { tags: { newest: 8, newestBy: "pushed" } },
      { tags: { newest: 2, newestBy: "name", pushedWithin: 45 * DAY } },
      { tags: { pushedWithin: 10 * DAY, exclude: ["latest"] } },
      { tags: { semver: ">=1", prereleases: true, newest: 2 } },
    ];
    for (const selection of selections) {
      const expected = selectTags({ source: { instance: "gz" }, ...selection }, "app", facts, NOW);
      const { tags, reasons } = await list(registry, selection, { explain: true });
      expect(tags).toEqual(expected.selected.map(({ tag }) => `app:${tag}`).sort());
      expect(reasons).toEqual(expected.refused.map(({ facts: { tag }, refusal }) => `app:${tag} ${refusal.reason}`).sort());
    }
  });
});

describe("looking up tags at a target", () => {
  const names = (repository: string, count: number) => Array.from({ length: count }, (_, index) => ({ repository, tag: `v${index}` }));

  async function resolve(registry: DevRegistry, tags: wire.TagReference[]): Promise<string[]> {
    await using client = openRegistry({ url: registry.url });
    const found: string[] = [];
    for await (const part of resolveTags(client, { tags }, never)) {
      if (part.$case === "tags") found.push(...part.value.tags.map((tag) => `${tag.repository}:${tag.tag}`));
    }
    return found.sort();
  }

  it("takes two requests for a repository that is new, however many tags", async () => {
    const registry = await start();
    expect(await resolve(registry, [...names("new", 100), ...names("other", 50)])).toEqual([]);
    expect([registry.stats.requests("manifest-head"), registry.stats.requests("tags-list")]).toEqual([2, 2]);
  });

  it("takes one HEAD a tag where all are there", async () => {
    const registry = await start();
    for (const { tag } of names("app", 30)) await image(registry, "app", tag);
    expect(await resolve(registry, names("app", 30))).toHaveLength(30);
    expect(registry.stats.requests()).toBe(30);
  });

  it("looks up what the list shows, where the first one is missing", async () => {
    const registry = await start();
    for (const tag of ["v3", "v7", "elsewhere"]) await image(registry, "app", tag);
    expect(await resolve(registry, names("app", 40))).toEqual(["app:v3", "app:v7"]);
    expect([registry.stats.requests("manifest-head"), registry.stats.requests("tags-list")]).toEqual([3, 1]);
  });

  it("looks each one up where the list is long or may not be read", async () => {
    const registry = await start({ settings: { pageSize: 1 } });
    for (const tag of ["a", "b", "c", "d", "v3"]) await image(registry, "app", tag);
    expect(await resolve(registry, names("app", 9))).toEqual(["app:v3"]);
    expect([registry.stats.requests("manifest-head"), registry.stats.requests("tags-list")]).toEqual([9, 3]);
    const denied = registry.faults.add({ action: { kind: "status", status: 403 }, match: { op: "tags-list" }, times: 9 });
    expect(await resolve(registry, names("app", 9))).toEqual(["app:v3"]);
    expect(denied.fired).toBe(1);
  });
});
