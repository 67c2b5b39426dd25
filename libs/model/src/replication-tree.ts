import type { Edge, ReplicationSpec } from "./replication.ts";

/** What is wrong with a tree, and where: `path` leads from the spec to the value. */
export interface TreeFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

type Tree = Pick<ReplicationSpec, "primary"> & { readonly edges: readonly Pick<Edge, "from" | "to">[] };

/** Whatever keeps edges from being one tree below the primary: circles, two edges to one replica, edges that hang in the air. Empty = it is a tree. Pure. */
export function treeFaults({ primary, edges }: Tree): TreeFault[] {
  const faults: TreeFault[] = [];
  const fault = (index: number, message: string) => faults.push({ path: ["edges", index], message });
  const parents = new Map<string, string>();
  for (const [index, { from, to }] of edges.entries()) {
    const other = parents.get(to);
    if (from === to) fault(index, `leads from ${from} to itself`);
    else if (to === primary) fault(index, `leads back to the primary ${primary}: ${circle(edges, to).join(" → ")}`);
    else if (other !== undefined)
      fault(index, `${to} would be filled from ${other} and from ${from}; a replica is filled from one instance`);
    else parents.set(to, from);
  }
  if (faults.length > 0) return faults;
  const reached = new Set([primary, ...descendants(edges, primary)]);
  for (const [index, { from, to }] of edges.entries()) {
    if (reached.has(from)) continue;
    const ring = circle(edges, to);
    fault(index, ring.length > 1 ? `goes in a circle: ${ring.join(" → ")}` : `${from} is neither the primary nor reached from it`);
  }
  return faults;
}

/** The instances from the primary to a replica, both included; undefined where the tree does not have it. */
export function pathTo({ primary, edges }: Tree, replica: string): string[] | undefined {
  const parents = new Map(edges.map(({ from, to }) => [to, from]));
  const path = [replica];
  for (let here = parents.get(replica); here !== undefined && !path.includes(here); here = parents.get(here)) path.unshift(here);
  return path[0] === primary ? path : undefined;
}

/** The instances below one, nearest first. */
export function descendants(edges: Tree["edges"], instance: string): string[] {
  const found = new Set<string>();
  let level = [instance];
  while (level.length > 0) {
    level = edges.filter(({ from, to }) => level.includes(from) && !found.has(to)).map(({ to }) => to);
    for (const name of level) found.add(name);
  }
  return [...found];
}

/** The same tree with another root: the edges on the way between the two turn round, all others stay as they are. Pure; undefined for an instance that the tree does not have. */
export function promoted(spec: ReplicationSpec, replica: string): ReplicationSpec | undefined {
  const path = pathTo(spec, replica);
  if (path === undefined) return undefined;
  const turned = new Set(path.slice(1));
  const edges = spec.edges.map((edge) => (turned.has(edge.to) ? { ...edge, from: edge.to, to: edge.from } : edge));
  return { ...spec, primary: replica, edges };
}

/** The way from an instance back to itself; the instance alone where there is none. */
function circle(edges: Tree["edges"], start: string): string[] {
  const came = new Map<string, string>();
  let level = [start];
  while (level.length > 0) {
    const next: string[] = [];
    for (const { from, to } of edges) {
      if (!level.includes(from) || came.has(to)) continue;
      came.set(to, from);
      next.push(to);
    }
    level = next;
  }
  const way = [start];
  for (let here = came.get(start); here !== undefined && here !== start; here = came.get(here)) way.unshift(here);
  return came.has(start) ? [start, ...way] : [start];
}
