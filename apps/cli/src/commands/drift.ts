import { wire } from "@transship/api";
import { EXIT, type ExitCode } from "@transship/errors";
import type { Call } from "../command.ts";
import { type ControlPlane, openControlPlane } from "../connection/control-plane.ts";
import {
  type DriftDocument,
  type DriftItemDocument,
  driftDocument,
  driftItemDocument,
  type ReplicaDriftDocument,
  replicaDriftDocument,
} from "../documents/drift.ts";
import { DRIFT_ITEM_COLUMNS, REPLICA_DRIFT_COLUMNS } from "../nouns/drift-columns.ts";
import { nameOf } from "../nouns/name-of.ts";
import { printValue } from "../output/print.ts";
import { formatTable } from "../output/table.ts";

/** `drift [REPLICATION|RULE]`: what replicas lack, by digest; copies nothing. 6 where a replica could not be compared, else 8 where one differs. */
export async function run(call: Call): Promise<ExitCode> {
  const request = requestOf(call);
  using controlPlane = await openControlPlane(call);
  const replicas = await compare(controlPlane, request);
  const drift = driftDocument(request.name === "" ? undefined : request.name, replicas);
  if (!(await printValue(call, drift))) printDrift(call, drift);
  const { state } = drift.status;
  return state === "unknown" ? EXIT.unavailable : state === "drifted" ? EXIT.differences : EXIT.ok;
}

function requestOf({ args, settings }: Call): wire.CheckDriftRequest {
  const [text = ""] = args;
  const isRule = /^rules?\//.test(text);
  const isReplication = /^replications?\//.test(text);
  const { RULE, REPLICATION, UNSPECIFIED } = wire.DriftSubjectKind;
  return {
    name: nameOf(text, isRule ? "rule" : "replication"),
    kind: isRule ? RULE : isReplication ? REPLICATION : UNSPECIFIED,
    maxAgeMs: settings.number("max-age") ?? 0,
  };
}

async function compare(controlPlane: ControlPlane, request: wire.CheckDriftRequest): Promise<ReplicaDriftDocument[]> {
  const { drift } = controlPlane.services;
  const items = new Map<string, DriftItemDocument[]>();
  const replicas: ReplicaDriftDocument[] = [];
  const keyOf = ({ subject, name, replica }: wire.DriftItem | wire.DriftSummary) => JSON.stringify([subject, name, replica]);
  for await (const { event } of controlPlane.follow(drift.checkDrift.bind(drift), request)) {
    if (event === undefined) continue;
    const found = items.get(keyOf(event.value)) ?? [];
    items.set(keyOf(event.value), found);
    if (event.$case === "item") found.push(driftItemDocument(event.value));
    else replicas.push(replicaDriftDocument(event.value, found));
  }
  return replicas;
}

function printDrift(call: Call, { status: { replicas } }: DriftDocument): void {
  const { out, err } = call.streams;
  const style = { wide: call.settings.text("output") === "wide", stream: out };
  if (replicas.length === 0) return void err.write("no replications\n");
  const rows = replicas.flatMap((replica) => replica.items.map((item) => ({ ...item, replica: replica.replica })));
  if (rows.length > 0) out.write(`${formatTable(rows, DRIFT_ITEM_COLUMNS, style)}\n`);
  out.write(formatTable(replicas, REPLICA_DRIFT_COLUMNS, style));
  for (const { replica, failure, extraLimited } of replicas) {
    if (extraLimited === true)
      err.write(`${replica} offers no catalogue: extra tags were looked for only where it has something of the primary's\n`);
    if (failure !== undefined) err.write(`${replica} could not be compared: ${failure.message} · ${failure.hint} · ${failure.code}\n`);
  }
}
