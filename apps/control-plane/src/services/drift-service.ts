import { driftSubjectFromMessage, type wire } from "@transship/api";
import type { Handlers } from "../calls/handlers.ts";
import { checkDrift, type DriftDesk } from "../drift/check-drift.ts";
import { driftScopes } from "../drift/drift-scope.ts";

/** Comparing replicas with their primaries. */
export function driftService({ streaming }: Handlers, desk: DriftDesk): wire.DriftServiceServer {
  return {
    checkDrift: streaming(async function* ({ name, kind, maxAgeMs }, signal) {
      for (const scope of await driftScopes(desk.store, name, driftSubjectFromMessage(kind)))
        yield* checkDrift(desk, scope, maxAgeMs, signal);
    }),
  };
}
