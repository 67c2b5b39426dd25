import { type BlobReport, bytesText } from "@transship/model";
import type { CopyStep } from "@transship/transfer";
import type { Telling } from "./task-logs.ts";

/** A step of a copy in words and facts. */
export function tellStep(step: CopyStep): Telling {
  switch (step.kind) {
    case "read": {
      const { manifests, blobs, bytes } = step;
      return {
        level: "info",
        message: `manifests read: ${manifests}, with ${blobs} blobs of ${bytesText(bytes)}`,
        facts: { manifests, blobs, bytes },
      };
    }
    case "retry": {
      const { code, message, side, retryAfterMs } = step.error;
      const waitMs = Math.round(step.waitMs);
      const where = side === undefined ? "" : ` (${side})`;
      return {
        level: "warn",
        message: `tried again in ${seconds(waitMs)}${where}: ${message}`,
        code,
        facts: { side, waitMs, retryAfterMs: retryAfterMs === undefined ? undefined : Math.round(retryAfterMs) },
      };
    }
    case "wrong-guess": {
      const { repository, digest } = step.place;
      const message = `${step.sibling} does not have blob ${digest} in ${repository}, as it might have`;
      return { level: "debug", message, facts: { sibling: step.sibling, repository, digest } };
    }
    case "sibling-left": {
      const { repository, digest } = step.place;
      const message = `blob ${digest} is not read from ${step.sibling} any more: ${step.why}; the source goes on`;
      return { level: "warn", message, facts: { sibling: step.sibling, repository, digest } };
    }
    case "tag":
      return {
        level: "info",
        message: `tag ${step.tag} moved to ${step.digest} and read back`,
        facts: { tag: step.tag, digest: step.digest },
      };
    case "blob":
      return tellBlob(step.report);
  }
}

const NEEDED_NO_BYTES = ["existing", "mounted", "joined"];

function tellBlob(report: BlobReport): Telling {
  const { digest, size, state, rung, way, from, upload, ranges, retries, copied, resumed, wasted, milliseconds } = report;
  const facts = { digest, size, state, rung, way, from, upload, ranges, retries, copied, resumed, wasted, milliseconds };
  const name = `blob ${digest} of ${bytesText(size)}`;
  if (state !== "done") return { level: state === "failed" ? "warn" : "debug", message: `${name}: ${state} (${rung})`, facts };
  if (NEEDED_NO_BYTES.includes(rung)) return { level: "debug", message: `${name}: ${rung}`, facts };
  const how = [rung, way, from === undefined ? undefined : `from ${from}`].filter((part) => part !== undefined).join(", ");
  const rate = milliseconds === 0 ? "" : `, ${bytesText((size / milliseconds) * 1000)}/s`;
  const again = retries === 0 ? "" : `, ${retries} requests repeated`;
  return { level: "info", message: `${name}: ${how}, in ${seconds(milliseconds)}${rate}${again}`, facts };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 0)} s`;
}
