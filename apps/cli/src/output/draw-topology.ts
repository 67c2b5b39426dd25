import { driftOf } from "@transship/model";
import type { EdgeStatusDocument } from "../documents/replication.ts";
import type { RuleArrowDocument, TopologyDocument, TreeNodeDocument } from "../documents/topology.ts";
import { formatAge, formatBytes, formatDuration } from "../quantities.ts";
import { fitScreen } from "./fit-screen.ts";
import { printable } from "./printable.ts";
import { colourState } from "./table.ts";
import { textWidth } from "./text-width.ts";

/** A line of the drawing: what is on the left lines up below one another, and so does the state. */
interface Line {
  readonly left: string;
  readonly state?: string;
  readonly rest?: string;
}

const LEGEND: readonly Line[] = [
  { left: "in-step", rest: "the replica has everything that is known of at its source" },
  { left: "behind", rest: "something is on its way, or waits" },
  { left: "filling", rest: "the first full copy is under way" },
  { left: "waiting", rest: "it was never filled, and nothing is under way" },
  { left: "failing", rest: "what was tried last did not all arrive; it is tried again" },
  { left: "disabled", rest: "nothing moves" },
  { left: "lag", rest: "how long the oldest known change has been waiting" },
  { left: "backlog", rest: "artifacts on their way or waiting" },
  { left: "drift", rest: "differences that the last `transship drift` found" },
];

/** Trees, then rules, then what nothing connects. Lines are cut where the terminal is narrower; elsewhere they are whole. `now`: milliseconds since 1970. */
export function drawTopology(
  { status }: TopologyDocument,
  { legend, stream, now }: { readonly legend: boolean; readonly stream: NodeJS.WriteStream | undefined; readonly now: number },
): string {
  const parts: Line[][] = status.replications.map(({ name, tree }) => [{ left: `replication ${name}` }, ...treeLines(tree, now)]);
  if (status.rules.length > 0) parts.push([{ left: "rules" }, ...status.rules.map((rule) => ruleLine(rule, now))]);
  if (status.unconnected.length > 0) parts.push([{ left: "connected by nothing" }, ...status.unconnected.map((left) => ({ left }))]);
  if (legend) parts.push([{ left: "legend" }, ...LEGEND]);
  if (parts.length === 0) return "no instances\n";
  const text = parts.map((lines) => drawLines(lines, stream)).join("\n\n");
  const columns = stream?.isTTY === true ? stream.columns || 80 : Number.POSITIVE_INFINITY;
  return `${fitScreen(text, { columns, rows: Number.POSITIVE_INFINITY }).join("\n")}\n`;
}

function drawLines([head, ...lines]: readonly Line[], stream: NodeJS.WriteStream | undefined): string {
  const width = Math.max(0, ...lines.map(({ left }) => textWidth(left)));
  const states = Math.max(0, ...lines.map(({ state = "" }) => textWidth(state)));
  const pad = (text: string, to: number) => " ".repeat(Math.max(0, to - textWidth(text)));
  const drawn = lines.map(({ left, state = "", rest = "" }) =>
    `${left}${pad(left, width)}  ${colourState(state, stream)}${states === 0 ? "" : `${pad(state, states)}  `}${rest}`.trimEnd(),
  );
  return [head?.left ?? "", ...drawn].join("\n");
}

function treeLines(root: TreeNodeDocument, now: number): Line[] {
  const draw = (node: TreeNodeDocument, branch: string, below: string): Line[] => [
    {
      left: `${branch}${placeText(node)}`,
      ...(node.edge === undefined ? { state: "primary" } : { state: node.edge.state, rest: edgeText(node.edge, now) }),
    },
    ...node.replicas.flatMap((replica, index) => {
      const last = index === node.replicas.length - 1;
      return draw(replica, `${below}${last ? "└─ " : "├─ "}`, `${below}${last ? "   " : "│  "}`);
    }),
  ];
  return draw(root, "", "");
}

function placeText({ instance, region }: TreeNodeDocument): string {
  return printable(region === undefined || region === instance ? instance : `${instance} (${region})`);
}

function edgeText({ lagMs, backlog, bytesPerSecond, drift, failure }: EdgeStatusDocument, now: number): string {
  const found = drift === undefined ? undefined : `drift ${driftOf(drift)} (${formatAge(drift.checkedAt, now)})`;
  return [
    lagMs === 0 ? undefined : `lag ${formatDuration(lagMs)}`,
    backlog === 0 ? undefined : `backlog ${backlog}`,
    bytesPerSecond === 0 ? undefined : `${formatBytes(bytesPerSecond)}/s`,
    found,
    failure === undefined ? undefined : printable(`${failure.code}: ${failure.message}`),
  ]
    .filter((part) => part !== undefined)
    .join("  ");
}

function ruleLine({ rule, from, to, enabled, state, lastRunAt }: RuleArrowDocument, now: number): Line {
  const rest = lastRunAt === undefined ? rule : `${rule}  ${formatAge(lastRunAt, now)}`;
  return { left: printable(`${from} ─▶ ${to.join(", ")}`), state: enabled ? state : "disabled", rest: printable(rest) };
}
