import type { wire } from "@transship/api";
import { type Instance, rankForCopy, selectAgents } from "@transship/model";
import fc from "fast-check";
import { expect, it } from "vitest";
import { AgentPlaces } from "./agent-places.ts";
import type { AgentSession } from "./agent-session.ts";
import { ConnectedAgents } from "./connected-agents.ts";
import { ReachBoard } from "./reach-board.ts";

const network = fc.constantFrom("public", "lan", "vpc");
const region = fc.constantFrom("gz", "sg");
const border = fc.constantFrom("cn", "intl", undefined);
const label = fc.constantFrom({ tier: "fast" }, { tier: "slow" }, {});
const agents = fc
  .array(fc.record({ region, border, networks: fc.uniqueArray(network, { minLength: 1 }), labels: label }), { maxLength: 12 })
  .map((places) => places.map((place, index) => ({ ...place, name: `a${(index * 5) % 12}` }) as unknown as AgentSession));
const urlOf = (name: string, on: string) => `https://${name}.${on}.test`;
const instance = (name: string) =>
  fc.record({ region, border, networks: fc.uniqueArray(network, { minLength: 1 }) }).map(
    ({ networks, ...place }) =>
      ({
        name,
        labels: {},
        createdAt: "",
        updatedAt: "",
        spec: {
          provider: "registry",
          account: "default",
          endpoints: networks.map((one) => ({ url: urlOf(name, one), network: one })),
          ...place,
        },
      }) as Instance,
  );
/** What agents say: by which endpoints they reach what, and how far it is. */
const said = fc.array(
  fc.record({
    agent: fc.integer({ min: 0, max: 11 }),
    instance: fc.constantFrom("from", "to"),
    network,
    reached: fc.boolean(),
    roundTripMs: fc.constantFrom(0, 3, 9, 40, 900),
  }),
  { maxLength: 30 },
);

function boardOf(reports: readonly (typeof said extends fc.Arbitrary<readonly (infer One)[]> ? One : never)[]): ReachBoard {
  const board = new ReachBoard();
  for (const { agent, instance: name, network: on, reached, roundTripMs } of reports)
    board.take(`a${agent}`, reachOf({ instance: name, url: urlOf(name, on), reached, roundTripMs }), new Date(0));
  return board;
}

function reachOf(endpoint: Pick<wire.EndpointReach, "instance" | "url" | "reached" | "roundTripMs">): wire.Reach {
  return { endpoints: [{ ...endpoint, forMs: 0, failure: undefined }] };
}

function namesOf(places: AgentPlaces, from: Instance, to: Instance): string[] {
  const nearest = places.nearest(from, to);
  return nearest.flatMap(({ group, among }) => group.members.filter((agent) => among?.has(agent) ?? true).map(({ name }) => name)).sort();
}

it("finds by groups just what ranking every agent finds, whatever is known of their reach", () => {
  fc.assert(
    fc.property(agents, instance("from"), instance("to"), said, (ready, from, to, reports) => {
      const board = boardOf(reports);
      for (const selector of [undefined, { labels: { tier: "fast" } }, { names: ["a0", "a5"] }]) {
        const places = new AgentPlaces(ready, board).selected(selector);
        const all = rankForCopy(selectAgents(ready, selector), from, to, board);
        const best = all.filter(({ rank }) => rank === all[0]?.rank).map(({ agent }) => agent.name);
        expect(namesOf(places, from, to)).toEqual(best.sort());
        expect([...places.ranked(to)].map(summary)).toEqual(rankForCopy(selectAgents(ready, selector), to, to, board).map(summary));
      }
    }),
  );
});

function summary({ agent, rank, source, why }: ReturnType<typeof rankForCopy>[number]) {
  return { name: agent.name, rank, source, why };
}

it("makes one group of thousands of equals, also where they measured the way, and splits it by what some do not reach", () => {
  const board = new ReachBoard();
  const place = { region: "gz", border: undefined, networks: ["public"], labels: {} };
  const ready = Array.from({ length: 3_000 }, (_, index) => ({ ...place, name: `a${index}` }) as unknown as AgentSession);
  const say = (name: string, reached: boolean, roundTripMs: number) =>
    board.take(name, reachOf({ instance: "to", url: urlOf("to", "public"), reached, roundTripMs }), new Date(0));
  for (const [index, { name }] of ready.entries()) say(name, true, 20 + (index % 7));
  const groups = () => new Set(ready.map((agent) => places.groupOf(agent))).size;
  let places = new AgentPlaces(ready, board);
  expect(groups()).toBe(1);
  for (const { name } of ready.slice(0, 10)) say(name, false, 0);
  places = new AgentPlaces(ready, board);
  expect(groups()).toBe(2);
});

it("is made anew when an agent comes, is labelled, reaches something else or goes, and at no other time", () => {
  const board = new ReachBoard();
  const connected = new ConnectedAgents(board);
  const session = { name: "a", region: "gz", networks: [], labels: {}, ready: true, watch: () => undefined, end: () => undefined };
  let before = connected.places();
  const isNew = () => {
    const now = connected.places();
    const other = now !== before;
    before = now;
    return other;
  };
  const agent = session as unknown as AgentSession;
  expect(isNew()).toBe(false);
  connected.join(agent);
  expect(isNew()).toBe(true);
  connected.relabel([{ name: "a", labels: {} }]);
  expect(isNew()).toBe(false);
  connected.relabel([{ name: "a", labels: { tier: "fast" } }]);
  expect(isNew()).toBe(true);
  const far = { instance: "to", url: "https://to.test", reached: true, roundTripMs: 40 };
  board.take("a", reachOf(far), new Date(0));
  expect(isNew()).toBe(true);
  board.take("a", reachOf(far), new Date(1));
  expect(isNew()).toBe(false);
  board.forget("a", "to", "https://to.test");
  expect(isNew()).toBe(true);
  expect(board.knows("to")).toBe(false);
  connected.leave(agent);
  expect(isNew()).toBe(true);
});
