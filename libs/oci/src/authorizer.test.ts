import { describe, expect, it } from "vitest";
import { digestOf } from "./digest.ts";
import { openRegistry } from "./open-registry.ts";
import { serve } from "./test-server.ts";

const DIGEST = digestOf(Buffer.from("x"));
const credential = { username: "ci", password: "p" };

/** A registry with its token server; `allow` says which token may do a request, and else how it is refused. */
function tokenRegistry(
  allow: (authorization: string | undefined) => true | { status?: number; challenge?: string; body?: string },
  token: (query: URLSearchParams, body: string) => object | number = () => ({ token: "t" }),
) {
  return serve((request, response, url) => {
    const target = new URL(request.url ?? "/", url);
    if (target.pathname === "/token") {
      const answer = token(request.method === "POST" ? new URLSearchParams(request.text) : target.searchParams, request.text);
      response.writeHead(typeof answer === "number" ? answer : 200, { "content-type": "application/json" });
      return response.end(typeof answer === "number" ? "{}" : JSON.stringify(answer));
    }
    const verdict = allow(request.headers.authorization);
    if (verdict === true) return response.end();
    const challenge = verdict.challenge ?? 'scope="repository:a:pull"';
    const status = verdict.status ?? 401;
    response.writeHead(status, status === 401 ? { "www-authenticate": `Bearer realm="${url}/token",service="s",${challenge}` } : {});
    return response.end(verdict.body);
  });
}

describe("bearer login", () => {
  it("sends Basic to the token server only, with service, scope, account and client", async () => {
    await using server = await tokenRegistry((authorization) => authorization === "Bearer t" || {});
    await using registry = openRegistry({ url: server.url, credential });
    await registry.repository("a").hasBlob(DIGEST);
    expect(server.requests.map(({ authorization }) => authorization)).toEqual([
      undefined,
      `Basic ${Buffer.from("ci:p").toString("base64")}`,
      "Bearer t",
    ]);
    const query = new URL(server.requests[1]?.path ?? "", server.url).searchParams;
    expect(Object.fromEntries(query)).toEqual({ service: "s", scope: "repository:a:pull", account: "ci", client_id: "transship" });
  });

  it("fetches the token before asking once it knows how", async () => {
    await using server = await tokenRegistry((authorization) => authorization === "Bearer t" || {});
    await using registry = openRegistry({ url: server.url, credential });
    await registry.repository("a").hasBlob(DIGEST);
    await registry.repository("b").hasBlob(DIGEST);
    expect(server.requests.slice(3).map(({ path }) => path.split("?")[0])).toEqual(["/token", `/v2/b/blobs/${DIGEST}`]);
  });

  it("asks for the union of scopes once, remembers it, and then gives up", async () => {
    const scopes: string[] = [];
    const token = (query: URLSearchParams) => {
      scopes.push(query.getAll("scope").join(" "));
      return { access_token: `t${scopes.at(-1)?.includes("metadata_read")}` };
    };
    const challenge = 'scope="repository:a:metadata_read",error="insufficient_scope"';
    await using server = await tokenRegistry(
      (authorization) => authorization === "Bearer ttrue" || (authorization === undefined ? {} : { challenge }),
      token,
    );
    await using registry = openRegistry({ url: server.url, credential });
    await registry.repository("a").hasBlob(DIGEST);
    expect(scopes).toEqual(["repository:a:pull", "repository:a:metadata_read,pull"]);
    await registry.repository("a").hasBlob(DIGEST);
    expect(scopes).toHaveLength(2);
    expect(server.requests.slice(5).map(({ authorization }) => authorization)).toEqual(["Bearer ttrue"]);

    await using never = await tokenRegistry(() => ({ challenge }));
    await using refused = openRegistry({ url: never.url, credential });
    await expect(refused.repository("a").hasBlob(DIGEST)).rejects.toThrowError(expect.objectContaining({ code: "DENIED" }));
    expect(never.requests.length).toBeLessThanOrEqual(7);
  });

  it.each([
    [403, "Your authorization token has expired. Reauthenticate and try again."],
    [400, "Your Authorization Token is invalid."],
  ])("renews a token that has expired without a challenge (%i)", async (status, body) => {
    let issued = 0;
    let expired = false;
    await using server = await tokenRegistry(
      (authorization) =>
        authorization === undefined ? {} : authorization === `Bearer t${issued}` && !(expired && issued === 1) ? true : { status, body },
      () => ({ token: `t${++issued}` }),
    );
    await using registry = openRegistry({ url: server.url, credential });
    const read = () => registry.repository("a").putManifest("v1", { bytes: Buffer.from("{}"), digest: DIGEST, mediaType: "x/y", size: 2 });
    await read();
    expired = true;
    await read();
    expect(issued).toBe(2);
  });

  it("exchanges an identity token by POST and keeps it out of URLs", async () => {
    const grants: string[] = [];
    await using server = await tokenRegistry(
      (authorization) => authorization === "Bearer t" || {},
      (form) => {
        grants.push(`${form.get("grant_type")} ${form.get("refresh_token")} ${form.get("scope")}`);
        return { access_token: "t" };
      },
    );
    await using registry = openRegistry({ url: server.url, credential: { identityToken: "refresh" } });
    await registry.repository("a").hasBlob(DIGEST);
    expect(grants).toEqual(["refresh_token refresh repository:a:pull"]);
    expect(server.requests.some(({ path }) => path.includes("refresh"))).toBe(false);
  });

  it.each([
    ["no token", {}, "has no token"],
    ["a token with a line break", { token: "a\r\nx: y" }, "characters"],
    ["a token of another type", { token: 7 }, "has no token"],
  ])("refuses %s", async (_, answer, why) => {
    await using server = await tokenRegistry(
      () => ({}),
      () => answer,
    );
    await using registry = openRegistry({ url: server.url, credential });
    await expect(registry.ping()).rejects.toThrowError(
      expect.objectContaining({ code: "RESPONSE_MALFORMED", message: expect.stringContaining(why) }),
    );
  });

  it("bounds what a token server sends, and passes on its throttling", async () => {
    await using large = await tokenRegistry(
      () => ({}),
      () => ({ token: "x".repeat(2_000_000) }),
    );
    await using first = openRegistry({ url: large.url, credential });
    await expect(first.ping()).rejects.toThrowError(expect.objectContaining({ code: "RESPONSE_TOO_LARGE" }));
    await using busy = await tokenRegistry(
      () => ({}),
      () => 429,
    );
    await using second = openRegistry({ url: busy.url, credential });
    await expect(second.ping()).rejects.toThrowError(expect.objectContaining({ code: "TOOMANYREQUESTS" }));
  });

  it("names the schemes that it cannot do", async () => {
    await using server = await serve((_, response) => {
      response.writeHead(401, { "www-authenticate": ["Negotiate", "NTLM"] });
      response.end();
    });
    await using registry = openRegistry({ url: server.url, credential });
    await expect(registry.ping()).rejects.toThrowError(
      expect.objectContaining({ code: "UNAUTHORIZED", message: expect.stringContaining("negotiate, ntlm") }),
    );
  });
});
