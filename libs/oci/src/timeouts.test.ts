import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { digestOf } from "./digest.ts";
import { openRegistry } from "./open-registry.ts";
import type { Repository } from "./repository.ts";
import type { Timeouts } from "./timeouts.ts";

const BYTES = Buffer.alloc(200_000, "b");
const DIGEST = digestOf(BYTES);
const SHORT: Timeouts = { connectMs: 400, headersMs: 400, bodyIdleMs: 400, commitMs: 400, documentMs: 400 };
/** For the phases that must not be what ends a request. */
const LONG = 60_000;

/** A peer on loopback that does what `talk` says with each connection. It never ends one by itself: as a machine that vanished without a FIN. */
async function peer(talk: (socket: Socket) => void): Promise<{ port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    talk(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Answers each request by its method, once its head is there. */
function answering(answer: (method: string, socket: Socket) => void): (socket: Socket) => void {
  return (socket) => {
    let text = "";
    socket.on("data", (part) => {
      text += part.toString("latin1");
      const method = /^([A-Z]+) \S+ HTTP\/1\.1\r\n[\s\S]*?\r\n\r\n/.exec(text)?.[1];
      if (method === undefined) return;
      text = "";
      answer(method, socket);
    });
  };
}

async function* zeros(length: number): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < length; sent += 65_536) yield Buffer.alloc(Math.min(65_536, length - sent));
}

async function readAll(repository: Repository): Promise<void> {
  const read = await repository.readBlob({ digest: DIGEST, size: BYTES.length }, { start: 0, end: BYTES.length });
  for await (const _ of read.bytes);
}

const OPENED = "HTTP/1.1 202 Accepted\r\nLocation: /v2/a/blobs/uploads/1?_state=x\r\nContent-Length: 0\r\n\r\n";
const HEAD = `HTTP/1.1 200 OK\r\nContent-Length: ${BYTES.length}\r\n\r\n`;

interface Phase {
  readonly phase: string;
  readonly scheme?: "https";
  readonly talk: (socket: Socket) => void;
  readonly work: (repository: Repository) => Promise<unknown>;
  /** The limits that are short; the others are a minute. */
  readonly limits: readonly (keyof Timeouts)[];
}

const PHASES: readonly Phase[] = [
  {
    phase: "the TLS handshake",
    scheme: "https",
    talk: (socket) => socket.resume(),
    work: (repository) => repository.hasBlob(DIGEST),
    limits: ["connectMs"],
  },
  { phase: "the first byte", talk: (socket) => socket.resume(), work: (repository) => repository.hasBlob(DIGEST), limits: ["headersMs"] },
  {
    phase: "the rest of the head, which comes byte by byte",
    talk: (socket) => {
      socket.write("HTTP/1.1 200 OK\r\nX-Slow: ");
      const timer = setInterval(() => socket.write("x"), 50);
      socket.on("close", () => clearInterval(timer));
    },
    work: (repository) => repository.hasBlob(DIGEST),
    limits: ["headersMs"],
  },
  {
    phase: "the next bytes of a blob",
    talk: answering((_, socket) => socket.write(HEAD + BYTES.subarray(0, 100_000).toString("latin1"), "latin1")),
    work: readAll,
    limits: ["bodyIdleMs"],
  },
  {
    phase: "enough bytes of a blob, which comes byte by byte",
    talk: answering((_, socket) => {
      socket.write(HEAD);
      const timer = setInterval(() => socket.write("b"), 50);
      socket.on("close", () => clearInterval(timer));
    }),
    work: readAll,
    limits: ["bodyIdleMs"],
  },
  {
    phase: "the end of a manifest, which comes byte by byte",
    talk: answering((_, socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\nContent-Length: 900\r\n\r\n");
      const timer = setInterval(() => socket.write("{"), 50);
      socket.on("close", () => clearInterval(timer));
    }),
    work: (repository) => repository.manifest("v1"),
    limits: ["documentMs"],
  },
  {
    phase: "room for the next chunk of an upload",
    talk: answering((method, socket) => (method === "POST" ? socket.write(OPENED) : socket.pause())),
    work: async (repository) => (await repository.startUpload()).append(zeros(30_000_000), 30_000_000),
    limits: ["bodyIdleMs"],
  },
  {
    phase: "the answer to a chunk",
    talk: answering((method, socket) => method === "POST" && socket.write(OPENED)),
    work: async (repository) => (await repository.startUpload()).append(zeros(1_000), 1_000),
    limits: ["headersMs"],
  },
  {
    phase: "the answer to a commit",
    talk: answering((method, socket) => method === "POST" && socket.write(OPENED)),
    work: async (repository) => (await repository.startUpload()).commit(DIGEST),
    limits: ["commitMs"],
  },
  {
    phase: "the answer to a commit with a body",
    talk: answering((method, socket) => method === "POST" && socket.write(OPENED)),
    work: async (repository) => (await repository.startUpload()).commit(DIGEST, { bytes: zeros(1_000), length: 1_000 }),
    limits: ["commitMs"],
  },
];

describe.concurrent("a peer that vanishes without a FIN is noticed while waiting for", { timeout: 20_000 }, () => {
  it.each(PHASES)("$phase", async ({ scheme = "http", talk, work, limits }) => {
    await using other = await peer(talk);
    const timeouts = Object.fromEntries(
      Object.keys(SHORT).map((name) => [name, limits.includes(name as keyof Timeouts) ? SHORT[name as keyof Timeouts] : LONG]),
    );
    await using registry = openRegistry({ url: `${scheme}://127.0.0.1:${other.port}`, timeouts });

    const startedAt = performance.now();
    await expect(work(registry.repository("a"))).rejects.toMatchObject({ code: "TIMED_OUT" });

    // undici's timers tick every half second.
    expect(performance.now() - startedAt).toBeLessThan(8_000);
  });
});

describe("time that is nobody's fault", () => {
  it("is not held against a source whose bytes are read slowly", async () => {
    const talk = answering((_, socket) => socket.write(HEAD + BYTES.toString("latin1"), "latin1"));
    await using other = await peer(talk);
    await using registry = openRegistry({ url: `http://127.0.0.1:${other.port}`, timeouts: { ...SHORT, headersMs: LONG } });

    const read = await registry.repository("a").readBlob({ digest: DIGEST, size: BYTES.length }, { start: 0, end: BYTES.length });
    let received = 0;
    for await (const part of read.bytes) {
      received += part.byteLength;
      await sleep(600);
    }

    expect(received).toBe(BYTES.length);
  });

  it("is not held against a target whose bytes come slowly", async () => {
    let seen = 0;
    const talk = (socket: Socket) => {
      socket.on("data", (part) => {
        seen += part.byteLength;
        if (part.toString("latin1").startsWith("POST")) socket.write(OPENED);
        else if (part.includes("END"))
          socket.write("HTTP/1.1 202 Accepted\r\nRange: 0-5\r\nLocation: /v2/a/blobs/uploads/1\r\nContent-Length: 0\r\n\r\n");
      });
    };
    await using other = await peer(talk);
    await using registry = openRegistry({ url: `http://127.0.0.1:${other.port}`, timeouts: SHORT });
    async function* slowly(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("abc");
      await sleep(1_500);
      yield Buffer.from("END");
    }

    const upload = await registry.repository("a").startUpload();
    expect(await upload.append(slowly(), 6)).toBe(6);
    expect(seen).toBeGreaterThan(6);
  });
});
