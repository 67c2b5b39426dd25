import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { openReach } from "./open-registry.ts";

/** A server that answers as told, and what it was asked. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked: { readonly what: string; readonly authorization: string | undefined; readonly port: number | undefined }[] = [];
  const server = createServer((request, response) => {
    const { authorization } = request.headers;
    asked.push({ what: `${request.method} ${request.url}`, authorization, port: request.socket.remotePort });
    answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, [Symbol.asyncDispose]: close };
}

describe("whether a registry is there", () => {
  it.each([
    [200, "application/json"],
    [401, "application/json"],
    [403, "text/html"],
    [307, "text/plain"],
  ])("it is, where it answers %d", async (status, type) => {
    await using server = await serve((_, response) =>
      response.writeHead(status, { "content-type": type, location: "/elsewhere" }).end("{}"),
    );
    await using reach = openReach({ url: server.url, credential: { username: "u", password: "p" } });
    expect(await reach.ask()).toBeGreaterThan(0);
    await reach.ask();
    // One connection for all questions, no login, no redirect followed.
    expect(server.asked.map(({ what }) => what)).toEqual(["GET /v2/", "GET /v2/"]);
    expect(new Set(server.asked.map(({ port }) => port)).size).toBe(1);
    expect(server.asked.map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
  });

  it.each([
    [404, "application/json", "RESPONSE_MALFORMED"],
    [200, "text/html; charset=utf-8", "RESPONSE_MALFORMED"],
    [503, "text/html", "REGISTRY_FAILED"],
    [429, "application/json", "TOOMANYREQUESTS"],
  ])("it says so, where %d with %s comes", async (status, type, code) => {
    await using server = await serve((_, response) => response.writeHead(status, { "content-type": type, "retry-after": "3" }).end("no"));
    await using reach = openReach({ url: server.url });
    await expect(reach.ask()).rejects.toMatchObject({ code, ...(status === 429 ? { retryAfterMs: 3_000 } : {}) });
  });

  it("asks a chart repository for the head of its index", async () => {
    await using server = await serve((_, response) => response.writeHead(200, { "content-type": "text/html" }).end());
    await using reach = openReach({ url: server.url }, "/charts/index.yaml");
    await reach.ask();
    expect(server.asked.map(({ what }) => what)).toEqual(["HEAD /charts/index.yaml"]);
  });
});
