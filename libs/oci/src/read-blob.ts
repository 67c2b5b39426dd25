import { TransshipError } from "@transship/errors";
import type { Call, RegistryClient } from "./client.ts";
import { parseContentRange } from "./content-range.ts";
import type { Digest } from "./digest.ts";
import type { Answer } from "./exchange.ts";
import { closable } from "./one-pass.ts";
import type { BlobRead, ByteRange, CallOptions } from "./repository.ts";
import { pullScope } from "./scopes.ts";

/** Whether the repository has a blob (OCI distribution-spec 1.1, end-2, HEAD). A redirect to storage counts: only what exists is redirected to. */
export async function hasBlob(client: RegistryClient, name: string, digest: Digest, options: CallOptions = {}): Promise<boolean> {
  const call: Call = {
    operation: "blob.exists",
    what: `looking for blob ${name}@${digest}`,
    method: "HEAD",
    url: client.url(`${name}/blobs/${digest}`),
    subject: "blob",
    scopes: pullScope(name),
    signal: options.signal,
    followRedirects: false,
  };
  const answer = await client.send(call);
  if (answer.status < 400) return await answer.body.discard().then(() => true);
  if (answer.status === 404) return await answer.body.discard().then(() => false);
  throw await client.refusal(call, answer);
}

/**
 * Reads bytes of a blob (end-2) with a closed range, or without one for the whole. Servers may ignore or refuse the range and send everything; then `start` is 0.
 * Content encodings are refused, since the digest is over the bytes as stored.
 */
export async function readBlob(
  client: RegistryClient,
  name: string,
  blob: { readonly digest: Digest; readonly size: number },
  range: ByteRange,
  options: CallOptions = {},
): Promise<BlobRead> {
  const call: Call = {
    operation: "blob.read",
    what: `reading blob ${name}@${blob.digest}`,
    method: "GET",
    url: client.url(`${name}/blobs/${blob.digest}`),
    subject: "blob",
    scopes: pullScope(name),
    signal: options.signal,
    download: true,
    shared: `${name}@${blob.digest}`,
  };
  return await readBytes(client, call, blob.size, range);
}

/** Reads bytes of something immutable that has `size` bytes: see {@link readBlob}. `open` is the call without a range. */
export async function readBytes(client: RegistryClient, open: Call, size: number, range: ByteRange): Promise<BlobRead> {
  const { what } = open;
  const valid = Number.isSafeInteger(range.start) && Number.isSafeInteger(range.end) && range.start >= 0 && range.end <= size;
  const whole = range.start === 0 && range.end === size;
  if (!valid || (range.start >= range.end && !whole))
    throw new TransshipError("INVALID_ARGUMENT", { what, why: `there is no range ${range.start}-${range.end} in ${size} bytes` });
  const call: Call = whole ? open : { ...open, headers: { ...open.headers, range: `bytes=${range.start}-${range.end - 1}` } };
  let answer = await client.send(call);
  if (answer.status === 416 && !whole) {
    // The range is within the blob: a server that refuses it serves no ranges, and is asked as if it ignored them.
    await answer.body.discard();
    answer = await client.send(open);
  }
  if (answer.status !== 200 && answer.status !== 206) throw await client.refusal(call, answer);
  try {
    const part = partOf(what, answer, size, range);
    return {
      start: part.start,
      end: part.start + part.length,
      totalSize: part.total,
      bytes: closable(exactly(what, answer, part.length), () => answer.body.close()),
    };
  } catch (thrown) {
    await answer.body.discard();
    throw thrown;
  }
}

function partOf(
  what: string,
  answer: Answer,
  size: number,
  range: ByteRange,
): { start: number; length: number; total: number | undefined } {
  const malformed = (why: string): TransshipError => new TransshipError("RESPONSE_MALFORMED", { what, why });
  const encoding = answer.headers.get("content-encoding");
  if (encoding !== undefined && encoding !== "identity") throw malformed(`the answer has the content encoding ${encoding.slice(0, 40)}`);
  const announced = answer.headers.get("content-length");
  const length = announced !== undefined && /^\d{1,15}$/.test(announced) ? Number(announced) : undefined;
  const mismatch = (found: number): TransshipError =>
    new TransshipError("SIZE_MISMATCH", { what, why: `the manifest says ${size} bytes and the registry has ${found}` });
  if (answer.status === 200) {
    if (length !== undefined && length !== size) throw mismatch(length);
    return { start: 0, length: size, total: length };
  }
  const content = parseContentRange(answer.headers.get("content-range"));
  if (content === undefined) throw malformed("a partial answer without a readable Content-Range");
  if (content.total !== undefined && content.total !== size) throw mismatch(content.total);
  if (content.first !== range.start || content.last !== range.end - 1)
    throw malformed(`asked for bytes ${range.start}-${range.end - 1}, the answer has ${content.first}-${content.last}`);
  if (length !== undefined && length !== range.end - range.start) throw malformed("Content-Length and Content-Range contradict each other");
  return { start: range.start, length: range.end - range.start, total: content.total };
}

/** The body held to its length: cut short is `CONNECTION_FAILED`, since going on from there helps; longer is `SIZE_MISMATCH`. */
async function* exactly(what: string, answer: Answer, length: number): AsyncGenerator<Uint8Array> {
  let received = 0;
  for await (const chunk of answer.body.chunks()) {
    received += chunk.byteLength;
    if (received > length)
      throw new TransshipError("SIZE_MISMATCH", { what, why: `the body is longer than the ${length} bytes that it should have` });
    yield chunk;
  }
  if (received < length)
    throw new TransshipError("CONNECTION_FAILED", { what, why: `the body ended after ${received} of ${length} bytes` });
}
