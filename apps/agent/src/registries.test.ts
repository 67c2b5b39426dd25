import { setTimeout as sleep } from "node:timers/promises";
import type { wire } from "@transship/api";
import { startConnectProxy } from "@transship/dev-registry";
import { describe, expect, it } from "vitest";
import { Registries } from "./registries.ts";
import { accessTo } from "./testing/access.ts";

const url = "http://127.0.0.1:9";

describe("registries", () => {
  it("are shared by who reaches them in the same way, and by nobody else", async () => {
    await using registries = new Registries();
    const [first, second] = [registries.borrow(accessTo(url)), registries.borrow(accessTo(url))];
    expect(first.registry).toBe(second.registry);
    const others = [
      accessTo(url, { username: "u", password: "p" }),
      accessTo(url, { username: "u", password: "q" }),
      accessTo("http://127.0.0.1:10"),
    ];
    for (const other of others) expect(registries.borrow(other).registry).not.toBe(first.registry);
    expect(registries.size).toBe(4);
  });

  it("close when idle, and only then", async () => {
    await using registries = new Registries(30);
    const [first, second] = [registries.borrow(accessTo(url)), registries.borrow(accessTo(url))];
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    await sleep(60);
    expect(registries.size).toBe(1);
    second[Symbol.dispose]();
    const again = registries.borrow(accessTo(url));
    await sleep(60);
    expect(registries.size).toBe(1);
    again[Symbol.dispose]();
    await sleep(60);
    expect(registries.size).toBe(0);
  });

  it("are opened by their provider, which has to be a known one", async () => {
    await using registries = new Registries();
    const plain = registries.borrow(accessTo(url));
    const charts = registries.borrow(accessTo(url, undefined, { provider: "chartmuseum" }));
    await expect(plain.registry.repository("nginx").startUpload()).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
    await expect(charts.registry.repository("nginx").startUpload()).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect(() => registries.borrow(accessTo(url, undefined, { provider: "newer" }))).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED", hint: expect.stringContaining("version") }),
    );
  });

  it("are reached by the proxy that their endpoint names, whose failure is not theirs", async () => {
    await using registries = new Registries();
    const behind = (proxy: wire.Proxy) => {
      const endpoint = { url, network: "public", address: "", ca: "", proxy };
      return registries.borrow({ ...accessTo(url), endpoint }).registry;
    };
    await using proxy = await startConnectProxy({ refuse: (_, login) => (login === undefined ? 407 : 403) });
    const [stranger, guest] = [behind({ url: proxy.url }), behind({ url: proxy.url, credential: { username: "u", password: "p" } })];
    expect(stranger).not.toBe(guest);
    await expect(stranger.ping()).rejects.toMatchObject({ code: "PROXY_UNAUTHORIZED", what: expect.stringContaining(proxy.host) });
    await expect(guest.ping()).rejects.toMatchObject({ code: "PROXY_REFUSED", what: expect.stringContaining(proxy.host) });
    expect(proxy.tunnels.map(({ destination }) => destination)).toEqual(["127.0.0.1:9", "127.0.0.1:9"]);
  });

  it("need an endpoint", () => {
    const registries = new Registries();
    expect(() => registries.borrow(undefined)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    expect(registries.size).toBe(0);
  });
});
