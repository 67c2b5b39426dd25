import type { wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import type { Endpoint } from "@transship/model";

/** An endpoint by everything that decides where a secret ends up: whoever changes any of it must know the secret. */
export function reachOf(endpoint: wire.Endpoint | Endpoint): string {
  const { url, address, ca, proxy } = endpoint;
  return JSON.stringify([url, address ?? "", ca ?? "", urlOf(proxy)]);
}

/**
 * An endpoint with the stored password of its proxy and the stored key of its client certificate, where it gives none. The password must have been given for
 * that proxy, user and CA; the key for that certificate and for reaching that registry in that way.
 * @throws TransshipError `INVALID_ARGUMENT` where one must be given again.
 */
export function keepEndpointSecrets(instance: string, endpoint: wire.Endpoint, stored: readonly Endpoint[]): wire.Endpoint {
  const { proxy, clientCertificate } = endpoint;
  const kept = { ...endpoint };
  if (proxy?.credential?.password === "") {
    const { username } = proxy.credential;
    const known = stored.find(
      (one) => one.proxy === proxy.url && one.proxyCredential?.username === username && (one.ca ?? "") === endpoint.ca,
    );
    if (known?.proxyCredential === undefined)
      throw again(instance, `the password of the proxy ${proxy.url}`, "proxyCredential.passwordFrom");
    kept.proxy = { ...proxy, credential: { ...known.proxyCredential } };
  }
  if (clientCertificate?.privateKey === "") {
    const { certificate } = clientCertificate;
    const known = stored.find((one) => one.clientCertificate?.certificate === certificate && reachOf(one) === reachOf(endpoint));
    if (known?.clientCertificate === undefined)
      throw again(instance, `the key of the client certificate for ${endpoint.url}`, "clientCertificate.keyFile");
    kept.clientCertificate = { ...known.clientCertificate };
  }
  return kept;
}

function urlOf(proxy: wire.Proxy | string | undefined): string {
  return (typeof proxy === "string" ? proxy : proxy?.url) ?? "";
}

function again(instance: string, secret: string, field: string): TransshipError {
  return new TransshipError("INVALID_ARGUMENT", {
    what: `instance ${instance}`,
    why: `${secret} must be given again: the stored one was not given for this`,
    hint: `Give the endpoint's ${field} together with the change.`,
  });
}
