import { driftOf, type EdgeState } from "@transship/model";
import { type EdgeStatusDocument, type ReplicationDocument, replicationDocument } from "../documents/replication.ts";
import { type Column, formatTable } from "../output/table.ts";
import { formatAge, formatBytes, formatDuration } from "../quantities.ts";
import { labelsText } from "./labels-text.ts";
import type { Noun } from "./noun.ts";

/** Replications. */
export const replications: Noun<ReplicationDocument> = {
  noun: "replication",
  name: (replication) => replication.metadata.name,
  columns: [
    { title: "NAME", cell: (replication) => replication.metadata.name },
    { title: "STATE", cell: stateText },
    { title: "LAG", cell: lagText, align: "right" },
    { title: "BACKLOG", cell: ({ status }) => String(status.edges.reduce((sum, { backlog }) => sum + backlog, 0)), align: "right" },
    { title: "PRIMARY", cell: (replication) => replication.spec.primary },
    { title: "REPLICAS", cell: (replication) => replication.spec.edges.map(({ to }) => to).join(", ") },
    { title: "DELETIONS", cell: ({ spec }) => (spec.deletion?.propagate === true ? "follow" : "stay"), wide: true },
    { title: "LABELS", cell: (replication) => labelsText(replication.metadata.labels), wide: true },
    { title: "DESCRIPTION", cell: (replication) => replication.spec.description ?? "" },
  ],
  async *list(controlPlane) {
    const { replications: service } = controlPlane.services;
    const answer = await controlPlane.ask(service.listReplications.bind(service), {});
    yield* answer.replications.map(replicationDocument);
  },
  async get(controlPlane, name) {
    const { replications: service } = controlPlane.services;
    return replicationDocument(await controlPlane.ask(service.getReplication.bind(service), { name }));
  },
  brief: ({ status: _status, ...replication }) => replication,
  async *related(_controlPlane, { status }) {
    yield { title: "edges", text: formatTable(status.edges, EDGE_COLUMNS, { wide: true }) };
  },
};

/** An edge, a row. */
const EDGE_COLUMNS: readonly Column<EdgeStatusDocument>[] = [
  { title: "FROM", cell: (edge) => edge.from },
  { title: "TO", cell: (edge) => edge.to },
  { title: "STATE", cell: (edge) => edge.state },
  { title: "LAG", cell: (edge) => (edge.lagMs === 0 ? "" : formatDuration(edge.lagMs)), align: "right" },
  { title: "BACKLOG", cell: (edge) => String(edge.backlog), align: "right" },
  { title: "RATE", cell: (edge) => (edge.bytesPerSecond === 0 ? "" : `${formatBytes(edge.bytesPerSecond)}/s`), align: "right" },
  { title: "FILLED", cell: (edge) => formatAge(edge.filledAt) },
  { title: "NEXT SWEEP", cell: (edge) => formatAge(edge.nextSweepAt) },
  { title: "DRIFT", cell: driftText },
  { title: "LAST EXECUTION", cell: (edge) => edge.lastExecution?.id ?? "" },
  { title: "WHY", cell: (edge) => edge.failure?.message ?? "" },
];

function driftText({ drift }: EdgeStatusDocument): string {
  if (drift === undefined) return "";
  const found = driftOf(drift);
  return `${found === 0 ? "none" : found} (${formatAge(drift.checkedAt)})`;
}

/** From the worst to the best: a tree is as its worst edge. */
const WORST_FIRST: readonly (EdgeState | "unknown")[] = ["failing", "unknown", "waiting", "filling", "behind", "disabled", "in-step"];

function stateText({ status }: ReplicationDocument): string {
  return WORST_FIRST.find((state) => status.edges.some((edge) => edge.state === state)) ?? "";
}

function lagText({ status }: ReplicationDocument): string {
  const most = Math.max(0, ...status.edges.map(({ lagMs }) => lagMs));
  return most === 0 ? "" : formatDuration(most);
}
