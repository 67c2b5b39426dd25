import type { Reply } from "../reply.ts";
import type { Chunks } from "../storage/storage.ts";
import type { ArmedFaults } from "./fault-plan.ts";

const NOT_THE_DIGEST = `sha256:${"0".repeat(64)}`;

/** A reply as the faults that lie in headers leave it. */
export function alterReply(reply: Reply, faults: ArmedFaults): Reply {
  return lengthen(moveRange(moveLocation(changeDigest(reply, faults), faults), faults), faults);
}

function changeDigest(reply: Reply, faults: ArmedFaults): Reply {
  const fault = faults.of("wrong-digest-header");
  if (fault === undefined || reply.headers["docker-content-digest"] === undefined) return reply;
  fault.fire();
  return { ...reply, headers: { ...reply.headers, "docker-content-digest": NOT_THE_DIGEST } };
}

function moveLocation(reply: Reply, faults: ArmedFaults): Reply {
  const fault = faults.of("foreign-location");
  if (fault === undefined || reply.headers.location === undefined) return reply;
  fault.fire();
  return { ...reply, headers: { ...reply.headers, location: fault.action.location } };
}

function moveRange(reply: Reply, faults: ArmedFaults): Reply {
  const fault = faults.of("lying-content-range");
  const match = /^bytes (\d+)-(\d+)\/(.+)$/.exec(reply.headers["content-range"] ?? "");
  if (fault === undefined || match === null) return reply;
  fault.fire();
  const start = Number(match[1]) + fault.action.shift;
  return { ...reply, headers: { ...reply.headers, "content-range": `bytes ${start}-${match[2]}/${match[3]}` } };
}

function lengthen(reply: Reply, faults: ArmedFaults): Reply {
  const fault = faults.of("overlong");
  if (fault === undefined || !fault.action.announced || reply.body === undefined || reply.status >= 300) return reply;
  fault.fire();
  const { bytes } = fault.action;
  const body = { ...reply.body, length: reply.body.length + bytes, chunks: followed(reply.body.chunks, Buffer.alloc(bytes, "x")) };
  return { ...reply, body };
}

async function* followed(chunks: Chunks, last: Uint8Array): AsyncGenerator<Uint8Array> {
  yield* chunks;
  yield last;
}
