import type { LogLine } from "./daemon.ts";
import { AGENTS, type AgentName, REGISTRIES, type RegistryName } from "./draw-round.ts";
import type { Stage } from "./stage.ts";
import type { TaskRow } from "./stored-tasks.ts";

/** A lease as the control plane gave it. */
export interface GivenLease {
  readonly task: string;
  readonly epoch: number;
  readonly agent: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A manifest that an agent sent to a tag. */
export interface TagPut {
  readonly agent: AgentName;
  readonly registry: RegistryName;
  readonly repository: string;
  readonly tag: string;
  readonly at: number;
}

/**
 * What an agent sent while it still had its lease is seen here a moment later. It must end well before a lease of somebody else begins: agents give a lease up
 * when a tenth of it is left.
 */
const SEEN_LATE_MS = 100;

/** Leases in the order in which they were given, of one or all control planes that ran. */
export function leasesIn(log: readonly LogLine[]): GivenLease[] {
  return log.flatMap(({ msg, time, task, epoch, agent }) =>
    msg.startsWith("given to agent ") ? [{ task: String(task), epoch: Number(epoch), agent: String(agent), at: Date.parse(time) }] : [],
  );
}

/** What agents sent to tags of a namespace, from what their ways to the registries saw. */
export function tagPutsIn(stage: Stage, namespace: string): TagPut[] {
  return AGENTS.flatMap((agent) =>
    REGISTRIES.flatMap((registry) =>
      stage.links[agent][registry].manifestPuts.flatMap(({ at, path }) => {
        const [, repository = "", tag = ""] = /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(decodeURIComponent(path)) ?? [];
        const isTag = repository.startsWith(`${namespace}/`) && !tag.includes(":");
        return isTag ? [{ agent, registry, repository, tag, at }] : [];
      }),
    ),
  );
}

/**
 * What shows that a task had two owners:
 * - an epoch that was given twice, or that is not above the one before;
 * - a tag that an agent wrote after somebody else's lease of a task for that very tag had begun;
 * - a task that ended as done by another than the last that it was given to.
 */
export function findSecondOwners(tasks: readonly TaskRow[], leases: readonly GivenLease[], puts: readonly TagPut[]): string[] {
  const faults: string[] = [];
  const byTask = Map.groupBy(leases, ({ task }) => task);
  for (const task of tasks) {
    const given = byTask.get(task.id) ?? [];
    for (const [index, lease] of given.entries()) {
      const before = given[index - 1];
      if (before !== undefined && lease.epoch <= before.epoch)
        faults.push(`task ${task.id}: epoch ${lease.epoch} was given to ${lease.agent} after epoch ${before.epoch} to ${before.agent}`);
    }
    const last = given.at(-1);
    if (task.state === "succeeded" && last !== undefined && (last.agent !== task.agent || last.epoch !== task.epoch))
      faults.push(`task ${task.id} was last given to ${last.agent} (${last.epoch}) and done by ${task.agent} (${task.epoch})`);
  }
  for (const put of puts) {
    const owner = ownerAt(put, tasks, leases);
    if (owner !== undefined && owner.agent !== put.agent) {
      const place = `${put.registry}/${put.repository}:${put.tag}`;
      faults.push(
        `${put.agent} wrote ${place} ${put.at - owner.at} ms after ${owner.agent} had its lease of task ${owner.task} (${owner.epoch})`,
      );
    }
  }
  return faults;
}

/** Who had got the newest lease for the tag when it was written: the one who wrote it, where theirs began at about that moment. */
function ownerAt(put: TagPut, tasks: readonly TaskRow[], leases: readonly GivenLease[]): GivenLease | undefined {
  const ids = new Set(
    tasks
      .filter(({ target }) => target.instance === put.registry && target.repository === put.repository && target.tag === put.tag)
      .map(({ id }) => id),
  );
  const ofTag = leases.filter(({ task }) => ids.has(task));
  const fresh = ofTag.find(({ agent, at }) => agent === put.agent && Math.abs(at - put.at) <= SEEN_LATE_MS);
  return fresh ?? ofTag.filter(({ at }) => at + SEEN_LATE_MS < put.at).at(-1);
}
