import { instanceResourceFromMessage, type wire } from "@transship/api";
import type { Endpoint, InstanceSpec } from "@transship/model";
import { type Document, present } from "./document.ts";
import { type GateDocument, gateDocument } from "./gate.ts";
import { type ReachDocument, reachDocument } from "./reach.ts";

/** An endpoint without what nobody is shown again: the password of its proxy, and its key. */
type EndpointDocument = Omit<Endpoint, "proxyCredential" | "clientCertificate"> & {
  readonly proxyCredential?: { readonly username: string };
  readonly clientCertificate?: { readonly certificate: string };
};

/** An instance as JSON has it; without the password, which nobody is shown again. */
export interface InstanceDocument extends Document {
  readonly kind: "Instance";
  readonly metadata: {
    readonly name: string;
    readonly labels: Record<string, string>;
    readonly createdAt?: string;
    readonly updatedAt?: string;
  };
  readonly spec: Omit<InstanceSpec, "credential" | "endpoints"> & {
    readonly endpoints: readonly EndpointDocument[];
    readonly credential?: { readonly username: string };
  };
  readonly status: {
    readonly credential: "stored" | "anonymous";
    /** How the connected agents stand with it. */
    readonly gates: readonly GateDocument[];
    /** Which agents reach it; empty in lists. */
    readonly reach: readonly ReachDocument[];
  };
}

/** An instance of the wire as JSON. */
export function instanceDocument(message: wire.Instance): InstanceDocument {
  const resource = message.resource ?? { name: "", labels: {}, spec: undefined };
  const { spec } = instanceResourceFromMessage(resource) as { spec: InstanceSpec };
  const { credential, ...rest } = spec;
  return {
    apiVersion: "transship/v1",
    kind: "Instance",
    metadata: { name: resource.name, labels: resource.labels, ...present({ createdAt: message.createdAt, updatedAt: message.updatedAt }) },
    spec: {
      ...rest,
      endpoints: spec.endpoints.map(endpointDocument),
      ...(credential === undefined ? {} : { credential: { username: credential.username } }),
    },
    status: {
      credential: credential === undefined ? "anonymous" : "stored",
      gates: message.gates.map(gateDocument),
      reach: message.reach.map(reachDocument),
    },
  };
}

function endpointDocument({ proxyCredential, clientCertificate, ...rest }: Endpoint): EndpointDocument {
  return {
    ...rest,
    ...(proxyCredential === undefined ? {} : { proxyCredential: { username: proxyCredential.username } }),
    ...(clientCertificate === undefined ? {} : { clientCertificate: { certificate: clientCertificate.certificate } }),
  };
}
