import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { instance, rule, topology } from "../stories/stage/topology.ts";
import { transship } from "../stories/stage/transship.ts";
import { AGENTS, type Edge, type Fault, REGISTRIES, type RegistryName, type Round, TOPOLOGIES } from "./draw-round.ts";
import { findSecondOwners, leasesIn, tagPutsIn } from "./one-owner.ts";
import { type Pulled, pullWhole } from "./pull-whole.ts";
import { push } from "./push-images.ts";
import { settle } from "./settle.ts";
import { SECRET, type Stage } from "./stage.ts";
import { StoredTasks } from "./stored-tasks.ts";
import { type Struck, strike } from "./strike.ts";
import { watchTags } from "./watch-tags.ts";

/** What came of a round. */
export interface Played {
  readonly round: Round;
  readonly struck: readonly Struck[];
  /** What must not be; empty = all is well. */
  readonly problems: readonly string[];
  /** Whether a run of everything had to bring what events had not. */
  readonly swept: boolean;
  /** Moves of tags at targets that were pulled at once and found whole. */
  readonly moves: number;
  readonly tasks: number;
  /** Leases beyond the first of each task: work that changed hands or was taken up again. */
  readonly againLeased: number;
  readonly seconds: number;
}

/** Plays a round from the first push until everything has settled, and looks for everything that must not be. Never rejects but for `signal`. */
export async function playRound(stage: Stage, round: Round, signal: AbortSignal): Promise<Played> {
  signal.throwIfAborted();
  const begun = performance.now();
  const namespace = `r${round.seed}`;
  const edges: readonly Edge[] = TOPOLOGIES[round.topology];
  const rules = edges.map((_, index) => `${namespace}-${index}`);
  const sides = REGISTRIES.filter((name) => name === "a" || edges.some(({ to }) => to.includes(name)));
  const problems: string[] = [];
  const note = (error: unknown) => void problems.push(error instanceof Error ? error.message : String(error));
  stage.controlPlaneLog.length = 0;
  await applyRules(stage, namespace, edges).catch(note);

  await using watching = new AsyncDisposableStack();
  const watches = sides.filter((name) => name !== "a").map((name) => watching.use(watchTags(stage.registries[name], namespace)));
  const tags = new Map<string, string>();
  const [struck] = await Promise.all([strikeAll(stage, round.faults, note, signal), pushAll(stage, round, tags, signal).catch(note)]);
  signal.throwIfAborted();
  const isEqual = async () => (await differences(stage, namespace, sides, tags, false)).length === 0;
  const { swept } = await settle(stage, rules, isEqual).catch((error: unknown) => {
    note(error);
    return { swept: true };
  });
  problems.push(...(await differences(stage, namespace, sides, tags, true)));
  await watching.disposeAsync();
  for (const { faults } of watches) problems.push(...faults);
  using stored = new StoredTasks(stage.path("control-plane", "control-plane.db"));
  const tasks = stored.tasks(stored.executions(rules));
  const leases = leasesIn(stage.controlPlaneLog).filter(({ task }) => tasks.some(({ id }) => id === task));
  problems.push(...findSecondOwners(tasks, leases, tagPutsIn(stage, namespace)));
  for (const daemon of [stage.controlPlane, ...Object.values(stage.agents)]) problems.push(...daemon.ownEnds.splice(0));
  return {
    round,
    struck,
    problems,
    swept,
    moves: watches.reduce((sum, { whole }) => sum + whole, 0),
    tasks: tasks.length,
    againLeased: leases.length - new Set(leases.map(({ task }) => task)).size,
    seconds: (performance.now() - begun) / 1000,
  };
}

async function applyRules(stage: Stage, namespace: string, edges: readonly Edge[]): Promise<void> {
  const secretFile = stage.path("secret");
  await writeFile(secretFile, SECRET);
  const webhook = { header: "Authorization", secretFrom: { file: secretFile } };
  const instances = REGISTRIES.map((name) => {
    const endpoints = AGENTS.map((agent) => ({ url: `http://${stage.links[agent][name].host}`, network: `network-of-${agent}` }));
    return instance(name, "", `region-of-${name}`, { endpoints, webhook });
  });
  const rules = edges.map(({ from, to, overwrite }, index) =>
    rule(
      `${namespace}-${index}`,
      { instance: from, namespace, tag: "v.*" },
      to.map((target) => ({ instance: target, namespace })),
      { overwrite, triggers: { events: true } },
    ),
  );
  const file = stage.path("topology.yaml");
  await writeFile(file, topology(...instances, ...rules));
  const env = { TRANSSHIP_SERVER: stage.server, XDG_CONFIG_HOME: stage.path("config") };
  const { code, stderr } = await transship(["apply", "-f", file, "--prune"], { env });
  if (code !== 0) throw new Error(`apply ended with ${code}\n${stderr}`);
}

/** Strikes each fault at its time; what strikes the same process or way waits for its turn. */
async function strikeAll(stage: Stage, faults: readonly Fault[], note: (error: unknown) => void, signal: AbortSignal): Promise<Struck[]> {
  const turns = new Map<string, Promise<unknown>>();
  const struck: Struck[] = [];
  const all = faults.map(async (fault) => {
    await sleep(fault.atMs, undefined, { signal });
    const victim = victimOf(fault);
    const turn = (turns.get(victim) ?? Promise.resolve()).then(async () => {
      try {
        struck.push(await strike(stage, fault));
      } catch (error) {
        note(error);
      }
    });
    turns.set(victim, turn);
    await turn;
  });
  await Promise.all(all);
  return struck;
}

function victimOf(fault: Fault): string {
  if (fault.kind === "slow link") return `to ${fault.registry}`;
  if (fault.kind === "partition") return `uplink of ${fault.agent}`;
  return "agent" in fault ? fault.agent : "control plane";
}

/** Pushes everything in order; `tags` has what each tag names in the end. */
async function pushAll(stage: Stage, { seed, pushes }: Round, tags: Map<string, string>, signal: AbortSignal): Promise<void> {
  const begun = performance.now();
  for (const [index, wanted] of pushes.entries()) {
    await sleep(Math.max(0, wanted.atMs - (performance.now() - begun)), undefined, { signal });
    tags.set(`${wanted.repository}:${wanted.tag}`, await push(stage.registries.a.url, `r${seed}`, wanted, `${seed} ${index}`));
  }
}

/** How the sides differ from what was pushed last: by the digests of the tags alone, or read to the last byte. */
async function differences(
  stage: Stage,
  namespace: string,
  sides: readonly RegistryName[],
  tags: ReadonlyMap<string, string>,
  wholly: boolean,
): Promise<string[]> {
  const looks = [...tags].flatMap(([name, digest]) =>
    sides.map(async (side) => {
      const [repository = "", tag = ""] = name.split(":");
      const { url } = stage.registries[side];
      const there = wholly
        ? await pullWhole(url, `${namespace}/${repository}`, tag).catch((error: unknown) => String(error))
        : await digestOf(url, `${namespace}/${repository}`, tag);
      return { name, side, digest, there };
    }),
  );
  const seen = await Promise.all(looks);
  const faults = seen.flatMap(({ name, side, digest, there }) => {
    if (typeof there === "string") return there === digest ? [] : [`${side}/${name} is not what was pushed last, ${digest}: ${there}`];
    return there.digest === digest ? [] : [`${side}/${name} is ${there.digest}, not ${digest}, which was pushed last`];
  });
  return wholly ? [...faults, ...contentFaults(seen)] : faults;
}

/** What is under a digest must be the same everywhere. */
function contentFaults(seen: readonly { readonly name: string; readonly side: string; readonly there: Pulled | string }[]): string[] {
  const first = new Map<string, string>();
  return seen.flatMap(({ name, side, there }) => {
    if (typeof there === "string") return [];
    const content = JSON.stringify([...there.content].sort());
    const known = first.get(there.digest) ?? content;
    first.set(there.digest, known);
    return known === content ? [] : [`${side}/${name} has other content under ${there.digest} than elsewhere`];
  });
}

async function digestOf(url: string, repository: string, tag: string): Promise<string> {
  const answer = await fetch(`${url}/v2/${repository}/manifests/${tag}`, {
    method: "HEAD",
    headers: { accept: "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json" },
  });
  return answer.headers.get("docker-content-digest") ?? String(answer.status);
}
