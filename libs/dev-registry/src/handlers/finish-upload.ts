import { parseDigest } from "../digest.ts";
import { ABANDONED, type Exchange, type Outcome, type RegistryState } from "../exchange.ts";
import { digestHeader, linkTo } from "../links.ts";
import { empty, type Reply, refuse } from "../reply.ts";
import type { Upload } from "../storage/storage.ts";
import { refuseBody } from "./body-habits.ts";
import { checkChunk, withSession } from "./upload-session.ts";

/** end-6: closes the session, with or without a last chunk. */
export async function putUpload(state: RegistryState, exchange: Exchange): Promise<Outcome> {
  return await withSession(state, exchange, async (upload) => {
    if (parseDigest(exchange.route.query.get("digest") ?? "") === undefined) {
      return refuse("DIGEST_INVALID", { digest: exchange.route.query.get("digest") });
    }
    return refuseBody(state, exchange) ?? checkChunk(state, exchange, upload) ?? (await finish(state, exchange, upload));
  });
}

/**
 * Takes the rest of the blob and makes it one, if its bytes have the digest of the query. The session outlives a
 * mismatch, as in CNCF distribution.
 */
export async function finish(state: RegistryState, exchange: Exchange, upload: Upload): Promise<Outcome> {
  const digest = exchange.route.query.get("digest") ?? "";
  const algorithm = parseDigest(digest)?.algorithm ?? "sha256";
  if ((await exchange.body.appendTo(upload)) === "torn") {
    if (exchange.route.op === "blob-post") await upload.cancel();
    return ABANDONED;
  }
  const computed = await upload.digest(algorithm);
  if (computed !== digest) {
    if (exchange.route.op === "blob-post") await upload.cancel();
    return refuse("DIGEST_INVALID", { digest, computed });
  }
  const late = exchange.faults.of("late-blob");
  if (late !== undefined) {
    state.hidden.hide(upload.repository, digest, late.action.milliseconds);
    late.fire();
  }
  await upload.commit(digest);
  return created(state, upload.repository, digest);
}

/** 201 for a blob that is there now. */
export function created(state: RegistryState, repository: string, digest: string): Reply {
  const location = linkTo(state, `/v2/${repository}/blobs/${digest}`);
  return empty(201, { location, ...digestHeader(state, digest) });
}
