import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startConnectProxy } from "@transship/dev-registry";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { startAgent } from "./agent.ts";
import { accessTo } from "./testing/access.ts";
import { assignment } from "./testing/assignment.ts";
import { FakeControlPlane } from "./testing/fake-control-plane.ts";

const PASSWORD = "c4n4ry pass/word";
const SIGNATURE = "c4n4rySignature";
const PROXY_PASSWORD = "c4n4ry proxy/word";
const BASIC = Buffer.from(`robot:${PASSWORD}`).toString("base64");

/** A registry that fails, and in its words quotes what it was sent and a signed URL. */
async function indiscreetRegistry(): Promise<AsyncDisposable & { url: string; quoted: () => number }> {
  let quoted = 0;
  const server = createServer((request, reply) => {
    const { authorization } = request.headers;
    if (authorization === undefined) {
      reply.writeHead(401, { "www-authenticate": 'Basic realm="r"' }).end();
      return;
    }
    if (request.method === "HEAD") {
      reply.writeHead(404).end();
      return;
    }
    quoted += 1;
    const clear = Buffer.from(authorization.replace(/^Basic /, ""), "base64").toString();
    const message = `no ${clear} with ${authorization} ${encodeURIComponent(PASSWORD)} by ${PROXY_PASSWORD} at https://s3.test/x?X-Amz-Signature=${SIGNATURE}`;
    const words = JSON.stringify({ errors: [{ code: "DENIED", message }] });
    reply.writeHead(403, { "content-type": "application/json" }).end(words);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    quoted: () => quoted,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe("an agent whose registry quotes secrets", { timeout: 30_000 }, () => {
  it("tells the control plane the registry's words without them, in lines, reports and answers", async () => {
    await using stack = new AsyncDisposableStack();
    const directory = mkdtempSync(join(tmpdir(), "secrets-"));
    stack.defer(() => rmSync(directory, { recursive: true, force: true }));
    const plane = stack.use(await FakeControlPlane.start());
    const registry = stack.use(await indiscreetRegistry());
    const server = { address: plane.address, insecure: true };
    stack.use(await startAgent({ name: "a", region: "r", server, dataDirectory: directory, logger: pino({ level: "silent" }) }));
    await expect.poll(() => plane.demand).toBeGreaterThan(0);
    const proxy = stack.use(await startConnectProxy());
    const endpoint = {
      url: registry.url,
      network: "public",
      address: "",
      ca: "",
      proxy: { url: proxy.url, credential: { username: "gate", password: PROXY_PASSWORD } },
    };
    const access = { ...accessTo(registry.url, { username: "robot", password: PASSWORD }), endpoint };

    plane.send(assignment("one", { sourceAccess: access, targetAccess: access }));
    const outcome = await plane.hear("outcome");
    const listTags = { namespace: "", repository: "", tag: "" };
    plane.send({ $case: "question", value: { id: "q", access, ask: { $case: "listTags", value: listTags }, parts: 0 } });
    const answer = await plane.hear("answer");
    const log = await plane.hear("log");

    expect(registry.quoted()).toBeGreaterThan(0);
    expect(proxy.tunnels.length).toBeGreaterThan(0);
    expect(outcome.failure?.message).toContain("DENIED: no robot:*** with Basic ***");
    expect(answer.found?.$case === "failure" && answer.found.value.message).toContain("DENIED: no robot:***");
    expect(log.lines[0]?.message).toMatch(/^attempt 1 begins: a\/team\/app:one to b\/mirror\/app:one$/);
    const heard = JSON.stringify(plane.heard);
    for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), BASIC, SIGNATURE, PROXY_PASSWORD]) expect(heard).not.toContain(secret);
  });
});
