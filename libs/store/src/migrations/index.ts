import type { Migration } from "kysely/migration";
import * as initial from "./0001-initial.ts";
import * as blobReports from "./0002-blob-reports.ts";
import * as blobSums from "./0003-blob-sums-and-waiting-pairs.ts";
import * as webhooks from "./0004-webhooks.ts";
import * as triggers from "./0005-triggers.ts";
import * as arrivals from "./0006-arrivals.ts";
import * as plansAndTurns from "./0007-plans-and-turns.ts";
import * as logs from "./0008-logs.ts";
import * as deliveries from "./0009-deliveries.ts";
import * as replications from "./0010-replications.ts";
import * as agents from "./0011-agents.ts";
import * as paths from "./0012-paths-and-relays.ts";
import * as drift from "./0013-drift.ts";
import * as holders from "./0014-holders.ts";
import * as twoWay from "./0015-two-way.ts";

/**
 * Every change of the schema by its number, in order. A module here is never edited after it was released, and there is no way down: an older version
 * refuses a newer schema.
 */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "0001-initial": initial,
  "0002-blob-reports": blobReports,
  "0003-blob-sums-and-waiting-pairs": blobSums,
  "0004-webhooks": webhooks,
  "0005-triggers": triggers,
  "0006-arrivals": arrivals,
  "0007-plans-and-turns": plansAndTurns,
  "0008-logs": logs,
  "0009-deliveries": deliveries,
  "0010-replications": replications,
  "0011-agents": agents,
  "0012-paths-and-relays": paths,
  "0013-drift": drift,
  "0014-holders": holders,
  "0015-two-way": twoWay,
};
