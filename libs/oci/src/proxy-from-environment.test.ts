import fc from "fast-check";
import { type Dispatcher, EnvHttpProxyAgent } from "undici";
import { describe, expect, it } from "vitest";
import { proxyFromEnvironment } from "./proxy.ts";

const at = (env: Record<string, string>, url: string) => proxyFromEnvironment(env)(new URL(url))?.url;

describe("proxies of the environment", () => {
  it.each([
    ["https://r.test", { HTTPS_PROXY: "http://p:1" }, "http://p:1"],
    ["http://r.test", { HTTPS_PROXY: "http://p:1" }, undefined],
    ["https://r.test", { HTTP_PROXY: "http://p:1" }, "http://p:1"],
    ["https://r.test", { HTTPS_PROXY: "http://p:1", https_proxy: "http://q:1" }, "http://q:1"],
    ["https://r.test", { HTTPS_PROXY: "http://p:1", https_proxy: "" }, undefined],
    ["https://r.test", { HTTPS_PROXY: "p:3128" }, "http://p:3128"],
    ["https://a.r.test", { HTTPS_PROXY: "http://p:1", NO_PROXY: "x,.r.test" }, undefined],
    ["https://ar.test", { HTTPS_PROXY: "http://p:1", NO_PROXY: "r.test" }, "http://p:1"],
    ["https://r.test:5000", { HTTPS_PROXY: "http://p:1", NO_PROXY: "r.test:5001" }, "http://p:1"],
    ["https://r.test:5000", { HTTPS_PROXY: "http://p:1", NO_PROXY: "r.test:5000" }, undefined],
    ["https://r.test", { HTTPS_PROXY: "http://p:1", no_proxy: "*" }, undefined],
    ["http://10.1.2.3:5000", { HTTP_PROXY: "http://p:1", NO_PROXY: "10.0.0.0/8" }, undefined],
    ["http://11.1.2.3:5000", { HTTP_PROXY: "http://p:1", NO_PROXY: "10.0.0.0/8,11.0.0.0/33" }, "http://p:1"],
    ["http://[fd00::7]:5000", { HTTP_PROXY: "http://p:1", NO_PROXY: "fd00::/8" }, undefined],
    ["http://localhost:5000", { HTTP_PROXY: "http://p:1" }, undefined],
    ["http://127.0.0.1:5000", { HTTP_PROXY: "http://p:1" }, undefined],
    ["http://[::1]:5000", { HTTP_PROXY: "http://p:1" }, undefined],
  ] as const)("%s with %j goes by %s", (url, env, expected) => {
    expect(at(env, url)).toBe(expected);
  });

  it("may hold a login, which is not part of the URL that errors name", () => {
    const proxyFor = proxyFromEnvironment({ HTTPS_PROXY: "http://me:p%40ss@proxy.test:3128" });
    expect(proxyFor(new URL("https://r.test"))).toEqual({
      url: "http://proxy.test:3128",
      credential: { username: "me", password: "p@ss" },
    });
  });

  it.each(["socks5://p:1", "http://u:hunter2@p:1/path", "http://"])("that are none (%s) are refused, without the login", (text) => {
    const refused = expect.objectContaining({
      code: "INVALID_ARGUMENT",
      message: expect.not.stringContaining("hunter2"),
      hint: expect.stringContaining("NO_PROXY"),
    });
    expect(() => at({ HTTPS_PROXY: text }, "https://r.test")).toThrowError(refused);
  });

  it("choose as undici does", () => {
    const host = fc.constantFrom("r.test", "a.r.test", "b.a.r.test", "other.test", "10.0.0.1", "ar.test", "[fd00::1]", "r.test.");
    const entry = fc.oneof(
      host,
      fc.constantFrom(
        ".r.test",
        "*.r.test",
        "test",
        "*",
        "R.TEST",
        "r.test:5000",
        ".r.test:443",
        "a.r.test:80",
        "",
        "*:80",
        "fd00::1",
        "[fd00::1]",
        "[fd00::1]:80",
      ),
    );
    const url = fc.tuple(fc.constantFrom("http", "https"), host, fc.constantFrom("", ":5000", ":443", ":80")).map((parts) => {
      return `${parts[0]}://${parts[1]}${parts[2]}`;
    });
    const proxy = fc.constantFrom("", "http://p.test:1", "http://q.test:2");
    const scene = fc.record({ url, http: proxy, https: proxy, exempt: fc.array(entry, { maxLength: 3 }).map((all) => all.join(",")) });
    fc.assert(
      fc.property(scene, ({ url: text, http, https, exempt }) => {
        const found = at({ http_proxy: http, https_proxy: https, no_proxy: exempt }, text);
        expect(found).toBe(undiciChoice(text, { httpProxy: http, httpsProxy: https, noProxy: exempt }));
      }),
      { numRuns: 2_000 },
    );
  });
});

/** The proxy that undici would take: a pool that goes through one is given a function to connect by. */
function undiciChoice(url: string, options: { httpProxy: string; httpsProxy: string; noProxy: string }): string | undefined {
  const chosen = new Error("chosen");
  let through = false;
  const factory = (_: unknown, { connect }: { connect?: unknown }): Dispatcher => {
    through = typeof connect === "function";
    throw chosen;
  };
  const agent = new EnvHttpProxyAgent({ ...options, factory } as EnvHttpProxyAgent.Options);
  try {
    agent.dispatch({ origin: new URL(url).origin, path: "/", method: "GET" }, {});
  } catch (thrown) {
    if (thrown !== chosen) throw thrown;
  }
  if (!through) return undefined;
  return url.startsWith("https:") && options.httpsProxy !== "" ? options.httpsProxy : options.httpProxy;
}
