import {
  type BlobReport,
  type Failure,
  type InstanceResource,
  NO_BYTES,
  parseResource,
  type Resource,
  type TaskProgress,
} from "@transship/model";
import type { Store } from "../store.ts";
import type { NewTask } from "../task-store.ts";

/** Opens an empty store. */
export type OpenStore = () => Promise<Store>;

/** A moment of the suite's own clock, in milliseconds from its beginning. */
export function at(ms: number): Date {
  return new Date(Date.UTC(2026, 0, 1) + ms);
}

/** An instance document. */
export function instance(name: string, region = "ap-guangzhou"): InstanceResource {
  return parsed({
    apiVersion: "transship/v1",
    kind: "Instance",
    metadata: { name },
    spec: { region, endpoints: [{ url: `https://${name}.test` }] },
  }) as InstanceResource;
}

/** A rule document. */
export function rule(name: string, source = "gz", ...targets: string[]): Resource {
  const places = (targets.length === 0 ? ["sg"] : targets).map((target) => ({ instance: target, namespace: "mirror" }));
  return parsed({ apiVersion: "transship/v1", kind: "Rule", metadata: { name }, spec: { source: { instance: source }, targets: places } });
}

/** A document of an agent. */
export function agentDocument(name: string, labels: Record<string, string>): Resource {
  return parsed({ apiVersion: "transship/v1", kind: "Agent", metadata: { name, labels } });
}

function parsed(document: unknown): Resource {
  const result = parseResource(document);
  if ("issues" in result) throw new Error(JSON.stringify(result.issues));
  return result.resource;
}

/** Stores two instances and a rule between them, and opens an execution of that rule. */
export async function withExecution(store: Store, id = "e1", ruleName = "gz-to-sg"): Promise<void> {
  await store.topology.apply(
    [instance("gz"), instance("sg"), rule(ruleName)].map((resource) => ({ apply: resource })),
    { now: at(0) },
  );
  await store.executions.open({ id, rule: ruleName, trigger: "manual" }, at(0));
}

/** A task to be. */
export function task(id: string, executionId = "e1", target = "sg"): NewTask {
  const tag = `v${id}`;
  return {
    id,
    executionId,
    source: { instance: "gz", repository: "team0/app", tag },
    target: { instance: target, repository: "mirror/app", tag },
    digest: `sha256:${"0".repeat(64)}`,
    overwrite: "always",
  };
}

/** Progress with `copied` of 1,000 bytes done. */
export function progress(copied: number): TaskProgress {
  return { totalBytes: 1000, doneBytes: copied, fetchedBytes: copied, bytes: { ...NO_BYTES, copied } };
}

/** What a copied blob cost. */
export function blob(name: string, more: Partial<BlobReport> = {}): BlobReport {
  const bytes = { size: 1000, copied: 1000, resumed: 0, wasted: 0 };
  return {
    digest: `sha256:${name}`,
    state: "done",
    rung: "copied",
    way: "stream",
    from: undefined,
    ranges: 1,
    retries: 0,
    milliseconds: 12,
    ...bytes,
    ...more,
  };
}

/** A failure at the source. */
export const FAILURE: Failure = { code: "TIMED_OUT", side: "source", message: "no progress for 60 s", hint: "check the network" };

/** Duration of the suite's leases. */
export const LEASE_MS = 30_000;

/** Leases from gz to sg, of whatever execution waits there. */
export async function lease(
  store: Store,
  agent: string,
  now: Date,
  more: { limit?: number; preferMs?: number; online?: string[]; home?: string } = {},
) {
  const waiting = (await store.tasks.waitingWork(now)).filter(({ source, target }) => source === "gz" && target === "sg");
  const pairs = waiting.map(({ executionId, source, target }) => ({ executionId, source, target, placement: `${agent} is near` }));
  return store.tasks.lease({ agent, pairs, limit: 10, leaseMs: LEASE_MS, preferMs: 0, online: [], ...more }, now);
}
