import { describe, expect, it } from "vitest";
import { startDevRegistry } from "../dev-registry.ts";
import { seedImage } from "../seed/seed-image.ts";
import type { AuthOptions } from "./auth-options.ts";

const users = [
  { username: "writer", password: "w" },
  { username: "reader", password: "r", readOnly: true },
  { username: "team", password: "t", repositories: /^team\// },
];
const basic = (user: string, password: string) => ({ authorization: `Basic ${btoa(`${user}:${password}`)}` });

async function start(auth: AuthOptions) {
  const registry = await startDevRegistry({ auth });
  await seedImage(registry, { repository: "a/b", tag: "v1", layers: [{ size: 10, seed: 1 }] });
  const call = async (method: string, path: string, headers: Record<string, string> = {}) =>
    await fetch(`${registry.url}${path}`, { method, headers });
  return { registry, call };
}

describe("basic", () => {
  it("lets users in, readers only to read, and nobody else", async () => {
    const { registry, call } = await start({ scheme: "basic", users });
    await using _ = registry;
    const none = await call("GET", "/v2/");
    expect([none.status, none.headers.get("www-authenticate")]).toEqual([401, 'Basic realm="dev-registry"']);
    const status = async (method: string, path: string, name: string, password: string) =>
      (await call(method, path, basic(name, password))).status;
    expect(await status("GET", "/v2/", "writer", "w")).toBe(200);
    expect(await status("GET", "/v2/", "writer", "wrong")).toBe(401);
    expect(await status("POST", "/v2/a/b/blobs/uploads/", "writer", "w")).toBe(202);
    expect(await status("GET", "/v2/a/b/tags/list", "reader", "r")).toBe(200);
    expect(await status("POST", "/v2/a/b/blobs/uploads/", "reader", "r")).toBe(403);
    expect(await status("GET", "/v2/a/b/tags/list", "team", "t")).toBe(403);
    expect(await status("POST", "/v2/team/x/blobs/uploads/", "team", "t")).toBe(202);
  });

  it("lets everybody read where anonymous pull is on", async () => {
    const { registry, call } = await start({ scheme: "basic", users, anonymousPull: true });
    await using _ = registry;
    expect((await call("GET", "/v2/a/b/manifests/v1")).status).toBe(200);
    expect((await call("POST", "/v2/a/b/blobs/uploads/")).status).toBe(401);
    expect((await call("GET", "/v2/a/b/manifests/v1", basic("writer", "wrong"))).status).toBe(401);
  });
});

describe("bearer", () => {
  it("challenges with realm, service and scope, and gives a token that fits the challenge", async () => {
    const { registry, call } = await start({ scheme: "bearer", users });
    await using _ = registry;
    const challenge = (await call("POST", "/v2/a/b/blobs/uploads/")).headers.get("www-authenticate");
    expect(challenge).toBe(`Bearer realm="${registry.url}/token",service="${registry.host}",scope="repository:a/b:pull,push"`);
    const answer = await call("GET", "/token?service=x&scope=repository:a/b:pull,push", basic("writer", "w"));
    const { token, access_token, expires_in } = (await answer.json()) as Record<string, unknown>;
    expect([token, expires_in]).toEqual([access_token, 300]);
    const bearer = { authorization: `Bearer ${token}` };
    expect((await call("POST", "/v2/a/b/blobs/uploads/", bearer)).status).toBe(202);
    expect((await call("GET", "/v2/", bearer)).status).toBe(200);
    const other = await call("GET", "/v2/other/tags/list", bearer);
    expect([other.status, other.headers.get("www-authenticate")]).toEqual([401, expect.stringContaining('error="insufficient_scope"')]);
    expect((await call("GET", "/token?scope=repository:a/b:pull", basic("writer", "no"))).status).toBe(401);
    expect(registry.stats.requests("token")).toBe(2);
  });

  it("leaves out rights without a word, and asks before a mount", async () => {
    const { registry, call } = await start({ scheme: "bearer", users });
    await using _ = registry;
    const tokenFor = async (scopes: string, name: string, password: string) => {
      const answer = await call("GET", `/token?${scopes}`, basic(name, password));
      return { authorization: `Bearer ${((await answer.json()) as { token: string }).token}` };
    };
    const reader = await tokenFor("scope=repository:a/b:pull,push", "reader", "r");
    expect((await call("GET", "/v2/a/b/tags/list", reader)).status).toBe(200);
    expect((await call("POST", "/v2/a/b/blobs/uploads/", reader)).status).toBe(401);
    const blob = registry.storage.catalogue.blobs("a/b")[0];
    const mount = `/v2/c/blobs/uploads/?mount=${blob}&from=a/b`;
    expect((await call("POST", mount, await tokenFor("scope=repository:c:pull,push", "writer", "w"))).status).toBe(202);
    expect((await call("POST", mount, await tokenFor("scope=repository:c:pull,push%20repository:a/b:pull", "writer", "w"))).status).toBe(
      201,
    );
  });

  it("expires tokens, and can be silent about it and about the other field", async () => {
    const { registry, call } = await start({
      scheme: "bearer",
      users,
      expiresIn: 1,
      announceExpiry: false,
      tokenField: "access_token",
      anonymousPull: true,
    });
    await using _ = registry;
    const answer = (await (await call("GET", "/token?scope=repository:a/b:pull")).json()) as Record<string, string>;
    expect(Object.keys(answer).sort()).toEqual(["access_token", "issued_at"]);
    const bearer = { authorization: `Bearer ${answer.access_token}` };
    expect((await call("GET", "/v2/a/b/manifests/v1", bearer)).status).toBe(200);
    await expect.poll(async () => (await call("GET", "/v2/a/b/manifests/v1", bearer)).status, { timeout: 4000 }).toBe(401);
  });

  it("takes the OAuth2 form, with a password and with a refresh token", async () => {
    const { registry, call } = await start({ scheme: "bearer", users });
    await using _ = registry;
    const post = async (fields: Record<string, string>) =>
      await fetch(`${registry.url}/token`, { method: "POST", body: new URLSearchParams(fields) });
    const scope = "repository:a/b:pull";
    const first = await post({ grant_type: "password", username: "writer", password: "w", access_type: "offline", scope });
    const { refresh_token } = (await first.json()) as Record<string, string>;
    const second = (await (await post({ grant_type: "refresh_token", refresh_token: refresh_token ?? "", scope })).json()) as Record<
      string,
      string
    >;
    expect((await call("GET", "/v2/a/b/manifests/v1", { authorization: `Bearer ${second.token}` })).status).toBe(200);
    expect((await post({ grant_type: "refresh_token", refresh_token: "forged", scope })).status).toBe(401);
  });
});
