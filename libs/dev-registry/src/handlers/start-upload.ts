import { parseDigest } from "../digest.ts";
import type { Exchange, Outcome, RegistryState } from "../exchange.ts";
import { empty, refuse } from "../reply.ts";
import { uploadAlgorithm } from "../route.ts";
import { isVisible } from "./blobs.ts";
import { refuseBody } from "./body-habits.ts";
import { created, finish } from "./finish-upload.ts";
import { sessionHeaders } from "./upload-session.ts";

/** end-4a: opens an upload session. */
export async function startUpload(state: RegistryState, { route }: Exchange): Promise<Outcome> {
  const algorithm = uploadAlgorithm(route.query);
  if (algorithm === undefined) return refuse("DIGEST_INVALID", { algorithm: route.query.get("digest-algorithm") });
  const upload = await state.storage.startUpload(route.repository, algorithm);
  const { chunkMinLength } = state.settings;
  const least: Record<string, string> = chunkMinLength > 0 ? { "oci-chunk-min-length": String(chunkMinLength) } : {};
  return empty(202, { ...sessionHeaders(state, upload), ...least });
}

/** end-11: takes a blob over from another repository, or falls through to an upload session. */
export async function mountBlob(state: RegistryState, exchange: Exchange): Promise<Outcome> {
  const { repository, query } = exchange.route;
  const digest = query.get("mount") ?? "";
  if (parseDigest(digest) === undefined) return refuse("DIGEST_INVALID", { digest });
  const lie = exchange.faults.of("lying-mount");
  if (lie !== undefined) {
    lie.fire();
    return created(state, repository, digest);
  }
  if (!canMount(state, exchange, digest, query.get("from"))) return await startUpload(state, exchange);
  await state.storage.linkBlob(repository, digest);
  return created(state, repository, digest);
}

/** end-4b: the whole blob in the POST. */
export async function postBlob(state: RegistryState, exchange: Exchange): Promise<Outcome> {
  const { repository, query } = exchange.route;
  const digest = parseDigest(query.get("digest") ?? "");
  if (digest === undefined) return refuse("DIGEST_INVALID", { digest: query.get("digest") });
  const refusal = refuseBody(state, exchange);
  if (refusal !== undefined) return refusal;
  if (!state.settings.singlePost) return await startUpload(state, exchange);
  const upload = await state.storage.startUpload(repository, digest.algorithm);
  return await finish(state, exchange, upload);
}

function canMount(state: RegistryState, { mayPull }: Exchange, digest: string, from: string | null): boolean {
  const { mount, anonymousMount } = state.settings;
  if (!mount) return false;
  if (from !== null) return mayPull(from) && isVisible(state, from, digest);
  return anonymousMount && state.storage.catalogue.isBlobAnywhere(digest);
}
