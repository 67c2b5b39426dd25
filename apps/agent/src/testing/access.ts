import type { wire } from "@transship/api";

/** Access to a registry at `url`, which is instance `tested` unless `more` names another. */
export function accessTo(url: string, credential?: wire.Credential, more: Partial<wire.RegistryAccess> = {}): wire.RegistryAccess {
  return { instance: "tested", endpoint: { url, network: "public", address: "", ca: "" }, credential, ...more };
}
