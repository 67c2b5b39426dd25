import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A server of a test on loopback, which keeps every request that it got. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly host: string;
  readonly requests: readonly {
    readonly method: string;
    readonly path: string;
    readonly authorization: string | undefined;
    readonly body: string;
  }[];
}

/** Starts a server on a free port; `answer` is called when the whole request is there. `address`: 127.0.0.1 or another loopback address. */
export async function serve(
  answer: (request: IncomingMessage & { readonly text: string }, response: ServerResponse, url: string) => void,
  address = "127.0.0.1",
): Promise<TestServer> {
  const requests: { method: string; path: string; authorization: string | undefined; body: string }[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const text = Buffer.concat(parts).toString();
      requests.push({ method: request.method ?? "", path: request.url ?? "", authorization: request.headers.authorization, body: text });
      answer(Object.assign(request, { text }), response, url);
    });
  });
  await new Promise<void>((ready) => server.listen(0, address, ready));
  const host = `${address}:${(server.address() as AddressInfo).port}`;
  const url = `http://${host}`;
  return {
    url,
    host,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** All bytes of a stream, in one. */
export async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  return Buffer.concat(parts);
}

/** Bytes as a stream of small parts. */
export async function* stream(bytes: Uint8Array, partSize = 16 * 1024): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += partSize) yield bytes.subarray(start, start + partSize);
}
