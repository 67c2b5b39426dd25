import { TransshipError } from "@transship/errors";
import type { Call, RegistryClient } from "./client.ts";
import { type Digest, digestAlgorithm, digestOf, isDigest } from "./digest.ts";
import type { Answer } from "./exchange.ts";
import { LIMITS } from "./limits.ts";
import { type Descriptor, type Manifest, manifestMediaType, parseManifest } from "./manifest.ts";
import { bareMediaType, MANIFEST_ACCEPT, manifestShape } from "./media-types.ts";
import { checkTag } from "./names.ts";
import type { CallOptions } from "./repository.ts";
import { pullScope } from "./scopes.ts";

/** A reference as a path segment and in words; throws `TAG_INVALID` or `INVALID_ARGUMENT` before anything is put into a URL. */
export function checkReference(reference: string): void {
  if (!isDigest(reference)) checkTag(reference);
}

/** How a manifest is named in errors: `team0/app:v1`, `team0/app@sha256:…`. */
export function manifestName(name: string, reference: string): string {
  return `${name}${isDigest(reference) ? "@" : ":"}${reference}`;
}

function readCall(client: RegistryClient, name: string, reference: string, method: "GET" | "HEAD", options: CallOptions): Call {
  checkReference(reference);
  return {
    operation: method === "HEAD" ? "manifest.resolve" : "manifest.read",
    what: `reading manifest ${manifestName(name, reference)}`,
    method,
    url: client.url(`${name}/manifests/${reference}`),
    subject: "manifest",
    scopes: pullScope(name),
    headers: { accept: MANIFEST_ACCEPT },
    signal: options.signal,
  };
}

/**
 * What a tag or digest names, by HEAD (end-3), which costs no pull quota at Docker Hub and does not count as a pull elsewhere. Where the headers do not
 * say everything (digest, size and type are optional in OCI 1.1) or HEAD is not offered, by reading the manifest.
 */
export async function resolveManifest(
  client: RegistryClient,
  name: string,
  reference: string,
  options: CallOptions = {},
): Promise<Descriptor | undefined> {
  const call = readCall(client, name, reference, "HEAD", options);
  const answer = await client.send(call);
  if (answer.status === 404) return await answer.body.discard().then(() => undefined);
  const described = answer.status === 200 ? describeByHeaders(call, reference, answer) : undefined;
  if (described !== undefined) return await answer.body.discard().then(() => described);
  if (answer.status !== 200 && answer.status !== 405 && answer.status !== 501) throw await client.refusal(call, answer);
  await answer.body.discard();
  const manifest = await readManifest(client, name, reference, options);
  return manifest === undefined ? undefined : { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.size };
}

function describeByHeaders(call: Call, reference: string, answer: Answer): Descriptor | undefined {
  const mediaType = bareMediaType(answer.headers.get("content-type"));
  const length = answer.headers.get("content-length");
  const digest = headerDigest(answer) ?? (isDigest(reference) ? reference : undefined);
  if (mediaType === undefined || manifestShape(mediaType) === undefined || digest === undefined) return undefined;
  if (length === undefined || !/^\d{1,15}$/.test(length) || length === "0") return undefined;
  checkAgainst(call, reference, digest);
  return { mediaType, digest, size: Number(length) };
}

/** The manifest and its exact bytes, checked against the digest that was asked for or announced; undefined where there is none. */
export async function readManifest(
  client: RegistryClient,
  name: string,
  reference: string,
  options: CallOptions = {},
): Promise<Manifest | undefined> {
  const call = readCall(client, name, reference, "GET", options);
  const answer = await client.send(call);
  if (answer.status === 404) return await answer.body.discard().then(() => undefined);
  if (answer.status !== 200) throw await client.refusal(call, answer);
  const announced = isDigest(reference) ? reference : headerDigest(answer);
  const bytes = await readBounded(client, call, answer);
  const contentType = answer.headers.get("content-type");
  const digest = digestOf(bytes, announced === undefined ? "sha256" : digestAlgorithm(announced));
  // The digest of a signed schema 1 manifest is not that of its bytes, so its kind has to be looked at first.
  const schema1 = manifestShape(bareMediaType(contentType) ?? "") === "schema1";
  if (!schema1 && announced !== undefined) checkAgainst(call, announced, digest);
  try {
    const manifest = { digest, mediaType: manifestMediaType(contentType, bytes), bytes, size: bytes.byteLength };
    parseManifest(manifest);
    return manifest;
  } catch (thrown) {
    throw thrown instanceof TransshipError ? thrown.with({ what: call.what, why: thrown.message, cause: thrown }) : thrown;
  }
}

async function readBounded(client: RegistryClient, call: Call, answer: Answer): Promise<Uint8Array> {
  try {
    return await client.read(call, answer, LIMITS.manifestBytes);
  } catch (thrown) {
    if (!(thrown instanceof TransshipError) || thrown.code !== "RESPONSE_TOO_LARGE") throw thrown;
    throw new TransshipError("MANIFEST_TOO_LARGE", {
      what: call.what,
      why: `it has more than ${LIMITS.manifestBytes} bytes`,
      cause: thrown,
    });
  }
}

/** The `Docker-Content-Digest` of an answer; undefined where it is missing or malformed. */
export function headerDigest(answer: Pick<Answer, "headers">): Digest | undefined {
  const text = answer.headers.get("docker-content-digest");
  return text !== undefined && isDigest(text) ? text : undefined;
}

function checkAgainst(call: Call, expected: string, found: Digest): void {
  if (!isDigest(expected) || expected === found || digestAlgorithm(expected) !== digestAlgorithm(found)) return;
  throw new TransshipError("DIGEST_MISMATCH", {
    what: call.what,
    why: `it should be ${expected} and is ${found}`,
    digests: [expected, found],
  });
}
