import { createHmac } from "node:crypto";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Webhook } from "@transship/model";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Receiver, startReceiver } from "../testing/receiver.ts";
import { TEST_TLS } from "../testing/test-tls.ts";
import { EventSender } from "./send-event.ts";

const SECRET = "canary-0123456789";
const never = new AbortController().signal;
let receiver: Receiver;
let sender: EventSender;
beforeEach(async () => {
  receiver = await startReceiver();
  sender = new EventSender(300);
});
afterEach(async () => {
  await sender[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

function webhook(url: string, allowPrivate = true): Webhook {
  const spec = { url, secret: SECRET, allowPrivate, enabled: true };
  return { name: "w", labels: {}, spec, createdAt: "", updatedAt: "" };
}

describe("sending an event", () => {
  it("posts the body as it is, signed", async () => {
    const attempt = await sender.send(webhook(receiver.url), '{"名":1}', never);
    expect(attempt).toMatchObject({ error: undefined, final: false });
    expect(attempt.latencyMs).toBeGreaterThan(0);
    const [got] = receiver.got;
    expect(got).toMatchObject({ path: "/hook", body: '{"名":1}', headers: { "content-type": "application/cloudevents+json" } });
    expect(got?.headers["user-agent"]).toMatch(/^transship\/\d/);
    const [, seconds = "", signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(got?.headers["transship-signature"])) ?? [];
    expect(Math.abs(Number(seconds) - Date.now() / 1000)).toBeLessThan(10);
    expect(signature).toBe(createHmac("sha256", SECRET).update(`${seconds}.{"名":1}`).digest("hex"));
  });

  it.each([
    [500, "RECEIVER_FAILED", false],
    [404, "RECEIVER_FAILED", false],
    [400, "RECEIVER_FAILED", true],
    [410, "RECEIVER_FAILED", true],
    [302, "REDIRECT_REFUSED", false],
  ])("tells the status %d as %s and nothing of the body", async (status, code, final) => {
    const elsewhere = new URL("/elsewhere", receiver.url).href;
    receiver.reply = { status, headers: { location: elsewhere, "retry-after": "7" }, body: "inner words" };
    const attempt = await sender.send(webhook(receiver.url), "{}", never);
    expect(attempt).toMatchObject({ final, error: { code } });
    expect(attempt.error?.message).toContain(String(status));
    expect(JSON.stringify(attempt.error)).not.toMatch(/inner words|canary|elsewhere/);
    expect(receiver.got.map(({ path }) => path)).toEqual(["/hook"]);
    if (code === "RECEIVER_FAILED") expect(attempt.error?.retryAfterMs).toBe(7_000);
  });

  it("does not wait for an answer for ever", async () => {
    receiver.reply = "silence";
    const attempt = await sender.send(webhook(receiver.url), "{}", never);
    expect(attempt).toMatchObject({ error: { code: "TIMED_OUT", why: "no answer within 0.3 s" } });
    expect(receiver.got).toHaveLength(1);
  });

  it("does not read an endless answer", async () => {
    receiver.reply = { status: 200, body: "x".repeat(5_000_000) };
    expect((await sender.send(webhook(receiver.url), "{}", never)).error).toBeUndefined();
  });

  it("says where nothing listens and of a name that does not exist the same", async () => {
    const { url } = receiver;
    await receiver[Symbol.asyncDispose]();
    const closed = await sender.send(webhook(url), "{}", never);
    const absent = await sender.send(webhook("http://absent.invalid/"), "{}", never);
    expect(closed.error).toMatchObject({ code: "CONNECTION_FAILED", message: "sending the event: the receiver cannot be reached" });
    expect(["CONNECTION_FAILED", "TIMED_OUT"]).toContain(absent.error?.code);
  });

  it.each(["127.0.0.1", "localhost", "127.1", "[::ffff:127.0.0.1]"])("does not reach %s without leave", async (host) => {
    const attempt = await sender.send(webhook(`http://${host}:${receiver.port}/hook`, false), "{}", never);
    expect(attempt.error).toMatchObject({ code: "ADDRESS_REFUSED" });
    expect(receiver.got).toEqual([]);
  });

  it("never reaches link-local addresses", async () => {
    expect((await sender.send(webhook("http://169.254.169.254/latest/meta-data/"), "{}", never)).error).toMatchObject({
      code: "ADDRESS_REFUSED",
    });
  });

  it("trusts no certificate of its own making", async () => {
    const server = createServer({ cert: TEST_TLS.cert, key: TEST_TLS.key });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    try {
      const { port } = server.address() as AddressInfo;
      expect((await sender.send(webhook(`https://localhost:${port}/`), "{}", never)).error).toMatchObject({ code: "TLS_FAILED" });
    } finally {
      server.close();
    }
  });

  it("ends at once when the control plane stops", async () => {
    receiver.reply = "silence";
    const stopping = new AbortController();
    const sending = sender.send(webhook(receiver.url), "{}", stopping.signal);
    stopping.abort(new Error("stopping"));
    await expect(sending).rejects.toThrow("stopping");
  });
});
