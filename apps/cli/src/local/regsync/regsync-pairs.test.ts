import { seedImage, startDevRegistry } from "@transship/dev-registry";
import { compilePattern } from "@transship/model";
import { describe, expect, it } from "vitest";
import { Places } from "../direct/open-places.ts";
import type { RegsyncEntry } from "./parse-regsync.ts";
import { passes, regsyncPairs, regsyncSiblings } from "./regsync-pairs.ts";

const ALL = { allow: [], deny: [] };
const filter = (allow: string[], deny: string[] = []) => ({ allow: allow.map(compilePattern), deny: deny.map(compilePattern) });

describe("regsyncPairs", () => {
  it("lists images, repositories and whole registries", async () => {
    await using source = await startDevRegistry({});
    for (const [repository, tag] of [
      ["a/app", "v1"],
      ["a/app", "v2"],
      ["b/app", "v1"],
    ] as const) {
      await seedImage(source, { repository, tag, layers: [{ size: 10, seed: tag }] });
    }
    await using places = new Places({ environment: {}, plainHttp: false, withoutDockerFiles: true });
    const list = async (entry: Partial<RegsyncEntry> & Pick<RegsyncEntry, "type" | "source" | "target">) => {
      const found = await Array.fromAsync(regsyncPairs({ tags: ALL, repos: ALL, ...entry }, places, [], new AbortController().signal));
      return found.map((pair) => `${pair.source.name}:${pair.reference} → ${pair.target.name}:${pair.tag}`);
    };
    const { host } = source;
    expect(await list({ type: "image", source: `${host}/a/app:v1`, target: "localhost:1/x" })).toEqual(["a/app:v1 → x:v1"]);
    expect(await list({ type: "image", source: `${host}/a/app`, target: "localhost:1/x:y" })).toEqual(["a/app:latest → x:y"]);
    expect(await list({ type: "repository", source: `${host}/a/app`, target: "localhost:1/x", tags: filter(["v.*"], ["v1"]) })).toEqual([
      "a/app:v2 → x:v2",
    ]);
    expect(await list({ type: "registry", source: host, target: "localhost:1/all", repos: filter([], ["a/.*"]) })).toEqual([
      "b/app:v1 → all/b/app:v1",
    ]);
    expect(await list({ type: "image", source: `${host}/a/app:v1`, target: "ocidir:///tmp/layout:v1" })).toEqual(["a/app:v1 → :v1"]);
  });

  it("says which side failed when a listing does", async () => {
    await using source = await startDevRegistry({});
    await using places = new Places({ environment: {}, plainHttp: false, withoutDockerFiles: true });
    const entry: RegsyncEntry = { type: "repository", source: `${source.host}/no/such`, target: "localhost:1/x", tags: ALL, repos: ALL };
    const listing = Array.fromAsync(regsyncPairs(entry, places, [], new AbortController().signal));
    await expect(listing).rejects.toMatchObject({ code: "NAME_UNKNOWN", side: "source" });
  });
});

describe("regsyncSiblings", () => {
  it("are the registries that the entries copy to, each once; a target that cannot be read is left to its entry", async () => {
    await using places = new Places({ environment: {}, plainHttp: false, withoutDockerFiles: true });
    const entry = { tags: ALL, repos: ALL, source: "localhost:9/a" } as const;
    const targets = ["localhost:1/x:v1", "localhost:1/y", "localhost:2/x", "ocidir:///tmp/layout", "NOT A REFERENCE"];
    const entries = targets.map((target): RegsyncEntry => ({ ...entry, type: "repository", target }));
    const siblings = await regsyncSiblings([...entries, { ...entry, type: "registry", target: "localhost:3" }], places);
    expect(siblings.map(({ name, registry }) => `${name} ${registry.origin}`)).toEqual(
      [1, 2, 3].map((port) => `localhost:${port} http://localhost:${port}`),
    );
  });
});

describe("passes", () => {
  it("takes what any allow matches and no deny", () => {
    const both = filter(["v1", "v2"], ["v2"]);
    expect(["v1", "v2", "v3", "v11"].filter((tag) => passes(both, tag))).toEqual(["v1"]);
    expect(passes(ALL, "anything")).toBe(true);
  });
});
