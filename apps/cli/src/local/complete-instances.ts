import { homedir } from "node:os";
import { TransshipError } from "@transship/errors";
import type { Endpoint, InstanceSpec } from "@transship/model";
import { loadDockerCredentials, type ProxyFor, proxyFromEnvironment } from "@transship/oci";
import type { Call } from "../command.ts";
import type { PlacedResource } from "../topology/parse-topology.ts";
import { KEPT_SECRET } from "../topology/read-secret.ts";
import type { SourceFile } from "../topology/read-topology.ts";

/**
 * Gives instances of a file what this machine knows where the file says nothing: the login that docker's files hold for their host, and the environment's proxy.
 * @throws TransshipError `INVALID_ARGUMENT` for a secret that is left out: nothing is stored here.
 */
export async function completeInstances(call: Call, file: SourceFile, resources: readonly PlacedResource[]): Promise<void> {
  const { environment: env } = call;
  const docker = await loadDockerCredentials({ env, homeDir: env.HOME ?? homedir() });
  const proxyFor = proxyFromEnvironment(env);
  for (const { resource } of resources) {
    if (resource.kind !== "Instance") continue;
    const { spec, metadata } = resource;
    checkSecrets(file, metadata.name, spec);
    spec.endpoints = spec.endpoints.map((endpoint) => behindProxy(endpoint, proxyFor));
    const login =
      spec.credential === undefined
        ? await docker.find(new URL(spec.endpoints[0]?.url ?? "").host, "", { signal: call.signal })
        : undefined;
    if (login !== undefined && "username" in login) spec.credential = { username: login.username, password: login.password };
  }
}

function behindProxy(endpoint: Endpoint, proxyFor: ProxyFor): Endpoint {
  const proxy = endpoint.proxy === undefined ? proxyFor(new URL(endpoint.url)) : undefined;
  if (proxy === undefined) return endpoint;
  return { ...endpoint, proxy: proxy.url, ...(proxy.credential === undefined ? {} : { proxyCredential: { ...proxy.credential } }) };
}

function checkSecrets(file: SourceFile, name: string, spec: InstanceSpec): void {
  const missing = (why: string, hint: string) =>
    new TransshipError("INVALID_ARGUMENT", { what: `reading ${file.name}`, why: `instance ${name} ${why}`, hint });
  if (spec.credential?.password === KEPT_SECRET)
    throw missing("has a user name and no passwordFrom", "Add passwordFrom, or leave the credential out to use docker's login.");
  for (const { proxyCredential, clientCertificate } of spec.endpoints) {
    if (proxyCredential?.password === KEPT_SECRET) throw missing("has a proxyCredential without passwordFrom", "Add passwordFrom.");
    if (clientCertificate?.privateKey === KEPT_SECRET) throw missing("has a clientCertificate without keyFile", "Add keyFile.");
  }
}
