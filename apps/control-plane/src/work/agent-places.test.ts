import { type Instance, rankForCopy } from "@transship/model";
import fc from "fast-check";
import { expect, it } from "vitest";
import { AgentPlaces } from "./agent-places.ts";
import type { AgentSession } from "./agent-session.ts";

const network = fc.constantFrom("public", "lan", "vpc");
const region = fc.constantFrom("gz", "sg");
const border = fc.constantFrom("cn", "intl", undefined);
const agents = fc
  .array(fc.record({ region, border, networks: fc.uniqueArray(network, { minLength: 1 }) }), { maxLength: 12 })
  .map((places) => places.map((place, index) => ({ ...place, name: `a${(index * 5) % 12}` }) as unknown as AgentSession));
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
          endpoints: networks.map((one) => ({ url: `https://${one}.test`, network: one })),
          ...place,
        },
      }) as Instance,
  );

it("finds by groups just what ranking every agent finds", () => {
  fc.assert(
    fc.property(agents, instance("from"), instance("to"), (ready, from, to) => {
      const places = new AgentPlaces(ready);
      const all = rankForCopy(ready, from, to);
      const nearest = new Set(places.nearest(from, to));
      const best = all.filter(({ rank }) => rank === all[0]?.rank).map(({ agent }) => agent.name);
      expect(ready.filter((agent) => nearest.has(places.headOf(agent))).map(({ name }) => name)).toEqual(expect.arrayContaining(best));
      expect(ready.filter((agent) => nearest.has(places.headOf(agent)))).toHaveLength(best.length);
      expect([...places.ranked(to)]).toEqual(rankForCopy(ready, to, to));
    }),
  );
});
