import type { wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import type { Instance, Webhook } from "@transship/model";
import { keepEndpointSecrets, reachOf } from "./keep-endpoint-secrets.ts";

/**
 * An instance document with the stored password, where it gives a user name and no password. The user name must be the stored one, and every endpoint must be
 * one that the password was given for, address, CA and proxy included: otherwise whoever may change a URL could have the secret sent to a host of theirs. The secret
 * of incoming webhooks goes nowhere, so it is kept in any case. What belongs to endpoints is kept by {@link keepEndpointSecrets}.
 * @throws TransshipError `INVALID_ARGUMENT` where the password must be given again.
 */
export function keepPassword(document: wire.InstanceResource, stored: Instance | undefined): wire.InstanceResource {
  const { spec } = document;
  if (spec === undefined || stored === undefined) return document;
  const webhook =
    spec.webhook?.secret === "" && stored.spec.webhook ? { ...spec.webhook, secret: stored.spec.webhook.secret } : spec.webhook;
  const endpoints = spec.endpoints.map((endpoint) => keepEndpointSecrets(document.name, endpoint, stored.spec.endpoints));
  return { ...document, spec: { ...spec, endpoints, webhook, credential: keptCredential(document.name, spec, stored) } };
}

function keptCredential(name: string, { credential, endpoints }: wire.InstanceSpec, stored: Instance): wire.Credential | undefined {
  const known = stored.spec.credential;
  if (credential === undefined || credential.password !== "" || known === undefined) return credential;
  if (credential.username !== known.username) throw again(name, "the user name changes");
  const trusted = new Set(stored.spec.endpoints.map(reachOf));
  const strange = endpoints.find((endpoint) => !trusted.has(reachOf(endpoint)));
  if (strange !== undefined) throw again(name, `the stored one was not given for ${strange.url}`);
  return { ...credential, password: known.password };
}

/**
 * A webhook document with the stored secret, where it gives none. @throws TransshipError `INVALID_ARGUMENT` where the URL changes: the secret was not given for it.
 */
export function keepSecret(document: wire.WebhookResource, stored: Webhook | undefined): wire.WebhookResource {
  if (document.spec === undefined || document.spec.secret !== "" || stored === undefined) return document;
  if (document.spec.url === stored.spec.url) return { ...document, spec: { ...document.spec, secret: stored.spec.secret } };
  throw new TransshipError("INVALID_ARGUMENT", {
    what: `webhook ${document.name}`,
    why: "its secret must be given again: the URL changes",
    hint: "Give spec.secretFrom together with the change.",
  });
}

function again(name: string, why: string): TransshipError {
  return new TransshipError("INVALID_ARGUMENT", {
    what: `instance ${name}`,
    why: `its password must be given again: ${why}`,
    hint: "Give spec.credential.passwordFrom together with the change.",
  });
}
