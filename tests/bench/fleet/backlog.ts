import { setTimeout as sleep } from "node:timers/promises";
import { type ControlPlaneClient, fromServiceError, wire } from "@transship/api";
import type { MeasuredPlane } from "./control-plane-process.ts";
import type { Players } from "./orders.ts";

/** What working off a backlog took. */
export interface BacklogRun {
  readonly tasks: number;
  /** Changes of tasks' states that the control plane stored, from the first lease to the last success. */
  readonly transitions: number;
  readonly wall: number;
  /** Seconds of CPU of the control plane. */
  readonly cpu: number;
}

const LOOK_MS = 50;

/** Fills the queue with the tags of some edges while no agent takes tasks, then lets all agents take them. */
export async function workOff(
  { client, plane, players, signal }: { client: ControlPlaneClient; plane: MeasuredPlane; players: Players; signal: AbortSignal },
  edges: readonly number[],
  { tags, slots, taskMs }: { tags: number; slots: number; taskMs: number },
): Promise<BacklogRun> {
  await players.obey({ behave: { slots: 0, tags, taskMs } });
  const ids = await Promise.all(edges.map((edge) => run(client, `edge-${edge}`)));
  for (const id of ids) while ((await state(client, id)) !== wire.ExecutionState.COPYING) await sleep(LOOK_MS, undefined, { signal });
  const tasks = edges.length * tags;
  const before = (await players.obey({})).acknowledged;
  const cpu = plane.cpu();
  const moved = await transitions(plane);
  const begun = performance.now();
  await players.obey({ behave: { slots } });
  while ((await players.obey({})).acknowledged < before + tasks) await sleep(LOOK_MS, undefined, { signal });
  const wall = (performance.now() - begun) / 1000;
  return { tasks, wall, cpu: plane.cpu() - cpu, transitions: (await transitions(plane)) - moved };
}

function run(client: ControlPlaneClient, name: string): Promise<string> {
  return new Promise((done, fail) => {
    client.rules.runRule({ name }, client.metadata, {}, (error, answer) =>
      error === null ? done(answer.execution?.id ?? "") : fail(fromServiceError(error, `running ${name}`)),
    );
  });
}

function state(client: ControlPlaneClient, id: string): Promise<wire.ExecutionState> {
  return new Promise((done, fail) => {
    client.executions.getExecution({ id }, client.metadata, {}, (error, answer) =>
      error === null ? done(answer.state) : fail(fromServiceError(error, `looking at ${id}`)),
    );
  });
}

/** The control plane's own count. */
async function transitions({ http }: MeasuredPlane): Promise<number> {
  const text = await (await fetch(`http://${http}/metrics`)).text();
  return [...text.matchAll(/^transship_task_transitions_total\{[^}]*\} (\d+)/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
}
