import { ABANDONED, type Exchange, type Outcome, type RegistryState } from "../exchange.ts";
import { linkTo } from "../links.ts";
import { parseChunkRange, sessionRange } from "../range.ts";
import { empty, type Reply, refuse } from "../reply.ts";
import type { Upload } from "../storage/storage.ts";
import { refuseBody, standing, takeChunk } from "./body-habits.ts";

/** Sessions that had a chunk below the minimum: it must have been the last one. */
const shortChunks = new WeakSet<Upload>();

/** end-5: one chunk in order, or a stream of unknown length when there is no Content-Range. */
export async function patchUpload(state: RegistryState, exchange: Exchange): Promise<Outcome> {
  return await withSession(state, exchange, async (upload) => {
    const refusal = refuseBody(state, exchange) ?? checkChunk(state, exchange, upload);
    if (refusal !== undefined) return refusal;
    const before = standing(upload);
    if ((await takeChunk(state, exchange, upload)) === ABANDONED) return ABANDONED;
    if (standing(upload) - before < state.settings.chunkMinLength) shortChunks.add(upload);
    return empty(state.settings.chunkStatus, sessionHeaders(state, upload, toldOffset(exchange, upload)));
  });
}

/** end-13: how much of the upload is stored. */
export async function uploadStatus(state: RegistryState, exchange: Exchange): Promise<Outcome> {
  if (state.settings.uploadStatus === "none") return refuse("UNSUPPORTED", "no upload status");
  const upload = await findSession(state, exchange);
  return "append" in upload ? empty(204, sessionHeaders(state, upload, toldOffset(exchange, upload))) : upload;
}

/** The session's offset, or what the fault "wrong-offset" makes of it. */
function toldOffset({ faults }: Exchange, upload: Upload): number {
  const lie = faults.of("wrong-offset");
  lie?.fire();
  return Math.max(0, standing(upload) + (lie?.action.delta ?? 0));
}

/** end-14: ends the session and forgets its bytes. */
export async function cancelUpload(state: RegistryState, exchange: Exchange): Promise<Outcome> {
  return await withSession(state, exchange, async (upload) => {
    await upload.cancel();
    return empty(204);
  });
}

/** Runs one request that changes a session, alone on it; refuses when there is no such session. */
export async function withSession(
  state: RegistryState,
  exchange: Exchange,
  change: (upload: Upload) => Promise<Outcome>,
): Promise<Outcome> {
  using _held = await state.writers.enter(exchange.route.reference, () => exchange.request.socket.destroy());
  const upload = await findSession(state, exchange);
  return "append" in upload ? await change(upload) : upload;
}

/** Location, Range and id of a session. The Location carries the offset, which `distribution-2.8` insists on. */
export function sessionHeaders(state: RegistryState, upload: Upload, offset = standing(upload)): Record<string, string> {
  const token = Buffer.from(JSON.stringify({ offset: upload.offset })).toString("base64url");
  return {
    location: linkTo(state, `/v2/${upload.repository}/blobs/uploads/${upload.id}?_state=${token}`),
    range: sessionRange(offset),
    "docker-upload-uuid": upload.id,
  };
}

/** Whether the chunk may be appended: distribution-spec 1.1 "Pushing a blob in chunks". */
export function checkChunk(state: RegistryState, { request, body }: Exchange, upload: Upload): Reply | undefined {
  const header = request.headers["content-range"];
  const outOfOrder = (): Reply => refuse("RANGE_INVALID", null, { headers: sessionHeaders(state, upload) });
  if (shortChunks.has(upload) && (body.announced ?? 1) > 0) return outOfOrder();
  if (header === undefined || state.settings.uploadStatus === "distribution-2.8") return undefined;
  const range = parseChunkRange(header);
  if (range === undefined) return refuse("BLOB_UPLOAD_INVALID", { "content-range": header });
  if (range.start !== standing(upload)) return outOfOrder();
  const length = range.end - range.start + 1;
  return body.announced === undefined || body.announced === length ? undefined : refuse("SIZE_INVALID", { length });
}

async function findSession(state: RegistryState, { route, faults }: Exchange): Promise<Upload | Reply> {
  const upload = state.storage.findUpload(route.reference);
  const lost = faults.of("lost-session");
  if (upload !== undefined && lost !== undefined) {
    await upload.cancel();
    lost.fire();
    return refuse("BLOB_UPLOAD_UNKNOWN");
  }
  if (upload === undefined || upload.repository !== route.repository) return refuse("BLOB_UPLOAD_UNKNOWN");
  const believed = readState(route.query.get("_state"));
  // A client that drops the query of a Location it was given is wrong everywhere; say so early.
  if (believed === undefined) return refuse("BLOB_UPLOAD_INVALID", "no valid _state", { status: 404 });
  if (state.settings.uploadStatus === "distribution-2.8" && believed !== upload.offset) {
    await upload.cancel();
    return refuse("BLOB_UPLOAD_INVALID", "upload resumed at wrong offset", { status: 404 });
  }
  return upload;
}

function readState(token: string | null): number | undefined {
  try {
    const { offset } = JSON.parse(Buffer.from(token ?? "", "base64url").toString("utf8")) as { offset?: unknown };
    return typeof offset === "number" ? offset : undefined;
  } catch {
    return undefined;
  }
}
