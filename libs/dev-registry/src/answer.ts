import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { AuthOptions } from "./auth/auth-options.ts";
import { authorize } from "./auth/authorize.ts";
import { tokenEndpoint } from "./auth/token-endpoint.ts";
import { ABANDONED, type Exchange, type Handler, type Outcome, type RegistryState } from "./exchange.ts";
import { alterReply } from "./faults/alter-reply.ts";
import { refuseByFault } from "./faults/refuse-by-fault.ts";
import { spoilHead } from "./faults/spoil-head.ts";
import { deleteBlob, readBlob } from "./handlers/blobs.ts";
import { putUpload } from "./handlers/finish-upload.ts";
import { listReferrers, listRepositories, listTags, ping } from "./handlers/listings.ts";
import { deleteManifest, putManifest, readManifest } from "./handlers/manifests.ts";
import { mountBlob, postBlob, startUpload } from "./handlers/start-upload.ts";
import { cancelUpload, patchUpload, uploadStatus } from "./handlers/upload-session.ts";
import { IncomingBody } from "./incoming-body.ts";
import { refuse } from "./reply.ts";
import { isRepositoryName, type Operation, type Route } from "./route.ts";
import { sendReply } from "./send-reply.ts";
import type { RequestRecord } from "./stats.ts";

/** The registry's table of contents: who answers what. */
function handlers(auth: AuthOptions): Partial<Record<Operation, Handler>> {
  return {
    ping,
    catalog: listRepositories,
    "tags-list": listTags,
    referrers: listReferrers,
    "manifest-head": readManifest,
    "manifest-get": readManifest,
    "manifest-put": putManifest,
    "manifest-delete": deleteManifest,
    "blob-head": readBlob,
    "blob-get": readBlob,
    "blob-delete": deleteBlob,
    "blob-start": startUpload,
    "blob-mount": mountBlob,
    "blob-post": postBlob,
    "blob-patch": patchUpload,
    "blob-put": putUpload,
    "blob-status": uploadStatus,
    "blob-cancel": cancelUpload,
    ...(auth.scheme === "bearer" ? { token: tokenEndpoint(auth) } : {}),
  };
}

/** What one listener does with a request. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The answering side of the registry's own listener. */
export function answerRegistry(state: RegistryState, auth: AuthOptions, read: (request: IncomingMessage) => Route): Answer {
  const table = handlers(auth);
  return (request, response) =>
    converse(state, auth, { request, response, route: read(request) }, async (exchange) => {
      const { op, repository } = exchange.route;
      if (repository !== "" && !isRepositoryName(repository)) return refuse("NAME_INVALID", { name: repository });
      return (await table[op]?.(state, exchange)) ?? refuse("NOT_FOUND");
    });
}

/** One request from its head to the last byte of its reply: admission, faults, handler, lies, sending, counting. */
export async function converse(
  state: RegistryState,
  auth: AuthOptions,
  { request, response, route }: { request: IncomingMessage; response: ServerResponse; route: Route },
  handle: (exchange: Exchange) => Promise<Outcome>,
): Promise<void> {
  const { stats, closing } = state;
  const record = recordOf(request, route);
  stats.begin(record);
  const admission = authorize(state, auth, route, request);
  const admitted = "mayPull" in admission;
  // Faults wait for requests that the registry would really answer: a 401 is no attempt.
  const faults = state.faults.arm(admitted ? { method: record.method, target: record.target, op: route.op } : NOBODY);
  const body = new IncomingBody(request, faults, { stats, record, closing });
  try {
    const exchange = { route, request, body, faults, record, mayPull: admitted ? admission.mayPull : () => false };
    const outcome = admitted ? await handleWithFaults(state, auth, exchange, handle) : admission.refusal;
    if (outcome === ABANDONED) response.destroy();
    else await sendReply(response, alterReply(outcome, faults), { faults, stats, record, closing });
  } finally {
    faults.settle();
    stats.end(record);
  }
}

const NOBODY = { method: "", target: "", op: "unknown" } as const;

async function handleWithFaults(
  state: RegistryState,
  auth: AuthOptions,
  exchange: Exchange,
  handle: (exchange: Exchange) => Promise<Outcome>,
): Promise<Outcome> {
  const { faults, request } = exchange;
  const delay = faults.of("delay");
  if (delay !== undefined) {
    delay.fire();
    await sleep(delay.action.milliseconds, undefined, { signal: state.closing });
  }
  if (await spoilHead(exchange, state.closing)) return ABANDONED;
  const outcome = refuseByFault(state, auth, exchange) ?? (await handle(exchange));
  const drop = faults.of("drop-answer");
  if (drop === undefined || outcome === ABANDONED || outcome.status >= 400) return outcome;
  drop.fire();
  request.socket.resetAndDestroy();
  return ABANDONED;
}

function recordOf(request: IncomingMessage, { op }: Route): RequestRecord {
  return {
    op,
    method: request.method ?? "",
    target: request.url ?? "",
    startedAt: new Date(),
    range: request.headers.range ?? request.headers["content-range"],
    userAgent: request.headers["user-agent"],
    status: 0,
    bytesSent: 0,
    bytesReceived: 0,
  };
}
