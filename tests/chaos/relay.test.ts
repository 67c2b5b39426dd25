import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { CLEAR, openRelay, type Relay } from "./relay.ts";

/** A relay to a server that says everything back, and a connection over it. */
async function stage(): Promise<AsyncDisposable & { readonly relay: Relay; readonly near: Socket; heard(): string; atServer(): string }> {
  await using opened = new AsyncDisposableStack();
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      received += bytes;
      socket.write(bytes);
    });
  });
  let received = "";
  let heard = "";
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  opened.defer(() => void server.close());
  const relay = opened.use(await openRelay((server.address() as AddressInfo).port, CLEAR));
  const near = connect(Number(relay.host.split(":").at(-1)), "127.0.0.1");
  near.on("data", (bytes) => {
    heard += bytes;
  });
  near.on("error", () => undefined);
  await once(near, "connect");
  opened.defer(() => void near.destroy());
  const everything = opened.move();
  return { relay, near, heard: () => heard, atServer: () => received, [Symbol.asyncDispose]: () => everything.disposeAsync() };
}

async function until(holds: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 5_000; !holds(); await sleep(5)) if (performance.now() > deadline) throw new Error("too late");
}

describe("a relay", () => {
  it("carries both ways, and counts what goes up", async () => {
    await using on = await stage();
    on.near.write("hello");
    await until(() => on.heard() === "hello");
    expect(on.relay).toMatchObject({ bytesUp: 5, heldPieces: 0 });
  });

  it.each([
    ["up", ""],
    ["down", "hello"],
  ] as const)("holds what goes %s, and lets it go when it heals", async (direction, atServer) => {
    await using on = await stage();
    on.relay.hold([direction]);
    on.near.write("hello");
    await until(() => on.relay.heldPieces > 0);
    await sleep(50);
    expect([on.atServer(), on.heard()]).toEqual([atServer, ""]);
    on.relay.heal("resume");
    await until(() => on.heard() === "hello");
  });

  it("breaks what it held where it has forgotten its connections", async () => {
    await using on = await stage();
    on.relay.hold(["up", "down"]);
    on.near.write("hello");
    await until(() => on.relay.heldPieces > 0);
    const closed = new Promise((done) => on.near.once("close", done));
    on.relay.heal("reset");
    await closed;
    expect(on.atServer()).toBe("");
  });

  it("is late and slow when it is told to", async () => {
    await using on = await stage();
    on.relay.weather = { lateMs: 60, bytesPerSecond: 1_000 };
    const begun = performance.now();
    on.near.write("x".repeat(100));
    await until(() => on.heard().length === 100);
    // 60 ms and a tenth of a second each way.
    expect(performance.now() - begun).toBeGreaterThanOrEqual(310);
  });

  it("sees manifests that are put, however the request is cut", async () => {
    await using on = await stage();
    on.near.write("PUT /v2/team/app/mani");
    await sleep(20);
    on.near.write("fests/v1 HTTP/1.1\r\nhost: x\r\n\r\nGET /v2/team/app/manifests/v2 HTTP/1.1\r\n");
    on.near.write("PUT /v2/team/app/manifests/v3 HTTP/1.1\r\n");
    await until(() => on.heard().endsWith("v3 HTTP/1.1\r\n"));
    expect(on.relay.manifestPuts.map(({ path }) => path)).toEqual(["/v2/team/app/manifests/v1", "/v2/team/app/manifests/v3"]);
  });
});
