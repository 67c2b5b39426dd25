import { setTimeout as sleep } from "node:timers/promises";
import { type ControlPlaneClient, fromServiceError, type wire } from "@transship/api";
import { Agent, request } from "undici";
import type { Assigned, Players } from "./orders.ts";
import { digestOf, repositoryOf, SECRET, sourceOf } from "./topology.ts";

/** Milliseconds of each of many pushes, one edge each. */
export interface EventTimes {
  /** From the task's creation to the agent's reading of the assignment. */
  readonly dispatch: readonly number[];
  /** From the sending of the registry's event to the answer that its execution is stored. */
  readonly stored: readonly number[];
  /** From the sending of the event to the agent's reading of the assignment: two questions to agents are in between. */
  readonly whole: readonly number[];
}

const PAUSE_MS = 100;
const PATIENCE_MS = 60_000;
/** A busy machine may take its time to accept. */
const dispatcher = new Agent({ connect: { timeout: PATIENCE_MS } });

/** Tells the control plane of a push to each of so many sources, so many a second, and waits until each has become a task of an agent. */
export async function pushEvents(
  { client, http, players, signal }: { client: ControlPlaneClient; http: string; players: Players; signal: AbortSignal },
  edges: readonly number[],
  perSecond: number,
): Promise<EventTimes> {
  await players.obey({ collect: true });
  const sentAt = new Map<string, number>();
  const stored: number[] = [];
  const begun = performance.now();
  const answers = edges.map(async (edge, index) => {
    await sleep((index * 1000) / perSecond, undefined, { signal });
    const at = performance.now();
    sentAt.set(`edge-${edge}`, performance.timeOrigin + at);
    await push(http, edge);
    stored.push(performance.now() - at);
  });
  await Promise.all(answers);
  const assigned: Assigned[] = [];
  while (assigned.length < edges.length) {
    if (performance.now() - begun > (edges.length / perSecond) * 1000 + PATIENCE_MS) {
      throw new Error(`only ${assigned.length} of ${edges.length} pushes became tasks of agents`);
    }
    await sleep(PAUSE_MS, undefined, { signal });
    assigned.push(...(await players.obey({ collect: true })).assigned);
  }
  const created = await creations(client);
  return {
    dispatch: assigned.map(({ task, at }) => at - (created.get(task) ?? Number.NaN)),
    stored,
    whole: assigned.map(({ rule, at }) => at - (sentAt.get(rule) ?? Number.NaN)),
  };
}

/** The event that CNCF distribution sends after a push. */
async function push(http: string, edge: number): Promise<void> {
  const repository = repositoryOf(edge);
  const tag = "pushed";
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const body = { events: [{ action: "push", target: { mediaType, repository, tag, digest: digestOf(repository, tag) } }] };
  const headers = { authorization: SECRET, "content-type": "application/vnd.docker.distribution.events.v2+json" };
  const url = `http://${http}/webhooks/i${sourceOf(edge)}`;
  // A connection of its own: one that is kept may be closed by the server in the very moment in which it is used again.
  const answer = await request(url, { method: "POST", headers, body: JSON.stringify(body), reset: true, dispatcher });
  const text = await answer.body.text();
  if (answer.statusCode !== 202) throw new Error(`an event was answered with ${answer.statusCode}: ${text}`);
}

/** When each task was created, in milliseconds since 1970. */
async function creations(client: ControlPlaneClient): Promise<Map<string, number>> {
  const created = new Map<string, number>();
  for (let pageToken = ""; ; ) {
    const page = await new Promise<wire.ListTasksResponse>((done, fail) => {
      client.tasks.listTasks({ executionId: "", states: [], pageSize: 1000, pageToken }, client.metadata, {}, (error, answer) =>
        error === null ? done(answer) : fail(fromServiceError(error, "listing tasks")),
      );
    });
    for (const task of page.tasks) created.set(task.id, Date.parse(task.createdAt));
    pageToken = page.nextPageToken;
    if (pageToken === "") return created;
  }
}
