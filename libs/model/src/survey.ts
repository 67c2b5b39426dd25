import type { AgentPlace } from "./agent.ts";
import { type Endpoint, type Instance, PUBLIC_NETWORK } from "./instance.ts";
import { sharedEndpoints } from "./reach.ts";
import { instancesOf, type Rule } from "./rule.ts";

/** Endpoints that one agent looks at, at most. */
export const MOST_SURVEYED = 64;

/** An endpoint that an agent is to look at. */
export interface SurveyPlace {
  readonly instance: Instance;
  readonly endpoint: Endpoint;
}

/** Instances that any rule names, each once. */
export function namedInstances(instances: readonly Instance[], rules: readonly Pick<Rule, "spec">[]): Instance[] {
  const names = new Set(rules.flatMap(({ spec }) => instancesOf(spec)));
  return instances.filter(({ name }) => names.has(name));
}

/** Endpoints that may concern an agent, since they share a network with it: private networks first, then its region, then its border; at most `MOST_SURVEYED`. */
export function surveyPlaces(agent: Omit<AgentPlace, "name">, instances: readonly Instance[]): SurveyPlace[] {
  const places = instances.flatMap((instance) =>
    sharedEndpoints(agent, instance)
      .filter(needsNoSecret)
      .map((endpoint) => ({ instance, endpoint, far: distance(agent, instance, endpoint) })),
  );
  places.sort((a, b) => a.far - b.far || (a.instance.name < b.instance.name ? -1 : 1));
  return places.slice(0, MOST_SURVEYED).map(({ instance, endpoint }) => ({ instance, endpoint }));
}

/** A look carries no secret: an endpoint that is reached by one only is known by the work that is done there. */
function needsNoSecret({ proxyCredential, clientCertificate }: Endpoint): boolean {
  return proxyCredential === undefined && clientCertificate === undefined;
}

function distance(agent: Omit<AgentPlace, "name">, { spec }: Instance, endpoint: Endpoint): number {
  if (endpoint.network !== PUBLIC_NETWORK) return 0;
  if (agent.region === spec.region) return 1;
  return agent.border !== undefined && agent.border === spec.border ? 2 : 3;
}
