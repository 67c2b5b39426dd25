import type { ErrorCode } from "@transship/errors";
import type { Call, RegistryClient } from "./client.ts";
import type { Digest } from "./digest.ts";
import type { CallOptions } from "./repository.ts";
import { pullScope, pushScope } from "./scopes.ts";
import { checkStored } from "./stored-digest.ts";
import { HttpUpload } from "./upload.ts";

/** Opens an upload (OCI distribution-spec 1.1, end-4a). */
export async function startUpload(client: RegistryClient, name: string, options: CallOptions = {}): Promise<HttpUpload> {
  const call: Call = {
    operation: "upload.start",
    what: `opening an upload to ${name}`,
    method: "POST",
    url: client.url(`${name}/blobs/uploads/`),
    subject: "upload",
    scopes: pushScope(name),
    body: new Uint8Array(),
    signal: options.signal,
  };
  const answer = await client.send(call);
  if (answer.status !== 202 && answer.status !== 201) throw await client.refusal(call, answer);
  return await HttpUpload.opened(client, name, call, answer);
}

/**
 * Mounts a blob of another repository (end-11): true when done; the upload that the registry opened instead (202), so that no second one is opened; or
 * undefined where it does not mount from there, for want of the feature or of the right. Throws for throttling and the registry's own failures.
 */
export async function mountBlob(
  client: RegistryClient,
  name: string,
  digest: Digest,
  from: string,
  options: CallOptions = {},
): Promise<true | HttpUpload | undefined> {
  const call: Call = {
    operation: "blob.mount",
    what: `mounting blob ${digest} from ${from} into ${name}`,
    method: "POST",
    url: client.url(`${name}/blobs/uploads/`, { mount: digest, from }),
    subject: "upload",
    // The target first: a few token servers honour only the first scope.
    scopes: [...pushScope(name), ...pullScope(from)],
    body: new Uint8Array(),
    signal: options.signal,
  };
  const answer = await client.send(call);
  if (answer.status === 201) return await answer.body.discard().then(() => true as const);
  if (answer.status === 202) return await HttpUpload.opened(client, name, call, answer);
  const refusal = await client.refusal(call, answer);
  if (answer.status >= 400 && answer.status < 500 && refusal.code !== "TOOMANYREQUESTS") return undefined;
  throw refusal;
}

/** What registries say that do not know uploads in one request, or take the body for none. Whatever else is wrong shows in the plain upload that follows. */
const NO_SINGLE_POST: readonly ErrorCode[] = [
  "UNSUPPORTED",
  "BLOB_UPLOAD_INVALID",
  "BLOB_UPLOAD_UNKNOWN",
  "DIGEST_INVALID",
  "SIZE_INVALID",
  "UPLOAD_TOO_LARGE",
];

/**
 * Uploads a blob in one request (end-4b): true when done; the upload that the registry opened instead (202, as CNCF distribution does), so that no second one is
 * opened; or undefined where it refuses. The bytes are in memory, so a login that is asked for on the way costs nothing but the request.
 */
export async function postBlob(
  client: RegistryClient,
  name: string,
  digest: Digest,
  bytes: Uint8Array,
  options: CallOptions = {},
): Promise<true | HttpUpload | undefined> {
  const call: Call = {
    operation: "blob.post",
    what: `uploading blob ${digest} to ${name} in one request`,
    method: "POST",
    url: client.url(`${name}/blobs/uploads/`, { digest }),
    subject: "upload",
    scopes: pushScope(name),
    headers: { "content-type": "application/octet-stream" },
    body: bytes,
    signal: options.signal,
    answerMs: client.commitMs,
  };
  const answer = await client.send(call);
  if (answer.status === 202) return await HttpUpload.opened(client, name, call, answer);
  if (answer.status >= 200 && answer.status <= 299) {
    await answer.body.discard();
    checkStored(call, answer, digest);
    return true;
  }
  const refusal = await client.refusal(call, answer);
  if (NO_SINGLE_POST.includes(refusal.code)) return undefined;
  throw refusal;
}
