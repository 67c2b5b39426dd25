import type { Credential, Endpoint, Instance, InstanceResource, Limits } from "@transship/model";
import { API_VERSION } from "@transship/model";
import type * as wire from "./gen/transship/v1/instance.ts";

/** An instance document as a message, credential included: only for what goes to the control plane. */
export function instanceResourceToMessage(resource: InstanceResource): wire.InstanceResource {
  const { spec, metadata } = resource;
  return {
    name: metadata.name,
    labels: metadata.labels,
    spec: {
      provider: spec.provider,
      region: spec.region,
      border: spec.border ?? "",
      account: spec.account,
      endpoints: spec.endpoints.map(endpointToMessage),
      credential: spec.credential === undefined ? undefined : { ...spec.credential },
      limits: limitsToMessage(spec.limits),
      webhook: spec.webhook && { ...spec.webhook },
    },
  };
}

/** A message as a document, not yet checked: give it to `parseResource`. Empty strings are absent fields. */
export function instanceResourceFromMessage(message: wire.InstanceResource): unknown {
  const spec = message.spec;
  return {
    apiVersion: API_VERSION,
    kind: "Instance",
    metadata: { name: message.name, labels: message.labels },
    spec: spec && {
      ...present("provider", spec.provider),
      region: spec.region,
      ...present("border", spec.border),
      ...present("account", spec.account),
      endpoints: spec.endpoints.map(endpointFromMessage),
      ...(spec.credential === undefined ? {} : { credential: { ...spec.credential } }),
      ...(spec.limits === undefined ? {} : { limits: limitsFromMessage(spec.limits) }),
      ...(spec.webhook === undefined ? {} : { webhook: { ...spec.webhook } }),
    },
  };
}

/** An instance as users may see it: passwords, secret and keys are left out. `gates`: how agents stand with it. `reach`: which of them reach it. */
export function instanceToMessage(
  instance: Instance,
  gates: readonly wire.InstanceGate[] = [],
  reach: readonly wire.InstanceReach[] = [],
): wire.Instance {
  const { name, labels, spec } = instance;
  const resource = instanceResourceToMessage({
    apiVersion: API_VERSION,
    kind: "Instance",
    metadata: { name, labels: { ...labels } },
    spec,
  });
  if (resource.spec?.credential !== undefined) resource.spec.credential.password = "";
  if (resource.spec?.webhook !== undefined) resource.spec.webhook.secret = "";
  for (const { proxy, clientCertificate } of resource.spec?.endpoints ?? []) {
    if (proxy?.credential !== undefined) proxy.credential.password = "";
    if (clientCertificate !== undefined) clientCertificate.privateKey = "";
  }
  return { resource, createdAt: instance.createdAt, updatedAt: instance.updatedAt, gates: [...gates], reach: [...reach] };
}

/** An endpoint as a message, secrets included: only for what goes to the control plane, or to an agent with an access. */
export function endpointToMessage(endpoint: Endpoint): wire.Endpoint {
  const { url, network, address = "", ca = "", proxy, proxyCredential, clientCertificate } = endpoint;
  return {
    url,
    network,
    address,
    ca,
    ...(proxy === undefined ? {} : { proxy: { url: proxy, credential: proxyCredential && { ...proxyCredential } } }),
    ...(clientCertificate === undefined ? {} : { clientCertificate: { ...clientCertificate } }),
  };
}

/** A message as an endpoint, not yet checked. Empty strings are absent fields. */
export function endpointFromMessage(message: wire.Endpoint): Endpoint {
  const { url, network, address, ca, proxy, clientCertificate } = message;
  const proxyCredential = credentialFromMessage(proxy?.credential);
  return {
    url,
    network,
    ...present("address", address),
    ...present("ca", ca),
    ...(proxy === undefined ? {} : { proxy: proxy.url }),
    ...(proxyCredential === undefined ? {} : { proxyCredential }),
    ...(clientCertificate === undefined ? {} : { clientCertificate: { ...clientCertificate } }),
  };
}

export function credentialFromMessage(message: wire.Credential | undefined): Credential | undefined {
  return message === undefined ? undefined : { username: message.username, password: message.password };
}

export function limitsToMessage(limits: Limits | undefined): wire.Limits | undefined {
  if (limits === undefined) return undefined;
  const { bytesPerSecond = 0, requestsPerSecond = 0, connections = 0 } = limits;
  return { bytesPerSecond, requestsPerSecond, connections };
}

/** Zeros are absent limits: proto3 knows no absent numbers. Not yet checked. */
export function limitsFromMessage(message: wire.Limits | undefined): Limits {
  const { bytesPerSecond = 0, requestsPerSecond = 0, connections = 0 } = message ?? {};
  return {
    ...(bytesPerSecond === 0 ? {} : { bytesPerSecond }),
    ...(requestsPerSecond === 0 ? {} : { requestsPerSecond }),
    ...(connections === 0 ? {} : { connections }),
  };
}

/** `{key: text}`, or nothing for an empty text: proto3 knows no absent strings. */
export function present<K extends string>(key: K, text: string): { [P in K]?: string } {
  return text === "" ? {} : ({ [key]: text } as { [P in K]?: string });
}
