import { ABANDONED, type Exchange, type RegistryState } from "../exchange.ts";
import { bytesReply, type Reply, refuse } from "../reply.ts";
import type { Upload } from "../storage/storage.ts";

/** GHCR takes no PATCH with a larger body. */
const SMALL_PATCH_BYTES = 4 * 1024 * 1024;

/** Where sessions stand that were told so without their bytes being kept. */
const claimed = new WeakMap<Upload, number>();

/** The offset that a session claims: what is stored, unless later chunks were dropped. */
export function standing(upload: Upload): number {
  return claimed.get(upload) ?? upload.offset;
}

/** Whether bodies of this kind and size are taken at all: what proxies and some registries refuse before they look at the session. */
export function refuseBody({ settings }: RegistryState, { route, body }: Exchange): Reply | undefined {
  const bytes = body.announced ?? 0;
  if (settings.bodyLimit > 0 && bytes > settings.bodyLimit) {
    const page = "<html><head><title>413</title></head><body><center><h1>413 Request Entity Too Large</h1></center></body></html>";
    return bytesReply(413, Buffer.from(page), { "content-type": "text/html" });
  }
  if (route.op === "blob-put" && bytes > 0 && !settings.wholePut) return refuse("UNSUPPORTED", "the body belongs in a PATCH");
  if (route.op !== "blob-patch") return undefined;
  if (settings.patches === "refused") return refuse("UNSUPPORTED", "no PATCH here");
  if (settings.patches === "small-only" && bytes > SMALL_PATCH_BYTES) return refuse("RANGE_INVALID");
  return undefined;
}

/** Takes a chunk. A registry that keeps only the first reads and acknowledges later ones all the same. */
export async function takeChunk({ settings }: RegistryState, { body }: Exchange, upload: Upload): Promise<typeof ABANDONED | undefined> {
  if (settings.patches !== "first-only" || upload.offset === 0) return (await body.appendTo(upload)) === "torn" ? ABANDONED : undefined;
  if ((await body.read(0)) === "torn") return ABANDONED;
  claimed.set(upload, standing(upload) + (body.announced ?? 0));
  return undefined;
}
