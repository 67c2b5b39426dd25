import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { startDevRegistry } from "../dev-registry.ts";

/** What comes back for a request line, byte for byte, until the other side closes or so many milliseconds passed. */
async function raw(port: number, line: string, milliseconds: number): Promise<{ text: string; ended: boolean }> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  let ended = false;
  socket.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  socket.on("end", () => {
    ended = true;
  });
  socket.write(`${line}\r\nHost: registry\r\n\r\n`);
  await Promise.race([once(socket, "end"), sleep(milliseconds)]);
  socket.destroy();
  return { text, ended };
}

describe("faults of an answer's head", () => {
  it("malformed: a 429 of bare line feeds, then the end", async () => {
    await using registry = await startDevRegistry();
    const fault = registry.faults.add({ action: { kind: "malformed" }, match: { op: "tags-list" } });

    const answer = await raw(registry.port, "GET /v2/a/tags/list HTTP/1.1", 5_000);

    expect(answer).toEqual({ text: "HTTP/1.1 429 Too Many Requests\n\n", ended: true });
    expect(fault.fired).toBe(1);
  });

  it("trickle: bytes keep coming, the head never ends", async () => {
    await using registry = await startDevRegistry();
    const fault = registry.faults.add({ action: { kind: "trickle", milliseconds: 5 }, match: { op: "tags-list" } });

    const answer = await raw(registry.port, "GET /v2/a/tags/list HTTP/1.1", 300);

    expect(answer.text).toMatch(/^HTTP\/1\.1 200 OK\r\nX-Slow: x{5,}$/);
    expect(answer.ended).toBe(false);
    expect(fault.fired).toBe(1);
  });
});

describe("faults that lie about what was done", () => {
  it("lying-mount: 201 for a blob that is not there", async () => {
    await using registry = await startDevRegistry();
    const digest = `sha256:${"a".repeat(64)}`;
    const fault = registry.faults.add({ action: { kind: "lying-mount" } });

    const mount = await fetch(`${registry.url}/v2/b/blobs/uploads/?mount=${digest}&from=a`, { method: "POST" });

    expect(mount.status).toBe(201);
    expect((await fetch(`${registry.url}/v2/b/blobs/${digest}`, { method: "HEAD" })).status).toBe(404);
    expect(fault.fired).toBe(1);
  });

  it("wrong-offset: in the answer to a chunk as well, where the rule names it", async () => {
    await using registry = await startDevRegistry();
    const opened = await fetch(`${registry.url}/v2/b/blobs/uploads/`, { method: "POST" });
    const session = new URL(opened.headers.get("location") ?? "", registry.url);
    const fault = registry.faults.add({ action: { kind: "wrong-offset", delta: -3 }, match: { op: "blob-patch" } });

    const chunk = await fetch(session, { method: "PATCH", body: Buffer.alloc(10) });

    expect(chunk.headers.get("range")).toBe("0-6");
    expect(registry.storage.uploads()[0]?.offset).toBe(10);
    expect(fault.fired).toBe(1);
  });
});
