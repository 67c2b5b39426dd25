import { isFinal, TASK_TRANSITIONS, type Task, type TaskState } from "@transship/model";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { Store } from "../store.ts";
import { at, FAILURE, LEASE_MS, lease, type OpenStore, progress, task, withExecution } from "./samples.ts";

/** What a naive reading of the port says of one task. */
interface ModelTask {
  state: TaskState;
  epoch: number;
  owner: string | undefined;
  until: number;
  dueAt: number;
  copied: number;
  reported: Set<number>;
}

interface Model {
  now: number;
  readonly tasks: Map<string, ModelTask>;
}

type Command = fc.AsyncCommand<Model, Store>;

const TASKS = ["1", "2", "3"];
const agents = fc.constantFrom("a", "b", "c");
const ids = fc.constantFrom(...TASKS);
/** How many epochs behind the newest a message is. */
const age = fc.constantFrom(0, 0, 0, 1, 2);
const ends = fc.constantFrom("succeeded", "skipped", "failed", "retrying", "queued", "cancelled");

/** Random messages, late ones included, against a naive model. */
export function leaseModelConformance(openStore: OpenStore): void {
  it("has at most one owner of a task, final states that stay, epochs that only grow, and loses nothing", { timeout: 60_000 }, async () => {
    const commands = fc.commands(
      [
        fc.tuple(agents, fc.nat(3)).map(([agent, limit]) => leaseCommand(agent, limit)),
        fc.tuple(agents, ids, age).map(([agent, id, back]) => renewCommand(agent, id, back)),
        fc.nat(LEASE_MS).map(waitCommand),
        fc.tuple(ids, age, fc.nat(1000)).map(([id, back, copied]) => progressCommand(id, back, copied)),
        fc.tuple(ids, age, ends, fc.nat(1000)).map(([id, back, end, copied]) => finishCommand(id, back, end, copied)),
        fc.constant(cancelCommand()),
      ],
      { size: "+1" },
    );
    await fc.assert(
      fc.asyncProperty(commands, async (steps) => {
        await using store = await openStore();
        await withExecution(store);
        await store.tasks.add(
          TASKS.map((id) => task(id)),
          at(0),
        );
        await fc.asyncModelRun(() => ({ model: { now: 0, tasks: new Map(TASKS.map((id) => [id, fresh()])) }, real: store }), steps);
      }),
      { numRuns: 30 },
    );
  });
}

function fresh(): ModelTask {
  return { state: "queued", epoch: 0, owner: undefined, until: 0, dueAt: 0, copied: 0, reported: new Set() };
}

function command(
  name: string,
  run: (model: Model, store: Store) => Promise<void>,
  possible: (model: Model) => boolean = () => true,
): Command {
  return {
    check: possible,
    run: async (model, store) => {
      const before = await store.tasks.list({}, { limit: 10 });
      await run(model, store);
      await compare(model, store, before);
    },
    toString: () => name,
  };
}

function leaseCommand(agent: string, limit: number): Command {
  return command(`${agent} leases ${limit}`, async (model, store) => {
    const ready = [...model.tasks]
      .filter(([, one]) => one.state === "queued" || (one.state === "retrying" && one.dueAt <= model.now))
      .slice(0, limit);
    const leased = await lease(store, agent, at(model.now), { limit });
    expect(leased.map(({ id }) => id)).toEqual(ready.map(([id]) => id));
    for (const [, one] of ready) Object.assign(one, { state: "leased", owner: agent, epoch: one.epoch + 1, until: model.now + LEASE_MS });
  });
}

function renewCommand(agent: string, id: string, back: number): Command {
  return command(`${agent} renews ${id}, ${back} epochs late`, async (model, store) => {
    const one = of(model, id);
    const lost = await store.tasks.renew(agent, [{ taskId: id, epoch: one.epoch - back }], LEASE_MS, at(model.now));
    const holds = back === 0 && isHeld(one) && one.owner === agent;
    expect(lost).toHaveLength(holds ? 0 : 1);
    if (holds) one.until = model.now + LEASE_MS;
  });
}

function waitCommand(ms: number): Command {
  return command(`${ms} ms pass and leases expire`, async (model, store) => {
    model.now += ms;
    const ended = [...model.tasks].filter(([, one]) => isHeld(one) && one.until <= model.now);
    expect((await store.tasks.expire(at(model.now))).map(({ id }) => id)).toEqual(ended.map(([id]) => id));
    for (const [, one] of ended) one.state = "queued";
  });
}

function progressCommand(id: string, back: number, copied: number): Command {
  return command(`progress of ${id}, ${back} epochs late`, async (model, store) => {
    const one = of(model, id);
    const holds = back === 0 && isHeld(one);
    expect(await store.tasks.progress({ taskId: id, epoch: one.epoch - back }, "copying", progress(copied))).toBe(holds);
    if (holds) Object.assign(one, { state: "copying", copied });
  });
}

function finishCommand(id: string, back: number, end: typeof ends extends fc.Arbitrary<infer End> ? End : never, copied: number): Command {
  return command(`${id} ends as ${end}, ${back} epochs late`, async (model, store) => {
    const one = of(model, id);
    const epoch = one.epoch - back;
    const dueAt = model.now + 5_000;
    const outcome = { state: end, progress: progress(copied), blobs: [], failure: FAILURE, reason: "kept", nextAttemptAt: at(dueAt) };
    const expected = one.reported.has(epoch)
      ? "duplicate"
      : back > 0 || epoch < 1 || isFinal(TASK_TRANSITIONS, one.state)
        ? "stale"
        : "applied";
    expect(await store.tasks.finish({ taskId: id, epoch }, outcome as Parameters<Store["tasks"]["finish"]>[1], at(model.now))).toBe(
      expected,
    );
    if (expected !== "applied") return;
    Object.assign(one, { state: end, copied, dueAt });
    one.reported.add(epoch);
  });
}

function cancelCommand(): Command {
  return command(
    "all are cancelled",
    async (model, store) => {
      const held = [...model.tasks].filter(([, one]) => isHeld(one)).map(([id]) => id);
      expect((await store.tasks.cancelAll("e1", at(model.now))).map(({ id }) => id)).toEqual(held);
      for (const one of model.tasks.values()) if (!isFinal(TASK_TRANSITIONS, one.state)) one.state = "cancelled";
    },
    // Not early: nothing happens after it.
    (model) => model.now > 3 * LEASE_MS,
  );
}

async function compare(model: Model, store: Store, before: readonly Task[]): Promise<void> {
  const after = await store.tasks.list({}, { limit: 10 });
  expect(after.map(({ id, state, epoch, progress: { bytes } }) => ({ id, state, epoch, copied: bytes.copied }))).toEqual(
    [...model.tasks].map(([id, { state, epoch, copied }]) => ({ id, state, epoch, copied })),
  );
  for (const [index, old] of before.entries()) {
    const now = after[index];
    expect(now?.epoch).toBeGreaterThanOrEqual(old.epoch);
    if (isFinal(TASK_TRANSITIONS, old.state)) expect(now).toEqual(old);
  }
  const owners = (await Promise.all(["a", "b", "c"].map((agent) => store.tasks.heldBy(agent)))).flat().map(({ id }) => id);
  expect(owners.sort()).toEqual([...model.tasks].filter(([, one]) => isHeld(one)).map(([id]) => id));
  await compareSums(store, after);
}

/** The sums that the store keeps are those of the tasks that it lists. */
async function compareSums(store: Store, tasks: readonly Task[]): Promise<void> {
  const { tasks: counts, bytes, doneBytes } = await store.executions.get("e1");
  const inState = (...states: TaskState[]) => tasks.filter(({ state }) => states.includes(state)).length;
  expect(counts).toEqual({
    total: tasks.length,
    succeeded: inState("succeeded"),
    failed: inState("failed"),
    skipped: inState("skipped"),
    cancelled: inState("cancelled"),
    running: inState("leased", "copying", "verifying"),
    retrying: inState("retrying"),
  });
  const copied = tasks.reduce((sum, one) => sum + one.progress.bytes.copied, 0);
  expect([bytes.copied, doneBytes]).toEqual([copied, copied]);
  const unfinished = tasks.some(({ state }) => !isFinal(TASK_TRANSITIONS, state));
  expect(await store.tasks.anyUnfinished("e1")).toBe(unfinished);
}

function of(model: Model, id: string): ModelTask {
  const one = model.tasks.get(id);
  if (one === undefined) throw new Error(`no task ${id}`);
  return one;
}

function isHeld(one: ModelTask): boolean {
  return one.state === "leased" || one.state === "copying" || one.state === "verifying";
}
