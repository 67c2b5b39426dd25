import { parseDigest } from "../digest.ts";
import type { Exchange, Outcome, RegistryState } from "../exchange.ts";
import { digestHeader } from "../links.ts";
import { type ByteRange, isOpenEnded, parseRange } from "../range.ts";
import { empty, type Reply, refuse } from "../reply.ts";

/** end-2: a blob, whole or one range of it, or a redirect to where it is. */
export async function readBlob(state: RegistryState, exchange: Exchange): Promise<Outcome> {
  const { repository, reference: digest, op } = exchange.route;
  if (parseDigest(digest) === undefined) return refuse("DIGEST_INVALID", { digest });
  if (!isVisible(state, repository, digest)) return refuse("BLOB_UNKNOWN", { digest });
  const redirect = exchange.faults.of("redirect");
  if (op === "blob-get" && redirect !== undefined) {
    redirect.fire();
    return empty(307, { location: redirect.action.location ?? (await state.redirectTarget(digest)) });
  }
  if (op === "blob-get" && state.settings.redirectBlobs) return empty(307, { location: await state.redirectTarget(digest) });
  return serveContent(state, exchange, digest);
}

/** The content of a digest as the request's `Range` asks for it. */
export function serveContent(state: RegistryState, exchange: Exchange, digest: string): Reply {
  const size = state.storage.contentSize(digest);
  if (size === undefined) return refuse("BLOB_UNKNOWN", { digest });
  const asked = readRange(state, exchange, size);
  const { ranges } = state.settings;
  const headers: Record<string, string> = {
    "content-type": "application/octet-stream",
    ...(ranges === "none" ? {} : { "accept-ranges": "bytes" }),
    ...digestHeader(state, digest),
  };
  if (asked === "unsatisfiable") return refuse("RANGE_INVALID", null, { headers: { "content-range": `bytes */${size}` } });
  const { start, end } = asked === "whole" ? { start: 0, end: size - 1 } : asked;
  const body = { length: end - start + 1, start, chunks: state.storage.readContent(digest, start, end) };
  if (asked === "whole") return { status: 200, headers, body, digest };
  return { status: 206, headers: { ...headers, "content-range": `bytes ${start}-${end}/${size}` }, body, digest };
}

/** end-10. */
export async function deleteBlob(state: RegistryState, { route }: Exchange): Promise<Outcome> {
  const { repository, reference: digest } = route;
  if (state.settings.delete === "off") return refuse("UNSUPPORTED");
  if (parseDigest(digest) === undefined) return refuse("DIGEST_INVALID", { digest });
  const removed = await state.storage.removeBlob(repository, digest);
  return removed ? empty(202) : refuse("BLOB_UNKNOWN", { digest });
}

/** Whether the repository shows the blob. Manifests are content as well and can be had as blobs, as in CNCF distribution. */
export function isVisible(state: RegistryState, repository: string, digest: string): boolean {
  const { catalogue } = state.storage;
  const held = catalogue.hasBlob(repository, digest) || catalogue.manifest(repository, digest) !== undefined;
  return held && !state.hidden.isHidden(repository, digest);
}

function readRange(state: RegistryState, { request, faults, route }: Exchange, size: number): ByteRange | "whole" | "unsatisfiable" {
  const header = request.headers.range;
  if (header === undefined || route.op === "blob-head" || state.settings.ranges === "none") return "whole";
  const ignore = faults.of("ignore-range");
  if (ignore !== undefined) {
    ignore.fire();
    return "whole";
  }
  if (state.settings.ranges === "closed-only" && isOpenEnded(header)) return "unsatisfiable";
  return parseRange(header, size);
}
