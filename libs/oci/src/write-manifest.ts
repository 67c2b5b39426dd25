import { TransshipError } from "@transship/errors";
import type { Call, RegistryClient } from "./client.ts";
import { digestAlgorithm, isDigest } from "./digest.ts";
import type { Manifest } from "./manifest.ts";
import { checkReference, headerDigest, manifestName } from "./read-manifest.ts";
import type { CallOptions, ManifestPut } from "./repository.ts";
import { pushScope } from "./scopes.ts";

/**
 * Puts a manifest's exact bytes (OCI distribution-spec 1.1, end-7). Any 2xx is success: Quay answers 202 at times. Throws the registry's code, `TAG_IMMUTABLE`, or
 * `DIGEST_MISMATCH` when the registry counts another digest than was sent.
 */
export async function putManifest(
  client: RegistryClient,
  name: string,
  reference: string,
  manifest: Manifest,
  options: CallOptions = {},
): Promise<ManifestPut> {
  checkReference(reference);
  const call: Call = {
    operation: "manifest.put",
    what: `putting manifest ${manifestName(name, reference)}`,
    method: "PUT",
    url: client.url(`${name}/manifests/${reference}`),
    subject: "manifest",
    scopes: pushScope(name),
    headers: { "content-type": manifest.mediaType },
    body: manifest.bytes,
    signal: options.signal,
  };
  const answer = await client.send(call);
  if (answer.status < 200 || answer.status > 299) throw await client.refusal(call, answer);
  const counted = headerDigest(answer);
  const subjectIndexed = answer.headers.get("oci-subject") !== undefined;
  await answer.body.discard();
  if (counted !== undefined && counted !== manifest.digest && digestAlgorithm(counted) === digestAlgorithm(manifest.digest)) {
    const why = `${manifest.digest} was sent and the registry stored ${counted}`;
    throw new TransshipError("DIGEST_MISMATCH", { what: call.what, why, digests: [manifest.digest, counted] });
  }
  return { subjectIndexed };
}

/** Deletes a tag or manifest (end-9). What is not there needs no deleting. Throws `UNSUPPORTED` where the registry does not allow it. */
export async function deleteManifest(client: RegistryClient, name: string, reference: string, options: CallOptions = {}): Promise<void> {
  checkReference(reference);
  const call: Call = {
    operation: "manifest.delete",
    what: `deleting manifest ${manifestName(name, reference)}`,
    method: "DELETE",
    url: client.url(`${name}/manifests/${reference}`),
    subject: "manifest",
    scopes: pushScope(name),
    signal: options.signal,
  };
  const answer = await client.send(call);
  if ((answer.status >= 200 && answer.status <= 299) || answer.status === 404) return await answer.body.discard();
  const refusal = await client.refusal(call, answer);
  // Registries that know only digests here complain about the tag's form (distribution 2.8: DIGEST_INVALID).
  const byTag = answer.status === 400 && !isDigest(reference) && refusal.code !== "TAG_IMMUTABLE";
  throw byTag ? new TransshipError("UNSUPPORTED", { what: call.what, why: refusal.why, cause: refusal }) : refusal;
}
