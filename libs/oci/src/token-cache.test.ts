import { describe, expect, it } from "vitest";
import { normaliseScopes, TokenCache } from "./token-cache.ts";

function counted(lifeMs = 100_000) {
  let fetches = 0;
  const fetch = async () => ({ value: `token${++fetches}`, lifeMs });
  return { fetch, count: () => fetches };
}

describe("TokenCache", () => {
  it("fetches once for sixty who ask at once", async () => {
    const cache = new TokenCache();
    const { fetch, count } = counted();
    const tokens = await Promise.all(Array.from({ length: 60 }, () => cache.get("s", ["repository:a:pull"], fetch)));
    expect(new Set(tokens.map(({ value }) => value))).toEqual(new Set(["token1"]));
    expect(count()).toBe(1);
  });

  it("keeps scopes and servers apart", async () => {
    const cache = new TokenCache();
    const { fetch, count } = counted();
    for (const [server, scope] of [
      ["s", "repository:a:pull"],
      ["s", "repository:b:pull"],
      ["t", "repository:a:pull"],
    ] as const)
      await cache.get(server, [scope], fetch);
    expect(count()).toBe(3);
  });

  it("renews at four fifths of a token's life", async () => {
    let now = 0;
    const cache = new TokenCache(() => now);
    const { fetch, count } = counted(100_000);
    await cache.get("s", [], fetch);
    now = 79_999;
    await cache.get("s", [], fetch);
    expect(count()).toBe(1);
    now = 80_000;
    expect((await cache.get("s", [], fetch)).value).toBe("token2");
  });

  it("does not give out a refused token again, and fetches once for all who were refused", async () => {
    const cache = new TokenCache();
    const { fetch, count } = counted();
    await cache.get("s", [], fetch);
    const renewed = await Promise.all([cache.get("s", [], fetch, "token1"), cache.get("s", [], fetch, "token1")]);
    expect(renewed.map(({ value }) => value)).toEqual(["token2", "token2"]);
    expect((await cache.get("s", [], fetch, "token1")).value).toBe("token2");
    expect(count()).toBe(2);
  });

  it("forgets a failed fetch", async () => {
    const cache = new TokenCache();
    await expect(cache.get("s", [], () => Promise.reject(new Error("down")))).rejects.toThrow("down");
    expect((await cache.get("s", [], counted().fetch)).value).toBe("token1");
  });
});

describe("normaliseScopes", () => {
  it("joins the actions of a resource and sorts", () => {
    expect(
      normaliseScopes(["repository:b:pull", "repository:a:push,pull repository:a:delete", "junk", "repository:h:5000/x:pull"]),
    ).toEqual(["repository:a:delete,pull,push", "repository:b:pull", "repository:h:5000/x:pull"]);
  });
});
