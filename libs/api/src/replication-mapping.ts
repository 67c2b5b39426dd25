import { API_VERSION, EDGE_STATES, type Edge, type EdgeState, type Replication, type ReplicationResource } from "@transship/model";
import {
  type Edge as EdgeMessage,
  EdgeState as EdgeStateMessage,
  type ReplicationResource as ResourceMessage,
} from "./gen/transship/v1/replication.ts";
import { limitsFromMessage, limitsToMessage, present } from "./instance-mapping.ts";
import {
  agentSelectorFromMessage,
  agentSelectorToMessage,
  consentFromMessages,
  deletionFromMessage,
  deletionToMessage,
  presentNumber,
  relayFromMessage,
  relayToMessage,
  windowFromMessage,
  windowToMessage,
} from "./rule-parts-mapping.ts";

const EDGE_STATE_MESSAGES = {
  disabled: EdgeStateMessage.DISABLED,
  waiting: EdgeStateMessage.WAITING,
  filling: EdgeStateMessage.FILLING,
  "in-step": EdgeStateMessage.IN_STEP,
  behind: EdgeStateMessage.BEHIND,
  failing: EdgeStateMessage.FAILING,
} as const satisfies Record<EdgeState, EdgeStateMessage>;

export function edgeStateToMessage(state: EdgeState): EdgeStateMessage {
  return EDGE_STATE_MESSAGES[state];
}

/** Undefined for a state that is newer than this version. */
export function edgeStateFromMessage(message: EdgeStateMessage): EdgeState | undefined {
  return EDGE_STATES.find((state) => EDGE_STATE_MESSAGES[state] === message);
}

function edgeToMessage({ from, to, limits, relay, agents }: Edge): EdgeMessage {
  return { from, to, limits: limitsToMessage(limits), relay: relayToMessage(relay), agents: agentSelectorToMessage(agents) };
}

function edgeFromMessage({ from, to, limits, relay, agents }: EdgeMessage): unknown {
  return {
    from,
    to,
    ...(limits === undefined ? {} : { limits: limitsFromMessage(limits) }),
    ...(relay === undefined ? {} : { relay: relayFromMessage(relay) }),
    ...(agents === undefined ? {} : { agents: agentSelectorFromMessage(agents) }),
  };
}

/** A replication document as a message. */
export function replicationResourceToMessage({ metadata, spec }: ReplicationResource): ResourceMessage {
  return {
    name: metadata.name,
    labels: metadata.labels,
    spec: {
      description: spec.description ?? "",
      primary: spec.primary,
      edges: spec.edges.map(edgeToMessage),
      deletion: deletionToMessage(spec.deletion),
      sweepMs: spec.sweep ?? 0,
      window: windowToMessage(spec.window),
      priority: spec.priority ?? 0,
      consent: spec.consent ?? [],
      enabled: spec.enabled,
    },
  };
}

/** A message as a document, not yet checked: give it to `parseResource`. Empty strings are absent fields. */
export function replicationResourceFromMessage({ name, labels, spec }: ResourceMessage): unknown {
  return {
    apiVersion: API_VERSION,
    kind: "Replication",
    metadata: { name, labels },
    spec: spec && {
      ...present("description", spec.description),
      primary: spec.primary,
      edges: spec.edges.map(edgeFromMessage),
      ...(spec.deletion === undefined ? {} : { deletion: deletionFromMessage(spec.deletion) }),
      ...presentNumber("sweep", spec.sweepMs),
      ...(spec.window === undefined ? {} : { window: windowFromMessage(spec.window) }),
      ...presentNumber("priority", spec.priority),
      ...consentFromMessages(spec.consent),
      enabled: spec.enabled,
    },
  };
}

/** A stored replication as a document's message. */
export function storedReplicationToMessage({ name, labels, spec }: Replication): ResourceMessage {
  return replicationResourceToMessage({ apiVersion: API_VERSION, kind: "Replication", metadata: { name, labels: { ...labels } }, spec });
}
