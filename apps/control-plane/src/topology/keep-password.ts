import type { wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import type { Instance } from "@transship/model";

/**
 * An instance document with the stored password, where it gives a user name and no password. The user name must be the stored one, and every endpoint must be
 * one that the password was given for, address and CA included: otherwise whoever may change a URL could have the secret sent to a host of theirs.
 * @throws TransshipError `INVALID_ARGUMENT` where the password must be given again.
 */
export function keepPassword(document: wire.InstanceResource, stored: Instance): wire.InstanceResource {
  const credential = document.spec?.credential;
  const known = stored.spec.credential;
  if (document.spec === undefined || credential === undefined || credential.password !== "" || known === undefined) return document;
  if (credential.username !== known.username) throw again(document.name, "the user name changes");
  const trusted = new Set(stored.spec.endpoints.map((endpoint) => reach(endpoint.url, endpoint.address, endpoint.ca)));
  const strange = document.spec.endpoints.find((endpoint) => !trusted.has(reach(endpoint.url, endpoint.address, endpoint.ca)));
  if (strange !== undefined) throw again(document.name, `the stored one was not given for ${strange.url}`);
  return { ...document, spec: { ...document.spec, credential: { ...credential, password: known.password } } };
}

function reach(url: string, address: string | undefined, ca: string | undefined): string {
  return JSON.stringify([url, address ?? "", ca ?? ""]);
}

function again(name: string, why: string): TransshipError {
  return new TransshipError("INVALID_ARGUMENT", {
    what: `instance ${name}`,
    why: `its password must be given again: ${why}`,
    hint: "Give spec.credential.passwordFrom together with the change.",
  });
}
