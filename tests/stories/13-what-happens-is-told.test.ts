import { readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { openSite, type Site } from "./stage/site.ts";
import { instance, rule, topology } from "./stage/topology.ts";

const SECRET = "canary-0123456789";
const NOWHERE = "http://127.0.0.1:9";

describe("what happens is told", () => {
  it("signed, once the receiver is there, over the death of either side", async () => {
    const verify = await documentedVerifier();
    await using site = await openSite();
    const outputs: string[] = [];
    const cli = async (...args: string[]) => {
      const { code, stdout, stderr } = await site.cli(...args);
      outputs.push(stdout, stderr);
      return { code, stdout };
    };
    let port = 0;
    {
      await using receiver = await listen();
      port = receiver.port;
      await site.apply(await documents(site, receiver.port));
      // Nobody can reach these instances, so that the execution fails.
      expect((await site.run("copy")).code).toBe(1);
      const [event] = await received(receiver, 1);
      expect(verify(SECRET, event?.headers["transship-signature"], event?.body ?? "")).toBe(true);
      expect(verify("another secret", event?.headers["transship-signature"], event?.body ?? "")).toBe(false);
      expect(event?.headers["content-type"]).toBe("application/cloudevents+json");
      expect(JSON.parse(event?.body ?? "")).toMatchObject({
        specversion: "1.0",
        type: "dev.transship.execution.failed",
        data: { kind: "Execution", metadata: { rule: "copy" }, status: { state: "failed", failures: [{ code: "NO_ROUTE" }] } },
      });
      expect(await cli("webhook", "test", "ops")).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^webhook ops: arrived in \d+ ms\n$/),
      });
      await received(receiver, 2);
    }

    const { execution } = await site.run("copy");
    await until(async () => (await cli("webhook", "list", "-o", "wide")).stdout.includes("failing"));
    const failing = await cli("webhook", "test", "ops");
    expect(failing).toMatchObject({ code: 1, stdout: expect.stringContaining("CONNECTION_FAILED") });
    const before = site.controlPlane;
    await before.end("SIGKILL");
    await site.restartControlPlane();
    await using receiver = await listen(port);
    const [event, ...more] = await received(receiver, 1);
    expect(more).toEqual([]);
    expect(verify(SECRET, event?.headers["transship-signature"], event?.body ?? "")).toBe(true);
    expect(JSON.parse(event?.body ?? "")).toMatchObject({ subject: `executions/${execution.metadata.id}` });

    expect((await cli("webhook", "describe", "ops")).stdout).toContain("deliveredAt");
    expect((await cli("diff", "-f", site.scratch.path("topology.yaml"))).code).toBe(0);
    expect((await cli("webhook", "get", "ops", "-o", "json")).code).toBe(0);
    expect((await cli("delete", "webhook", "ops")).code).toBe(0);
    expect((await cli("webhook", "get", "ops")).code).toBe(3);
    expect([...outputs, before.messages(), site.controlPlane.messages()].join("\n")).not.toContain(SECRET);
  }, 120_000);
});

/** The example of docs/operations/webhooks.md, which receivers will copy. */
async function documentedVerifier(): Promise<(secret: string, header: unknown, body: string) => boolean> {
  const page = await readFile(resolve(import.meta.dirname, "../../docs/operations/webhooks.md"), "utf8");
  const code = /```js\n(.*?)```/s.exec(page)?.[1] ?? "";
  const { verify } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  return verify;
}

async function documents(site: Site, port: number): Promise<string> {
  const file = site.scratch.path("secret");
  await writeFile(file, SECRET);
  const spec = { url: `http://127.0.0.1:${port}/`, secretFrom: { file }, events: ["execution.failed"], allowPrivate: true };
  const webhook = { apiVersion: "transship/v1", kind: "Webhook", metadata: { name: "ops" }, spec };
  return topology(
    instance("a", NOWHERE, "east"),
    instance("b", NOWHERE, "west"),
    rule("copy", { instance: "a", namespace: "team" }, [{ instance: "b" }]),
    webhook,
  );
}

interface Told {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Receiver extends AsyncDisposable {
  readonly port: number;
  readonly told: Told[];
}

async function listen(port = 0): Promise<Receiver> {
  const told: Told[] = [];
  const server = createServer(async (incoming, answer) => {
    told.push({ headers: incoming.headers, body: await text(incoming) });
    answer.writeHead(204).end();
  });
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  const close = () =>
    new Promise<void>((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  return { port: (server.address() as AddressInfo).port, told, [Symbol.asyncDispose]: close };
}

/** Everything that was received, once it is at least so many. */
async function received({ told }: Receiver, count: number): Promise<Told[]> {
  await until(() => told.length >= count);
  return told;
}

async function until(look: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 60_000; performance.now() < deadline; await sleep(100)) if (await look()) return;
  throw new Error("it did not happen within a minute");
}
